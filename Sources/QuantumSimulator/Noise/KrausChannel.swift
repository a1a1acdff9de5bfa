public import QuantumCircuit

/// A completely positive, trace-preserving map on one or two qubits: ρ → Σ KρK†.
///
/// A value is always valid: `Σ K†K = 1` is checked where it is made. The first operator is the one
/// that a noise-free run would choose.
public struct KrausChannel: Hashable, Sendable {
    /// The largest entry of `Σ K†K − 1` that rounding explains.
    public static let tolerance = 1e-9

    /// 1 or 2.
    public let qubits: Int
    /// 2^qubits rows each; the first operand is the least significant bit of an index.
    public let operators: [ComplexMatrix]
    /// Probability of each operator where it does not depend on the state: every K is then a
    /// multiple of a unitary matrix.
    let fixedProbabilities: [Double]?
    /// K†K of each operator.
    let weights: [ComplexMatrix]
    /// The same map on coefficients of Pauli strings.
    let superoperator: PauliSuperoperator

    /// - Parameter operators: 1 or more, all 2×2 or all 4×4.
    /// - Throws: `.noOperators`, `.operatorSize` or `.notTracePreserving`.
    public init(operators: [ComplexMatrix]) throws(NoiseError) {
        guard let size = operators.first?.dimension else { throw .noOperators }
        let expected = size == 2 ? 2 : 4
        for (index, matrix) in operators.enumerated() where matrix.dimension != expected {
            throw .operatorSize(index: index, dimension: matrix.dimension, expected: expected)
        }
        let weights = operators.map { $0.adjoint * $0 }
        var deviation = Double.infinity
        if operators.allSatisfy(\.isFinite) {
            let sum = (0..<size * size).map { index in
                weights.reduce(Complex.zero) { $0 + $1[index / size, index % size] }
            }
            let rows = (0..<size).map { Array(sum[$0 * size..<($0 + 1) * size]) }
            deviation = ComplexMatrix(rows: rows).distance(to: .identity(size))
        }
        guard deviation <= Self.tolerance else {
            throw .notTracePreserving(deviation: deviation, limit: Self.tolerance)
        }
        self.init(valid: operators)
    }

    /// Operators that satisfy the condition by construction; those that are zero are dropped, the
    /// heaviest comes first.
    init(valid operators: [ComplexMatrix]) {
        let size = operators[0].dimension
        func weight(_ matrix: ComplexMatrix) -> Double {
            matrix.elements.reduce(0) { $0 + $1.normSquared } / Double(size)
        }
        var kept = operators.filter { weight($0) > 0 }
        let heaviest = kept.indices.max { weight(kept[$0]) < weight(kept[$1]) } ?? 0
        kept.swapAt(0, heaviest)
        self.operators = kept
        qubits = size == 2 ? 1 : 2
        weights = kept.map { $0.adjoint * $0 }
        let probabilities = kept.map(weight)
        let areUnitary = zip(weights, probabilities).allSatisfy { product, probability in
            product.distance(to: Complex(probability) * .identity(size)) < 1e-14
        }
        fixedProbabilities = areUnitary ? probabilities : nil
        superoperator = PauliSuperoperator(kraus: kept)
    }

    /// Whether the first operator is a multiple of the identity, and chosen without a look at the
    /// state: a trajectory that chooses it goes on as if nothing had happened.
    var firstIsIdentity: Bool {
        guard fixedProbabilities != nil else { return false }
        let first = operators[0]
        return first.distance(to: first[0, 0] * .identity(first.dimension)) < 1e-14
    }
}

// MARK: Channels by name

extension KrausChannel {
    /// ρ → (1 − p)ρ + p·1/2ⁿ on n = 1 or 2 qubits (precondition): the parameter of Qiskit Aer's
    /// `depolarizing_error`.
    ///
    /// - Parameter p: 0 … 4ⁿ/(4ⁿ − 1).
    public static func depolarizing(_ p: Double, qubits: Int) throws(NoiseError) -> KrausChannel {
        precondition(qubits == 1 || qubits == 2)
        let strings = 1 << (2 * qubits)
        let limit = Double(strings) / Double(strings - 1)
        try check("depolarising probability", p, 0...limit)
        let share = p / Double(strings)
        return KrausChannel(
            valid: (0..<strings).map { string in
                let probability = string == 0 ? max(1 - p + share, 0) : share
                return Complex(probability.squareRoot()) * PauliMatrix.matrix(string, qubits)
            })
    }

    /// |1⟩ falls to |0⟩ with probability γ, 0…1.
    public static func amplitudeDamping(_ gamma: Double) throws(NoiseError) -> KrausChannel {
        try check("damping probability", gamma, 0...1)
        return KrausChannel(valid: [
            ComplexMatrix(real: [[1, 0], [0, (1 - gamma).squareRoot()]]),
            ComplexMatrix(real: [[0, gamma.squareRoot()], [0, 0]]),
        ])
    }

