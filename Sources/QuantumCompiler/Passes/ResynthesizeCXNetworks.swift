public import QuantumCircuit

/// Runs of CX gates with fewer of them, where the sums that they make allow it: a layer of CX
/// between all pairs in order becomes a chain.
public struct ResynthesizeCXNetworks: CircuitPass {
    public let name = "resynthesise CX networks"

    public init() {}

    public func run(_ circuit: Circuit, on target: DeviceTarget) throws(CompileError) -> Circuit {
        var collector = CXCollector(qubits: circuit.qubits)
        for operation in circuit.operations { collector.add(operation) }
        return try circuit.with(collector.finish())
    }
}

/// Collects CX gates that can stand side by side; other operations go before or behind them.
private struct CXCollector {
    private var result: [Operation] = []
    private var network: [Operation] = []
    private var behind: [Operation] = []
    /// Qubits of the network, and of the operations behind it, as masks.
    private var inside: UInt32 = 0
    private var blocked: UInt32 = 0
    private let qubits: Int

    init(qubits: Int) { self.qubits = qubits }

    mutating func add(_ operation: Operation) {
        let mask = operation.qubits.reduce(UInt32(0)) { $0 | 1 << UInt32($1) }
        if case .cx = operation.gate {
            if mask & blocked != 0 { flush() }
            network.append(operation)
            inside |= mask
            return
        }
        // Measurements share classical bits too: their order is kept behind.
        if operation.gate.isUnitary, mask & (inside | blocked) == 0 {
            result.append(operation)
        } else {
            behind.append(operation)
            blocked |= mask
        }
    }

    private mutating func flush() {
        result += shortened(network) + behind
        (network, behind, inside, blocked) = ([], [], 0, 0)
    }

    private func shortened(_ network: [Operation]) -> [Operation] {
        guard network.count > 2 else { return network }
        var linear = LinearNetwork(qubits: qubits)
        for operation in network {
            linear.append(control: operation.qubits[0], target: operation.qubits[1])
        }
        let gates = linear.gates
        guard gates.count < network.count else { return network }
        return gates.map { Operation(.cx, [$0.control, $0.target]) }
    }

    mutating func finish() -> [Operation] {
        flush()
        return result
    }
}
