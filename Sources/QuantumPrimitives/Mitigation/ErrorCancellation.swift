import Determinism
public import QuantumCircuit

/// The inverse of ρ → (1 − p)ρ + p·1/2ⁿ as a quasi-probability over Pauli operators.
///
/// D⁻¹(ρ) = Σ q(P)·PρP with q = `pauliWeight` for each P but the identity. Temme, Bravyi and
/// Gambetta, Phys. Rev. Lett. 119, 180509 (2017), equation 7 and below.
public struct DepolarizingInverse: Hashable, Sendable {
    /// 1 or 2.
    public let qubits: Int
    /// 0 to below 1.
    public let strength: Double

    /// - Parameters:
    ///   - strength: p above; 0 to below 1.
    ///   - qubits: 1 or 2.
    public init(strength: Double, qubits: Int) throws(MitigationError) {
        guard strength >= 0, strength < 1 else {
            throw .probability(name: "depolarising strength", value: strength, limit: 1)
        }
        guard (1...2).contains(qubits) else { throw .qubitCount(qubits, allowed: 1...2) }
        self.strength = strength
        self.qubits = qubits
    }

    /// Pauli operators on the qubits, the identity included.
    public var strings: Int { 1 << (2 * qubits) }
    /// Not above 0.
    public var pauliWeight: Double { -strength / (1 - strength) / Double(strings) }
    /// 1 or more.
    public var identityWeight: Double { 1 - Double(strings - 1) * pauliWeight }
    /// Σ|q|: (1 + (1 − 2/4ⁿ)p)/(1 − p).
    public var gamma: Double { identityWeight - Double(strings - 1) * pauliWeight }
}

/// Probabilistic error cancellation of depolarising noise that follows gates.
///
/// Circuits with random Pauli gates after the noisy ones, each counted with a sign and times
/// γ = ∏ γᵢ, have the noise-free circuit's expectation on average; γ² as many shots give the same
/// standard error. The inserted gates must be (nearly) noise-free themselves, and the noise known.
public struct ErrorCancellation: Hashable, Sendable {
    public static let sampleLimits = 1...1_000_000
    /// Beyond it, 10¹² times the shots.
    public static let maximumGamma = 1e6

    private struct Place: Hashable {
        let position: Int
        let inverse: DepolarizingInverse
    }

    public let circuit: Circuit
    private let places: [Place]
    /// Norm of the whole circuit's quasi-probability, 1 or more.
    public let gamma: Double

    /// How many times the shots give the same standard error.
    public var cost: Double { gamma * gamma }

    /// - Parameter strength: depolarising strength that follows an operation on all of its qubits;
    ///   asked for each gate with a matrix. 0 for a gate without noise.
    /// - Throws: `.probability`, `.gateOperands` for noise on more than 2 qubits, or `.cost`.
    public init(
        _ circuit: Circuit, strength: (Operation) -> Double
    ) throws(MitigationError) {
        var (places, gamma) = ([Place](), 1.0)
        for (position, operation) in circuit.operations.enumerated()
        where operation.gate.isUnitary {
            let value = strength(operation)
            if value == 0 { continue }
            guard operation.qubits.count <= 2 else {
                throw .gateOperands(
                    gate: operation.gate.name, position: position,
                    operands: operation.qubits.count)
            }
            let inverse = try DepolarizingInverse(
                strength: value, qubits: operation.qubits.count)
            places.append(Place(position: position, inverse: inverse))
            gamma *= inverse.gamma
            guard gamma <= Self.maximumGamma else {
                throw .cost(gamma: gamma, limit: Self.maximumGamma)
            }
        }
        self.circuit = circuit
        self.places = places
        self.gamma = gamma
    }

    /// A circuit with Pauli gates inserted, and how many of the samples are it.
    public struct Sample: Hashable, Sendable {
        public let circuit: Circuit
        /// +1 or −1: the parity of the inserted operators.
        public let sign: Int
        public let count: Int
    }

