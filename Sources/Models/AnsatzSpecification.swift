private import Determinism

/// Which pairs of qubits a layer of an ansatz' CX gates couples, and in which order; names as
/// Qiskit's, with a hyphen.
public enum AnsatzEntanglement: String, Codable, Sendable, CaseIterable {
    case linear
    /// The last pair first: for CX the same unitary as `full`, with fewer gates.
    case reverseLinear = "reverse-linear"
    case circular
    case full
    case pairwise
    /// Shifted, circular, alternating.
    case shifted = "sca"
}

/// The trained part of a circuit: layers of rotations and CX that follow the feature map.
///
/// Rotations between the feature map and the measurement take away the closed form that the map
/// alone has.
public struct AnsatzSpecification: Codable, Sendable, Equatable {
    /// Qiskit's `real_amplitudes` and `efficient_su2`.
    public enum Family: String, Codable, Sendable, CaseIterable {
        /// RY on every qubit.
        case realAmplitudes = "real-amplitudes"
        /// RY, then RZ on every qubit.
        case efficientSU2 = "efficient-su2"

        var rotationsPerQubit: Int { self == .realAmplitudes ? 1 : 2 }
    }

    public var name: Family
    /// Semantic version of the family's construction; a change of gates is a new version.
    public var version: String
    /// Layers of rotations and CX, 1…8; one more layer of rotations ends the circuit.
    public var repetitions: Int
    public var entanglement: AnsatzEntanglement
    /// Radians, layer after layer, in the order of the circuit's rotations.
    public var weights: [Double]

    public static let repetitionRange = 1...8

    /// - Parameter weights: `weightCount` of them, which only a circuit's size can tell.
    public init(
        name: Family, version: String = "1.0.0", repetitions: Int,
        entanglement: AnsatzEntanglement = .reverseLinear, weights: [Double]
    ) {
        self.name = name
        self.version = version
        self.repetitions = repetitions
        self.entanglement = entanglement
        self.weights = weights
    }

    /// One weight for each rotation of each layer, the last layer included.
    public static func weightCount(_ name: Family, qubits: Int, repetitions: Int) -> Int {
        name.rotationsPerQubit * qubits * (repetitions + 1)
    }

    /// Everything that decides the gates; weights as their bits.
    var hashText: String {
        let structure = "\(name.rawValue)|\(version)|\(repetitions)|\(entanglement.rawValue)|"
        return structure + weights.map { hexadecimal($0.bitPattern) }.joined(separator: ",")
    }

    func validate(_ field: String, qubits: Int) throws(ModelBundleError) {
        try Require.version(version, "\(field).version")
        try Require.within(repetitions, Self.repetitionRange, "\(field).repetitions")
        try Require.count(
            weights, Self.weightCount(name, qubits: qubits, repetitions: repetitions),
            "\(field).weights")
    }
}
