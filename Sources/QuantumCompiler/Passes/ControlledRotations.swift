public import QuantumCircuit

/// Controlled rotations by symbols as RZZ and one-qubit gates: the form in which two-qubit blocks
/// take symbols in, and in which rotations on one pair commute. As many entangling gates as before.
public struct ControlledRotations: CircuitPass {
    public let name = "turn controlled rotations"

    public init() {}

    public func run(_ circuit: Circuit, on target: DeviceTarget) throws(CompileError) -> Circuit {
        try circuit.with(circuit.operations.flatMap(Self.turned))
    }

    private static func turned(_ operation: Operation) -> [Operation] {
        guard operation.gate.requiredParameters > 0 else { return [operation] }
        switch operation.gate {
        case .cp, .crx, .cry, .crz: return GateExpansion.ofTwoQubits(operation) ?? [operation]
        default: return [operation]
        }
    }
}
