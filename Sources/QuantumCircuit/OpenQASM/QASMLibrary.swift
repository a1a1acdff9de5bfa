/// A gate that the reader knows without a definition.
struct QASMNativeGate: Sendable {
    let parameters: Int
    let qubits: Int
    /// On operands 0…, for as many angles as `parameters`.
    let atoms: @Sendable ([ParameterExpression]) -> [QASMAtom]

    /// A gate of the closed set, with its own angles.
    init(_ gate: Gate) {
        parameters = gate.angles.count
        qubits = gate.qubitCount
        let operands = Array(0..<gate.qubitCount)
        atoms = { angles in
            var rest = angles[...]
            return [.gate(gate.mapAngles { _ in rest.removeFirst() }, operands)]
        }
    }

    init(
        parameters: Int = 0, qubits: Int,
        _ atoms: @escaping @Sendable ([ParameterExpression]) -> [QASMAtom]
    ) {
        self.parameters = parameters
        self.qubits = qubits
        self.atoms = atoms
    }
}

enum QASMLibrary {
    static let includes: Set<String> = ["stdgates.inc", "qelib1.inc"]

    /// Known without an include.
    static let builtIn: [String: QASMNativeGate] = [
        // With the phase that OpenQASM 3 gives it; in OpenQASM 2 no phase matters.
        "U": QASMNativeGate(parameters: 3, qubits: 1) { angles in
            [
                .gate(.u(angles[0], angles[1], angles[2]), [0]),
                .phase(angles[0].scaled(by: 0.5), []),
            ]
        },
        "CX": QASMNativeGate(.cx),
    ]

    /// Known after an include: both standard files, and the rest of the closed set.
    static let included: [String: QASMNativeGate] = {
        let zero = ParameterExpression.constant(0)
        let gates: [Gate] = [
            .id, .h, .x, .y, .z, .s, .sdg, .t, .tdg, .sx, .sxdg, .rx(zero), .ry(zero), .rz(zero),
            .p(zero), .u(zero, zero, zero), .cx, .cy, .cz, .ch, .cp(zero), .crx(zero), .cry(zero),
            .crz(zero), .cu(zero, zero, zero, zero), .swap, .iswap, .rxx(zero), .ryy(zero),
            .rzz(zero), .ecr, .ccx, .cswap,
        ]
        var table = Dictionary(
            uniqueKeysWithValues: gates.map { ($0.name, QASMNativeGate($0)) })
        for (name, meaning) in [
            "u1": Gate.p(zero), "phase": .p(zero), "cu1": .cp(zero), "cphase": .cp(zero),
        ] { table[name] = QASMNativeGate(meaning) }
        return table.merging(older) { first, _ in first }
    }()

    /// What is left of qelib1.inc and stdgates.inc, in terms of the closed set.
    private static let older: [String: QASMNativeGate] = [
        "u0": QASMNativeGate(parameters: 1, qubits: 1) { _ in [.gate(.id, [0])] },
        "u2": QASMNativeGate(parameters: 2, qubits: 1) { angles in
            oldU(.constant(.pi / 2), angles[0], angles[1])
        },
        "u3": QASMNativeGate(parameters: 3, qubits: 1) { angles in
            oldU(angles[0], angles[1], angles[2])
        },
        "cu3": QASMNativeGate(parameters: 3, qubits: 2) { angles in
            [.gate(.cu(angles[0], angles[1], angles[2], .constant(0)), [0, 1])]
        },
        "csx": QASMNativeGate(qubits: 2) { _ in QASMAtom.gate(.sx, [1]).controlled(by: [0]) },
        "c3x": QASMNativeGate(qubits: 4) { _ in QASMAtom.gate(.x, [3]).controlled(by: [0, 1, 2]) },
        "c4x": QASMNativeGate(qubits: 5) { _ in
            QASMAtom.gate(.x, [4]).controlled(by: [0, 1, 2, 3])
        },
        "c3sqrtx": QASMNativeGate(qubits: 4) { _ in
            QASMAtom.gate(.sx, [3]).controlled(by: [0, 1, 2])
        },
        "rccx": QASMNativeGate(qubits: 3) { _ in relativeToffoli },
        "rc3x": QASMNativeGate(qubits: 4) { _ in relativeTripleControl },
    ]

    /// `u3` and `u2` of stdgates.inc have determinant 1.
    private static func oldU(
        _ theta: ParameterExpression, _ phi: ParameterExpression, _ lambda: ParameterExpression
    ) -> [QASMAtom] {
        [
            .gate(.u(theta, phi, lambda), [0]), .phase(phi.scaled(by: -0.5), []),
            .phase(lambda.scaled(by: -0.5), []),
        ]
    }

    /// qelib1.inc's `rccx`: a Toffoli gate up to relative phases.
    private static let relativeToffoli: [QASMAtom] = [
        .gate(.h, [2]), .gate(.t, [2]), .gate(.cx, [1, 2]), .gate(.tdg, [2]), .gate(.cx, [0, 2]),
        .gate(.t, [2]), .gate(.cx, [1, 2]), .gate(.tdg, [2]), .gate(.h, [2]),
    ]

    private static let relativeTripleControl: [QASMAtom] = [
        .gate(.h, [3]), .gate(.t, [3]), .gate(.cx, [2, 3]), .gate(.tdg, [3]), .gate(.h, [3]),
        .gate(.cx, [0, 3]), .gate(.t, [3]), .gate(.cx, [1, 3]), .gate(.tdg, [3]),
        .gate(.cx, [0, 3]), .gate(.t, [3]), .gate(.cx, [1, 3]), .gate(.tdg, [3]), .gate(.h, [3]),
        .gate(.t, [3]), .gate(.cx, [2, 3]), .gate(.tdg, [3]), .gate(.h, [3]),
    ]
}
