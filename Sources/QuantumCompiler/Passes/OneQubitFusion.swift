public import QuantumCircuit

/// Runs of one-qubit gates as the fewest native ones, bound or symbolic.
///
/// What is left of a run as a rotation about Z goes on through gates that are diagonal on that
/// qubit, into the next run: at the control of a CX, for example.
public struct OneQubitFusion: CircuitPass {
    public let name = "fuse one-qubit gates"
    /// Nil for the target's.
    private let set: NativeGateSet?

    /// - Parameter set: the gates to write; nil for the target's.
    public init(_ set: NativeGateSet? = nil) { self.set = set }

    public func run(_ circuit: Circuit, on target: DeviceTarget) throws(CompileError) -> Circuit {
        let set = set ?? target.gates
        // Ion frames are no gates: only a rotation that needs none may wait.
        let carries = set != .gpi
        var words = [OneQubitWord](repeating: OneQubitWord(), count: circuit.qubits)
        var result: [Operation] = []
        func flush(_ qubit: Int, carrying: Bool) {
            var pulses = words[qubit].pulses
            words[qubit] = OneQubitWord()
            if carrying { words[qubit].appendRZ(pulses.takeTrailingFrame()) }
            result += pulses.gates(set).map { Operation($0, [qubit]) }
        }
        for operation in circuit.operations {
            if operation.gate.isUnitary, operation.qubits.count == 1 {
                words[operation.qubits[0]].append(operation.gate)
                continue
            }
            for qubit in operation.qubits {
                flush(qubit, carrying: carries && operation.axis(on: qubit) == .z)
            }
            result.append(operation)
        }
        for qubit in 0..<circuit.qubits { flush(qubit, carrying: false) }
        return try circuit.with(result)
    }
}
