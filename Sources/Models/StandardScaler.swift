/// Centres each feature, divides by its standard deviation and bounds the result.
///
/// The scale is the population standard deviation (divisor n), as in scikit-learn's
/// `StandardScaler`.
public struct StandardScaler: Codable, Sendable, Equatable {
    /// d means, in the features' own units.
    public let mean: [Double]
    /// d standard deviations, above 0.
    public let scale: [Double]
    /// Standardised values are bounded to ±clip, so that one wild feature cannot own every
    /// component.
    public let clip: Double

    /// - Throws: `ModelBundleError.invalid` on lengths that differ, or values out of range.
    public init(mean: [Double], scale: [Double], clip: Double) throws(ModelBundleError) {
        self.mean = mean
        self.scale = scale
        self.clip = clip
        try validate("scaler")
    }

    public var featureCount: Int { mean.count }

    /// Standardises and clips n records.
    ///
    /// - Parameters:
    ///   - features: n × d finite values, record after record.
    ///   - standardised: n × d values, overwritten; each in ±clip.
    public func standardise(
        _ features: Span<Double>, into standardised: inout MutableSpan<Double>
    ) {
        let count = featureCount
        precondition(features.count.isMultiple(of: count), "not whole records")
        precondition(standardised.count >= features.count, "no room for the standardised features")
        let (mean, scale) = (mean.span, scale.span)
        for record in 0..<features.count / count {
            let base = record &* count
            for feature in 0..<count {
                // The preconditions above cover every index of this loop.
                let index = base &+ feature
                let centred = unsafe features[unchecked: index] - mean[unchecked: feature]
                let value = unsafe centred / scale[unchecked: feature]
                unsafe standardised[unchecked: index] = min(max(value, -clip), clip)
            }
        }
    }

    func validate(_ field: String) throws(ModelBundleError) {
        try Require.that(!mean.isEmpty, "\(field).mean", "is empty")
        try Require.finite(mean, "\(field).mean")
        try Require.count(scale, mean.count, "\(field).scale")
        for (index, value) in scale.enumerated() {
            try Require.positive(value, "\(field).scale[\(index)]")
        }
        try Require.positive(clip, "\(field).clip")
    }
}
