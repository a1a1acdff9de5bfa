import Determinism
import Foundation
import QuantumCircuit
import QuantumPrimitives
import TestSupport
import Testing

@testable import QuantumSimulator

@Suite("Closed forms")
struct ClosedFormTests {
    private func expectations(
        _ circuit: Circuit, _ strings: [ZString], _ inputs: [Double], _ path: SimulationPath,
        _ kernels: KernelSet = .vectorised
    ) throws -> [Double] {
        var simulator = BatchSimulator(
            try SimulationPlan.compile(circuit), kernels: kernels, path: path)
        var output: [Double] = []
        let count = circuit.parameters == 0 ? 1 : inputs.count / circuit.parameters
        try simulator.zExpectations(strings, parameters: inputs, count: count, into: &output)
        return output
    }

    @Test(
        "equal the state's expectations and the formulas of the paper",
        arguments: [2, 3, 5, 8, 10], KernelSet.allCases)
    func featureMap(qubits: Int, kernels: KernelSet) throws {
        var random = RandomStream(seed: UInt64(qubits))
        let records = 13
        let inputs = randomParameters(records * qubits, &random)
        let circuit = try ZZFeatureMap.circuit(qubits: qubits, repetitions: 2)
        let strings = MeasuredStrings.upToPairs(qubits: qubits) + [ZString(mask: 0)]
        let general = try expectations(circuit, strings, inputs, .general)
        let formulas = try expectations(circuit, strings, inputs, .closedForm, kernels)
        let written = (0..<records).flatMap { record -> [Double] in
            Self.paper(Array(inputs[record * qubits..<(record + 1) * qubits])) + [1]
        }
        #expect(largestDifference(general, written) < 1e-12)
        #expect(largestDifference(formulas, written) < 1e-12)
        #expect(try expectations(circuit, strings, inputs, .automatic) == formulas)
    }

    /// ⟨Zᵢ⟩ = cos aᵢ·∏ⱼ cos dᵢⱼ and
    /// ⟨ZᵢZⱼ⟩ = ½[cos(aᵢ+aⱼ)∏ₖcos(dᵢₖ+dⱼₖ) + cos(aᵢ−aⱼ)∏ₖcos(dᵢₖ−dⱼₖ)], a = 2x, d = 2(π−xᵢ)(π−xⱼ).
    private static func paper(_ x: [Double]) -> [Double] {
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

    @Test("hold for any phases of one and two qubits, relabelled at the end")
    func relatives() throws {
        var random = RandomStream(seed: 21)
        for _ in 0..<12 {
            let qubits = Int.random(in: 2...6, using: &random)
            var circuit = try Circuit(qubits: qubits, parameters: 3)
            for qubit in 0..<qubits { try circuit.append(.h, qubit) }
            // A chain first, so that no qubit stays alone between its Hadamards.
            let chain = (1..<qubits).map { [$0 - 1, $0] }
            let draws = (0..<8).map { _ in
                Array((0..<qubits).shuffled(using: &random).prefix(2))
            }
            for pair in chain + draws {
                let angle = ParameterExpression.affine(
                    Int.random(in: 0..<3, using: &random), scale: random.uniform(-2...2),
                    offset: random.uniform(-3...3))
                let gates: [Gate] = [.cp(angle), .rzz(angle), .crz(angle), .cz]
                try circuit.append(
                    Operation(gates[Int.random(in: 0..<4, using: &random)], pair))
                try circuit.append(.rz(angle), pair[0])
            }
            for qubit in 0..<qubits { try circuit.append(.h, qubit) }
            try circuit.append(.x, 0)
            try circuit.append(.t, 1)
            try circuit.append(.swap, 0, 1)
            #expect(try SimulationPlan.compile(circuit).hasClosedForm)
            let strings = MeasuredStrings.upToPairs(qubits: qubits)
            let inputs = randomParameters(9 * 3, &random)
            let general = try expectations(circuit, strings, inputs, .general)
            let formulas = try expectations(circuit, strings, inputs, .closedForm)
            #expect(largestDifference(general, formulas) < 1e-12)
        }
    }

    @Test("give the same bits in C and in Swift")
    func bitForBit() throws {
        var random = RandomStream(seed: 22)
        let circuit = try ZZFeatureMap.circuit(qubits: 6, entanglement: .linear)
        let inputs = randomParameters(11 * 6, &random)
        let strings = MeasuredStrings.upToPairs(qubits: 6)
        let fast = try expectations(circuit, strings, inputs, .closedForm)
        let plain = try expectations(circuit, strings, inputs, .closedForm, .reference)
        #expect(fast == plain)
    }

    @Test("are refused where there are none, and not taken by themselves")
    func refused() throws {
        let three = try ZZFeatureMap.circuit(qubits: 3, repetitions: 3)
        let inputs = [0.1, 0.2, 0.3]
        #expect(throws: SimulationError.self) {
            try expectations(three, [ZString(qubits: 0)], inputs, .closedForm)
        }
        let two = try ZZFeatureMap.circuit(qubits: 3)
        let triple = [ZString(qubits: 0, 1, 2)]
        #expect(throws: SimulationError.self) {
            try expectations(two, triple, inputs, .closedForm)
        }
        let general = try expectations(two, triple, inputs, .general)
        #expect(try expectations(two, triple, inputs, .automatic) == general)
    }
}
