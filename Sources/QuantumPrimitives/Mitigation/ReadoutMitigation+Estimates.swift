public import QuantumCircuit

extension ReadoutMitigation {
    /// Share of each true outcome by A⁻¹: unbiased, adds up to 1, and may be negative.
    ///
    /// - Parameter counts: of reported outcomes, 2^n.
    public func quasiProbabilities(counts: [Int]) throws(MitigationError) -> [Double] {
        undone(try shares(counts))
    }

    /// The probabilities nearest to `quasiProbabilities` in the Euclidean norm: Smolin, Gambetta
    /// and Smith, "Efficient method for computing the maximum-likelihood quantum state from
    /// measurements with additive Gaussian noise", Phys. Rev. Lett. 108, 070502 (2012).
    public func nearestProbabilities(counts: [Int]) throws(MitigationError) -> [Double] {
        Self.nearestDistribution(to: try quasiProbabilities(counts: counts))
    }

    /// The probabilities p whose reports are nearest to the counts: minimises ‖A·p − shares‖ over
    /// p ≥ 0, Σp = 1 (Maciejewski, Zimborás and Oszmaniec, Quantum 4, 257 (2020), section 3.2).
    ///
    /// By accelerated projected gradients (Beck and Teboulle, SIAM J. Imaging Sci. 2 (2009)) until
    /// no entry moves by more than 1e-13, or 10,000 steps; deterministic.
    public func leastSquaresProbabilities(counts: [Int]) throws(MitigationError) -> [Double] {
        let shares = try shares(counts)
        let step = 1 / qubits.reduce(1) { $0 * $1.squaredNorm }
        var current = Self.nearestDistribution(to: undone(shares))
        var (ahead, momentum) = (current, 1.0)
        for _ in 0..<10_000 {
            let residual = zip(reported(ahead), shares).map { $0 - $1 }
            let gradient = transposed(residual)
            let next = Self.nearestDistribution(
                to: zip(ahead, gradient).map { $0 - step * $1 })
            let change = zip(next, current).reduce(0) { max($0, abs($1.0 - $1.1)) }
            let following = (1 + (1 + 4 * momentum * momentum).squareRoot()) / 2
            let share = (momentum - 1) / following
            ahead = zip(next, current).map { $0 + share * ($0 - $1) }
            (current, momentum) = (next, following)
            if change <= 1e-13 { break }
        }
        return current
    }

    /// The true expectation of a Z string: the mean over shots of a product of per-qubit inverses,
    /// which needs no vector over outcomes.
    ///
    /// The standard error is the sample's; the amplification is over the unmitigated string from
    /// the same counts, where that has a variance, and `worstAmplification` otherwise.
    public func expectation(
        of string: ZString, counts: [Int]
    ) throws(MitigationError) -> MitigatedValue {
        guard string.mask >> UInt32(qubits.count) == 0 else {
            throw .stringOutOfRange(mask: string.mask, qubits: qubits.count)
        }
        let shots = Double(try Self.total(counts, expected: 1 << qubits.count))
        let support = qubits.indices.filter { string.mask >> UInt32($0) & 1 == 1 }
        var (sum, squares, raw) = (0.0, 0.0, 0.0)
        for (outcome, count) in counts.enumerated() where count > 0 {
            let value = support.reduce(1) { $0 * qubits[$1].value(of: outcome >> $1 & 1) }
            sum += Double(count) * value
            squares += Double(count) * value * value
            raw += Double(count * string.value(on: UInt32(outcome)))
        }
        let mean = sum / shots
        let variance = max(squares / shots - mean * mean, 0)
        let rawVariance = 1 - raw / shots * (raw / shots)
        return MitigatedValue(
            value: mean, standardError: (variance / max(shots - 1, 1)).squareRoot(),
            varianceAmplification: rawVariance > 0
                ? variance / rawVariance : worstAmplification(of: string))
    }

    /// The square of the largest value that a report of the string can count for: what shots are
    /// needed in the worst case, as a multiple of those without errors.
    public func worstAmplification(of string: ZString) -> Double {
        qubits.indices.reduce(1) { product, qubit in
            guard string.mask >> UInt32(qubit) & 1 == 1 else { return product }
            let matrix = qubits[qubit]
            let largest = max(abs(matrix.value(of: 0)), abs(matrix.value(of: 1)))
            return product * largest * largest
        }
    }

    private func shares(_ counts: [Int]) throws(MitigationError) -> [Double] {
        let total = Double(try Self.total(counts, expected: 1 << qubits.count))
        return counts.map { Double($0) / total }
    }

    /// Euclidean projection on {p ≥ 0, Σp = 1}: what is negative goes to zero and its sum is taken
    /// from the rest in equal parts, smallest first.
    static func nearestDistribution(to vector: [Double]) -> [Double] {
        let sorted = vector.sorted(by: >)
        var (sum, shift) = (0.0, 0.0)
        for (index, value) in sorted.enumerated() {
            sum += value
            let candidate = (sum - 1) / Double(index + 1)
            guard value > candidate else { break }
            shift = candidate
        }
        return vector.map { max($0 - shift, 0) }
    }
}

extension ConfusionMatrix {
    /// Largest eigenvalue of AᵀA.
    fileprivate var squaredNorm: Double {
        let (a, b, c, d) = (1 - falseOne, falseZero, falseOne, 1 - falseZero)
        let (trace, determinant) = (a * a + b * b + c * c + d * d, contrast * contrast)
        return trace / 2 + max(trace * trace / 4 - determinant, 0).squareRoot()
    }
}
