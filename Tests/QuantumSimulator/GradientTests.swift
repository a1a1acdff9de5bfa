import Determinism
import Foundation
import QuantumCircuit
import QuantumPrimitives
import QuantumSimulator
import TestSupport
import Testing

@Suite("Adjoint gradients")
struct GradientTests {
    private func observable(_ qubits: Int) throws -> PauliSum {
        let text = "0.7*Z0 - 0.4*X0Y\(qubits - 1) + 0.9*Z0Z\(qubits - 1) + 0.3*Y0 + 0.1*I"
        return try PauliSum(qubits == 1 ? "0.7*Z0 - 0.4*X0 + 0.3*Y0" : text, qubits: qubits)
    }

    private func value(
        _ circuit: Circuit, _ observable: PauliSum, _ parameters: [Double]
    ) throws -> Double {
        let state = try DenseState.run(circuit, parameters)
        return observable.value(
            expectations: observable.terms.map { state.expectation($0.string) })
    }

    /// Richardson's central difference: error of order h⁴.
    private func difference(
        _ circuit: Circuit, _ observable: PauliSum, _ parameters: [Double], _ index: Int
    ) throws -> Double {
        func slope(_ step: Double) throws -> Double {
            var (up, down) = (parameters, parameters)
            up[index] += step
            down[index] -= step
            return try (value(circuit, observable, up) - value(circuit, observable, down))
                / (2 * step)
        }
        return try (4 * slope(0.0002) - slope(0.0004)) / 3
    }

    @Test("equal central differences for every gate with an angle", arguments: KernelSet.allCases)
    func everyGate(kernels: KernelSet) throws {
        var random = RandomStream(seed: 41)
        let gates = AnyGate.all { .affine(0, scale: 1.3, offset: 0.2) }
        for gate in gates where gate.requiredParameters > 0 {
            var circuit = try Circuit.random(qubits: 3, operations: 12, &random)
            var template = try Circuit(qubits: 3, parameters: 1)
            try template.append(circuit)
            circuit = template
            try circuit.append(Operation(gate, Array([2, 0].prefix(gate.qubitCount))))
            let unitary = try UnitaryMatrix.haarRandom(qubits: 2, &random)
            try circuit.append(.unitary(unitary), 0, 2)
            try circuit.append(.ccx, 0, 1, 2)
            try circuit.append(.cx, 0, 1)
            try circuit.append(.h, 0)
            try check(circuit, kernels, &random, gate.name)
        }
    }

    @Test("equal central differences on random circuits of 1 to 6 qubits")
    func randomCircuits() throws {
        var random = RandomStream(seed: 42)
        for qubits in 1...6 {
            let circuit = try Circuit.random(
                qubits: qubits, operations: 30, parameters: 4, &random)
            try check(circuit, .vectorised, &random, "\(qubits) qubits")
        }
    }

    @Test("equal central differences by the inputs of feature maps")
    func featureMaps() throws {
        var random = RandomStream(seed: 43)
        for repetitions in 1...3 {
            let circuit = try ZZFeatureMap.circuit(qubits: 4, repetitions: repetitions)
            try check(circuit, .vectorised, &random, "\(repetitions) repetitions")
        }
    }

    private func check(
        _ circuit: Circuit, _ kernels: KernelSet, _ random: inout RandomStream, _ name: String
    ) throws {
        let observable = try observable(circuit.qubits)
        let parameters = randomParameters(3 * circuit.parameters, &random).map { 0.5 * $0 }
        var adjoint = try AdjointGradients(circuit, observable, kernels: kernels)
        var (values, gradients) = ([Double](), [Double]())
        try adjoint.evaluate(parameters: parameters, count: 3, values: &values, into: &gradients)
        for record in 0..<3 {
            let width = circuit.parameters
            let row = Array(parameters[record * width..<(record + 1) * width])
            #expect(abs(try value(circuit, observable, row) - values[record]) < 1e-12, "\(name)")
            for index in 0..<width {
                let expected = try difference(circuit, observable, row, index)
                let found = gradients[record * width + index]
                #expect(abs(expected - found) < 1e-7, "\(name), parameter \(index)")
            }
        }
    }

    @Test("equal the parameter-shift rule on an ansatz to 1e-12")
    func parameterShift() throws {
        var random = RandomStream(seed: 44)
        var circuit = try Circuit(qubits: 4, parameters: 16)
        for layer in 0..<2 {
            for qubit in 0..<4 {
                try circuit.append(.ry(.parameter(8 * layer + qubit)), qubit)
                try circuit.append(.rz(.parameter(8 * layer + 4 + qubit)), qubit)
            }
            for qubit in 0..<3 { try circuit.append(.cx, qubit, qubit + 1) }
        }
        for observable in [try PauliSum("Z0", qubits: 4), try PauliSum("X1Z3", qubits: 4)] {
            let row = randomParameters(16, &random)
            var adjoint = try AdjointGradients(circuit, observable)
            var (values, gradients) = ([Double](), [Double]())
            try adjoint.evaluate(parameters: row, count: 1, values: &values, into: &gradients)
            for index in 0..<16 {
                var (up, down) = (row, row)
                up[index] += .pi / 2
                down[index] -= .pi / 2
                let expected =
                    try (value(circuit, observable, up) - value(circuit, observable, down)) / 2
                #expect(abs(expected - gradients[index]) < 1e-12)
            }
        }
    }

