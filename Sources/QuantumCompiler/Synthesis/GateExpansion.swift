import QuantumCircuit

/// Gates as shorter-reaching ones, exactly up to a global phase; angles stay symbols.
enum GateExpansion {
    /// CCX and CSWAP as CX and one-qubit gates; nil for gates on fewer qubits.
    static func ofThreeQubits(_ operation: Operation) -> [Operation]? {
        let qubits = operation.qubits
        switch operation.gate {
        case .ccx: return toffoli(qubits[0], qubits[1], qubits[2])
        case .cswap:
            let (first, second) = (qubits[1], qubits[2])
            return [Operation(.cx, [second, first])]
                + toffoli(qubits[0], first, second) + [Operation(.cx, [second, first])]
        default: return nil
        }
    }

    /// Nielsen and Chuang, figure 4.9: six CX.
    private static func toffoli(_ a: Int, _ b: Int, _ target: Int) -> [Operation] {
        [
            Operation(.h, [target]), Operation(.cx, [b, target]), Operation(.tdg, [target]),
            Operation(.cx, [a, target]), Operation(.t, [target]), Operation(.cx, [b, target]),
            Operation(.tdg, [target]), Operation(.cx, [a, target]), Operation(.t, [b]),
            Operation(.t, [target]), Operation(.h, [target]), Operation(.cx, [a, b]),
            Operation(.t, [a]), Operation(.tdg, [b]), Operation(.cx, [a, b]),
        ]
    }

    /// A two-qubit gate as RZZ, CX and one-qubit gates; nil for those and for matrices, which
    /// `TwoQubitSynthesis` takes.
    static func ofTwoQubits(_ operation: Operation) -> [Operation]? {
        guard operation.qubits.count == 2 else { return nil }
        let (a, b) = (operation.qubits[0], operation.qubits[1])
        switch operation.gate {
        case .cy: return conjugated(.sdg, b, [Operation(.cx, [a, b])], back: .s)
        case .cz: return conjugated(.h, b, [Operation(.cx, [a, b])], back: .h)
        case .ch:
            // H = RY(π/4)·Z·RY(−π/4).
            let turn = ParameterExpression.constant(.pi / 4)
            return conjugated(
                .ry(-turn), b, conjugated(.h, b, [Operation(.cx, [a, b])], back: .h),
                back: .ry(turn))
        case .ecr:
            return [
                Operation(.s, [a]), Operation(.sx, [b]), Operation(.cx, [a, b]),
                Operation(.x, [a]),
            ]
        case .swap:
            return [Operation(.cx, [a, b]), Operation(.cx, [b, a]), Operation(.cx, [a, b])]
        case .iswap:
            return [
                Operation(.s, [a]), Operation(.s, [b]), Operation(.h, [a]),
                Operation(.cx, [a, b]), Operation(.cx, [b, a]), Operation(.h, [b]),
            ]
        default: return ofRotation(operation.gate, a, b)
        }
    }

    private static func ofRotation(_ gate: Gate, _ a: Int, _ b: Int) -> [Operation]? {
        switch gate {
        case .rxx(let angle):
            return conjugated(
                .h, a, conjugated(.h, b, [Operation(.rzz(angle), [a, b])], back: .h), back: .h)
        case .ryy(let angle):
            let core = [Operation(.rzz(angle), [a, b])]
            return conjugated(.sx, a, conjugated(.sx, b, core, back: .sxdg), back: .sxdg)
        case .cp(let angle):
            return [
                Operation(.rz(0.5 * angle), [a]), Operation(.rz(0.5 * angle), [b]),
                Operation(.rzz(-0.5 * angle), [a, b]),
            ]
        case .crz(let angle):
            return [
                Operation(.rz(0.5 * angle), [b]), Operation(.rzz(-0.5 * angle), [a, b]),
            ]
        case .crx(let angle): return conjugated(.h, b, controlledRZ(angle, a, b), back: .h)
        case .cry(let angle): return conjugated(.sx, b, controlledRZ(angle, a, b), back: .sxdg)
        case .cu(let theta, let phi, let lambda, let gamma):
            return controlledU(theta, phi, lambda, gamma, a, b)
        default: return nil
        }
    }

    private static func controlledRZ(
        _ angle: ParameterExpression, _ a: Int, _ b: Int
    ) -> [Operation] {
        [Operation(.rz(0.5 * angle), [b]), Operation(.rzz(-0.5 * angle), [a, b])]
    }

    /// Qiskit's definition, as any controlled one-qubit gate by two CX.
    private static func controlledU(
        _ theta: ParameterExpression, _ phi: ParameterExpression, _ lambda: ParameterExpression,
        _ gamma: ParameterExpression, _ a: Int, _ b: Int
    ) -> [Operation] {
        let half = 0.5 * theta
        let sum = 0.5 * (phi + lambda)
        return [
            Operation(.rz((gamma + sum).reduced), [a]),
            Operation(.rz((0.5 * (lambda - phi)).reduced), [b]), Operation(.cx, [a, b]),
            Operation(.u(-1 * half, .constant(0), (-1 * sum).simplified), [b]),
            Operation(.cx, [a, b]), Operation(.u(half, phi, .constant(0)), [b]),
        ]
    }

    /// `gate`, then the operations, then `back`.
    private static func conjugated(
        _ gate: Gate, _ qubit: Int, _ operations: [Operation], back: Gate
    ) -> [Operation] {
        [Operation(gate, [qubit])] + operations + [Operation(back, [qubit])]
    }
}
