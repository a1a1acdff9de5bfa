/// A length of time in whole microseconds; may be negative.
///
/// `Swift.Duration` is 128 bits of attoseconds: hot loops that add and compare pay for that.
public struct TimeSpan: Hashable, Comparable, Sendable {
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    public static let zero = TimeSpan(microseconds: 0)
    public static func microseconds(_ value: Int64) -> TimeSpan { TimeSpan(microseconds: value) }
    public static func milliseconds(_ value: Int64) -> TimeSpan {
        TimeSpan(microseconds: value &* 1_000)
    }
    public static func seconds(_ value: some BinaryInteger) -> TimeSpan {
        TimeSpan(microseconds: Int64(value) &* 1_000_000)
    }

    /// Rounds to the nearest microsecond; values beyond ±292,000 years are clamped.
    public static func seconds(_ value: Double) -> TimeSpan {
        let scaled = (value * 1e6).rounded()
        guard scaled.isFinite else { return TimeSpan(microseconds: value > 0 ? .max : 0) }
        if scaled >= 9.2e18 { return TimeSpan(microseconds: .max) }
        if scaled <= -9.2e18 { return TimeSpan(microseconds: .min) }
        return TimeSpan(microseconds: Int64(scaled))
    }

    public var inSeconds: Double { Double(microseconds) / 1e6 }
    public var inMilliseconds: Double { Double(microseconds) / 1e3 }

    public static func < (left: TimeSpan, right: TimeSpan) -> Bool {
        left.microseconds < right.microseconds
    }
    public static func + (left: TimeSpan, right: TimeSpan) -> TimeSpan {
        TimeSpan(microseconds: left.microseconds &+ right.microseconds)
    }
    public static func - (left: TimeSpan, right: TimeSpan) -> TimeSpan {
        TimeSpan(microseconds: left.microseconds &- right.microseconds)
    }
    public static func * (left: TimeSpan, right: Int64) -> TimeSpan {
        TimeSpan(microseconds: left.microseconds &* right)
    }
}