    /// Coherences shrink by √(1 − λ), λ in 0…1.
    public static func phaseDamping(_ lambda: Double) throws(NoiseError) -> KrausChannel {
        try check("damping probability", lambda, 0...1)
        return KrausChannel(valid: [
            ComplexMatrix(real: [[1, 0], [0, (1 - lambda).squareRoot()]]),
            ComplexMatrix(real: [[0, 0], [0, lambda.squareRoot()]]),
        ])
    }

    /// X with probability p, 0…1.
    public static func bitFlip(_ p: Double) throws(NoiseError) -> KrausChannel {
        try flip(p, string: 1)
    }

    /// Z with probability p, 0…1.
    public static func phaseFlip(_ p: Double) throws(NoiseError) -> KrausChannel {
        try flip(p, string: 2)
    }

    private static func flip(_ p: Double, string: Int) throws(NoiseError) -> KrausChannel {
        try check("flip probability", p, 0...1)
        return KrausChannel(valid: [
            Complex((1 - p).squareRoot()) * .identity(2),
            Complex(p.squareRoot()) * PauliMatrix.matrix(string, 1),
        ])
    }

    /// What idling for `time` does to a qubit: populations approach the equilibrium with T1,
    /// coherences vanish with T2.
    ///
    /// - Parameters:
    ///   - t1, t2: positive, T2 ≤ 2·T1, in the unit of `time`.
    ///   - time: 0 or more.
    ///   - excitedPopulation: of |1⟩ in equilibrium, 0…1.
    public static func thermalRelaxation(
        t1: Double, t2: Double, time: Double, excitedPopulation: Double = 0
    ) throws(NoiseError) -> KrausChannel {
        guard t1 > 0, t2 > 0, t1.isFinite, t2.isFinite, t2 <= 2 * t1 * (1 + 1e-12) else {
            throw .relaxationTimes(t1: t1, t2: t2)
        }
        try check("time", time, 0...Double.greatestFiniteMagnitude)
        try check("excited population", excitedPopulation, 0...1)
        let kept = Exponential.of(-time / t1)
        // Damping alone keeps √kept of a coherence; dephasing takes the rest of exp(−t/T2).
        let dephased = min(Exponential.of(time / t1 - 2 * time / t2), 1)
        let fall = (1 - kept).squareRoot()
        let (ground, excited) = (
            (1 - excitedPopulation).squareRoot(), excitedPopulation.squareRoot()
        )
        let (stays, loses) = ((kept * dephased).squareRoot(), (kept * (1 - dephased)).squareRoot())
        let towardsGround = [
            ComplexMatrix(real: [[1, 0], [0, stays]]),
            ComplexMatrix(real: [[0, fall], [0, 0]]),
            ComplexMatrix(real: [[0, 0], [0, loses]]),
        ]
        let towardsExcited = [
            ComplexMatrix(real: [[stays, 0], [0, 1]]),
            ComplexMatrix(real: [[0, 0], [fall, 0]]),
            ComplexMatrix(real: [[loses, 0], [0, 0]]),
        ]
        return KrausChannel(
            valid: towardsGround.map { Complex(ground) * $0 }
                + towardsExcited.map { Complex(excited) * $0 })
    }

    /// A gate that always turns a little too far: `exp(−iεP/2)` with P a Pauli string on one or two
    /// qubits.
    ///
    /// - Parameters:
    ///   - angle: ε in radians, finite.
    ///   - string: acts on qubits 0 … qubits − 1; precondition.
    public static func overRotation(
        _ angle: Double, _ string: PauliString, qubits: Int
    ) throws(NoiseError) -> KrausChannel {
        precondition(qubits == 1 || qubits == 2)
        precondition((string.x | string.z) >> UInt32(qubits) == 0)
        guard angle.isFinite else { throw .notFinite(name: "over-rotation", value: angle) }
        let pauli = PauliMatrix.matrix(PauliMatrix.index(string, qubits), qubits)
        let (cosine, sine) = Exponential.circle(angle / 2)
        var matrix = Complex(cosine) * ComplexMatrix.identity(1 << qubits)
        for row in 0..<matrix.dimension {
            for column in 0..<matrix.dimension {
                matrix[row, column] =
                    matrix[row, column] + Complex(0, -sine) * pauli[row, column]
            }
        }
        return KrausChannel(valid: [matrix])
    }

    /// To |0⟩, whatever the state.
    static let reset = KrausChannel(valid: [
        ComplexMatrix(real: [[1, 0], [0, 0]]), ComplexMatrix(real: [[0, 1], [0, 0]]),
    ])

    static func check(
        _ name: String, _ value: Double, _ allowed: ClosedRange<Double>
    ) throws(NoiseError) {
        guard allowed.contains(value) else {
            throw .probability(name: name, value: value, allowed: allowed)
        }
    }
}
