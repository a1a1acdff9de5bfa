import QuantumCircuit
import QuantumPrimitives
import Testing

@Suite("Feature maps")
struct FeatureMapTests {
    @Test("couple pairs in Qiskit's order")
    func entanglement() {
        func pairs(_ pattern: Entanglement, _ qubits: Int) -> [[Int]] {
            pattern.pairs(qubits: qubits).map { [$0.first, $0.second] }
        }
        #expect(pairs(.full, 3) == [[0, 1], [0, 2], [1, 2]])
        #expect(pairs(.linear, 4) == [[0, 1], [1, 2], [2, 3]])
        #expect(pairs(.circular, 3) == [[2, 0], [0, 1], [1, 2]])
        #expect(pairs(.circular, 2) == [[0, 1]])
        #expect(pairs(.full, 1).isEmpty)
    }

    @Test("have the gates of Havlíček's circuit")
    func gates() throws {
        let circuit = try ZZFeatureMap.circuit(qubits: 4, repetitions: 3, entanglement: .linear)
        #expect(circuit.gateCounts == ["h": 12, "p": 12 + 9, "cx": 18])
        #expect(circuit.parameters == 4)
        let plain = try ZFeatureMap.circuit(qubits: 4, repetitions: 2)
        #expect(plain.gateCounts == ["h": 8, "p": 8])
        #expect(plain.depth == 4)
    }

    @Test("refuse sizes that they do not have")
    func limits() {
        #expect(
            throws: CircuitError.template(
                name: "ZZFeatureMap", option: "qubits", value: 1, allowed: 2...30)
        ) { try ZZFeatureMap.circuit(qubits: 1) }
        #expect(
            throws: CircuitError.template(
                name: "ZFeatureMap", option: "repetitions", value: 0, allowed: 1...16)
        ) { try ZFeatureMap.circuit(qubits: 2, repetitions: 0) }
    }

    @Test("are read as singles, then pairs in lexicographic order")
    func strings() {
        let masks = MeasuredStrings.upToPairs(qubits: 3).map(\.mask)
        #expect(masks == [0b001, 0b010, 0b100, 0b011, 0b101, 0b110])
        let many = MeasuredStrings.upToPairs(qubits: 12)
        #expect(MeasuredStrings.countUpToPairs(qubits: 12) == many.count)
    }
}
