/// Keeps a one-sided quantile's share of misses at a target, whatever happens to the data: adaptive
/// conformal inference (Gibbs and Candès, "Adaptive conformal inference under distribution shift",
/// NeurIPS 2021), αₜ₊₁ = αₜ + γ(α − errₜ).
///
/// Over T steps the share of misses is within (max(α₁, 1 − α₁) + γ)/(γT) of α, with no assumption
/// on the data.
public struct AdaptiveLevel: Hashable, Sendable {
    /// α: the share of misses aimed at.
    public let target: Double
    /// γ.
    public let rate: Double
    /// αₜ; below 0 every wait must be covered, above 1 none.
    public private(set) var miss: Double

    init(level: Double, rate: Double) {
        target = 1 - level
        self.rate = rate
        miss = target
    }

    mutating func observe(isMissed: Bool) {
        miss += rate * (target - (isMissed ? 1 : 0))
    }

    /// The level to read off a distribution, within 0…1.
    var level: Double { min(max(1 - miss, 0), 1) }

    /// What the top of the distribution is multiplied by where it does not reach: it doubles with
    /// every ten misses in a row, 1,024 times at most.
    var inflation: Double {
        guard miss < 0 else { return 1 }
        var (factor, steps) = (1.0, min(-miss / (10 * rate), 10))
        while steps >= 1 {
            factor *= 2
            steps -= 1
        }
        return factor * (1 + steps)
    }
}
