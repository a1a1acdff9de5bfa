/// What gate calls come down to, on local operand numbers.
enum QASMAtom: Sendable {
    case gate(Gate, [Int])
    /// `e^{iθ}` where all of these operands are 1; everywhere when there are none.
    case phase(ParameterExpression, [Int])

    var inverse: QASMAtom {
        switch self {
        case .gate(let gate, let operands): .gate(gate.inverse ?? gate, operands)
        case .phase(let angle, let operands): .phase(-angle, operands)
        }
    }

    func mapOperands(_ map: (Int) -> Int) -> QASMAtom {
        switch self {
        case .gate(let gate, let operands): .gate(gate, operands.map(map))
        case .phase(let angle, let operands): .phase(angle, operands.map(map))
        }
    }

    /// Gates of the closed set; global phases vanish.
    ///
    /// A phase on three operands and more halves its angle: θ·abc = θ/2·(bc + ac − (a⊕b)c).
    var gates: [(gate: Gate, operands: [Int])] {
        switch self {
        case .gate(let gate, let operands): return [(gate, operands)]
        case .phase(let angle, let operands):
            switch operands.count {
            case 0: return []
            case 1: return [(.p(angle), operands)]
            case 2: return [(.cp(angle), operands)]
            default:
                let (half, first, second) = (angle.scaled(by: 0.5), operands[0], operands[1])
                let rest = Array(operands[2...])
                let flip: [(Gate, [Int])] = [(.cx, [first, second])]
                return QASMAtom.phase(half, [second] + rest).gates + flip
                    + QASMAtom.phase(-half, [second] + rest).gates + flip
                    + QASMAtom.phase(half, [first] + rest).gates
            }
        }
    }

    /// `gates.count`, without making them.
    var gateCount: Int {
        guard case .phase(_, let operands) = self, operands.count != 1 else { return 1 }
        if operands.isEmpty { return 0 }
        return (0..<operands.count - 2).reduce(1) { count, _ in 3 * count + 2 }
    }

    // MARK: Controls

    /// The same under controls, exactly (phases count under a control).
    func controlled(by controls: [Int]) -> [QASMAtom] {
        switch self {
        case .phase(let angle, let operands): return [.phase(angle, controls + operands)]
        case .gate(let gate, let operands):
            if case .id = gate { return [] }
            if case .barrier = gate { return [self] }
            if let direct = Self.direct(gate, controls.count) {
                return [.gate(direct, controls + operands)]
            }
            return Self.pieces(gate, operands).map { piece in
                if case .phase(let angle, let qubits) = piece {
                    return .phase(angle, controls + qubits)
                }
                return piece
            }
        }
    }

    private static func direct(_ gate: Gate, _ controls: Int) -> Gate? {
        switch (gate, controls) {
        case (.x, 1): .cx
        case (.x, 2), (.cx, 1): .ccx
        case (.y, 1): .cy
        case (.z, 1): .cz
        case (.h, 1): .ch
        case (.swap, 1): .cswap
        case (.p(let angle), 1): .cp(angle)
        case (.rx(let angle), 1): .crx(angle)
        case (.ry(let angle), 1): .cry(angle)
        case (.rz(let angle), 1): .crz(angle)
        case (.u(let theta, let phi, let lambda), 1): .cu(theta, phi, lambda, .constant(0))
        default: nil
        }
    }

