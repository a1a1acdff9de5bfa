import Glibc

/// What the labels say so far of a quantum path beside the classical one.
public enum BenefitVerdict: String, CaseIterable, Sendable {
    /// Nothing is shown yet.
    case undecided
    /// It makes more right decisions than the classical one.
    case better
    /// Whatever it adds is less than the margin: not worth going on.
    case noBetter
    /// It makes fewer right decisions than the classical one.
    case worse
}

/// Does the quantum path add right decisions, and at least `margin` a record? Evidence that may be
/// looked at after every record and stopped at will, that adds up over instances, and that goes on
/// from its numbers after a restart.
///
/// Fed with benefits in −1…1: 1 where the quantum verdict turns a wrong decision right, −1 where it
/// turns a right one wrong, 0 elsewhere; their mean is what a call adds.
///
/// - **Verdict**: three betting e-processes K = Π(1 ± λᵢ(xᵢ − m)), against "the mean is at most 0",
///   "at least 0" and "at least `margin`", with λᵢ ∈ [0, ½] chosen from the past (aGRAPA). Under its
///   hypothesis K is a non-negative supermartingale from 1, so that it ever reaches 2/α with
///   probability at most α/2 (Ville). `noBetter` is the futility rule: the confidence sequence dual
///   to the third process lies below the margin. `worse` is said only where `noBetter` could be, so
///   that the two together wrong a path that adds `margin` with probability at most α/2, and `better`
///   takes the other half.
/// - **Merging**: instances see different records, and each factor has conditional mean at most 1
///   given all that came before anywhere; so products of the processes are such processes too. The
///   verdict is that of the merged evidence as it stands: it can be taken back by later records, and
///   the bound is on its ever being given wrongly.
/// - **Interval**: `StitchedBoundary` around the mean. It needs sums only, so it merges exactly, and
///   it does not need the mean to stay the same; it is wider than the e-processes are sharp.
///
/// Sources: Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting",
/// JRSS-B 86 (2024), theorem 3 and section B.3; Howard, Ramdas, McAuliffe and Sekhon,
/// "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49 (2021).
///
/// Assumes that the benefit of a record, given those before, has a mean on the hypothesis' side.
/// Constant memory; the same benefits in the same order give the same numbers.
public struct BenefitEvidence: Equatable, Sendable {
    /// The sums, as a topic carries them.
    public struct Sums: Equatable, Sendable {
        public var count = 0
        public var sum = 0.0
        /// Σ x².
        public var squares = 0.0
        /// Σ (x − prediction)², the boundary's variance.
        public var variation = 0.0
        /// Logarithms of the three bettors' wealth.
        public var logBetter = 0.0
        public var logWorse = 0.0
        public var logNoBetter = 0.0

        public init() {}
    }

    /// Right decisions that a record's call must add to be worth going on, above 0, below 1.
    public let margin: Double
    public private(set) var sums: Sums
    /// Benefits refused because they were outside [−1, 1] or not numbers.
    public private(set) var refused = 0

    /// - Parameters:
    ///   - margin: brought to 1e-6…0.5.
    ///   - sums: to go on from.
    public init(margin: Double = 0.005, sums: Sums = Sums()) {
        self.margin = margin.isNaN ? 0.005 : min(max(margin, 1e-6), 0.5)
        self.sums = sums
    }

    /// Adds one labelled record.
    public mutating func add(_ benefit: Double) {
        guard benefit >= -1, benefit <= 1 else {
            refused += 1
            return
        }
        // One made-up observation of mean 0 and variance 1, so that the first bets are small.
        let weight = Double(sums.count + 1)
        let mean = sums.sum / weight
        let variance = (1 + sums.squares) / weight - mean * mean
        sums.logBetter += log1p(Self.stake(mean, variance) * benefit)
        sums.logWorse += log1p(-Self.stake(-mean, variance) * benefit)
        sums.logNoBetter += log1p(-Self.stake(margin - mean, variance) * (benefit - margin))
        sums.variation += (benefit - mean) * (benefit - mean)
        sums.count += 1
        sums.sum += benefit
        sums.squares += benefit * benefit
    }

    /// Adds what another instance saw under the same margin.
    public mutating func merge(_ other: BenefitEvidence) {
        precondition(margin == other.margin, "only equal margins merge")
        sums.count += other.sums.count
        sums.sum += other.sums.sum
        sums.squares += other.sums.squares
        sums.variation += other.sums.variation
        sums.logBetter += other.sums.logBetter
        sums.logWorse += other.sums.logWorse
        sums.logNoBetter += other.sums.logNoBetter
        refused += other.refused
    }

    /// What the evidence as it stands shows.
    ///
    /// - Parameter alpha: bounds the probability that a wrong verdict is ever given; 1e-12…0.5.
    public func verdict(alpha: Double = 0.05) -> BenefitVerdict {
        let bar = log(2 / Self.level(alpha))
        if sums.logNoBetter >= bar { return sums.logWorse >= bar ? .worse : .noBetter }
        return sums.logBetter >= bar ? .better : .undecided
    }

    /// The mean benefit lies here, at all times at once, with probability at least 1 − α.
    public func interval(alpha: Double = 0.05) -> ClosedRange<Double> {
        guard sums.count > 0 else { return -1...1 }
        let radius =
            StitchedBoundary.value(
                variance: sums.variation, range: 2, alpha: Self.level(alpha) / 2)
            / Double(sums.count)
        let mean = sums.sum / Double(sums.count)
        return max(-1, mean - radius)...min(1, mean + radius)
    }

    /// Mean benefit so far; nil without records.
    public var mean: Double? { sums.count == 0 ? nil : sums.sum / Double(sums.count) }

    private static func stake(_ edge: Double, _ variance: Double) -> Double {
        edge <= 0 ? 0 : min(edge / (variance + edge * edge), 0.5)
    }

    private static func level(_ alpha: Double) -> Double {
        alpha.isNaN ? 0.05 : min(max(alpha, 1e-12), 0.5)
    }
}
