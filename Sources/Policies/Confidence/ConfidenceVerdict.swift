public import Contracts

/// A quantum model's output before it is judged: a logit and the standard error that shot noise
/// gives it.
public struct QuantumEstimate: Equatable, Sendable {
    /// Log-odds of the positive class.
    public let logit: Double
    /// Standard error of `logit`, 0 or more; 0 for exact expectation values.
    public let logitStandardError: Double

    public init(logit: Double, logitStandardError: Double) {
        self.logit = logit
        self.logitStandardError = logitStandardError
    }
}

/// A calibrated quantum score, how sure it is, and what to do with it.
public struct ConfidenceVerdict: Equatable, Sendable {
    /// The quantum score: the logistic function of the logit, 0…1.
    public let score: Double
    /// Standard error of `score` by the delta method: score · (1 − score) · SE(logit).
    public let standardError: Double
    /// Bounds of the score's interval at `ConfidencePolicy.intervalLevel`: the logit's normal
    /// interval put through the logistic function, so it stays within 0…1.
    public let intervalLow: Double
    public let intervalHigh: Double
    /// Probability that more shots would leave the score on the same side of the decision
    /// threshold: Φ(|logit − threshold's logit| / SE), 0.5…1.
    public let confidence: Double
    public let action: VerdictAction
    /// `accepted`, `blended`, or why the score is rejected.
    public let reason: ReasonCode
    /// Weight of the quantum score in `servedScore`: 1 when used, 0 when rejected.
    public let blendWeight: Double
    /// weight · quantum + (1 − weight) · classical: what is served if this verdict comes in time.
    public let servedScore: Double

    public init(
        score: Double, standardError: Double, intervalLow: Double, intervalHigh: Double,
        confidence: Double, action: VerdictAction, reason: ReasonCode, blendWeight: Double,
        servedScore: Double
    ) {
        self.score = score
        self.standardError = standardError
        self.intervalLow = intervalLow
        self.intervalHigh = intervalHigh
        self.confidence = confidence
        self.action = action
        self.reason = reason
        self.blendWeight = blendWeight
        self.servedScore = servedScore
    }
}
