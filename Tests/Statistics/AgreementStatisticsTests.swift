import Statistics
import Testing

@Suite("Agreement of two scorers")
struct AgreementStatisticsTests {
    private func filled(_ golden: Golden.Agreement, _ range: Range<Int>) -> AgreementStatistics {
        var statistics = AgreementStatistics()
        for index in range {
            statistics.add(classical: golden.classical[index], quantum: golden.quantum[index])
        }
        return statistics
    }

    private func expect(_ statistics: AgreementStatistics, _ golden: Golden.Agreement) {
        #expect(statistics.count == golden.classical.count)
        #expect(statistics.flipsToPositive == golden.flipsToPositive)
        #expect(statistics.flipsToNegative == golden.flipsToNegative)
        #expect(statistics.flips == golden.flipsToPositive + golden.flipsToNegative)
        #expect(isClose(statistics.agreementRate, golden.agreementRate))
        #expect(isClose(statistics.meanDelta, golden.meanDelta))
        #expect(isClose(statistics.meanAbsoluteDelta, golden.meanAbsoluteDelta))
        #expect(isClose(statistics.deltaVariance, golden.variance))
    }

    @Test("Flips, means and variance agree with NumPy")
    func agreesWithReference() throws {
        let golden = try Golden.load().agreement
        expect(filled(golden, 0..<golden.classical.count), golden)
    }

    @Test("Merged parts agree with NumPy too, an empty part changes nothing")
    func merges() throws {
        let golden = try Golden.load().agreement
        var merged = AgreementStatistics()
        merged.merge(filled(golden, 0..<70))
        merged.merge(AgreementStatistics())
        merged.merge(filled(golden, 70..<golden.classical.count))
        expect(merged, golden)
        let whole = filled(golden, 0..<golden.classical.count)
        #expect(merged.maximumAbsoluteDelta == whole.maximumAbsoluteDelta)
    }

    @Test("Without records nothing is claimed")
    func emptyIsNil() {
        var statistics = AgreementStatistics()
        #expect(statistics.agreementRate == nil && statistics.deltaVariance == nil)
        statistics.add(classical: 0.5, quantum: 0.5)
        #expect(statistics.agreementRate == 1 && statistics.deltaVariance == nil)
    }
}
