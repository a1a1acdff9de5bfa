import Determinism
import QuantumCircuit
import QuantumPrimitives
import QuantumSimulator
import TestSupport
import Testing

@Suite("Facts of a circuit")
struct CircuitFactsTests {
    @Test("name templates whose outputs need no quantum computer")
    func trivial() throws {
        func triviality(_ circuit: Circuit) throws -> CircuitFacts.Triviality? {
            try CircuitFacts(circuit).triviality
        }
        #expect(try triviality(ZZFeatureMap.circuit(qubits: 4, repetitions: 1)) == .constant)
        #expect(try triviality(ZZFeatureMap.circuit(qubits: 4, repetitions: 2)) == .hadamardPhases)
        #expect(try triviality(ZZFeatureMap.circuit(qubits: 4, repetitions: 3)) == nil)
        #expect(try triviality(ZFeatureMap.circuit(qubits: 4, repetitions: 2)) == .product)
        #expect(try triviality(ZFeatureMap.circuit(qubits: 4, repetitions: 5)) == .product)
        var stabiliser = try Circuit(qubits: 3)
        try stabiliser.append(.h, 0)
        for qubit in 0..<2 { try stabiliser.append(.cx, qubit, qubit + 1) }
        try stabiliser.append(.sx, 1)
        #expect(try triviality(stabiliser) == .clifford)
        try stabiliser.append(.t, 1)
        try stabiliser.append(.h, 1)
        #expect(try triviality(stabiliser) == nil)
        var ansatz = try Circuit(qubits: 2, parameters: 4)
        for qubit in 0..<2 { try ansatz.append(.ry(.parameter(qubit)), qubit) }
        try ansatz.append(.cx, 0, 1)
        for qubit in 0..<2 { try ansatz.append(.ry(.parameter(2 + qubit)), qubit) }
        #expect(try triviality(ansatz) == nil)
    }

    @Test("warn in one sentence, or not at all")
    func warnings() throws {
        let two = try CircuitFacts(ZZFeatureMap.circuit(qubits: 4))
        #expect(try #require(two.warning).hasPrefix("classically trivial outputs: Hadamards"))
        #expect(two.plan == "|+⟩×4 D0 H×4")
        #expect(try CircuitFacts(ZZFeatureMap.circuit(qubits: 4, repetitions: 3)).warning == nil)
        for reason in CircuitFacts.Triviality.allCases {
            #expect(!reason.sentence.contains("\n") && reason.sentence.count < 300)
        }
    }
}
