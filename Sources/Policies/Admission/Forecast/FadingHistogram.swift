import Glibc

/// Shares of positive numbers in logarithmic bins, the older counting less: a distribution that
/// follows its data. Adding is O(1) on average, a quantile O(bins).
///
/// Bins are 1/8 octave wide (9 %) from 2⁻¹² to 2¹²; smaller numbers and 0 count as in the lowest
/// bin, larger ones as in the highest.
struct FadingHistogram: Hashable, Sendable {
    static let perOctave = 8.0
    static let octaves = 12.0
    static let bins = Int(2 * octaves * perOctave)
    /// Stored weights grow instead of old ones shrinking, and are scaled down before they overflow.
    private static let largestUnit = 1e12

    private(set) var weights = [Double](repeating: 0, count: bins)
    private var unit = 1.0
    private var total = 0.0
    private let growth: Double

    /// - Parameter memory: numbers after which one counts 1/e; above 1.
    init(memory: Double) { growth = 1 / (1 - 1 / memory) }

    /// How many numbers' worth of evidence there is, at most `memory`.
    var evidence: Double { total / unit }

    static func bin(_ value: Double) -> Int {
        guard value > 0 else { return 0 }
        let bin = ((log2(value) + octaves) * perOctave).rounded(.down)
        return Int(min(max(bin, 0), Double(bins - 1)))
    }

    mutating func add(_ value: Double) {
        unit *= growth
        weights[Self.bin(value)] += unit
        total += unit
        guard unit > Self.largestUnit else { return }
        for index in weights.indices { weights[index] /= unit }
        total /= unit
        unit = 1
    }

    /// Where the running share reaches `level`, with `prior`'s worth of evidence from another
    /// histogram mixed in; nil without data.
    func quantile(_ level: Double, mixedWith other: FadingHistogram, prior: Double) -> Double? {
        let evidence = evidence + (other.total > 0 ? prior : 0)
        guard evidence > 0 else { return nil }
        let (own, others) = (1 / unit, other.total > 0 ? prior / other.total : 0)
        var (sum, last) = (0.0, 0)
        for bin in 0..<Self.bins {
            let share = weights[bin] * own + other.weights[bin] * others
            guard share > 0 else { continue }
            last = bin
            let before = sum
            sum += share
            if sum >= level * evidence {
                // Within a bin, shares are taken to be spread evenly over the logarithm.
                return Self.edge(Double(bin) + min((level * evidence - before) / share, 1))
            }
        }
        return Self.edge(Double(last + 1))
    }

    /// 2^((bin − origin)/8).
    private static func edge(_ bin: Double) -> Double {
        exp2(bin / perOctave - octaves)
    }
}