    @Test("give the same bits in C and in Swift, in any lane and batch")
    func bitForBit() throws {
        var random = RandomStream(seed: 45)
        let circuit = try Circuit.random(qubits: 5, operations: 40, parameters: 5, &random)
        let observable = try observable(5)
        let parameters = randomParameters(11 * 5, &random)
        var fast = try AdjointGradients(circuit, observable)
        var plain = try AdjointGradients(circuit, observable, kernels: .reference)
        var (values, gradients) = ([Double](), [Double]())
        var (plainValues, plainGradients) = ([Double](), [Double]())
        try fast.evaluate(parameters: parameters, count: 11, values: &values, into: &gradients)
        try plain.evaluate(
            parameters: parameters, count: 11, values: &plainValues, into: &plainGradients)
        #expect(values == plainValues && gradients == plainGradients)
        try fast.evaluate(
            parameters: Array(parameters[50...]), count: 1, values: &plainValues,
            into: &plainGradients)
        #expect(plainValues == [values[10]] && plainGradients == Array(gradients[50...]))
    }
    @Test("by some parameters alone, and of another observable, are those of all parameters")
    func wanted() throws {
        var random = RandomStream(seed: 46)
        let map = try ZZFeatureMap.circuit(qubits: 4)
        let circuit = try map.followed(by: EfficientSU2.circuit(qubits: 4, repetitions: 2))
        let parameters = randomParameters(9 * circuit.parameters, &random)
        for texts in [["Z0 + 0.3*Z1Z2", "0.2*Z3 - Z0Z1"], ["X0Y3 + 0.5*Z1", "Z2"]] {
            let observables = try texts.map { try PauliSum($0, qubits: 4) }
            var all = try AdjointGradients(circuit, observables[1])
            let wanted = 4..<circuit.parameters
            var some = try AdjointGradients(circuit, observables[0], wanted: wanted)
            try some.observe(observables[1])
            var (values, gradients) = ([Double](), [Double]())
            var (others, part) = ([Double](), [Double]())
            try all.evaluate(parameters: parameters, count: 9, values: &values, into: &gradients)
            try some.evaluate(parameters: parameters, count: 9, values: &others, into: &part)
            #expect(largestDifference(values, others) < 1e-12)
            let rows = (0..<9).flatMap { record in
                gradients[record * circuit.parameters..<(record + 1) * circuit.parameters]
                    .dropFirst(4)
            }
            #expect(largestDifference(rows, part) < 1e-12)
        }
        var diagonal = try AdjointGradients(circuit, PauliSum("Z0", qubits: 4))
        #expect(throws: SimulationError.observableNotDiagonal) {
            try diagonal.observe(PauliSum("X0", qubits: 4))
        }
        #expect(throws: SimulationError.observableQubits(3, expected: 4)) {
            try diagonal.observe(PauliSum("Z0", qubits: 3))
        }
        #expect(throws: SimulationError.wantedParameters(3..<99, parameters: 28)) {
            _ = try AdjointGradients(circuit, PauliSum("Z0", qubits: 4), wanted: 3..<99)
        }
    }

    @Test("are the same bits on any number of threads", arguments: [1, 2, 3, 7])
    func threads(workers: Int) throws {
        var random = RandomStream(seed: 47)
        let circuit = try Circuit.random(qubits: 5, operations: 40, parameters: 5, &random)
        let records = 53
        let parameters = randomParameters(records * 5, &random)
        let team = try GradientTeam(
            circuit, PauliSum("Z0", qubits: 5), wanted: 1..<4, workers: workers)
        var batch = GradientBatch()
        for text in ["Z0", "0.5*Z1Z2 - Z4"] {
            let observable = try PauliSum(text, qubits: 5)
            var single = try AdjointGradients(circuit, observable, wanted: 1..<4)
            var (values, gradients) = ([Double](), [Double]())
            try single.evaluate(
                parameters: parameters, count: records, values: &values, into: &gradients)
            try team.evaluate(observable, parameters: parameters, count: records, into: &batch)
            #expect(batch.values == values && batch.gradients == gradients)
        }
        #expect(throws: SimulationError.observableNotDiagonal) {
            try team.evaluate(
                PauliSum("Y1", qubits: 5), parameters: parameters, count: records, into: &batch)
        }
        #expect(throws: SimulationError.parameterValues(count: 5, expected: 10)) {
            try team.evaluate(
                PauliSum("Z1", qubits: 5), parameters: Array(parameters[..<5]), count: 2,
                into: &batch)
        }
    }
}
