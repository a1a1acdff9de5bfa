import Contracts
import Glibc

/// When a quantum score is used, blended with the classical one, or rejected.
///
/// ```text
///   confidence   0.5 ······ blendConfidence ······ acceptConfidence ······ 1
///   action          reject          │   blend, w 0 → 1     │      use
/// ```
/// The weight grows linearly from 0 to 1 across the blending range, so the served score is
/// continuous in the confidence. Whatever the confidence, scores further apart than
/// `maximumDisagreement` are rejected: that is more often a broken calibration than an insight.
public struct ConfidencePolicy: Equatable, Sendable {
    /// The score at which a record changes class, between 0 and 1.
    public let decisionThreshold: Double
    /// Confidence from which the quantum score is used alone.
    public let acceptConfidence: Double
    /// Confidence from which it is blended; equal to `acceptConfidence` for no blending.
    public let blendConfidence: Double
    /// Largest accepted |quantum − classical|, 0…1.
    public let maximumDisagreement: Double
    /// Coverage of the reported interval, such as 0.95.
    public let intervalLevel: Double

    private let thresholdLogit: Double
    private let intervalWidth: Double

    /// - Throws: `PolicyError` naming the argument out of range.
    public init(
        decisionThreshold: Double = 0.5, acceptConfidence: Double = 0.95,
        blendConfidence: Double = 0.75, maximumDisagreement: Double = 0.75,
        intervalLevel: Double = 0.95
    ) throws(PolicyError) {
        try PolicyError.require(
            decisionThreshold > 0 && decisionThreshold < 1, "decisionThreshold", decisionThreshold,
            "between 0 and 1, both excluded")
        try PolicyError.require(
            (0.5...1).contains(acceptConfidence), "acceptConfidence", acceptConfidence, "0.5…1")
        try PolicyError.require(
            blendConfidence >= 0.5 && blendConfidence <= acceptConfidence, "blendConfidence",
            blendConfidence, "0.5…acceptConfidence (\(acceptConfidence))")
        try PolicyError.require(
            (0...1).contains(maximumDisagreement), "maximumDisagreement", maximumDisagreement,
            "0…1")
        try PolicyError.require(
            intervalLevel > 0 && intervalLevel < 1, "intervalLevel", intervalLevel,
            "between 0 and 1, both excluded")
        self.decisionThreshold = decisionThreshold
        self.acceptConfidence = acceptConfidence
        self.blendConfidence = blendConfidence
        self.maximumDisagreement = maximumDisagreement
        self.intervalLevel = intervalLevel
        thresholdLogit = log(decisionThreshold) - log1p(-decisionThreshold)
        intervalWidth = NormalDistribution.quantile(0.5 + intervalLevel / 2)
    }

    /// Judges one estimate beside the classical score.
    ///
    /// - Parameters:
    ///   - estimate: logit and standard error; a value that is not a number, an infinite logit, or
    ///     a negative error is a garbled result: rejected as `backendFailed`, with the classical
    ///     score in place of the quantum one, so that every number in the verdict is finite.
    ///   - classicalScore: 0…1.
    public func judge(_ estimate: QuantumEstimate, classicalScore: Double) -> ConfidenceVerdict {
        let (logit, error) = (estimate.logit, estimate.logitStandardError)
        guard logit.isFinite, error.isFinite, error >= 0 else { return garbled(classicalScore) }
        let score = Logistic.value(logit)
        let confidence = confidence(logit: logit, standardError: error)
        let (action, reason, weight) = decide(
            confidence: confidence, disagreement: abs(score - classicalScore))
        let blend = weight * score + (1 - weight) * classicalScore
        return ConfidenceVerdict(
            score: score, standardError: Logistic.slope(logit) * error,
            intervalLow: Logistic.value(logit - intervalWidth * error),
            intervalHigh: Logistic.value(logit + intervalWidth * error),
            confidence: confidence, action: action, reason: reason, blendWeight: weight,
            servedScore: weight == 1 ? score : (weight == 0 ? classicalScore : blend))
    }

    /// Without shot noise the side is known: 1, or 0.5 exactly on the threshold.
    private func confidence(logit: Double, standardError: Double) -> Double {
        let distance = abs(logit - thresholdLogit)
        if distance == 0 { return 0.5 }
        return standardError == 0 ? 1 : NormalDistribution.cumulative(distance / standardError)
    }

    private func decide(
        confidence: Double, disagreement: Double
    ) -> (action: VerdictAction, reason: ReasonCode, weight: Double) {
        if confidence < blendConfidence { return (.reject, .lowConfidence, 0) }
        if disagreement > maximumDisagreement { return (.reject, .disagreement, 0) }
        if confidence >= acceptConfidence { return (.use, .accepted, 1) }
        let weight = (confidence - blendConfidence) / (acceptConfidence - blendConfidence)
        return (.blend, .blended, weight)
    }

    private func garbled(_ classicalScore: Double) -> ConfidenceVerdict {
        ConfidenceVerdict(
            score: classicalScore, standardError: 0, intervalLow: 0, intervalHigh: 1,
            confidence: 0.5, action: .reject, reason: .backendFailed, blendWeight: 0,
            servedScore: classicalScore)
    }
}
