public import QuantumCircuit

/// The second-order Pauli-Z feature map of Havlíček et al., "Supervised learning with
/// quantum-enhanced feature spaces", Nature 567 (2019), exactly as Qiskit's `zz_feature_map` builds
/// it.
///
/// Each repetition: H on every qubit, P(2xᵢ) on every qubit, and for each pair of the entanglement
/// CX, P(2(π−xᵢ)(π−xⱼ)) on the second, CX. One parameter per qubit.
public enum ZZFeatureMap {
    /// - Parameters:
    ///   - qubits: 2…`Circuit.maximumQubits`.
    ///   - repetitions: 1…16.
    ///   - bandwidth: every input is multiplied by it first; positive, 1 for Qiskit's map.
    public static func circuit(
        qubits: Int, repetitions: Int = 2, entanglement: Entanglement = .full,
        bandwidth: Double = 1
    ) throws(CircuitError) -> Circuit {
        try TemplateLimits.check("ZZFeatureMap", qubits: qubits, from: 2, repetitions)
        return try PauliFeatureMap.build(
            "ZZFeatureMap", qubits, ["Z", "ZZ"], repetitions, entanglement, bandwidth)
    }
}

/// The first-order Pauli-Z feature map, Qiskit's `z_feature_map`: the circuit without entanglement,
/// and so a control that any entangled map has to beat.
public enum ZFeatureMap {
    /// - Parameters:
    ///   - qubits: 1…`Circuit.maximumQubits`.
    ///   - repetitions: 1…16.
    ///   - bandwidth: every input is multiplied by it first; positive, 1 for Qiskit's map.
    public static func circuit(
        qubits: Int, repetitions: Int = 2, bandwidth: Double = 1
    ) throws(CircuitError) -> Circuit {
        try TemplateLimits.check("ZFeatureMap", qubits: qubits, from: 1, repetitions)
        return try PauliFeatureMap.build(
            "ZFeatureMap", qubits, ["Z"], repetitions, .full, bandwidth)
    }
}

/// The Pauli feature map of any strings, exactly as Qiskit 2's `pauli_feature_map` builds it.
///
/// Each repetition: H on every qubit, then for each string and each block of the entanglement,
/// `exp(i·φ·P)` up to a phase, as basis changes (H for X, √X for Y), a chain of CX, P(2φ) on the
/// last qubit, and all of it back. φ is xᵢ for one qubit and ∏(π−xᵢ) over the block for more:
/// qubits where the string has I take part in that product, as they do in Qiskit.
public enum PauliFeatureMap {
    /// Longest string.
    public static let maximumLength = 8

    /// - Parameters:
    ///   - qubits: 1…`Circuit.maximumQubits`, at least the longest string's length.
    ///   - strings: letters I, X, Y, Z; the last letter belongs to a block's first qubit.
    ///   - repetitions: 1…16.
    ///   - bandwidth: every input is multiplied by it first; positive, 1 for Qiskit's map.
    public static func circuit(
        qubits: Int, strings: [String] = ["Z", "ZZ"], repetitions: Int = 2,
        entanglement: Entanglement = .full, bandwidth: Double = 1
    ) throws(CircuitError) -> Circuit {
        let name = "PauliFeatureMap"
        let longest = strings.map(\.utf8.count).max() ?? 0
        guard (1...maximumLength).contains(longest) else {
            throw .template(
                name: name, option: "string length", value: longest, allowed: 1...maximumLength)
        }
        try TemplateLimits.check(name, qubits: qubits, from: longest, repetitions)
        guard entanglement != .pairwise || longest <= 2 else {
            throw .template(
                name: name, option: "string length for pairwise entanglement", value: longest,
                allowed: 1...2)
        }
        for string in strings where string.isEmpty || string.contains(where: { !isPauli($0) }) {
            throw .templateText(
                name: name, option: "string", value: string, allowed: "letters I, X, Y, Z")
        }
        return try build(name, qubits, strings, repetitions, entanglement, bandwidth)
    }

    private static func isPauli(_ letter: Character) -> Bool { "IXYZ".contains(letter) }

    static func build(
        _ name: String, _ qubits: Int, _ strings: [String], _ repetitions: Int,
        _ entanglement: Entanglement, _ bandwidth: Double
    ) throws(CircuitError) -> Circuit {
        guard bandwidth.isFinite, bandwidth > 0 else {
            throw .templateText(
                name: name, option: "bandwidth", value: "\(bandwidth)",
                allowed: "a positive number")
        }
        var circuit = try Circuit(qubits: qubits, parameters: qubits)
        for repetition in 0..<repetitions {
            for qubit in 0..<qubits { try circuit.append(.h, qubit) }
            for string in strings {
                let letters = Array(string.reversed())
                let blocks = entanglement.blocks(
                    of: letters.count, qubits: qubits, repetition: repetition)
                for block in blocks {
                    try evolve(letters, block, bandwidth, &circuit)
                }
            }
        }
        return circuit
    }

    private static func evolve(
        _ letters: [Character], _ block: [Int], _ bandwidth: Double, _ circuit: inout Circuit
    ) throws(CircuitError) {
        let active = zip(letters, block).filter { $0.0 != "I" }
        guard let last = active.last?.1 else { return }
        var frame: [Operation] = active.compactMap { letter, qubit in
            letter == "X" ? Operation(.h, [qubit]) : letter == "Y" ? Operation(.sx, [qubit]) : nil
        }
        frame += zip(active, active.dropFirst()).map { Operation(.cx, [$0.0.1, $0.1.1]) }
        try circuit.append(contentsOf: frame)
        try circuit.append(.p(2 * angle(block, bandwidth)), last)
        try circuit.append(
            contentsOf: frame.reversed().map {
                Operation($0.gate.inverse ?? $0.gate, $0.qubits)
            })
    }

    private static func angle(_ block: [Int], _ bandwidth: Double) -> ParameterExpression {
        if block.count == 1 { return .affine(block[0], scale: bandwidth, offset: 0) }
        return block.dropFirst().reduce(factor(block[0], bandwidth)) {
            $0 * factor($1, bandwidth)
        }
    }

    private static func factor(_ qubit: Int, _ bandwidth: Double) -> ParameterExpression {
        .affine(qubit, scale: -bandwidth, offset: .pi)
    }
}

enum TemplateLimits {
    static let maximumRepetitions = 16

    static func check(
        _ name: String, qubits: Int, from minimum: Int, _ repetitions: Int
    ) throws(CircuitError) {
        let allowed = minimum...Circuit.maximumQubits
        guard allowed.contains(qubits) else {
            throw .template(name: name, option: "qubits", value: qubits, allowed: allowed)
        }
        guard (1...maximumRepetitions).contains(repetitions) else {
            throw .template(
                name: name, option: "repetitions", value: repetitions,
                allowed: 1...maximumRepetitions)
        }
    }
}
