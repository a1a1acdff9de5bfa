import QuantumCircuit

/// What a run of CX gates does: each qubit's bit becomes a sum modulo 2 of the input bits.
struct LinearNetwork: Hashable {
    /// Row q: bit p is set when input bit p is in the sum on qubit q.
    private(set) var rows: [UInt32]

    /// The identity.
    init(qubits: Int) { rows = (0..<qubits).map { 1 << UInt32($0) } }

    mutating func append(control: Int, target: Int) { rows[target] ^= rows[control] }

    /// CX gates that do the same, controls first, in time order: the shorter of two greedy
    /// eliminations, of the matrix and of its transpose.
    var gates: [(control: Int, target: Int)] {
        let direct = Array(Self.elimination(rows).reversed())
        let transposed = Self.elimination(transposedRows).map { ($0.target, $0.control) }
        return direct.count <= transposed.count ? direct : transposed
    }

    private var transposedRows: [UInt32] {
        rows.indices.map { column in
            rows.indices.reduce(0) { $0 | (rows[$1] >> UInt32(column) & 1) << UInt32($1) }
        }
    }

    /// Row additions that turn the matrix into the identity.
    ///
    /// Each takes the pair of rows whose sum saves most ones (de Brugière et al., "Gaussian
    /// elimination versus greedy methods for the synthesis of linear reversible circuits",
    /// ACM Trans. Quantum Comput. 2, 2021); where none saves any, Gaussian elimination goes on.
    private static func elimination(_ matrix: [UInt32]) -> [(control: Int, target: Int)] {
        var rows = matrix
        var steps: [(control: Int, target: Int)] = []
        func isDone() -> Bool { rows.indices.allSatisfy { rows[$0] == 1 << UInt32($0) } }
        while !isDone(), let best = bestAddition(rows) {
            rows[best.target] ^= rows[best.control]
            steps.append(best)
        }
        return isDone() ? steps : steps + gaussian(rows)
    }

    private static func bestAddition(_ rows: [UInt32]) -> (control: Int, target: Int)? {
        var best: (control: Int, target: Int)?
        var bestSaving = 0
        for target in rows.indices {
            for control in rows.indices where control != target {
                let sum = rows[target] ^ rows[control]
                let saving = rows[target].nonzeroBitCount - sum.nonzeroBitCount
                if saving > bestSaving { (best, bestSaving) = ((control, target), saving) }
            }
        }
        return best
    }

    private static func gaussian(_ matrix: [UInt32]) -> [(control: Int, target: Int)] {
        var rows = matrix
        var steps: [(control: Int, target: Int)] = []
        func add(_ control: Int, _ target: Int) {
            rows[target] ^= rows[control]
            steps.append((control, target))
        }
        for column in rows.indices {
            let bit = UInt32(1) << UInt32(column)
            if rows[column] & bit == 0,
                let pivot = rows.indices.first(where: { $0 > column && rows[$0] & bit != 0 })
            {
                add(pivot, column)
            }
            for row in rows.indices where row != column && rows[row] & bit != 0 {
                add(column, row)
            }
        }
        return steps
    }
}
