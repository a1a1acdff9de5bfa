import Determinism
import Statistics
import Testing

@Suite("Scores against labels")
struct BinaryScoreStatisticsTests {
    private func filled(_ golden: Golden.Scores) -> BinaryScoreStatistics {
        var statistics = BinaryScoreStatistics()
        for (score, label) in zip(golden.scores, golden.labels) {
            statistics.add(score: score, label: label == 1)
        }
        return statistics
    }

    @Test("Accuracy, confusion, Brier score and log loss agree with scikit-learn")
    func agreesWithReference() throws {
        let all = try Golden.load()
        for golden in [all.smooth, all.tied] {
            let statistics = filled(golden)
            #expect(statistics.count == golden.scores.count)
            #expect(statistics.truePositives == golden.tp)
            #expect(statistics.falsePositives == golden.fp)
            #expect(statistics.trueNegatives == golden.tn)
            #expect(statistics.falseNegatives == golden.fn)
            #expect(isClose(statistics.accuracy, golden.accuracy))
            #expect(isClose(statistics.precision, golden.precision))
            #expect(isClose(statistics.recall, golden.recall))
            #expect(isClose(statistics.brier, golden.brier))
            #expect(isClose(statistics.logLoss, golden.logLoss))
        }
    }

    @Test("The exact area under the curve agrees with scikit-learn, ties included")
    func exactAreaAgrees() throws {
        let all = try Golden.load()
        for golden in [all.smooth, all.tied] {
            let area = ExactAUC.value(scores: golden.scores, labels: golden.labels.map { $0 == 1 })
            #expect(isClose(area, golden.auc))
        }
    }

    @Test("The binned area under the curve is within its own stated error of the exact one")
    func binnedAreaIsWithinItsError() throws {
        let all = try Golden.load()
        for golden in [all.smooth, all.tied] {
            let statistics = filled(golden)
            let area = try #require(statistics.areaUnderCurve)
            let error = try #require(statistics.areaUnderCurveError)
            #expect(abs(area - golden.auc) <= error + 1e-12)
        }
        let smooth = try #require(filled(all.smooth).areaUnderCurve)
        #expect(abs(smooth - all.smooth.auc) < 2e-4)
        // Equal scores fall into equal bins: with tenths the binned value is exact.
        #expect(isClose(filled(all.tied).areaUnderCurve, all.tied.auc))
    }

    @Test("Merging two halves gives what one instance sees")
    func merges() throws {
        let golden = try Golden.load().smooth
        var halves = [BinaryScoreStatistics(), BinaryScoreStatistics()]
        for (index, score) in golden.scores.enumerated() {
            halves[index % 2].add(score: score, label: golden.labels[index] == 1)
        }
        halves[0].merge(halves[1])
        let whole = filled(golden)
        #expect(halves[0].truePositives == whole.truePositives)
        #expect(halves[0].areaUnderCurve == whole.areaUnderCurve)
        #expect(isClose(halves[0].brier, golden.brier))
        #expect(isClose(halves[0].logLoss, golden.logLoss))
    }

    @Test("Without records, or with one class, what is undefined is nil")
    func undefinedIsNil() {
        var statistics = BinaryScoreStatistics()
        #expect(statistics.accuracy == nil && statistics.brier == nil && statistics.logLoss == nil)
        #expect(statistics.areaUnderCurve == nil && statistics.areaUnderCurveError == nil)
        statistics.add(score: 0.2, label: false)
        #expect(statistics.accuracy == 1)
        #expect(statistics.recall == nil && statistics.precision == nil)
        #expect(statistics.areaUnderCurve == nil)
        #expect(ExactAUC.value(scores: [0.1], labels: [true]) == nil)
        #expect(ExactAUC.value(scores: [0.1, .nan], labels: [true, false]) == nil)
        #expect(ExactAUC.value(scores: [0.1], labels: [true, false]) == nil)
    }

    @Test("Scores outside 0…1 are refused and counted, the ends belong")
    func refusesOutside() {
        var statistics = BinaryScoreStatistics()
        for score in [-0.1, 1.1, .nan, .infinity] { statistics.add(score: score, label: true) }
        #expect(statistics.refused == 4 && statistics.count == 0)
        statistics.add(score: 0, label: false)
        statistics.add(score: 1, label: true)
        #expect(statistics.count == 2 && statistics.areaUnderCurve == 1)
        #expect(statistics.brier == 0)
    }

    @Test("A sure error costs a finite log loss")
    func logLossIsFinite() {
        var statistics = BinaryScoreStatistics()
        statistics.add(score: 0, label: true)
        #expect(isClose(statistics.logLoss, 34.538776394910684))
    }
}
