import Determinism
import QuantumCircuit
import TestSupport
import Testing

@testable import QuantumSimulator

@Suite("The large simulator")
struct StatevectorTests {
    typealias Precision = StatevectorSimulator.Precision

    @Test("equals dense matrices on random circuits", arguments: Precision.allCases)
    func randomCircuits(precision: Precision) throws {
        var random = RandomStream(seed: 31)
        let simulator = StatevectorSimulator(precision: precision, threads: 2)
        for qubits in 3...10 {
            for operations in [1, 10, 120] {
                let circuit = try Circuit.random(
                    qubits: qubits, operations: operations, parameters: 3, &random)
                let parameters = randomParameters(3, &random)
                let state = try simulator.run(circuit, parameters: parameters)
                let dense = try DenseState.run(circuit, parameters)
                let found = DenseState(amplitudes: state.amplitudes())
                #expect(found.distance(to: dense) < precision.tolerance)
                let norm = try state.norm()
                #expect(abs(norm - 1) < precision.tolerance)
            }
        }
    }

    @Test("equals dense matrices for arbitrary unitaries on one and two qubits and fewer")
    func smallest() throws {
        var random = RandomStream(seed: 32)
        for qubits in 1...2 {
            var circuit = try Circuit(qubits: qubits)
            for _ in 0..<5 {
                let unitary = try UnitaryMatrix.haarRandom(qubits: qubits, &random)
                try circuit.append(Operation(.unitary(unitary), Array((0..<qubits).reversed())))
            }
            let state = try StatevectorSimulator().run(circuit)
            let found = DenseState(amplitudes: state.amplitudes())
            #expect(found.distance(to: try DenseState.run(circuit)) < 1e-12)
            let probabilities = try state.probabilities()
            let expected = try DenseState.run(circuit).probabilities
            #expect(largestDifference(probabilities, expected) < 1e-12)
        }
    }

    @Test("crosses chunks: the same state from 17 qubits as from 8 beside 9 idle ones")
    func chunks() throws {
        var random = RandomStream(seed: 33)
        let (small, wide) = (8, 17)
        let places = Array((0..<wide).shuffled(using: &random).prefix(small))
        let circuit = try Circuit.random(qubits: small, operations: 150, &random)
        var spread = try Circuit(qubits: wide)
        for operation in circuit.operations {
            try spread.append(Operation(operation.gate, operation.qubits.map { places[$0] }))
        }
        let expected = try DenseState.run(circuit).amplitudes
        for precision in Precision.allCases {
            let simulator = StatevectorSimulator(precision: precision, threads: 2)
            let plan = StatevectorPlan(
                try BoundCircuit(spread, []), qubits: wide, precision, chunkBits: 9)
            #expect(plan.passCount > 1)
            let state = try simulator.run(plan)
            for index in expected.indices {
                let wanted = places.indices.reduce(0) { $0 | (index >> $1 & 1) << places[$1] }
                let found = try state.amplitude(wanted)
                #expect((found - expected[index]).magnitude < precision.tolerance)
            }
        }
    }

    @Test("reads probabilities and Pauli sums like the dense state", arguments: Precision.allCases)
    func readouts(precision: Precision) throws {
        var random = RandomStream(seed: 34)
        let circuit = try Circuit.random(qubits: 9, operations: 80, &random)
        let state = try StatevectorSimulator(precision: precision, threads: 2).run(circuit)
        let dense = try DenseState.run(circuit)
        let subset = [7, 0, 3, 4]
        var marginal = [Double](repeating: 0, count: 16)
        for (index, probability) in dense.probabilities.enumerated() {
            marginal[subset.indices.reduce(0) { $0 | (index >> subset[$1] & 1) << $1 }] +=
                probability
        }
        let found = try state.probabilities(of: subset)
        #expect(largestDifference(found, marginal) < precision.tolerance)
        let strings = (0..<40).map { index in
            PauliString(
                x: index % 4 == 0 ? 0 : UInt32.random(in: 0..<512, using: &random),
                z: UInt32.random(in: 0..<512, using: &random))
        }
        let expected = strings.map { dense.expectation($0) }
        let values = try state.expectations(of: strings)
        #expect(largestDifference(values, expected) < precision.tolerance)
        let terms = strings.map { PauliSum.Term(random.uniform(-1...1), $0) }
        let sum = try state.expectation(of: PauliSum(qubits: 9, terms: terms))
        let wanted = zip(terms, expected).reduce(0) { $0 + $1.0.coefficient * $1.1 }
        #expect(abs(sum - wanted) < 40 * precision.tolerance)
    }

