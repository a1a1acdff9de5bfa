public import QuantumCircuit

/// Drops what no measurement sees: gates outside the light cone of every measured qubit, and gates
/// that only change phases in the basis in which a qubit is about to be measured.
///
/// Probabilities of all outcomes stay; the state does not. A circuit without measurements is left
/// as it is, unless its end is declared to be measured.
public struct DropUnobserved: CircuitPass {
    public let name = "drop unobserved"
    private let measuresAll: Bool

    /// - Parameter measuresAll: whether every qubit is measured in the computational basis after
    ///   the last gate, as for expectations of Z strings.
    public init(measuresAll: Bool = false) { self.measuresAll = measuresAll }

    /// What will be seen of a qubit's state.
    private enum Sight {
        case nothing, populations, everything
    }

    public func run(_ circuit: Circuit, on target: DeviceTarget) throws(CompileError) -> Circuit {
        let isMeasured = circuit.operations.contains {
            if case .measure = $0.gate { true } else { false }
        }
        guard isMeasured || measuresAll else { return circuit }
        var sights = [Sight](
            repeating: measuresAll ? .populations : .nothing, count: circuit.qubits)
        var kept: [Operation] = []
        for operation in circuit.operations.reversed()
        where Self.isSeen(operation, &sights) {
            kept.append(operation)
        }
        return try circuit.with(kept.reversed())
    }

    /// Whether an operation matters, given what is seen behind it; then what is seen before it.
    private static func isSeen(_ operation: Operation, _ sights: inout [Sight]) -> Bool {
        let qubits = operation.qubits
        switch operation.gate {
        case .barrier: return true
        case .measure:
            sights[qubits[0]] = .populations
            return true
        case .reset:
            let isSeen = sights[qubits[0]] != .nothing
            sights[qubits[0]] = .nothing
            return isSeen
        default: break
        }
        // Block-diagonal where populations are seen, anything where nothing is: unseen.
        let isUnseen = zip(qubits, operation.gate.axes).allSatisfy { qubit, axis in
            sights[qubit] == .nothing || sights[qubit] == .populations && axis == .z
        }
        if isUnseen { return false }
        let keepsBasis =
            operation.gate.isMonomial && qubits.allSatisfy { sights[$0] != .everything }
        for qubit in qubits { sights[qubit] = keepsBasis ? .populations : .everything }
        return true
    }
}
