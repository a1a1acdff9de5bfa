public import Determinism
import Glibc

/// What compared pairs have shown, by the classical score's distance to the threshold: sums that add
/// up over instances and partitions.
///
/// A pair counts 1/propensity: among the records that admission draws with known probabilities, the
/// weighted sums are then those of all records that could have been drawn, whatever admission
/// prefers (Horvitz and Thompson, "A generalization of sampling without replacement from a finite
/// universe", JASA 47, 1952). Old pairs fade: after `halfLife` a pair counts half.
///
/// Constant memory; adding costs a logarithm, an exponential and no allocation.
public struct FlipEvidence: Equatable, Sendable {
    /// One sum of a bin.
    public enum Sum: Int, CaseIterable, Sendable {
        /// Σ w over pairs.
        case weight
        /// Σ w² over pairs, faded like w: with `weight` it gives what the pairs are worth in equally
        /// likely ones.
        case squares
        /// Σ w over pairs whose live decision differs from the classical one.
        case flips
        /// Σ w over flips whose label shows the live decision right.
        case right
        /// Σ w over flips whose label shows the classical decision right.
        case wrong
        /// Σ w² over labelled flips.
        case labelledSquares
    }

    /// A propensity below this counts as this: one pair must not outweigh all others.
    public static let leastPropensity = 1e-3
    private static let stride = Sum.allCases.count

    /// After so long a pair counts half.
    public let halfLife: TimeSpan
    /// The instant at which the stored sums are worth what they say.
    public private(set) var reference: Timestamp
    /// Bins × sums.
    private var sums: [Double]

    /// - Parameter halfLife: above zero.
    public init(halfLife: TimeSpan = .seconds(7 * 86_400), at reference: Timestamp) {
        self.halfLife = max(halfLife, .microseconds(1))
        self.reference = reference
        sums = [Double](repeating: 0, count: ScoreBins.count * Self.stride)
    }

    /// Counts one compared pair.
    ///
    /// - Parameters:
    ///   - bin: `ScoreBins.bin(of:threshold:)` of its classical score.
    ///   - flip: whether the live decision differs from the classical one.
    ///   - propensity: with which admission let the record go on, above 0, at most 1.
    /// - Returns: the pair's weight, for its label.
    @discardableResult
    public mutating func add(bin: Int, flip: Bool, propensity: Double, now: Timestamp) -> Double {
        let weight = 1 / min(max(propensity, Self.leastPropensity), 1)
        let scale = scale(now)
        self[bin, .weight] += weight * scale
        self[bin, .squares] += weight * weight * scale
        if flip { self[bin, .flips] += weight * scale }
        return weight
    }

    /// Counts the label of a flip that `add` counted, however late it comes.
    ///
    /// - Parameter right: whether the label agrees with the live decision.
    public mutating func addLabel(bin: Int, right: Bool, weight: Double, now: Timestamp) {
        let scale = scale(now)
        self[bin, right ? .right : .wrong] += weight * scale
        self[bin, .labelledSquares] += weight * weight * scale
    }

    /// Adds what another instance saw; the later reference of both holds.
    public mutating func merge(_ other: FlipEvidence) {
        let later = max(reference, other.reference)
        let (own, others) = (factor(later - reference), other.factor(later - other.reference))
        for index in sums.indices {
            sums[index] = sums[index] * own + other.sums[index] * others
        }
        reference = later
    }

    /// The same evidence as it counts at `now`.
    public func faded(to now: Timestamp) -> FlipEvidence {
        var result = self
        result.fade(to: now)
        return result
    }

    public subscript(bin: Int, sum: Sum) -> Double {
        get { sums[bin * Self.stride + sum.rawValue] }
        set { sums[bin * Self.stride + sum.rawValue] = newValue }
    }

    /// One sum of every bin.
    public func values(_ sum: Sum) -> [Double] {
        (0..<ScoreBins.count).map { self[$0, sum] }
    }

    /// What a new pair's weight is multiplied with instead of shrinking all the old ones.
    private mutating func scale(_ now: Timestamp) -> Double {
        let halvings = (now - reference).inSeconds / halfLife.inSeconds
        // Rarely: the sums are brought up to date before the factor grows large.
        guard halvings < 16 else {
            fade(to: now)
            return 1
        }
        return exp2(halvings)
    }

    private mutating func fade(to now: Timestamp) {
        let factor = factor(now - reference)
        for index in sums.indices { sums[index] *= factor }
        reference = now
    }

    private func factor(_ elapsed: TimeSpan) -> Double {
        exp2(-elapsed.inSeconds / halfLife.inSeconds)
    }
}
