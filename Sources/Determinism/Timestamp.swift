/// A point in wall-clock time, in whole microseconds since the Unix epoch.
///
/// Microseconds resolve every latency that matters here, and an `Int64` of them lasts 292,000
/// years. Values come from a `TimeSource` or from a message; nothing below the pipeline reads a
/// clock.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Microseconds since 1970-01-01T00:00:00Z.
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }
    public init(milliseconds: Int64) { self.microseconds = milliseconds &* 1_000 }

    /// Whole milliseconds since the epoch, rounded towards negative infinity: Kafka's resolution.
    public var milliseconds: Int64 {
        let quotient = microseconds / 1_000
        return microseconds % 1_000 < 0 ? quotient - 1 : quotient
    }

    public static let distantFuture = Timestamp(microseconds: .max)

    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }

    public static func + (left: Timestamp, right: TimeSpan) -> Timestamp {
        Timestamp(microseconds: left.microseconds &+ right.microseconds)
    }

    public static func - (left: Timestamp, right: TimeSpan) -> Timestamp {
        Timestamp(microseconds: left.microseconds &- right.microseconds)
    }

    public static func - (left: Timestamp, right: Timestamp) -> TimeSpan {
        TimeSpan(microseconds: left.microseconds &- right.microseconds)
    }
}
