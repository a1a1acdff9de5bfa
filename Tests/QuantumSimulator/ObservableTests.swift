import Determinism
import QuantumCircuit
import QuantumPrimitives
import QuantumSimulator
import TestSupport
import Testing

@Suite("Pauli observables")
struct ObservableTests {
    private func randomStrings(
        _ count: Int, qubits: Int, _ random: inout RandomStream
    ) -> [PauliString] {
        (0..<count).map { _ in
            PauliString(
                x: UInt32.random(in: 0..<1 << UInt32(qubits), using: &random),
                z: UInt32.random(in: 0..<1 << UInt32(qubits), using: &random))
        }
    }

    private func row(_ parameters: [Double], _ circuit: Circuit, _ record: Int) -> [Double] {
        Array(parameters[record * circuit.parameters..<(record + 1) * circuit.parameters])
    }

    @Test("have the dense state's expectation values", arguments: KernelSet.allCases)
    func expectations(kernels: KernelSet) throws {
        var random = RandomStream(seed: 31)
        for qubits in 1...6 {
            let circuit = try Circuit.random(
                qubits: qubits, operations: 40, parameters: 3, &random)
            let strings = randomStrings(20, qubits: qubits, &random)
            let parameters = randomParameters(9 * 3, &random)
            var simulator = BatchSimulator(
                try SimulationPlan.compile(circuit, for: .amplitudes), kernels: kernels)
            var values: [Double] = []
            try simulator.expectations(
                of: strings, parameters: parameters, count: 9, into: &values)
            let expected = try (0..<9).flatMap { record -> [Double] in
                let state = try DenseState.run(circuit, row(parameters, circuit, record))
                return strings.map { state.expectation($0) }
            }
            #expect(largestDifference(values, expected) < 1e-12)
        }
    }

    @Test("give the same bits in C and in Swift")
    func bitForBit() throws {
        var random = RandomStream(seed: 32)
        let circuit = try Circuit.random(qubits: 5, operations: 40, parameters: 3, &random)
        let strings = randomStrings(30, qubits: 5, &random)
        let parameters = randomParameters(11 * 3, &random)
        let plan = try SimulationPlan.compile(circuit, for: .amplitudes)
        var fast = BatchSimulator(plan)
        var plain = BatchSimulator(plan, kernels: .reference)
        var (left, right) = ([Double](), [Double]())
        try fast.expectations(of: strings, parameters: parameters, count: 11, into: &left)
        try plain.expectations(of: strings, parameters: parameters, count: 11, into: &right)
        #expect(left == right)
    }

    @Test("add up to sums, and are refused where phases were dropped or qubits differ")
    func sums() throws {
        let circuit = try ZZFeatureMap.circuit(qubits: 3)
        let inputs = [0.3, -0.7, 1.1]
        let mixed = try PauliSum("0.5*X0Y1 - 2.0*Z2 + 0.25*I", qubits: 3)
        let diagonal = try PauliSum("1.5*Z0Z2", qubits: 3)
        var simulator = BatchSimulator(try SimulationPlan.compile(circuit, for: .amplitudes))
        var values: [Double] = []
        try simulator.expectations(
            of: [mixed, diagonal], parameters: inputs, count: 1, into: &values)
        let state = try DenseState.run(circuit, inputs)
        let expected = [mixed, diagonal].map { sum in
            sum.value(expectations: sum.terms.map { state.expectation($0.string) })
        }
        #expect(largestDifference(values, expected) < 1e-12)
        var measured = BatchSimulator(try SimulationPlan.compile(circuit))
        #expect(throws: SimulationError.phasesDropped) {
            try measured.expectations(of: [mixed], parameters: inputs, count: 1, into: &values)
        }
        let narrow = try PauliSum("X0", qubits: 2)
        #expect(throws: SimulationError.observableQubits(2, expected: 3)) {
            try simulator.expectations(of: [narrow], parameters: inputs, count: 1, into: &values)
        }
        #expect(throws: SimulationError.stringOutOfRange(mask: 8, qubits: 3)) {
            try simulator.expectations(
                of: [PauliString(x: 8, z: 0)], parameters: inputs, count: 1, into: &values)
        }
    }

    @Test("are estimated by shots in X and Y bases with an honest standard error")
    func shots() throws {
        var random = RandomStream(seed: 33)
        var circuit = try Circuit.random(qubits: 3, operations: 25, parameters: 2, &random)
        let observable = try PauliSum(
            "0.5*X0X1 - 0.8*Y0Y2 + 0.3*Z0Z1 + 0.7*X0 - 0.2*Z2 + 1.5*I", qubits: 3)
        let row = randomParameters(2, &random)
        let (records, shots) = (400, 1_024)
        let state = try DenseState.run(circuit, row)
        let strings = observable.terms.map { state.expectation($0.string) }
        let exact = observable.value(expectations: strings)
        circuit = try measured(circuit)
        let sampler = try PauliSampler(circuit, observable)
        #expect(sampler.groups.count == 3)
        let estimates = try sampler.estimate(
            parameters: (0..<records).flatMap { _ in row }, count: records, shots: shots,
            seeds: (0..<records).map { UInt64($0) })
        let scores = zip(estimates.means, estimates.standardErrors).map { ($0 - exact) / $1 }
        // 400 independent scores: mean 0 ± 5/√400, mean square 1 ± 5·√(2/400).
        #expect(abs(scores.reduce(0, +) / 400) < 0.25)
        #expect(abs(scores.reduce(0) { $0 + $1 * $1 } / 400 - 1) < 0.36)
        for (term, value) in strings.enumerated() {
            let mean =
                (0..<records).reduce(0) { sum, record in
                    sum + estimates.expectations[record * strings.count + term]
                } / Double(records)
            let error = (max(0, 1 - value * value) / Double(records * shots)).squareRoot()
            #expect(abs(mean - value) <= 5 * error + 1e-12, "\(observable.terms[term].string)")
        }
    }

    private func measured(_ circuit: Circuit) throws -> Circuit {
        var result = try Circuit(qubits: 3, parameters: 2, bits: 3)
        try result.append(circuit)
        for qubit in 0..<3 { try result.measure(qubit, into: qubit) }
        return result
    }
}
