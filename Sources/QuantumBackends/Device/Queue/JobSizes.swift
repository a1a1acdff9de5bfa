public import Determinism
import Glibc

/// How long jobs hold a device: a distribution by its mean and its shape.
public struct JobSizes: Hashable, Sendable {
    public enum Shape: Hashable, Sendable {
        /// Always the mean.
        case fixed
        case exponential
        /// Standard deviation of the logarithm, 0…4.
        case lognormal(sigma: Double)
        /// P(X > x) = (xₘ/x)^α from xₘ = mean·(α−1)/α on; α above 1, and at most 2 for infinite
        /// variance.
        case pareto(exponent: Double)
    }

    /// Above zero.
    public var mean: TimeSpan
    public var shape: Shape

    public init(mean: TimeSpan, shape: Shape = .fixed) {
        self.mean = mean
        self.shape = shape
    }

    /// One size, by inversion or Box–Muller; never negative.
    func draw(_ random: inout RandomStream) -> TimeSpan {
        switch shape {
        case .fixed: return mean
        case .exponential: return .seconds(mean.inSeconds * random.exponential())
        case .lognormal(let sigma):
            return .seconds(mean.inSeconds * exp(sigma * random.normal() - sigma * sigma / 2))
        case .pareto(let exponent):
            let least = mean.inSeconds * (exponent - 1) / exponent
            return .seconds(least * pow(1 - random.uniform(), -1 / exponent))
        }
    }

    func validate(_ setting: String) throws(BackendConfigurationError) {
        try BackendConfigurationError.require(
            mean > .zero && mean <= .seconds(366 * 86_400), setting + " mean", mean.microseconds,
            "above 0 µs and at most a year")
        switch shape {
        case .fixed, .exponential: break
        case .lognormal(let sigma):
            try BackendConfigurationError.require(
                (0...4).contains(sigma), setting + " sigma", sigma, "0 to 4 are allowed")
        case .pareto(let exponent):
            try BackendConfigurationError.require(
                exponent > 1 && exponent <= 100, setting + " exponent", exponent,
                "above 1 and at most 100: the mean must exist")
        }
    }
}

extension RandomStream {
    /// Standard normal, by Box–Muller's cosine.
    mutating func normal() -> Double {
        let radius = (-2 * log(1 - uniform())).squareRoot()
        return radius * cos(2 * .pi * uniform())
    }

    /// Exponential with mean 1.
    mutating func exponential() -> Double { -log(1 - uniform()) }
}
