/// Scores of both classes in 4,096 equal bins of 0…1.
struct ScoreHistogram: Equatable, Sendable {
    static let bins = 4096

    private var positives = [Int](repeating: 0, count: bins)
    private var negatives = [Int](repeating: 0, count: bins)

    /// - Parameter score: 0…1.
    mutating func add(score: Double, label: Bool) {
        let bin = min(ScoreHistogram.bins - 1, Int(score * Double(ScoreHistogram.bins)))
        if label { positives[bin] += 1 } else { negatives[bin] += 1 }
    }

    mutating func merge(_ other: ScoreHistogram) {
        for bin in 0..<ScoreHistogram.bins {
            positives[bin] += other.positives[bin]
            negatives[bin] += other.negatives[bin]
        }
    }

    /// P(positive's score > negative's) + ½ P(same bin): the Mann–Whitney statistic of the binned
    /// scores.
    var areaUnderCurve: Double? {
        let (pairs, won, tied) = compared
        return pairs == 0 ? nil : (won + tied / 2) / pairs
    }

    /// Pairs within one bin could all go one way: half of their share bounds the error.
    var areaUnderCurveError: Double? {
        let (pairs, _, tied) = compared
        return pairs == 0 ? nil : tied / 2 / pairs
    }

    private var compared: (pairs: Double, won: Double, tied: Double) {
        var (below, won, tied, above) = (0.0, 0.0, 0.0, 0.0)
        for bin in 0..<ScoreHistogram.bins {
            let (positive, negative) = (Double(positives[bin]), Double(negatives[bin]))
            won += positive * below
            tied += positive * negative
            below += negative
            above += positive
        }
        return (below * above, won, tied)
    }
}
