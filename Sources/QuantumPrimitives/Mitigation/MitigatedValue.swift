/// An estimate with errors mitigated, and what that cost in precision.
public struct MitigatedValue: Hashable, Sendable {
    public let value: Double
    /// From shot noise, to first order; 0 where the data were exact. Bias that remains is not in it.
    public let standardError: Double
    /// Variance over that of the unmitigated estimate from as many shots of one circuit: how many
    /// times the shots give the same standard error.
    public let varianceAmplification: Double

    public init(value: Double, standardError: Double, varianceAmplification: Double) {
        self.value = value
        self.standardError = standardError
        self.varianceAmplification = varianceAmplification
    }
}
