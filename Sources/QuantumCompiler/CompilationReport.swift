public import QuantumCircuit

/// Size of a circuit, as compilation reports it.
public struct CircuitSize: Hashable, Sendable, Codable {
    /// Unitary gates.
    public let gates: Int
    /// Those on two or more qubits.
    public let twoQubitGates: Int
    /// As `Circuit.depth` counts.
    public let depth: Int

    public init(_ circuit: Circuit) {
        gates = circuit.operations.count(where: \.gate.isUnitary)
        twoQubitGates = circuit.entanglingGates
        depth = circuit.depth
    }
}

/// What one pass did.
public struct PassReport: Hashable, Sendable, Codable {
    public let pass: String
    public let before: CircuitSize
    public let after: CircuitSize
}

/// A circuit in a target's gates on its qubits, and how it came about.
public struct CompiledCircuit: Hashable, Sendable {
    /// On all of the target's qubits, native gates alone.
    public let circuit: Circuit
    /// Entry q: the device's qubit on which the source's qubit q starts.
    public let initialLayout: [Int]
    /// Entry q: where it is at the end.
    public let finalLayout: [Int]
    public let target: DeviceTarget
    public let passes: [PassReport]

    /// Probability that no gate and no readout of a source qubit goes wrong, by the calibration.
    public var estimatedFidelity: Double {
        let snapshot = target.calibration
        let gates = circuit.operations.reduce(1.0) { product, operation in
            guard operation.gate.isUnitary else { return product }
            let qubits = operation.qubits
            switch operation.gate {
            case .rz: return product
            default:
                let error =
                    qubits.count == 1
                    ? snapshot.qubits[qubits[0]].gateError
                    : snapshot.pair(qubits[0], qubits[1])?.error ?? 0
                return product * (1 - error)
            }
        }
        return finalLayout.reduce(gates) { $0 * (1 - snapshot.qubits[$1].readoutError) }
    }
}
