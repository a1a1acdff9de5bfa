import Glibc

/// A bound that the sum of centred, bounded values stays below at all times at once.
///
/// For values in an interval of length `range`, with V the sum of squared differences to predictions
/// made before each value (empirical Bernstein, theorem 4 of the source, which also lets the values'
/// means change: it is then about the mean of their conditional means), S the sum less its
/// conditional mean, and
///
///     u(v) = √(k₁² v ℓ(v) + k₂² c² ℓ(v)²) + k₂ c ℓ(v),   ℓ(v) = s log(1 + log₂ v) + log(ζ(s)/α)
///
/// S reaches u(max(V, 1)) at any time with probability at most α. That is the polynomial stitched
/// boundary, equations 9 and 10 there, with η = 2, s = 1.4 and m = 1; c is the range. It is of order
/// √(v log log v).
///
/// Source: Howard, Ramdas, McAuliffe and Sekhon, "Time-uniform, nonparametric, nonasymptotic
/// confidence sequences", Annals of Statistics 49 (2021).
enum StitchedBoundary {
    private static let exponent = 1.4
    /// ζ(1.4).
    private static let zeta = 3.105_547_278
    /// (2^¼ + 2^−¼)/√2 and (√2 + 1)/2.
    private static let k1 = 1.435_499_972_8
    private static let k2 = 1.207_106_781_2

    /// - Parameters:
    ///   - variance: V, 0 or more.
    ///   - range: the length of the interval that holds every value.
    ///   - alpha: the probability of ever crossing, in one direction.
    ///   - least: m, the variance from which the bound is sharp; above 0.
    static func value(
        variance: Double, range: Double, alpha: Double, least: Double = 1
    ) -> Double {
        let v = max(variance, least)
        let level = exponent * log1p(log2(v / least)) + log(zeta / alpha)
        let linear = k2 * range * level
        return (k1 * k1 * v * level + linear * linear).squareRoot() + linear
    }
}
