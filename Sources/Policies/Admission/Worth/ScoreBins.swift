import Glibc

/// How far a classical score is from its threshold, in bins of log-odds.
///
/// The distance is logit(score) − logit(threshold): the same on both sides of any threshold, and
/// what a calibrated scorer adds up evidence in. Negative on the side that decides 0. Fixed bins,
/// so that what several instances counted adds up bin by bin.
public enum ScoreBins {
    /// Half of them on each side.
    public static let count = 64
    /// Of one bin, in log-odds; the outermost bins reach to infinity.
    public static let width = 0.25

    /// Scores of 0 and 1 count as this far from the ends, so that their log-odds stay finite.
    private static let smallest = 1e-15

    /// Log-odds between a score and the threshold; at least 0 exactly where the score decides 1.
    ///
    /// - Parameters:
    ///   - score: 0…1.
    ///   - threshold: strictly between 0 and 1.
    static func distance(_ score: Double, threshold: Double) -> Double {
        let distance = logit(score) - logit(threshold)
        // Rounding must not put a score on the other side.
        return score >= threshold ? max(distance, 0) : min(distance, -.leastNormalMagnitude)
    }

    private static func logit(_ score: Double) -> Double {
        let clipped = min(max(score, smallest), 1 - smallest)
        return log(clipped / (1 - clipped))
    }

    /// The bin of a distance.
    static func bin(_ distance: Double) -> Int {
        let place = (distance / width).rounded(.down)
        return count / 2 + Int(min(max(place, Double(-count / 2)), Double(count / 2 - 1)))
    }

    /// The bin of a score.
    public static func bin(of score: Double, threshold: Double) -> Int {
        bin(distance(score, threshold: threshold))
    }

    /// The distance in the middle of a bin.
    public static func centre(_ bin: Int) -> Double {
        (Double(bin - count / 2) + 0.5) * width
    }

    /// The bins on the same side of the threshold.
    static func side(of bin: Int) -> Range<Int> {
        bin < count / 2 ? 0..<count / 2 : count / 2..<count
    }

    /// A table's value at a distance, linear between the middles of two bins of one side and level
    /// beyond the first and last.
    @inline(__always)
    static func value(of table: [Double], at distance: Double) -> Double {
        let place = distance / width - 0.5
        let (first, last) = distance < 0 ? (-32.0, -1.0) : (0.0, 31.0)
        let bounded = min(max(place, first), last)
        let low = bounded.rounded(.down)
        let share = bounded - low
        let index = count / 2 + Int(low)
        let next = min(index + 1, count - 1)
        return table[index] + share * (table[next] - table[index])
    }
}
