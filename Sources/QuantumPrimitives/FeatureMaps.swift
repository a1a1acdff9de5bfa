public import QuantumCircuit

/// The second-order Pauli-Z feature map of Havlíček et al., "Supervised learning with
/// quantum-enhanced feature spaces", Nature 567 (2019), exactly as Qiskit's `ZZFeatureMap` builds
/// it.
///
/// Each repetition: H on every qubit, P(2xᵢ) on every qubit, and for each pair of the entanglement
/// CX, P(2(π−xᵢ)(π−xⱼ)) on the second, CX. One parameter per qubit.
public enum ZZFeatureMap {
    /// - Parameters:
    ///   - qubits: 2…`Circuit.maximumQubits`.
    ///   - repetitions: 1…16.
    public static func circuit(
        qubits: Int, repetitions: Int = 2, entanglement: Entanglement = .full
    ) throws(CircuitError) -> Circuit {
        try FeatureMapLimits.check("ZZFeatureMap", qubits: qubits, from: 2, repetitions)
        var circuit = try Circuit(qubits: qubits, parameters: qubits)
        let pairs = entanglement.pairs(qubits: qubits)
        for _ in 0..<repetitions {
            try appendFirstOrder(to: &circuit)
            for (first, second) in pairs {
                let angle =
                    2 * ParameterExpression.affine(first, scale: -1, offset: .pi)
                    * ParameterExpression.affine(second, scale: -1, offset: .pi)
                try circuit.append(.cx, first, second)
                try circuit.append(.p(angle), second)
                try circuit.append(.cx, first, second)
            }
        }
        return circuit
    }

    static func appendFirstOrder(to circuit: inout Circuit) throws(CircuitError) {
        for qubit in 0..<circuit.qubits { try circuit.append(.h, qubit) }
        for qubit in 0..<circuit.qubits {
            try circuit.append(.p(2 * ParameterExpression.parameter(qubit)), qubit)
        }
    }
}

/// The first-order Pauli-Z feature map, Qiskit's `ZFeatureMap`: the circuit without entanglement,
/// and so a control that any entangled map has to beat.
public enum ZFeatureMap {
    /// - Parameters:
    ///   - qubits: 1…`Circuit.maximumQubits`.
    ///   - repetitions: 1…16.
    public static func circuit(
        qubits: Int, repetitions: Int = 2
    ) throws(CircuitError) -> Circuit {
        try FeatureMapLimits.check("ZFeatureMap", qubits: qubits, from: 1, repetitions)
        var circuit = try Circuit(qubits: qubits, parameters: qubits)
        for _ in 0..<repetitions { try ZZFeatureMap.appendFirstOrder(to: &circuit) }
        return circuit
    }
}

enum FeatureMapLimits {
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
