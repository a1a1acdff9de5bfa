public import QuantumCircuit

/// The observables whose expectation values are a quantum head's features.
public enum MeasuredStrings {
    /// Z₀ … Zₙ₋₁, then ZᵢZⱼ for i < j in lexicographic order: n(n+1)/2 strings.
    public static func upToPairs(qubits: Int) -> [ZString] {
        let singles = (0..<qubits).map { ZString(qubits: $0) }
        let pairs = Entanglement.full.pairs(qubits: qubits)
        return singles + pairs.map { ZString(qubits: $0.first, $0.second) }
    }

    /// `upToPairs(qubits:).count` without making them.
    public static func countUpToPairs(qubits: Int) -> Int { qubits * (qubits + 1) / 2 }
}
