/// Quantiles of times in whole microseconds, in fixed memory (34 KiB), mergeable.
///
/// Log-linear buckets: exact below 256 µs, above that 128 per doubling. A bucket is at most 1/128
/// of its values wide and is reported by its middle, so a quantile is within 0.4 % of the exact
/// one. Values above 2^40 − 1 µs (12.7 days) count as that; negative ones as 0. Minimum, maximum
/// and mean are exact.
public struct QuantileSketch: Equatable, Sendable {
    /// The largest value told apart.
    public static let highest: Int64 = 1 << 40 - 1

    private static let linear = 256
    private static let perDoubling = 128

    private var counts = [Int](repeating: 0, count: linear + perDoubling * 32)
    public private(set) var count = 0
    private var sum = 0.0
    private var least = Int64.max
    private var most = Int64.min

    public init() {}

    public mutating func add(microseconds: Int64) {
        let value = min(max(microseconds, 0), QuantileSketch.highest)
        counts[QuantileSketch.bucket(of: value)] += 1
        count += 1
        sum += Double(value)
        least = min(least, value)
        most = max(most, value)
    }

    public mutating func merge(_ other: QuantileSketch) {
        guard other.count > 0 else { return }
        for bucket in counts.indices { counts[bucket] += other.counts[bucket] }
        count += other.count
        sum += other.sum
        least = min(least, other.least)
        most = max(most, other.most)
    }

    /// The smallest value with at least the share `fraction` of the values at or below it (nearest
    /// rank), in microseconds; nil without values.
    ///
    /// - Parameter fraction: 0…1; 0 is the minimum, 1 the maximum, both exact.
    public func quantile(_ fraction: Double) -> Int64? {
        guard count > 0 else { return nil }
        if fraction <= 0 { return least }
        let rank = min(count, max(1, Int((fraction * Double(count)).rounded(.up))))
        if rank == count { return most }
        var seen = 0
        for bucket in counts.indices {
            seen += counts[bucket]
            if seen >= rank { return min(max(QuantileSketch.middle(of: bucket), least), most) }
        }
        return most
    }

    public var p50: Int64? { quantile(0.50) }
    public var p95: Int64? { quantile(0.95) }
    public var p99: Int64? { quantile(0.99) }
    public var maximum: Int64? { count == 0 ? nil : most }
    public var minimum: Int64? { count == 0 ? nil : least }
    /// Mean in microseconds; nil without values.
    public var mean: Double? { count == 0 ? nil : sum / Double(count) }

    static func bucket(of value: Int64) -> Int {
        guard value >= linear else { return Int(value) }
        let doubling = 63 - value.leadingZeroBitCount - 8
        return linear + doubling * perDoubling + Int(value >> Int64(doubling + 1)) - perDoubling
    }

    static func middle(of bucket: Int) -> Int64 {
        guard bucket >= linear else { return Int64(bucket) }
        let (doubling, step) = (bucket - linear).quotientAndRemainder(dividingBy: perDoubling)
        let low = Int64(step + perDoubling) << Int64(doubling + 1)
        return low + (Int64(1) << Int64(doubling + 1) - 1) / 2
    }
}