    /// Independent draws from the quasi-probability, equal ones together, in the order of their
    /// first occurrence.
    ///
    /// Draw i depends on the seed and i alone.
    ///
    /// - Parameter count: within `sampleLimits`.
    public func samples(_ count: Int, seed: UInt64) throws(MitigationError) -> [Sample] {
        guard Self.sampleLimits.contains(count) else {
            throw .samples(count, allowed: Self.sampleLimits)
        }
        var (order, counts) = ([[UInt8]](), [[UInt8]: Int]())
        for index in 0..<count {
            var random = RandomStream(seed: seed, stream: UInt64(index))
            let pattern = places.map { Self.draw($0.inverse, random.uniform()) }
            if counts[pattern] == nil { order.append(pattern) }
            counts[pattern, default: 0] += 1
        }
        var result: [Sample] = []
        for pattern in order {
            let isOdd = pattern.count { $0 != 0 } & 1 == 1
            result.append(
                Sample(
                    circuit: try circuit(pattern), sign: isOdd ? -1 : 1,
                    count: counts[pattern] ?? 0))
        }
        return result
    }

    /// The operator's number: bits 2k and 2k + 1 are the x and z bit of operand k.
    private static func draw(_ inverse: DepolarizingInverse, _ uniform: Double) -> UInt8 {
        let rest = uniform * inverse.gamma - inverse.identityWeight
        guard rest >= 0 else { return 0 }
        let number = Int(rest / -inverse.pauliWeight) + 1
        return UInt8(min(number, inverse.strings - 1))
    }

    private func circuit(_ pattern: [UInt8]) throws(MitigationError) -> Circuit {
        var numbers: [Int: UInt8] = [:]
        for (place, number) in zip(places, pattern) where number != 0 {
            numbers[place.position] = number
        }
        var result = Circuit(emptyLike: circuit)
        do throws(CircuitError) {
            for (position, operation) in circuit.operations.enumerated() {
                try result.append(operation)
                let number = numbers[position] ?? 0
                for (operand, qubit) in operation.qubits.prefix(2).enumerated() {
                    let bits = number >> UInt8(2 * operand) & 3
                    if bits != 0 { try result.append([.x, .z, .y][Int(bits) - 1], qubit) }
                }
            }
        } catch { throw .circuit(error) }
        return result
    }

    /// What one of the samples' circuits measured.
    public struct Reading: Hashable, Sendable {
        /// The observable's mean over all shots of the circuit.
        public let mean: Double
        /// Square root of the sample's variance (its mean square minus its squared mean) over the
        /// number of shots; 0 for an exact mean.
        public let standardError: Double

        public init(mean: Double, standardError: Double) {
            self.mean = mean
            self.standardError = standardError
        }
    }

    /// γ·Σ sign·mean over the samples, weighted by their counts.
    ///
    /// The standard error has the spread between samples and the shots' within them; exactly that
    /// of independent draws when each sample has one shot. The amplification is the cost γ².
    ///
    /// - Parameter readings: one for each of the samples, each with shots in proportion to its
    ///   `count`.
    public func estimate(
        _ samples: [Sample], _ readings: [Reading]
    ) throws(MitigationError) -> MitigatedValue {
        guard readings.count == samples.count else {
            throw .readings(count: readings.count, expected: samples.count)
        }
        let total = Double(samples.reduce(0) { $0 + $1.count })
        guard total > 0 else { throw .samples(0, allowed: Self.sampleLimits) }
        var (sum, squares, shots) = (0.0, 0.0, 0.0)
        for (index, (sample, reading)) in zip(samples, readings).enumerated() {
            guard reading.mean.isFinite, reading.standardError.isFinite, reading.standardError >= 0
            else { throw .readingNotFinite(index: index) }
            let share = Double(sample.count) / total
            sum += share * Double(sample.sign) * reading.mean
            squares += share * reading.mean * reading.mean
            shots += share * share * reading.standardError * reading.standardError
        }
        let between = max(squares - sum * sum, 0) / total
        return MitigatedValue(
            value: gamma * sum, standardError: gamma * (between + shots).squareRoot(),
            varianceAmplification: cost)
    }
}
