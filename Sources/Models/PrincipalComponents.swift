/// The directions of largest variance of the standardised features, as scikit-learn's `PCA` defines
/// them: variance with divisor n − 1, and the loading of largest absolute value positive in each
/// row.
public struct PrincipalComponents: Codable, Sendable, Equatable {
    /// d means of the standardised and clipped features (clipping moves them off zero).
    public let mean: [Double]
    /// k × d loadings, row-major: row j is component j, of unit length.
    public let components: [Double]
    /// k variances of the training data along the components, above 0, descending.
    public let explainedVariance: [Double]
    /// k shares of the total variance, each in 0…1.
    public let explainedVarianceRatio: [Double]

    /// - Throws: `ModelBundleError.invalid` on shapes that do not fit, or values out of range.
    public init(
        mean: [Double], components: [Double], explainedVariance: [Double],
        explainedVarianceRatio: [Double]
    ) throws(ModelBundleError) {
        self.mean = mean
        self.components = components
        self.explainedVariance = explainedVariance
        self.explainedVarianceRatio = explainedVarianceRatio
        try validate("pca")
    }

    public var featureCount: Int { mean.count }
    public var componentCount: Int { explainedVariance.count }

    func validate(_ field: String) throws(ModelBundleError) {
        try Require.that(!mean.isEmpty, "\(field).mean", "is empty")
        try Require.finite(mean, "\(field).mean")
        let (count, features) = (componentCount, featureCount)
        try Require.that(
            (1...features).contains(count), "\(field).explainedVariance",
            "\(count) components is not from 1 to the \(features) features")
        try Require.count(components, count * features, "\(field).components")
        try Require.count(explainedVarianceRatio, count, "\(field).explainedVarianceRatio")
        for index in 0..<count {
            try Require.positive(explainedVariance[index], "\(field).explainedVariance[\(index)]")
            try Require.within(
                explainedVarianceRatio[index], 0...1.000_001,
                "\(field).explainedVarianceRatio[\(index)]")
            try Require.that(
                index == 0 || explainedVariance[index] <= explainedVariance[index - 1],
                "\(field).explainedVariance[\(index)]", "is above the one before it")
        }
    }
}
