import LinearAlgebra
import Determinism
import QuantumCircuit
import QuantumPrimitives
import QuantumSimulator
import TestSupport
import Testing

@Suite("Fidelity kernels")
struct FidelityKernelTests {
    @Test("equal inner products of dense states, square and rectangular")
    func overlaps() throws {
        var random = RandomStream(seed: 51)
        let circuit = try ZZFeatureMap.circuit(qubits: 4, repetitions: 2)
        let (rows, columns) = (37, 11)
        let parameters = randomParameters((rows + columns) * 4, &random)
        var kernel = try FidelityKernel(circuit)
        let first = try kernel.states(parameters: Array(parameters[..<(rows * 4)]), count: rows)
        let second = try kernel.states(
            parameters: Array(parameters[(rows * 4)...]), count: columns)
        let dense = try (0..<rows + columns).map {
            try DenseState.run(circuit, Array(parameters[$0 * 4..<$0 * 4 + 4]))
        }
        func overlap(_ i: Int, _ j: Int) -> Double { dense[i].overlap(with: dense[j]).normSquared }
        let square = (0..<rows).flatMap { i in (0..<rows).map { overlap(i, $0) } }
        let rectangle = (0..<rows).flatMap { i in (0..<columns).map { overlap(i, rows + $0) } }
        let trained = try FidelityKernel.matrix(first)
        #expect(largestDifference(trained.elements, square) < 1e-12)
        #expect(trained == trained.transposed)
        let predicted = try FidelityKernel.matrix(first, against: second)
        #expect(largestDifference(predicted.elements, rectangle) < 1e-12)
    }

    @Test("of a block's size and more are symmetric with a unit diagonal")
    func tiles() throws {
        var random = RandomStream(seed: 52)
        var kernel = try FidelityKernel(try ZZFeatureMap.circuit(qubits: 3, repetitions: 3))
        let states = try kernel.states(
            parameters: randomParameters(100 * 3, &random), count: 100)
        let matrix = try FidelityKernel.matrix(states)
        #expect(matrix == matrix.transposed)
        #expect((0..<100).allSatisfy { abs(matrix[$0, $0] - 1) < 1e-12 })
        let rectangle = try FidelityKernel.matrix(states, against: states)
        #expect(largestDifference(matrix.elements, rectangle.elements) < 1e-12)
    }

    @Test("refuse more records than fit and states of another size")
    func refused() throws {
        var kernel = try FidelityKernel(try ZFeatureMap.circuit(qubits: 2))
        let limit = FidelityKernel.maximumRecords
        #expect(throws: SimulationError.tooManyRecords(limit + 1, limit: limit)) {
            try kernel.states(parameters: [], count: limit + 1)
        }
        var wider = try FidelityKernel(try ZFeatureMap.circuit(qubits: 3))
        let left = try kernel.states(parameters: [1, 2], count: 1)
        let right = try wider.states(parameters: [1, 2, 3], count: 1)
        #expect(throws: SimulationError.observableQubits(2, expected: 3)) {
            try FidelityKernel.matrix(left, against: right)
        }
    }
}
