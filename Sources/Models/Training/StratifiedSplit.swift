private import Determinism

/// Seeded splits that keep the share of each label. Same labels and seed, same split.
enum StratifiedSplit {
    /// Two sets of row indices, each ascending; each has at least one row of each label.
    ///
    /// - Parameter fraction: the share that is held out, rounded to whole rows per label.
    static func holdOut(
        _ labels: [Int], fraction: Double, seed: UInt64
    ) -> (kept: [Int], held: [Int]) {
        var kept: [Int] = []
        var held: [Int] = []
        for rows in shuffledByLabel(labels, seed: seed) {
            let count = min(max(Int((Double(rows.count) * fraction).rounded()), 1), rows.count - 1)
            held += rows.prefix(count)
            kept += rows.dropFirst(count)
        }
        return (kept.sorted(), held.sorted())
    }

    /// The fold, 0..<count, of each row: labels are dealt out in turn.
    static func folds(_ labels: [Int], count: Int, seed: UInt64) -> [Int] {
        var folds = [Int](repeating: 0, count: labels.count)
        for rows in shuffledByLabel(labels, seed: seed) {
            for (order, row) in rows.enumerated() { folds[row] = order % count }
        }
        return folds
    }

    /// `count` of 0..<total, ascending, every subset equally likely.
    static func sample(_ count: Int, of total: Int, seed: UInt64) -> [Int] {
        shuffled(Array(0..<total), seed: seed).prefix(count).sorted()
    }

    private static func shuffledByLabel(_ labels: [Int], seed: UInt64) -> [[Int]] {
        [0, 1].map { label in
            let rows = labels.indices.filter { labels[$0] == label }
            return shuffled(rows, seed: StableHash.combine(seed, UInt64(label)))
        }
    }

    /// Fisher and Yates' shuffle, spelt out: the standard library may change how it draws.
    static func shuffled(_ rows: [Int], seed: UInt64) -> [Int] {
        var random = RandomStream(seed: seed)
        var rows = rows
        for last in stride(from: rows.count - 1, to: 0, by: -1) {
            // The product's high word is uniform on 0...last but for a bias of at most 2⁻⁴⁰ or so.
            let draw = UInt64(last + 1).multipliedFullWidth(by: random.next()).high
            rows.swapAt(last, Int(draw))
        }
        return rows
    }
}
