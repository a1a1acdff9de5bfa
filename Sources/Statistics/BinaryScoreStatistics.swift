/// Running quality of one scorer against 0/1 labels: accuracy, confusion, Brier score, log loss,
/// AUC.
///
/// Fixed memory (two arrays of 4,096 counts); the order of records does not matter, except in the
/// last bits of the two means. Scores are probabilities 0…1; a score outside, or not a number, is
/// counted in `refused` and changes nothing else.
public struct BinaryScoreStatistics: Equatable, Sendable {
    /// Score at and above which a record is called positive.
    public let threshold: Double
    public private(set) var truePositives = 0
    public private(set) var falsePositives = 0
    public private(set) var trueNegatives = 0
    public private(set) var falseNegatives = 0
    public private(set) var refused = 0
    private var squaredError = CompensatedSum()
    private var negativeLogLikelihood = CompensatedSum()
    private var histogram = ScoreHistogram()

    /// - Parameter threshold: 0…1.
    public init(threshold: Double = 0.5) {
        self.threshold = threshold
    }

    public mutating func add(score: Double, label: Bool) {
        guard score >= 0, score <= 1 else {
            refused += 1
            return
        }
        switch (score >= threshold, label) {
        case (true, true): truePositives += 1
        case (true, false): falsePositives += 1
        case (false, false): trueNegatives += 1
        case (false, true): falseNegatives += 1
        }
        let error = score - (label ? 1 : 0)
        squaredError.add(error * error)
        negativeLogLikelihood.add(LogLoss.value(score: score, label: label))
        histogram.add(score: score, label: label)
    }

    /// Adds what another instance with the same threshold saw.
    public mutating func merge(_ other: BinaryScoreStatistics) {
        precondition(threshold == other.threshold, "only equal thresholds merge")
        truePositives += other.truePositives
        falsePositives += other.falsePositives
        trueNegatives += other.trueNegatives
        falseNegatives += other.falseNegatives
        refused += other.refused
        squaredError.add(other.squaredError.value)
        negativeLogLikelihood.add(other.negativeLogLikelihood.value)
        histogram.merge(other.histogram)
    }

    public var count: Int { truePositives + falsePositives + trueNegatives + falseNegatives }
    public var positives: Int { truePositives + falseNegatives }

    /// Share of records called right; nil without records.
    public var accuracy: Double? { ratio(truePositives + trueNegatives, count) }
    /// TP / (TP + FN); nil without positive labels.
    public var recall: Double? { ratio(truePositives, positives) }
    /// TP / (TP + FP); nil when nothing was called positive.
    public var precision: Double? { ratio(truePositives, truePositives + falsePositives) }
    /// Mean squared error of the score (Brier, 1950), 0…1; nil without records.
    public var brier: Double? { count == 0 ? nil : squaredError.value / Double(count) }
    /// Mean −log likelihood in nats, scores clipped to 1e-15 from 0 and 1; nil without records.
    public var logLoss: Double? { count == 0 ? nil : negativeLogLikelihood.value / Double(count) }
    /// Area under the ROC curve from scores rounded to 1/4096 (see `areaUnderCurveError`); nil
    /// without both classes.
    public var areaUnderCurve: Double? { histogram.areaUnderCurve }
    /// How far `areaUnderCurve` can be from the exact value for these records: half the share of
    /// positive–negative pairs that fall into one bin.
    public var areaUnderCurveError: Double? { histogram.areaUnderCurveError }

    private func ratio(_ part: Int, _ whole: Int) -> Double? {
        whole == 0 ? nil : Double(part) / Double(whole)
    }
}
