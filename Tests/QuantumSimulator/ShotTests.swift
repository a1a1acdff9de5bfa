import Determinism
import QuantumCircuit
import QuantumPrimitives
import QuantumSimulator
import TestSupport
import Testing

@Suite("Shots")
struct ShotTests {
    private func simulator(_ qubits: Int, repetitions: Int = 3) throws -> BatchSimulator {
        BatchSimulator(
            try SimulationPlan.compile(
                ZZFeatureMap.circuit(qubits: qubits, repetitions: repetitions)))
    }

    @Test("follow the exact distribution (χ², fixed seeds)", arguments: [2, 4, 5, 6, 8, 10])
    func chiSquare(qubits: Int) throws {
        var random = RandomStream(seed: 11)
        var simulator = try simulator(qubits)
        let (records, shots, states) = (24, 8_192, 1 << qubits)
        let parameters = randomParameters(records * qubits, &random)
        var (probabilities, counts) = ([Double](), [UInt32]())
        try simulator.probabilities(parameters: parameters, count: records, into: &probabilities)
        try simulator.counts(
            parameters: parameters, count: records, shots: shots,
            seeds: (0..<records).map { UInt64($0) }, into: &counts)
        var scores: [Double] = []
        for record in 0..<records {
            let row = record * states..<(record + 1) * states
            #expect(counts[row].reduce(0, +) == UInt32(shots))
            scores.append(score(counts[row], probabilities[row], Double(shots)))
        }
        // Standard normal scores: their mean over 24 records within 4 standard errors, none beyond
        // 5.
        let mean = scores.reduce(0, +) / Double(records)
        #expect(abs(mean) < 4 / Double(records).squareRoot())
        #expect(scores.allSatisfy { abs($0) < 5 })
    }

    @Test("follow the exact distribution in X and Y bases (χ², fixed seeds)")
    func rotatedBases() throws {
        var random = RandomStream(seed: 14)
        let template = try Circuit.random(qubits: 4, operations: 30, parameters: 3, &random)
        let shots = 8_192
        for group in try PauliSum("X0Y1Z2 + Y0X3 + Z0Y3", qubits: 4).measurementGroups {
            var circuit = template
            try circuit.append(contentsOf: group.basisChange)
            let parameters = randomParameters(24 * 3, &random)
            var simulator = BatchSimulator(try SimulationPlan.compile(circuit))
            var counts: [UInt32] = []
            try simulator.counts(
                parameters: parameters, count: 24, shots: shots, seeds: (0..<24).map { $0 },
                into: &counts)
            let scores = try (0..<24).map { record in
                let row = Array(parameters[record * 3..<record * 3 + 3])
                let exact = try DenseState.run(circuit, row).probabilities
                return score(counts[record * 16..<record * 16 + 16], exact[...], Double(shots))
            }
            #expect(abs(scores.reduce(0, +) / 24) < 4 / 24.0.squareRoot())
            #expect(scores.allSatisfy { abs($0) < 5 })
        }
    }

    /// χ² over cells with at least 5 expected (others pooled), as a normal score by Wilson and
    /// Hilferty.
    private func score(
        _ counts: ArraySlice<UInt32>, _ probabilities: ArraySlice<Double>, _ shots: Double
    ) -> Double {
        var (chi, cells, pooled) = (0.0, 0, (seen: 0.0, expected: 0.0))
        for (count, probability) in zip(counts, probabilities) {
            let expected = probability * shots
            if expected < 5 {
                pooled.seen += Double(count)
                pooled.expected += expected
            } else {
                chi += (Double(count) - expected) * (Double(count) - expected) / expected
                cells += 1
            }
        }
        if pooled.expected >= 5 {
            let difference = pooled.seen - pooled.expected
            chi += difference * difference / pooled.expected
            cells += 1
        }
        guard cells > 1 else { return 0 }
        let freedom = Double(cells - 1)
        let spread = 2 / (9 * freedom)
        return (cubeRoot(chi / freedom) - (1 - spread)) / spread.squareRoot()
    }

    private func cubeRoot(_ value: Double) -> Double {
        var root = max(value, 1e-9).squareRoot()
        for _ in 0..<60 { root -= (root - value / (root * root)) / 3 }
        return root
    }

