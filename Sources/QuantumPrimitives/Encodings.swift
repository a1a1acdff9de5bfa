public import QuantumCircuit

/// One rotation per qubit by its input: a product state.
public enum AngleEncoding {
    public enum Axis: String, Hashable, Sendable, CaseIterable, Codable {
        case x, y, z
    }

    /// R(scale·xᵢ) about an axis on each qubit i; about Z after a Hadamard gate, since Z alone
    /// leaves |0⟩ as it is.
    ///
    /// - Parameters:
    ///   - qubits: 1…`Circuit.maximumQubits`; one parameter each.
    ///   - scale: finite, in radians per unit of the inputs.
    public static func circuit(
        qubits: Int, axis: Axis = .y, scale: Double = 1
    ) throws(CircuitError) -> Circuit {
        var circuit = try Circuit(qubits: qubits, parameters: qubits)
        for qubit in 0..<qubits {
            let angle = ParameterExpression.affine(qubit, scale: scale, offset: 0)
            switch axis {
            case .x: try circuit.append(.rx(angle), qubit)
            case .y: try circuit.append(.ry(angle), qubit)
            case .z:
                try circuit.append(.h, qubit)
                try circuit.append(.rz(angle), qubit)
            }
        }
        return circuit
    }
}

/// The diagonal encoding of instantaneous quantum polynomial circuits (Havlíček et al., Nature 567
/// (2019)), as PennyLane's `IQPEmbedding` builds it.
public enum IQPEncoding {
    /// Each repetition: H and RZ(xᵢ) on every qubit, then RZZ(xᵢxⱼ) on the entanglement's pairs.
    ///
    /// - Parameters:
    ///   - qubits: 1…`Circuit.maximumQubits`; one parameter each.
    ///   - repetitions: 1…16.
    ///   - bandwidth: every input is multiplied by it first; finite.
    public static func circuit(
        qubits: Int, repetitions: Int = 1, entanglement: Entanglement = .full,
        bandwidth: Double = 1
    ) throws(CircuitError) -> Circuit {
        try TemplateLimits.check("IQPEncoding", qubits: qubits, from: 1, repetitions)
        var circuit = try Circuit(qubits: qubits, parameters: qubits)
        let input = { (qubit: Int) in
            ParameterExpression.affine(qubit, scale: bandwidth, offset: 0)
        }
        for repetition in 0..<repetitions {
            for qubit in 0..<qubits { try circuit.append(.h, qubit) }
            for qubit in 0..<qubits { try circuit.append(.rz(input(qubit)), qubit) }
            for (first, second) in entanglement.pairs(qubits: qubits, repetition: repetition) {
                try circuit.append(.rzz(input(first) * input(second)), first, second)
            }
        }
        return circuit
    }
}

/// Bits as a basis state.
public enum BasisEncoding {
    /// X where a bit is set; bit i on qubit i.
    public static func circuit(bits: [Bool]) throws(CircuitError) -> Circuit {
        var circuit = try Circuit(qubits: bits.count)
        for qubit in bits.indices where bits[qubit] { try circuit.append(.x, qubit) }
        return circuit
    }

    /// The template for many records: RX(πxᵢ), which for inputs 0 and 1 is the same up to a global
    /// phase.
    public static func circuit(qubits: Int) throws(CircuitError) -> Circuit {
        try AngleEncoding.circuit(qubits: qubits, axis: .x, scale: .pi)
    }
}
