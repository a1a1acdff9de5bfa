public import QuantumCircuit

/// Alternating layers of rotations and entangling gates, exactly as Qiskit's `n_local` builds them,
/// parameter order included.
public enum TwoLocal {
    /// A gate of a layer; those with an angle take the next weight each time.
    public enum Block: String, Hashable, Sendable, CaseIterable, Codable {
        case h, x, y, z, s, sdg, t, tdg, sx, rx, ry, rz, p
        case cx, cy, cz, ch, swap, iswap, ecr, cp, crx, cry, crz, rxx, ryy, rzz

        func gate(_ weight: ParameterExpression) -> Gate {
            switch self {
            case .h: .h
            case .x: .x
            case .y: .y
            case .z: .z
            case .s: .s
            case .sdg: .sdg
            case .t: .t
            case .tdg: .tdg
            case .sx: .sx
            case .rx: .rx(weight)
            case .ry: .ry(weight)
            case .rz: .rz(weight)
            case .p: .p(weight)
            case .cx: .cx
            case .cy: .cy
            case .cz: .cz
            case .ch: .ch
            case .swap: .swap
            case .iswap: .iswap
            case .ecr: .ecr
            case .cp: .cp(weight)
            case .crx: .crx(weight)
            case .cry: .cry(weight)
            case .crz: .crz(weight)
            case .rxx: .rxx(weight)
            case .ryy: .ryy(weight)
            case .rzz: .rzz(weight)
            }
        }

        /// 1 or 2.
        public var qubits: Int { gate(.constant(0)).qubitCount }
        /// 0 or 1.
        public var weights: Int { gate(.constant(0)).angles.count }
    }

    /// - Parameters:
    ///   - qubits: 1…`Circuit.maximumQubits`.
    ///   - rotations: one-qubit blocks, each on all qubits before the next.
    ///   - entanglers: two-qubit blocks, each on all pairs before the next.
    ///   - repetitions: 0…16 layers of both; one more layer of rotations ends the circuit.
    ///   - hasFinalRotations: false leaves that last layer out.
    public static func circuit(
        qubits: Int, rotations: [Block] = [.ry], entanglers: [Block] = [.cz],
        repetitions: Int = 3, entanglement: Entanglement = .full, hasFinalRotations: Bool = true
    ) throws(CircuitError) -> Circuit {
        try build(
            "TwoLocal", qubits, rotations, entanglers, repetitions, hasFinalRotations
        ) { entanglement.pairs(qubits: qubits, repetition: $0) }
    }

    static func build(
        _ name: String, _ qubits: Int, _ rotations: [Block], _ entanglers: [Block],
        _ repetitions: Int, _ hasFinalRotations: Bool,
        _ pairs: (Int) -> [(first: Int, second: Int)]
    ) throws(CircuitError) -> Circuit {
        guard (1...Circuit.maximumQubits).contains(qubits) else {
            throw .template(
                name: name, option: "qubits", value: qubits, allowed: 1...Circuit.maximumQubits)
        }
        guard (0...TemplateLimits.maximumRepetitions).contains(repetitions) else {
            throw .template(
                name: name, option: "repetitions", value: repetitions,
                allowed: 0...TemplateLimits.maximumRepetitions)
        }
        for (blocks, size) in [(rotations, 1), (entanglers, 2)] {
            if let wrong = blocks.first(where: { $0.qubits != size }) {
                throw .templateText(
                    name: name, option: size == 1 ? "rotation" : "entangler",
                    value: wrong.rawValue, allowed: "gates on \(size) qubit\(size == 1 ? "" : "s")")
            }
        }
        var operations: [Operation] = []
        var weights = 0
        func add(_ block: Block, _ operands: [Int]) {
            operations.append(Operation(block.gate(.parameter(weights)), operands))
            weights += block.weights
        }
        func rotate() {
            for block in rotations { for qubit in 0..<qubits { add(block, [qubit]) } }
        }
        for repetition in 0..<repetitions {
            rotate()
            for block in entanglers {
                for pair in pairs(repetition) { add(block, [pair.first, pair.second]) }
            }
        }
        if hasFinalRotations { rotate() }
        return try Circuit(qubits: qubits, parameters: weights, operations: operations)
    }
}

/// RY layers and CX: states with real amplitudes. Exactly Qiskit's `real_amplitudes`.
public enum RealAmplitudes {
    /// - Parameters: as of `TwoLocal.circuit`; weights: qubits·(repetitions + 1).
    public static func circuit(
        qubits: Int, repetitions: Int = 3, entanglement: Entanglement = .reverseLinear
    ) throws(CircuitError) -> Circuit {
        try TwoLocal.build("RealAmplitudes", qubits, [.ry], [.cx], repetitions, true) {
            entanglement.pairs(qubits: qubits, repetition: $0)
        }
    }
}

/// RY and RZ layers and CX. Exactly Qiskit's `efficient_su2`.
public enum EfficientSU2 {
    /// - Parameters: as of `TwoLocal.circuit`; weights: 2·qubits·(repetitions + 1).
    public static func circuit(
        qubits: Int, repetitions: Int = 3, entanglement: Entanglement = .reverseLinear
    ) throws(CircuitError) -> Circuit {
        try TwoLocal.build("EfficientSU2", qubits, [.ry, .rz], [.cx], repetitions, true) {
            entanglement.pairs(qubits: qubits, repetition: $0)
        }
    }
}

/// The ansatz of Kandala et al., "Hardware-efficient variational quantum eigensolver for small
/// molecules and quantum magnets", Nature 549 (2017): Euler rotations Z, X, Z on each qubit, and
/// entanglers only where the device has a coupling, so that routing adds nothing.
public enum HardwareEfficientAnsatz {
    /// - Parameters:
    ///   - qubits: 1…`Circuit.maximumQubits`.
    ///   - repetitions: 0…16 layers of entanglers and rotations after the first rotations.
    ///   - couplings: pairs of the device's coupling map; nil for a line.
    ///   - entangler: the device's own two-qubit gate, one without an angle.
    /// - Returns: weights: qubits·(3·repetitions + 2), since the very first Z rotation does
    ///   nothing to |0⟩ and is left out.
    public static func circuit(
        qubits: Int, repetitions: Int = 2, couplings: [(first: Int, second: Int)]? = nil,
        entangler: TwoLocal.Block = .cz
    ) throws(CircuitError) -> Circuit {
        let name = "HardwareEfficientAnsatz"
        guard entangler.qubits == 2, entangler.weights == 0 else {
            throw .templateText(
                name: name, option: "entangler", value: entangler.rawValue,
                allowed: "gates on 2 qubits without an angle")
        }
        // Checks the size and the repetitions.
        _ = try TwoLocal.build(name, qubits, [], [], repetitions, true) { _ in [] }
        let pairs = couplings ?? Entanglement.linear.pairs(qubits: qubits)
        let first = try TwoLocal.build(name, qubits, [.rx, .rz], [], 0, true) { _ in [] }
        var circuit = try Circuit(
            qubits: qubits, parameters: qubits * (3 * repetitions + 2),
            operations: first.operations)
        let layer = try TwoLocal.build(name, qubits, [.rz, .rx, .rz], [], 0, true) { _ in [] }
        for repetition in 0..<repetitions {
            for pair in pairs {
                try circuit.append(entangler.gate(.constant(0)), pair.first, pair.second)
            }
            try circuit.append(
                layer, parameterOffset: first.parameters + repetition * layer.parameters)
        }
        return circuit
    }
}