    @Test("are the same for a record wherever it stands in whatever batch", arguments: [3, 7])
    func independence(qubits: Int) throws {
        var random = RandomStream(seed: 12)
        let records = 21
        let parameters = randomParameters(records * qubits, &random)
        let seeds = (0..<records).map { _ in random.next() }
        var simulator = try simulator(qubits)
        var together: [UInt32] = []
        try simulator.counts(
            parameters: parameters, count: records, shots: 1_000, seeds: seeds, into: &together)
        for size in [1, 2, 5, 8] {
            var parts: [UInt32] = []
            for first in stride(from: 0, to: records, by: size) {
                let end = min(first + size, records)
                var part: [UInt32] = []
                let rows = Array(parameters[first * qubits..<end * qubits])
                try simulator.counts(
                    parameters: rows, count: end - first, shots: 1_000,
                    seeds: Array(seeds[first..<end]), into: &part)
                parts += part
            }
            #expect(parts == together)
        }
    }

    @Test("differ by seed and by stream, and are pinned on every machine")
    func seeds() throws {
        var simulator = try simulator(3)
        let parameters = [0.4, 1.2, -0.7]
        func draw(_ seed: UInt64, _ stream: UInt64) throws -> [UInt32] {
            var counts: [UInt32] = []
            try simulator.counts(
                parameters: parameters, count: 1, shots: 1_024, seeds: [seed], stream: stream,
                into: &counts)
            return counts
        }
        let first = try draw(7, 0)
        #expect(try draw(7, 0) == first)
        #expect(try draw(8, 0) != first)
        #expect(try draw(7, 1) != first)
        #expect(first == [150, 236, 232, 56, 2, 207, 125, 16])
    }

    @Test("never give an outcome of probability zero")
    func impossible() throws {
        var circuit = try Circuit(qubits: 3)
        try circuit.append(.h, 1)
        var simulator = BatchSimulator(try SimulationPlan.compile(circuit))
        var counts: [UInt32] = []
        try simulator.counts(
            parameters: [], count: 1, shots: 1 << 20, seeds: [3], into: &counts)
        for (state, count) in counts.enumerated() where state & ~2 != 0 { #expect(count == 0) }
        #expect(counts[0] + counts[2] == 1 << 20)
    }

    @Test("estimate every string and the functional with an honest standard error")
    func estimates() throws {
        var random = RandomStream(seed: 13)
        let (qubits, records, shots) = (4, 400, 1_024)
        let strings = MeasuredStrings.upToPairs(qubits: qubits)
        let weights = strings.map { _ in Double.random(in: -1...1, using: &random) }
        let readout = try ZReadout(qubits: qubits, strings: strings, weights: weights)
        let row = randomParameters(qubits, &random)
        let parameters = (0..<records).flatMap { _ in row }
        var simulator = try simulator(qubits)
        var (exact, measured) = (ZEstimates(), ZEstimates())
        try simulator.estimate(readout, parameters: row, count: 1, into: &exact)
        try simulator.estimate(
            readout, parameters: parameters, count: records, shots: shots,
            seeds: (0..<records).map { UInt64($0) }, into: &measured)
        let sum = zip(weights, exact.expectations).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(exact.means[0] - sum) < 1e-12)
        #expect(exact.standardErrors == [0])
        for record in 0..<records {
            let part = measured.expectations[record * strings.count..<(record + 1) * strings.count]
            let own = zip(weights, part).reduce(0) { $0 + $1.0 * $1.1 }
            #expect(abs(own - measured.means[record]) < 1e-12)
        }
        // z-scores of 400 independent estimates: mean 0 ± 5/√400, mean square 1 ± 5·√(2/400).
        let scores = zip(measured.means, measured.standardErrors).map { ($0 - sum) / $1 }
        #expect(abs(scores.reduce(0, +) / 400) < 0.25)
        #expect(abs(scores.reduce(0) { $0 + $1 * $1 } / 400 - 1) < 0.36)
    }

    @Test("refuse what does not fit, naming it")
    func wrongUse() throws {
        var simulator = try simulator(3)
        var counts: [UInt32] = []
        #expect(throws: SimulationError.parameterValues(count: 2, expected: 3)) {
            try simulator.counts(
                parameters: [1, 2], count: 1, shots: 1, seeds: [1], into: &counts)
        }
        #expect(throws: SimulationError.seeds(count: 0, expected: 1)) {
            try simulator.counts(
                parameters: [1, 2, 3], count: 1, shots: 1, seeds: [], into: &counts)
        }
        #expect(throws: SimulationError.shots(0, allowed: BatchSimulator.shotLimits)) {
            try simulator.counts(
                parameters: [1, 2, 3], count: 1, shots: 0, seeds: [1], into: &counts)
        }
        #expect(throws: SimulationError.stringOutOfRange(mask: 8, qubits: 3)) {
            try ZReadout(qubits: 3, strings: [ZString(mask: 8)])
        }
        #expect(throws: SimulationError.tooManyQubits(17, limit: 16)) {
            try SimulationPlan.compile(ZFeatureMap.circuit(qubits: 17))
        }
    }
}
