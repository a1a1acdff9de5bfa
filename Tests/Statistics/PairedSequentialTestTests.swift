import Determinism
import Statistics
import Testing

@Suite("Sequential test of paired losses")
struct PairedSequentialTestTests {
    @Test("Interval and both e-values agree at every step with a vectorised reference")
    func agreesWithReference() throws {
        let golden = try Golden.load().sequential
        var test = PairedSequentialTest(alpha: 0.05)
        for (step, difference) in golden.differences.enumerated() {
            test.add(difference)
            #expect(isClose(test.interval.lowerBound, golden.lower[step], within: 1e-10))
            #expect(isClose(test.interval.upperBound, golden.upper[step], within: 1e-10))
            #expect(
                isClose(test.eValueQuantumBetter, golden.eValueQuantumBetter[step], within: 1e-9))
            #expect(
                isClose(
                    test.eValueClassicalBetter, golden.eValueClassicalBetter[step], within: 1e-9))
        }
        #expect(test.verdict == .quantumBetter)
        #expect(test.decidedAt == golden.decidedAt)
    }

    /// Differences with mean exactly 0: of several shapes, skewed ones included.
    private func nullDifference(_ shape: Int, _ random: inout RandomStream) -> Double {
        let draw = random.uniform()
        switch shape {
        case 0: return 2 * draw - 1
        case 1: return draw < 0.02 ? 1 : (draw < 0.04 ? -1 : 0)
        case 2: return draw < 0.05 ? 0.95 : -0.05
        default: return draw < 0.05 ? -0.95 : 0.05
        }
    }

    @Test(
        "Looked at after every record, a true null is called wrong in at most alpha of 500 runs",
        arguments: 0..<4)
    func falsePositiveRate(shape: Int) {
        let (alpha, runs, records) = (0.05, 500, 2000)
        var (wrongVerdicts, missedMeans) = (0, 0)
        for run in 0..<runs {
            var random = RandomStream(seed: 20_26 + UInt64(shape), stream: UInt64(run))
            var test = PairedSequentialTest(alpha: alpha)
            for _ in 0..<records { test.add(nullDifference(shape, &random)) }
            wrongVerdicts += test.verdict == .noDifferenceYet ? 0 : 1
            // Intersected over time: excluded now is excluded ever.
            missedMeans += test.interval.contains(0) ? 0 : 1
        }
        #expect(Double(wrongVerdicts) <= alpha * Double(runs))
        #expect(Double(missedMeans) <= alpha * Double(runs))
    }

    @Test("A real difference is found, in the right direction", arguments: [-1.0, 1.0])
    func power(direction: Double) {
        for run in 0..<50 {
            var random = RandomStream(seed: 7, stream: UInt64(run))
            var test = PairedSequentialTest(alpha: 0.05)
            // One record in ten differs, three times in four in one direction: mean 0.05.
            for _ in 0..<5000 {
                let draw = random.uniform()
                test.add(draw < 0.075 ? direction : (draw < 0.1 ? -direction : 0))
            }
            #expect(test.verdict == (direction < 0 ? .quantumBetter : .classicalBetter))
            #expect(test.interval.contains(direction * 0.05))
        }
    }

    @Test("The verdict stands once given, and says when it was given")
    func verdictStands() throws {
        var test = PairedSequentialTest(alpha: 0.05)
        for _ in 0..<100 { test.add(-0.5) }
        let decided = try #require(test.decidedAt)
        #expect(test.verdict == .quantumBetter && decided < 30)
        for _ in 0..<1000 { test.add(0.9) }
        #expect(test.verdict == .quantumBetter && test.decidedAt == decided)
    }

    @Test("Differences outside −1…1 are refused and counted; no records, no claim")
    func refusesOutside() {
        var test = PairedSequentialTest()
        for difference in [1.1, -1.1, .nan, .infinity] { test.add(difference) }
        #expect(test.refused == 4 && test.count == 0 && test.meanDifference == nil)
        #expect(test.interval == -1...1)
        #expect(test.eValueQuantumBetter == 1 && test.eValueClassicalBetter == 1)
        test.addBrier(classical: 0.5, quantum: 1, label: true)
        #expect(test.meanDifference == -0.25)
    }

    @Test(
        "Extreme differences keep every number finite and the interval in order",
        arguments: [
            -1.0, 0.0, 1.0,
        ])
    func extremes(difference: Double) {
        var test = PairedSequentialTest()
        for _ in 0..<3000 { test.add(difference) }
        #expect(test.interval.lowerBound >= -1 && test.interval.upperBound <= 1)
        #expect(test.interval.contains(difference))
        #expect(!test.eValueQuantumBetter.isNaN && !test.eValueClassicalBetter.isNaN)
    }
}