    @Test("draws the same shots for any number of threads, and in the exact proportions")
    func shots() throws {
        var random = RandomStream(seed: 35)
        var circuit = try Circuit(qubits: 14, bits: 3)
        for operation in try Circuit.random(qubits: 14, operations: 150, &random).operations {
            try circuit.append(operation)
        }
        for (bit, qubit) in [13, 2, 5].enumerated() { try circuit.measure(qubit, into: bit) }
        let one = try StatevectorSimulator(threads: 1).run(circuit)
        let two = try StatevectorSimulator(threads: 2).run(circuit)
        let shots = 20_000
        let (left, right) = (
            try one.samples(shots: shots, seed: 5), try two.samples(shots: shots, seed: 5)
        )
        #expect(left == right)
        let prefix = try one.samples(shots: 100, seed: 5)
        #expect(Array(left.prefix(100)) == prefix)
        let other = try one.samples(shots: shots, seed: 6)
        #expect(left != other)
        let probabilities = try one.probabilities()
        #expect(probabilities.count == 8)
        let counts = try one.counts(shots: shots, seed: 5)
        #expect(counts.reduce(0) { $0 + $1.count } == shots)
        for (outcome, probability) in probabilities.enumerated() {
            let count = counts.first { $0.outcome == UInt32(outcome) }?.count ?? 0
            let deviation = (Double(shots) * probability * (1 - probability)).squareRoot()
            #expect(abs(Double(count) - Double(shots) * probability) <= 5 * deviation + 1e-9)
        }
    }

    @Test("relabels instead of moving amplitudes for SWAP and merges diagonals")
    func plans() throws {
        var swaps = try Circuit(qubits: 6)
        for qubit in 0..<5 { try swaps.append(.swap, qubit, qubit + 1) }
        #expect(try StatevectorSimulator().plan(swaps).blockCount == 0)
        var phases = try Circuit(qubits: 8)
        for qubit in 0..<7 { try phases.append(.cp(.constant(0.3)), qubit, qubit + 1) }
        #expect(try StatevectorSimulator().plan(phases).blockCount == 1)
        var echo = try Circuit(qubits: 2)
        for _ in 0..<2 { try echo.append(.cx, 0, 1) }
        let plan = try StatevectorSimulator().plan(echo)
        let state = try StatevectorSimulator().run(plan)
        let first = try state.amplitude(0)
        #expect(first == .one)
    }

    @Test("refuses what it cannot do, before it allocates")
    func refusals() throws {
        let wide = try Circuit(qubits: 27)
        #expect(throws: StatevectorError.tooManyQubits(27, limit: 26)) {
            _ = try StatevectorSimulator().plan(wide)
        }
        let limit = StatevectorSimulator(memoryLimit: 1 << 20)
        let error = StatevectorError.memory(qubits: 17, bytes: 1 << 21, limit: 1 << 20)
        let seventeen = try Circuit(qubits: 17)
        #expect(throws: error) { _ = try limit.run(seventeen).qubits }
        #expect(throws: StatevectorError.threads(0, allowed: 1...64)) {
            _ = try StatevectorSimulator(threads: 0).run(seventeen).qubits
        }
        var circuit = try Circuit(qubits: 2, parameters: 1, bits: 1)
        try circuit.append(.rx(.parameter(0)), 0)
        #expect(throws: StatevectorError.parameterValues(count: 0, expected: 1)) {
            _ = try StatevectorSimulator().plan(circuit)
        }
        #expect(throws: StatevectorError.nonFiniteAngle(gate: "rx", position: 0)) {
            _ = try StatevectorSimulator().plan(circuit, parameters: [.infinity])
        }
        try circuit.measure(0, into: 0)
        try circuit.append(.h, 0)
        #expect(throws: StatevectorError.unsupportedGate(gate: "h", position: 2)) {
            _ = try StatevectorSimulator().plan(circuit, parameters: [1])
        }
        let state = try StatevectorSimulator().run(try Circuit(qubits: 2))
        #expect(refusal { _ = try state.probabilities(of: [2]) } == .qubit(2, limit: 2))
        #expect(refusal { _ = try state.probabilities(of: [1, 1]) } == .repeatedQubit(1))
        #expect(refusal { _ = try state.amplitude(4) } == .index(4, limit: 4))
        let string = PauliString(x: 4, z: 0)
        #expect(
            refusal { _ = try state.expectations(of: [string]) }
                == .stringOutOfRange(mask: 4, qubits: 2))
        #expect(
            refusal { _ = try state.samples(shots: 0, seed: 1) }
                == .shots(0, allowed: LargeStatevector.shotLimits))
    }

    /// A state cannot be copied into the closure of `#expect(throws:)`.
    private func refusal(_ work: () throws -> Void) -> StatevectorError? {
        do { try work() } catch { return error as? StatevectorError }
        return nil
    }
}
