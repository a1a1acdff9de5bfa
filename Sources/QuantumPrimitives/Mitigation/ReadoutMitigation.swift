public import QuantumCircuit

/// How one qubit's measurement errs, and the inverse of it.
public struct ConfusionMatrix: Hashable, Sendable {
    /// Largest `falseOne + falseZero`: at 1, reports say nothing about the truth.
    public static let maximumErrorSum = 0.999

    /// Probability of reporting 1 where 0 is true.
    public let falseOne: Double
    /// Probability of reporting 0 where 1 is true.
    public let falseZero: Double

    /// - Parameters: probabilities, 0 to below 1, together up to `maximumErrorSum`.
    /// - Throws: `.probability` or `.uninvertible`, which calls the qubit 0.
    public init(falseOne: Double, falseZero: Double) throws(MitigationError) {
        for (name, value) in [("falseOne", falseOne), ("falseZero", falseZero)] {
            guard value >= 0, value < 1 else {
                throw .probability(name: name, value: value, limit: 1)
            }
        }
        guard falseOne + falseZero <= Self.maximumErrorSum else {
            throw .uninvertible(
                qubit: 0, sum: falseOne + falseZero, limit: Self.maximumErrorSum)
        }
        self.falseOne = falseOne
        self.falseZero = falseZero
    }

    /// The matrix's determinant, above 0: how much of ⟨Z⟩ the errors leave.
    public var contrast: Double { 1 - falseOne - falseZero }

    /// What a reported bit counts for, so that its mean is the true ⟨Z⟩:
    /// (±1 − (falseZero − falseOne))/contrast.
    public func value(of bit: Int) -> Double {
        (Double(1 - 2 * bit) - (falseZero - falseOne)) / contrast
    }
}

/// Mitigates readout errors that are independent between qubits: a tensor product of one confusion
/// matrix for each qubit, inverted qubit by qubit.
///
/// Formulas: Bravyi, Sheldon, Kandala, McKay and Gambetta, "Mitigating measurement errors in
/// multiqubit experiments", Phys. Rev. A 103, 042605 (2021), section III. Bit q of an outcome is
/// qubit q; vectors over outcomes have 2^n entries, or 2^k for the first k qubits.
public struct ReadoutMitigation: Hashable, Sendable {
    public static let qubitLimits = 1...20

    /// Of each qubit, by its number.
    public let qubits: [ConfusionMatrix]

    /// - Parameter qubits: as many as `qubitLimits` allows.
    public init(_ qubits: [ConfusionMatrix]) throws(MitigationError) {
        guard Self.qubitLimits.contains(qubits.count) else {
            throw .qubitCount(qubits.count, allowed: Self.qubitLimits)
        }
        self.qubits = qubits
    }

    /// Confusion matrices from the counts of two calibration circuits.
    ///
    /// - Parameters:
    ///   - zeros: counts after preparing |0…0⟩, 2^n of them.
    ///   - ones: counts after preparing |1…1⟩.
    /// - Throws: also `.uninvertible` with the qubit.
    public init(zeros: [Int], ones: [Int]) throws(MitigationError) {
        let count = zeros.count.trailingZeroBitCount
        guard zeros.count == 1 << count, Self.qubitLimits.contains(count) else {
            throw .qubitCount(count, allowed: Self.qubitLimits)
        }
        let zeroShots = try Self.total(zeros, expected: zeros.count)
        let oneShots = try Self.total(ones, expected: zeros.count)
        var matrices: [ConfusionMatrix] = []
        for qubit in 0..<count {
            func share(_ counts: [Int], of bit: Int, _ shots: Int) -> Double {
                let wrong = counts.indices.reduce(0) {
                    $1 >> qubit & 1 == bit ? $0 + counts[$1] : $0
                }
                return Double(wrong) / Double(shots)
            }
            let falseOne = share(zeros, of: 1, zeroShots)
            let falseZero = share(ones, of: 0, oneShots)
            do {
                matrices.append(try ConfusionMatrix(falseOne: falseOne, falseZero: falseZero))
            } catch {
                throw .uninvertible(
                    qubit: qubit, sum: falseOne + falseZero, limit: ConfusionMatrix.maximumErrorSum)
            }
        }
        try self.init(matrices)
    }

    /// The two circuits whose counts calibrate: |0…0⟩ and |1…1⟩, measured.
    public static func calibrationCircuits(
        qubits: Int
    ) throws(CircuitError) -> (zeros: Circuit, ones: Circuit) {
        let zeros = try Circuit(qubits: qubits, bits: qubits)
        var (measured, flipped) = (zeros, zeros)
        for qubit in 0..<qubits { try flipped.append(.x, qubit) }
        for qubit in 0..<qubits {
            try measured.measure(qubit, into: qubit)
            try flipped.measure(qubit, into: qubit)
        }
        return (measured, flipped)
    }

    /// Sum of valid counts.
    static func total(_ counts: [Int], expected: Int) throws(MitigationError) -> Int {
        guard counts.count == expected else {
            throw .counts(count: counts.count, expected: expected)
        }
        if let wrong = counts.firstIndex(where: { $0 < 0 }) {
            throw .negativeCount(outcome: wrong, count: counts[wrong])
        }
        let total = counts.reduce(0, &+)
        guard total > 0 else { throw .noShots }
        return total
    }

    // MARK: Maps of vectors over outcomes

    /// Probabilities of reports from those of the truth: A·v.
    public func reported(_ truth: [Double]) -> [Double] {
        mapped(truth) { matrix, zero, one in
            (
                (1 - matrix.falseOne) * zero + matrix.falseZero * one,
                matrix.falseOne * zero + (1 - matrix.falseZero) * one
            )
        }
    }

    /// A⁻¹·v: undoes `reported`.
    public func undone(_ reports: [Double]) -> [Double] {
        mapped(reports) { matrix, zero, one in
            (
                ((1 - matrix.falseZero) * zero - matrix.falseZero * one) / matrix.contrast,
                ((1 - matrix.falseOne) * one - matrix.falseOne * zero) / matrix.contrast
            )
        }
    }

    /// What each report counts for, so that its mean is the true mean of `values`: (A⁻¹)ᵀ·v.
    ///
    /// - Parameter values: of a diagonal observable on each outcome.
    public func corrected(_ values: [Double]) -> [Double] {
        mapped(values) { matrix, zero, one in
            (
                ((1 - matrix.falseZero) * zero - matrix.falseOne * one) / matrix.contrast,
                ((1 - matrix.falseOne) * one - matrix.falseZero * zero) / matrix.contrast
            )
        }
    }

    /// Aᵀ·v.
    func transposed(_ values: [Double]) -> [Double] {
        mapped(values) { matrix, zero, one in
            (
                (1 - matrix.falseOne) * zero + matrix.falseOne * one,
                matrix.falseZero * zero + (1 - matrix.falseZero) * one
            )
        }
    }

    /// Applies a 2×2 matrix of each qubit to a vector of 2^k entries, k up to n (precondition).
    private func mapped(
        _ vector: [Double],
        _ step: (ConfusionMatrix, Double, Double) -> (Double, Double)
    ) -> [Double] {
        let used = vector.count.trailingZeroBitCount
        precondition(vector.count == 1 << used && used <= qubits.count)
        var result = vector
        for (qubit, matrix) in qubits.prefix(used).enumerated() {
            let half = 1 << qubit
            for low in result.indices where low & half == 0 {
                (result[low], result[low | half]) = step(matrix, result[low], result[low | half])
            }
        }
        return result
    }
}
