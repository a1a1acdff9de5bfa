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

    @Test("follow from closed forms when there are two repetitions", arguments: [2, 3, 5, 8, 10])
    func closedForms(qubits: Int) throws {
        var random = RandomStream(seed: UInt64(qubits))
        let records = 13
        let inputs = randomParameters(records * qubits, &random)
        let circuit = try ZZFeatureMap.circuit(qubits: qubits, repetitions: 2)
        var simulator = BatchSimulator(try SimulationPlan.compile(circuit))
        var expectations: [Double] = []
        try simulator.zExpectations(
            MeasuredStrings.upToPairs(qubits: qubits), parameters: inputs, count: records,
            into: &expectations)
        let expected = (0..<records).flatMap {
            closedForm(Array(inputs[$0 * qubits..<($0 + 1) * qubits]))
        }
        #expect(largestDifference(expectations, expected) < 1e-12)
    }

    /// ⟨Zᵢ⟩ = cos aᵢ·∏ⱼ cos dᵢⱼ and
    /// ⟨ZᵢZⱼ⟩ = ½[cos(aᵢ+aⱼ)∏ₖcos(dᵢₖ+dⱼₖ) + cos(aᵢ−aⱼ)∏ₖcos(dᵢₖ−dⱼₖ)], a = 2x, d = 2(π−xᵢ)(π−xⱼ).
    private func closedForm(_ x: [Double]) -> [Double] {
        let a = x.map { 2 * $0 }
        func d(_ i: Int, _ j: Int) -> Double { 2 * (.pi - x[i]) * (.pi - x[j]) }
        let singles = x.indices.map { i in
            x.indices.filter { $0 != i }.reduce(cos(a[i])) { $0 * cos(d(i, $1)) }
        }
        let pairs = Entanglement.full.pairs(qubits: x.count).map { i, j in
            let others = x.indices.filter { $0 != i && $0 != j }
            let sum = others.reduce(cos(a[i] + a[j])) { $0 * cos(d(i, $1) + d(j, $1)) }
            let difference = others.reduce(cos(a[i] - a[j])) { $0 * cos(d(i, $1) - d(j, $1)) }
            return (sum + difference) / 2
        }
        return singles + pairs
    }
}
