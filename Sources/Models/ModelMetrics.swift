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

/// What training an ansatz did, beside the same head without it.
///
/// The loss is the head's mean log-loss in nats on the rows that stopped the training: a fifth of
/// the training rows, which neither the ansatz' steps nor that head saw.
public struct AnsatzMetrics: Codable, Sendable, Equatable {
    /// Why the training ended.
    public enum Stop: String, Codable, Sendable {
        /// Several rounds in a row brought no improvement.
        case converged
        /// All steps that were allowed are done.
        case stepLimit = "step-limit"
    }

    /// Gradient steps taken.
    public let steps: Int
    public let stop: Stop
    /// At the seeded weights that the training began with.
    public let initialLoss: Double
    /// At the weights that were kept.
    public let finalLoss: Double
    /// A head of its own on the weights that the training began with.
    public let untrained: ScorerMetrics
    /// A head of its own on the feature map alone.
    public let withoutAnsatz: ScorerMetrics

    func validate(_ field: String) throws(ModelBundleError) {
        try Require.that(steps >= 0, "\(field).steps", "\(steps) is below 0")
        try Require.finite(initialLoss, "\(field).initialLoss")
        try Require.finite(finalLoss, "\(field).finalLoss")
        try untrained.validate("\(field).untrained")
        try withoutAnsatz.validate("\(field).withoutAnsatz")
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
    /// Nil for a circuit without an ansatz.
    public let ansatz: AnsatzMetrics?

    func validate(_ field: String) throws(ModelBundleError) {
        try Require.that(trainRows > 0, "\(field).trainRows", "\(trainRows) is not above 0")
        try Require.that(
            validationRows > 0, "\(field).validationRows", "\(validationRows) is not above 0")
        try classical.validate("\(field).classical")
        try quantum.validate("\(field).quantum")
        try surrogate.validate("\(field).surrogate")
        try withoutEntanglement.validate("\(field).withoutEntanglement")
        try ansatz?.validate("\(field).ansatz")
    }
}
