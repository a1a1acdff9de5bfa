import Glibc

/// P(the quantum verdict flips the decision | classical score, history), and how likely a flip is
/// right: the posterior of a `FlipPrior` after some `FlipEvidence`, as tables.
///
/// Each bin has a beta posterior. Its evidence counts as n = (Σw)²/Σw² pairs (Kish, "Survey
/// Sampling", 1965) of the weighted rate Σw·flip/Σw, so that a few heavy pairs are not taken for
/// many. Its prior is `FlipPrior` together with the rates of the bins near by on the same side of the
/// threshold, a neighbour's pairs counting `reach`^distance. How many pairs that prior is worth is
/// learnt too: the number under which all bins' counts are likeliest as beta–binomial draws
/// (empirical Bayes: Robbins, "An empirical Bayes approach to statistics", 1956; Efron and Morris,
/// "Data analysis using Stein's estimator", JASA 70, 1975). So bins lend to each other as much as
/// they are alike, and with its own pairs each comes to speak for itself.
///
/// Made anew when evidence comes, about 1 ms; a look-up allocates nothing.
public struct FlipHistory: Equatable, Sendable {
    public let prior: FlipPrior
    /// The level of `gain`'s lower bound.
    public let caution: Double
    /// P(flip) by bin: posterior means.
    public let flips: [Double]
    /// P(right | flip) by bin: posterior means.
    public let rights: [Double]
    /// The `caution` quantile of P(right | flip) by bin.
    public let cautiousRights: [Double]
    /// By bin, P(flip) · (2·P(right | flip) − 1) with the cautious P(right): what a call is expected
    /// to gain as a share of the record's value, right flips less wrong ones; −1…1.
    public let gains: [Double]
    /// What the pairs of each bin are worth in equally likely ones, its neighbours' not counted.
    public let pairs: [Double]
    /// Pairs that each bin's P(flip) rests on, the prior's among them.
    private let flipStrengths: [Double]

    private static let flipReach = 0.5
    private static let rightReach = 0.8

    /// - Parameters:
    ///   - evidence: nil for the prior alone.
    ///   - caution: the level at which P(right) is bounded from below, above 0, at most 0.5; 0.5
    ///     takes about its mean.
    public init(prior: FlipPrior, evidence: FlipEvidence? = nil, caution: Double = 0.25) {
        self.prior = prior
        self.caution = caution
        let bins = 0..<ScoreBins.count
        let flips = Self.posteriors(
            bins.map { prior.flip(at: ScoreBins.centre($0)) },
            bins.map { Self.flipCount(evidence, $0) }, strength: prior.flipStrength,
            reach: Self.flipReach)
        let rights = Self.posteriors(
            bins.map { prior.right(at: ScoreBins.centre($0)) },
            bins.map { Self.rightCount(evidence, $0) }, strength: prior.trustStrength,
            reach: Self.rightReach)
        let cautious = rights.map { $0.quantile(caution) }
        self.flips = flips.map(\.mean)
        flipStrengths = flips.map(\.strength)
        self.rights = rights.map(\.mean)
        cautiousRights = cautious
        gains = zip(flips, cautious).map { $0.mean * (2 * $1 - 1) }
        pairs = bins.map { Self.flipCount(evidence, $0).trials }
    }

    /// P(flip) of a record.
    public func flipProbability(classicalScore: Double, threshold: Double) -> Double {
        if case .band(let band) = prior.shape { return band.contains(classicalScore) ? 1 : 0 }
        let distance = ScoreBins.distance(classicalScore, threshold: threshold)
        return ScoreBins.value(of: flips, at: distance)
    }

    /// The expected gain of a call as a share of the record's value, −1…1.
    public func gain(classicalScore: Double, threshold: Double) -> Double {
        if case .band(let band) = prior.shape { return band.contains(classicalScore) ? 1 : 0 }
        let distance = ScoreBins.distance(classicalScore, threshold: threshold)
        return ScoreBins.value(of: gains, at: distance)
    }

