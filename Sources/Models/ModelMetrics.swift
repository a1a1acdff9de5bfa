/// Accuracy, AUC and Brier score of one scorer on one set of records.
public struct ScoreMetrics: Codable, Sendable, Equatable {
    /// 0…1, at the model's decision threshold.
    public let accuracy: Double
    /// 0…1; 0.5 is chance.
    public let auc: Double
    /// 0…1; 0 is best.
    public let brier: Double

    /// - Returns: nil unless both labels occur.
    public init?(scores: [Double], labels: [Int], threshold: Double = 0.5) {
        guard let accuracy = Metrics.accuracy(scores: scores, labels: labels, threshold: threshold),
            let auc = Metrics.auc(scores: scores, labels: labels),
            let brier = Metrics.brier(scores: scores, labels: labels)
        else { return nil }
        self.accuracy = accuracy
        self.auc = auc
        self.brier = brier
    }

    func validate(_ field: String) throws(ModelBundleError) {
        try Require.within(accuracy, 0...1, "\(field).accuracy")
        try Require.within(auc, 0...1, "\(field).auc")
        try Require.within(brier, 0...1, "\(field).brier")
    }
}

/// One scorer on the rows that it was fitted on, and on those that no fit saw.
public struct ScorerMetrics: Codable, Sendable, Equatable {
    public let train: ScoreMetrics
    public let validation: ScoreMetrics

    func validate(_ field: String) throws(ModelBundleError) {
        try train.validate("\(field).train")
        try validation.validate("\(field).validation")
    }
}

/// Every scorer of a bundle on the same rows.
///
/// The quantum figures are of exact expectations: shots add noise that the pipeline's own
/// comparison shows.
public struct ModelMetrics: Codable, Sendable, Equatable {
    public let trainRows: Int
    public let validationRows: Int
    public let classical: ScorerMetrics
    public let quantum: ScorerMetrics
    public let surrogate: ScorerMetrics
    public let withoutEntanglement: ScorerMetrics

    func validate(_ field: String) throws(ModelBundleError) {
        try Require.that(trainRows > 0, "\(field).trainRows", "\(trainRows) is not above 0")
        try Require.that(
            validationRows > 0, "\(field).validationRows", "\(validationRows) is not above 0")
        try classical.validate("\(field).classical")
        try quantum.validate("\(field).quantum")
        try surrogate.validate("\(field).surrogate")
        try withoutEntanglement.validate("\(field).withoutEntanglement")
    }
}
