/// The limits by which a score becomes a decision and a quantum verdict is used, blended or
/// rejected.
public struct ConfidenceThresholds: Codable, Sendable, Equatable {
    /// A score at or above it decides 1; strictly between 0 and 1.
    public var decisionThreshold: Double
    /// A quantum verdict of at least this confidence is used; 0.5…1, not below `blendConfidence`.
    public var acceptConfidence: Double
    /// One of at least this confidence is blended with the classical score, one below it rejected;
    /// 0…1.
    public var blendConfidence: Double
    /// The largest |quantum − classical| score at which a quantum verdict is used; above 0, at most
    /// 1.
    public var maximumDisagreement: Double
    /// Classical scores in low…high are uncertain enough for a quantum call.
    ///
    /// 0 ≤ low ≤ `decisionThreshold` ≤ high ≤ 1.
    public var uncertaintyBandLow: Double
    public var uncertaintyBandHigh: Double

    /// - Throws: `ModelBundleError.invalid` naming the first limit out of range or out of order.
    public init(
        decisionThreshold: Double = 0.5, acceptConfidence: Double = 0.9,
        blendConfidence: Double = 0.6, maximumDisagreement: Double = 0.5,
        uncertaintyBandLow: Double = 0.1, uncertaintyBandHigh: Double = 0.9
    ) throws(ModelBundleError) {
        self.decisionThreshold = decisionThreshold
        self.acceptConfidence = acceptConfidence
        self.blendConfidence = blendConfidence
        self.maximumDisagreement = maximumDisagreement
        self.uncertaintyBandLow = uncertaintyBandLow
        self.uncertaintyBandHigh = uncertaintyBandHigh
        try validate("thresholds")
    }

    func validate(_ field: String) throws(ModelBundleError) {
        try Require.that(
            decisionThreshold > 0 && decisionThreshold < 1, "\(field).decisionThreshold",
            "\(decisionThreshold) is not strictly between 0 and 1")
        try Require.within(blendConfidence, 0...1, "\(field).blendConfidence")
        try Require.within(acceptConfidence, 0.5...1, "\(field).acceptConfidence")
        try Require.that(
            acceptConfidence >= blendConfidence, "\(field).acceptConfidence",
            "\(acceptConfidence) is below blendConfidence \(blendConfidence)")
        try Require.positive(maximumDisagreement, "\(field).maximumDisagreement")
        try Require.within(maximumDisagreement, 0...1, "\(field).maximumDisagreement")
        try Require.within(
            uncertaintyBandLow, 0...decisionThreshold, "\(field).uncertaintyBandLow")
        try Require.within(
            uncertaintyBandHigh, decisionThreshold...1, "\(field).uncertaintyBandHigh")
    }
}
