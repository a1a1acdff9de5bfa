import Determinism
import QuantumCircuit
import QuantumPrimitives
import TestSupport
import Testing

@testable import QuantumSimulator

@Suite("A team of simulators")
struct BatchTeamTests {
    @Test("finds the same bits whatever the number of workers", arguments: [1, 2, 3, 7])
    func sameBits(workers: Int) throws {
        var random = RandomStream(seed: 61)
        let circuit = try Circuit.random(qubits: 5, operations: 40, parameters: 3, &random)
        let records = 43
        let parameters = randomParameters(records * 3, &random)
        let seeds = (0..<records).map { UInt64($0 * 7) }
        let strings = MeasuredStrings.upToPairs(qubits: 5)
        let readout = try ZReadout(
            qubits: 5, strings: strings, weights: strings.map { _ in random.uniform(-1...1) })
        let plan = try SimulationPlan.compile(circuit, for: .amplitudes)
        var single = BatchSimulator(plan)
        let team = try BatchTeam(plan, workers: workers)
        #expect(team.workspaceBytes == workers * single.workspaceBytes)
        var (left, right) = (ZEstimates(), ZEstimates())
        try single.estimate(readout, parameters: parameters, count: records, into: &left)
        try team.estimate(readout, parameters: parameters, count: records, into: &right)
        #expect(left == right)
        try single.estimate(
            readout, parameters: parameters, count: records, shots: 200, seeds: seeds, into: &left)
        try team.estimate(
            readout, parameters: parameters, count: records, shots: 200, seeds: seeds,
            into: &right)
        #expect(left == right)
        var (counts, shared) = ([UInt32](), [UInt32]())
        try single.counts(
            parameters: parameters, count: records, shots: 100, seeds: seeds, into: &counts)
        try team.counts(
            parameters: parameters, count: records, shots: 100, seeds: seeds, into: &shared)
        #expect(counts == shared)
        let observable = try PauliSum("X0Y3 + 0.5*Z1", qubits: 5)
        var (values, others) = ([Double](), [Double]())
        try single.expectations(
            of: [observable], parameters: parameters, count: records, into: &values)
        try team.expectations(
            of: [observable], parameters: parameters, count: records, into: &others)
        #expect(values == others)
    }

    @Test("hands out runs of whole blocks that cover every record once")
    func runs() {
        #expect(BatchTeam.runs(0, workers: 3).isEmpty)
        #expect(BatchTeam.runs(5, workers: 3) == [0..<5])
        #expect(
            BatchTeam.runs(43, workers: 2) == [0..<8, 8..<16, 16..<24, 24..<32, 32..<40, 40..<43])
        for count in [1, 7, 8, 9, 100, 4_097] {
            let runs = BatchTeam.runs(count, workers: 4)
            #expect(runs.first?.lowerBound == 0 && runs.last?.upperBound == count)
            #expect(zip(runs, runs.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
            #expect(
                runs.allSatisfy { $0.lowerBound % BatchSimulator.lanes == 0 && $0.count <= 256 })
        }
    }

    @Test("passes on what is wrong")
    func wrongUse() throws {
        let plan = try SimulationPlan.compile(ZZFeatureMap.circuit(qubits: 3))
        #expect(throws: SimulationError.workers(0, allowed: BatchTeam.workerLimits)) {
            try BatchTeam(plan, workers: 0)
        }
        let team = try BatchTeam(plan, workers: 2)
        var estimates = ZEstimates()
        let readout = try ZReadout(qubits: 3, strings: [ZString(qubits: 0)])
        #expect(throws: SimulationError.parameterValues(count: 1, expected: 3)) {
            try team.estimate(readout, parameters: [1], count: 1, into: &estimates)
        }
        #expect(throws: SimulationError.nonFiniteParameter(record: 9, parameter: 1)) {
            var parameters = [Double](repeating: 0.5, count: 30)
            parameters[28] = .nan
            try team.estimate(readout, parameters: parameters, count: 10, into: &estimates)
        }
        #expect(throws: SimulationError.shots(0, allowed: BatchSimulator.shotLimits)) {
            try team.estimate(
                readout, parameters: [1, 2, 3], count: 1, shots: 0, seeds: [1], into: &estimates)
        }
    }
}
