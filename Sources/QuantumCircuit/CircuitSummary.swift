import Determinism

extension Circuit {
    /// Length of the longest chain of operations that share qubits or classical bits.
    ///
    /// As in Qiskit, a barrier aligns its qubits and counts nothing.
    public var depth: Int {
        var levels = [Int](repeating: 0, count: qubits + bits)
        for operation in operations {
            var (wires, step) = (operation.qubits, 1)
            switch operation.gate {
            case .measure(let bit): wires.append(qubits + bit)
            case .barrier: step = 0
            default: break
            }
            let level = step + (wires.map { levels[$0] }.max() ?? 0)
            for wire in wires { levels[wire] = level }
        }
        return levels.max() ?? 0
    }

    /// How often each gate occurs, by its name.
    public var gateCounts: [String: Int] {
        operations.reduce(into: [:]) { $0[$1.gate.name, default: 0] += 1 }
    }

    /// Unitary gates on two or more qubits: what a device's error grows with.
    public var entanglingGates: Int {
        operations.count { $0.gate.isUnitary && $0.qubits.count > 1 }
    }

    /// One line per operation under a header line: equal circuits, and only those, have equal text.
    public var canonicalText: String {
        operations.reduce(into: header + "\n") { text, operation in
            text += operation.gate.canonicalText
            text += operation.qubits.map { " \($0)" }.joined() + "\n"
        }
    }

    /// What a circuit does not have is not mentioned.
    private var header: String {
        var header = "circuit/1 qubits=\(qubits) parameters=\(parameters)"
        if bits > 0 { header += " bits=\(bits)" }
        for register in qubitRegisters { header += " qubit[\(register.size)]:\(register.name)" }
        for register in bitRegisters { header += " bit[\(register.size)]:\(register.name)" }
        for name in parameterNames { header += " input:\(name)" }
        return header
    }

    /// 16 hexadecimal digits that depend on `canonicalText` alone: the same on every machine.
    public var contentHash: String {
        let digits = String(StableHash.hash64(canonicalText), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension Gate {
    /// Name and everything else that tells the gate from others.
    var canonicalText: String {
        switch self {
        case .measure(let bit): "measure(\(bit))"
        case .unitary(let unitary): "unitary(\(unitary))"
        default:
            angles.isEmpty
                ? name : name + "(" + angles.map(\.description).joined(separator: ",") + ")"
        }
    }
}
