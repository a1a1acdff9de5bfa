public import Models
public import QuantumCircuit
internal import QuantumPrimitives
internal import QuantumSimulator

/// The circuit template that a model's specification names.
public enum CircuitTemplates {
    /// The feature map of a record's angles, then the ansatz, if any, with its weights as constants.
    ///
    /// - Throws: `CircuitError` for a template that cannot be built in that size, or weights that
    ///   are not as many as the ansatz takes.
    public static func circuit(
        for specification: CircuitSpecification
    ) throws(CircuitError) -> Circuit {
        var circuit = try featureMap(specification)
        if let ansatz = specification.ansatz {
            let layers = try layers(ansatz, qubits: specification.qubits)
            try circuit.append(layers.bound(to: ansatz.weights))
        }
        return circuit
    }

    /// The same circuit with the ansatz' weights as parameters, after a record's angles.
    public static func trainableCircuit(
        for specification: CircuitSpecification
    ) throws(CircuitError) -> Circuit {
        let map = try featureMap(specification)
        guard let ansatz = specification.ansatz else { return map }
        return try map.followed(by: layers(ansatz, qubits: specification.qubits))
    }

    private static func featureMap(
        _ specification: CircuitSpecification
    ) throws(CircuitError) -> Circuit {
        if specification.entanglement == .none {
            return try ZFeatureMap.circuit(
                qubits: specification.qubits, repetitions: specification.repetitions)
        }
        return try ZZFeatureMap.circuit(
            qubits: specification.qubits, repetitions: specification.repetitions,
            entanglement: entanglement(specification.entanglement))
    }

    /// Why what the head reads off a model's circuit needs no quantum computer; nil where nothing
    /// says so.
    public static func warning(for specification: CircuitSpecification) -> String? {
        guard let circuit = try? circuit(for: specification) else { return nil }
        return (try? CircuitFacts(circuit))?.warning
    }

    /// The strings that a head reads: all Zᵢ, then all ZᵢZⱼ.
    public static func strings(qubits: Int) -> [ZString] {
        MeasuredStrings.upToPairs(qubits: qubits)
    }

    private static func layers(
        _ ansatz: AnsatzSpecification, qubits: Int
    ) throws(CircuitError) -> Circuit {
        let entanglement = entanglement(ansatz.entanglement)
        switch ansatz.name {
        case .realAmplitudes:
            return try RealAmplitudes.circuit(
                qubits: qubits, repetitions: ansatz.repetitions, entanglement: entanglement)
        case .efficientSU2:
            return try EfficientSU2.circuit(
                qubits: qubits, repetitions: ansatz.repetitions, entanglement: entanglement)
        }
    }

    private static func entanglement(
        _ kind: AnsatzEntanglement
    ) -> QuantumPrimitives.Entanglement {
        switch kind {
        case .linear: .linear
        case .reverseLinear: .reverseLinear
        case .circular: .circular
        case .full: .full
        case .pairwise: .pairwise
        case .shifted: .shifted
        }
    }

    private static func entanglement(_ kind: Models.Entanglement) -> QuantumPrimitives.Entanglement
    {
        switch kind {
        case .linear: .linear
        case .circular: .circular
        case .full, .none: .full
        }
    }
}
