public import Glibc

/// The logistic function 1 / (1 + e^−x) without overflow at either end.
///
/// - Returns: a value in 0…1; 0 or 1 exactly only where Double cannot tell (|x| above some 37 or
///   745).
@inlinable
public func sigmoid(_ logit: Double) -> Double {
    // The exponent is never positive, so that e^|x| cannot overflow to infinity.
    let decay = exp(-logit.magnitude)
    return logit >= 0 ? 1 / (1 + decay) : decay / (1 + decay)
}

/// A linear classifier: score = sigmoid(intercept + Σ weightᵢ · featureᵢ).
///
/// As the classical baseline its features are the standardised and clipped ones, all d of them.
public struct LogisticModel: Codable, Sendable, Equatable {
    /// d weights.
    public let weights: [Double]
    public let intercept: Double

    /// - Throws: `ModelBundleError.invalid` when there is no weight or a value is not finite.
    public init(weights: [Double], intercept: Double) throws(ModelBundleError) {
        self.weights = weights
        self.intercept = intercept
        try validate("baseline")
    }

    /// The log-odds of one record; finite for finite features.
    public func logit(_ features: Span<Double>) -> Double {
        precondition(features.count == weights.count, "features and weights differ in number")
        return logit(features, from: 0)
    }

    /// The scores of n records.
    ///
    /// - Parameters:
    ///   - features: n × d values, record after record.
    ///   - scores: n values, overwritten; each strictly between 0 and 1.
    public func score(_ features: Span<Double>, into scores: inout MutableSpan<Double>) {
        precondition(features.count.isMultiple(of: weights.count), "not whole records")
        let count = features.count / weights.count
        precondition(scores.count >= count, "no room for the scores")
        for record in 0..<count {
            scores[record] = Self.open(sigmoid(logit(features, from: record &* weights.count)))
        }
    }

    /// The score of one record, strictly between 0 and 1.
    public func score(_ features: Span<Double>) -> Double {
        Self.open(sigmoid(logit(features)))
    }

    /// Keeps a score off the ends, where its log-odds would be infinite.
    static func open(_ score: Double) -> Double {
        min(max(score, .leastNormalMagnitude), 1 - 0x1p-53)
    }

    @inline(__always)
    private func logit(_ features: Span<Double>, from base: Int) -> Double {
        let weights = weights.span
        var sum = intercept
        for index in 0..<weights.count {
            // In range: both callers check that `base` starts a whole record.
            unsafe sum += weights[unchecked: index] * features[unchecked: base &+ index]
        }
        return sum
    }

    func validate(_ field: String) throws(ModelBundleError) {
        try Require.that(!weights.isEmpty, "\(field).weights", "is empty")
        try Require.finite(weights, "\(field).weights")
        try Require.finite(intercept, "\(field).intercept")
    }
}
