import Determinism
import Foundation
import QuantumCircuit
import QuantumPrimitives
import QuantumSimulator
import TestSupport
import Testing

@Suite("Qiskit's numbers")
struct GoldenTests {
    @Test("are met by every feature map to 1e-10")
    func featureMaps() throws {
        let golden = try Golden.load()
        #expect(golden.featureMaps.count == 120)
        var worst = 0.0
        for item in golden.featureMaps {
            var simulator = BatchSimulator(try SimulationPlan.compile(item.circuit()))
            var (probabilities, expectations) = ([Double](), [Double]())
            try simulator.probabilities(parameters: item.inputs, count: 1, into: &probabilities)
            try simulator.zExpectations(
                MeasuredStrings.upToPairs(qubits: item.qubits), parameters: item.inputs, count: 1,
                into: &expectations)
            worst = max(worst, largestDifference(probabilities, item.probabilities))
            worst = max(worst, largestDifference(expectations, item.expectations))
        }
        #expect(worst < 1e-10)
        #expect(worst < 1e-12, "far within the tolerance, so a slip would show")
    }

    @Test("are met by random circuits over the whole gate set, phases included, to 1e-10")
    func randomCircuits() throws {
        var worst = 0.0
        for item in try Golden.load().circuits {
            let circuit = try item.circuit()
            var exact = BatchSimulator(try SimulationPlan.compile(circuit, for: .amplitudes))
            var (real, imaginary) = ([Double](), [Double]())
            try exact.amplitudes(
                parameters: item.inputs, count: 1, real: &real, imaginary: &imaginary)
            worst = max(worst, largestDifference(real, item.real))
            worst = max(worst, largestDifference(imaginary, item.imaginary))
            var measured = BatchSimulator(try SimulationPlan.compile(circuit))
            var probabilities: [Double] = []
            try measured.probabilities(parameters: item.inputs, count: 1, into: &probabilities)
            let expected = zip(item.real, item.imaginary).map { $0 * $0 + $1 * $1 }
            worst = max(worst, largestDifference(probabilities, expected))
        }
        #expect(worst < 1e-10)
        #expect(worst < 1e-12, "far within the tolerance, so a slip would show")
    }
}
