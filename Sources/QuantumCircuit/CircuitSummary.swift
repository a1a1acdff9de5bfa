import Determinism

extension Circuit {
    /// Length of the longest chain of operations that share qubits.
    public var depth: Int {
        var levels = [Int](repeating: 0, count: qubits)
        for operation in operations {
            let level = 1 + (operation.qubits.map { levels[$0] }.max() ?? 0)
            for qubit in operation.qubits { levels[qubit] = level }
        }
        return levels.max() ?? 0
    }

    /// How often each gate occurs, by its name.
    public var gateCounts: [String: Int] {
        operations.reduce(into: [:]) { $0[$1.gate.name, default: 0] += 1 }
    }

    /// One line per operation under a header line: equal circuits, and only those, have equal text.
    public var canonicalText: String {
        let header = "circuit/1 qubits=\(qubits) parameters=\(parameters)\n"
        return operations.reduce(into: header) { text, operation in
            text += operation.gate.name
            if let angle = operation.gate.angle { text += "(\(angle))" }
            text += operation.qubits.map { " \($0)" }.joined() + "\n"
        }
    }

    /// 16 hexadecimal digits that depend on `canonicalText` alone: the same on every machine.
    public var contentHash: String {
        let digits = String(StableHash.hash64(canonicalText), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
