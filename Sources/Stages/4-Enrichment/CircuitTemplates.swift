public import Models
public import QuantumCircuit
internal import QuantumPrimitives
internal import QuantumSimulator

/// The circuit template that a model's specification names.
public enum CircuitTemplates {
    /// - Throws: `CircuitError` for a template that cannot be built in that size.
    public static func circuit(
        for specification: CircuitSpecification
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

    private static func entanglement(_ kind: Models.Entanglement) -> QuantumPrimitives.Entanglement
    {
        switch kind {
        case .linear: .linear
        case .circular: .circular
        case .full, .none: .full
        }
    }
}
