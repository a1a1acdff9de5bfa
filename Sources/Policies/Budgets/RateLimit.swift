public import Determinism

/// So many tokens per period, with room for a burst; any rational rate, such as one call in ten
/// seconds.
public struct RateLimit: Equatable, Sendable {
    /// Tokens gained per period, at least 1.
    public let tokens: Int64
    /// The period in which they are gained.
    public let period: TimeSpan
    /// Tokens that a full bucket holds, at least 1.
    public let burst: Int64

    /// - Parameters:
    ///   - tokens: 1…1,000,000,000 per period.
    ///   - period: 1 µs…1 day.
    ///   - burst: 1…1,000,000; the most that can be taken at one instant.
    /// - Throws: `PolicyError` naming the argument out of range.
    public init(
        tokens: Int64, per period: TimeSpan = .seconds(Int64(1)), burst: Int64
    ) throws(PolicyError) {
        try PolicyError.require(
            (1...1_000_000_000).contains(tokens), "rate limit tokens", tokens, "1…1000000000")
        try PolicyError.require(
            period > .zero && period <= .seconds(Int64(86_400)), "rate limit period",
            "\(period.microseconds) µs", "1 µs…1 day")
        try PolicyError.require(
            (1...1_000_000).contains(burst), "rate limit burst", burst, "1…1000000")
        self.tokens = tokens
        self.period = period
        self.burst = burst
    }

    /// Tokens per second.
    public var tokensPerSecond: Double { Double(tokens) / period.inSeconds }
}
