public import Models
public import QuantumCircuit
internal import QuantumPrimitives

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