    /// The gate as phases between gates that cancel without them: controls need to reach the phases
    /// alone. Exact, global phase included.
    private static func pieces(_ gate: Gate, _ q: [Int]) -> [QASMAtom] {
        func phase(_ angle: ParameterExpression, _ qubits: Int...) -> [QASMAtom] {
            [.phase(angle, qubits)]
        }
        func fixed(_ angle: Double, _ qubits: Int...) -> [QASMAtom] {
            [.phase(.constant(angle), qubits)]
        }
        /// A, the middle, A†: what comes first stands first.
        func between(_ frame: [(Gate, [Int])], _ middle: [QASMAtom]) -> [QASMAtom] {
            let before = frame.map { QASMAtom.gate($0.0, $0.1) }
            return before + middle + before.reversed().map(\.inverse)
        }
        func zRotation(_ angle: ParameterExpression, _ qubit: Int) -> [QASMAtom] {
            phase(angle.scaled(by: -0.5)) + phase(angle, qubit)
        }
        func yRotation(_ angle: ParameterExpression, _ qubit: Int) -> [QASMAtom] {
            between([(.sdg, [qubit]), (.h, [qubit])], zRotation(angle, qubit))
        }
        /// `exp(−iθ Z⊗Z/2)`.
        func zzRotation(_ angle: ParameterExpression) -> [QASMAtom] {
            between([(.cx, q)], zRotation(angle, q[1]))
        }
        func xx(_ angle: ParameterExpression) -> [QASMAtom] {
            between([(.h, [q[0]]), (.h, [q[1]])], zzRotation(angle))
        }
        func yy(_ angle: ParameterExpression) -> [QASMAtom] {
            let frame: [(Gate, [Int])] = q.flatMap { [(.sdg, [$0]), (.h, [$0])] }
            return between(frame, zzRotation(angle))
        }
        switch gate {
        case .x: return between([(.h, q)], fixed(.pi, q[0]))
        case .y: return between([(.sdg, q), (.h, q)], fixed(.pi, q[0]))
        case .z: return fixed(.pi, q[0])
        case .s: return fixed(.pi / 2, q[0])
        case .sdg: return fixed(-.pi / 2, q[0])
        case .t: return fixed(.pi / 4, q[0])
        case .tdg: return fixed(-.pi / 4, q[0])
        case .sx: return between([(.h, q)], fixed(.pi / 2, q[0]))
        case .sxdg: return between([(.h, q)], fixed(-.pi / 2, q[0]))
        case .h: return between([(.ry(.constant(-.pi / 4)), q)], fixed(.pi, q[0]))
        case .rx(let angle): return between([(.h, q)], zRotation(angle, q[0]))
        case .ry(let angle): return yRotation(angle, q[0])
        case .rz(let angle): return zRotation(angle, q[0])
        case .p(let angle): return phase(angle, q[0])
        case .u(let theta, let phi, let lambda):
            return phase(lambda, q[0]) + yRotation(theta, q[0]) + phase(phi, q[0])
        case .swap: return between([(.cx, q)], controlled(.x, q[1], [q[0]]))
        case .iswap: return xx(.constant(-.pi / 2)) + yy(.constant(-.pi / 2))
        case .rxx(let angle): return xx(angle)
        case .ryy(let angle): return yy(angle)
        case .rzz(let angle): return zzRotation(angle)
        case .ecr:
            let rotation = between([(.h, [q[1]])], zzRotation(.constant(.pi / 2)))
            return rotation + pieces(.x, [q[0]])
        case .cx: return controlled(.x, q[0], [q[1]])
        case .cy: return controlled(.y, q[0], [q[1]])
        case .cz: return fixed(.pi, q[0], q[1])
        case .ch: return controlled(.h, q[0], [q[1]])
        case .cp(let angle): return phase(angle, q[0], q[1])
        case .crx(let angle): return controlled(.rx(angle), q[0], [q[1]])
        case .cry(let angle): return controlled(.ry(angle), q[0], [q[1]])
        case .crz(let angle): return controlled(.rz(angle), q[0], [q[1]])
        case .cu(let theta, let phi, let lambda, let gamma):
            return controlled(.u(theta, phi, lambda), q[0], [q[1]]) + phase(gamma, q[0])
        case .ccx: return between([(.h, [q[2]])], fixed(.pi, q[0], q[1], q[2]))
        case .cswap:
            return between(
                [(.cx, [q[2], q[1]])],
                between([(.h, [q[2]])], fixed(.pi, q[0], q[1], q[2])))
        // No text makes a matrix, and the others are no gates under a modifier.
        case .id, .unitary, .barrier, .measure, .reset: return []
        }
    }

    private static func controlled(_ gate: Gate, _ control: Int, _ q: [Int]) -> [QASMAtom] {
        pieces(gate, q).map { piece in
            if case .phase(let angle, let qubits) = piece {
                return .phase(angle, [control] + qubits)
            }
            return piece
        }
    }

    // MARK: Powers

    /// The principal power of a gate with one phase or rotation; nil for others.
    func power(_ exponent: Double) -> [QASMAtom]? {
        switch self {
        case .phase(let angle, let operands): return [.phase(angle.scaled(by: exponent), operands)]
        case .gate(let gate, let operands):
            switch gate {
            case .id: return [self]
            case .rx, .ry, .rz, .p, .cp, .crx, .cry, .crz, .rxx, .ryy, .rzz:
                return [.gate(gate.mapAngles { $0.scaled(by: exponent) }, operands)]
            case .x, .y, .z, .h, .s, .sdg, .t, .tdg, .sx, .sxdg, .cx, .cy, .cz, .ch, .ccx, .cswap,
                .swap:
                return Self.pieces(gate, operands).map { piece in
                    if case .phase(let angle, let qubits) = piece {
                        return .phase(angle.scaled(by: exponent), qubits)
                    }
                    return piece
                }
            default: return nil
            }
        }
    }
}