    /// Bounds that hold a bin's P(flip) with probability `level`, half of the rest on each side.
    public func flipInterval(bin: Int, level: Double = 0.9) -> ClosedRange<Double> {
        let posterior = Posterior(mean: flips[bin], strength: flipStrengths[bin])
        return posterior.quantile((1 - level) / 2)...posterior.quantile((1 + level) / 2)
    }
}

// MARK: - Posteriors

extension FlipHistory {
    private struct Count {
        /// Worth in equally likely ones.
        var trials = 0.0
        var rate = 0.0
    }

    private struct Posterior {
        let mean: Double
        /// Pairs that the mean counts as.
        let strength: Double

        func quantile(_ level: Double) -> Double {
            guard strength.isFinite, mean > 0, mean < 1 else { return mean }
            return BetaDistribution.quantile(level, mean * strength, (1 - mean) * strength)
        }
    }

    private static func flipCount(_ evidence: FlipEvidence?, _ bin: Int) -> Count {
        guard let evidence else { return Count() }
        return count(
            evidence[bin, .flips], of: evidence[bin, .weight], squares: evidence[bin, .squares])
    }

    private static func rightCount(_ evidence: FlipEvidence?, _ bin: Int) -> Count {
        guard let evidence else { return Count() }
        let right = evidence[bin, .right]
        return count(
            right, of: right + evidence[bin, .wrong], squares: evidence[bin, .labelledSquares])
    }

    private static func count(_ part: Double, of whole: Double, squares: Double) -> Count {
        guard whole > 0, squares > 0 else { return Count() }
        return Count(trials: whole * whole / squares, rate: min(part / whole, 1))
    }

    /// What a bin is taken for before its own pairs.
    private struct Expected {
        let mean: Double
        /// Pairs that could speak for it: the prior's and the neighbours'.
        let support: Double
    }

    private static func posteriors(
        _ priors: [Double], _ counts: [Count], strength: Double, reach: Double
    ) -> [Posterior] {
        guard strength.isFinite else {
            return priors.map { Posterior(mean: $0, strength: strength) }
        }
        let expected = priors.indices.map { expectation($0, priors, counts, strength, reach) }
        let most = likeliestStrength(expected, counts, least: strength)
        return zip(expected, counts).map { expected, count in
            let weight = min(expected.support, most)
            let total = weight + count.trials
            return Posterior(
                mean: (weight * expected.mean + count.trials * count.rate) / total,
                strength: total)
        }
    }

    private static func expectation(
        _ bin: Int, _ priors: [Double], _ counts: [Count], _ strength: Double, _ reach: Double
    ) -> Expected {
        var (support, successes) = (strength, strength * priors[bin])
        for other in ScoreBins.side(of: bin) where other != bin && counts[other].trials > 0 {
            let trials = counts[other].trials * pow(reach, Double(abs(other - bin)))
            support += trials
            successes += trials * counts[other].rate
        }
        return Expected(mean: min(max(successes / support, 1e-9), 1), support: support)
    }

    /// The number of pairs, of 1, 2, 4 … 64 times the prior's, that makes all counts likeliest; the
    /// smallest of equals, so that without evidence it is the prior's.
    private static func likeliestStrength(
        _ expected: [Expected], _ counts: [Count], least: Double
    ) -> Double {
        var best = (strength: least, likelihood: -Double.infinity)
        for power in 0...6 {
            let strength = least * Double(1 << power)
            var likelihood = 0.0
            for (bin, count) in zip(expected, counts) where count.trials > 0 {
                let weight = min(bin.support, strength)
                let (a, b) = (bin.mean * weight, max((1 - bin.mean) * weight, 1e-9))
                let hits = count.trials * count.rate
                likelihood +=
                    logBeta(a + hits, b + count.trials - hits) - logBeta(a, b)
            }
            if likelihood > best.likelihood + 1e-9 { best = (strength, likelihood) }
        }
        return best.strength
    }

    private static func logBeta(_ a: Double, _ b: Double) -> Double {
        lgamma(a) + lgamma(b) - lgamma(a + b)
    }
}
