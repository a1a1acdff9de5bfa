public import Determinism

/// When a device's circuit breaker opens, for how long, and how it is tried again.
///
/// Names and meanings follow resilience4j's documented circuit breaker
/// (https://resilience4j.readme.io/docs/circuitbreaker): a rate at or above its threshold opens.
public struct BreakerPolicy: Equatable, Sendable {
    /// Which calls the rates are taken over.
    public enum Window: Equatable, Sendable {
        /// The last so many, 1…1,024.
        case calls(Int)
        /// Those of the last so long, 32 µs…1 day, in 32 slots: a call leaves up to a slot early.
        case time(TimeSpan)
    }

    public var window = Window.calls(100)
    /// Fewer calls in the window than this give no rate; with a window of calls, at most its size.
    public var minimumCalls = 20
    /// Share of failed calls, above 0 and at most 1.
    public var failureRate = 0.5
    /// Share of slow calls, above 0 and at most 1.
    public var slowRate = 0.8
    /// The wait in open the first time; 1 ms…1 day.
    public var openWait = TimeSpan.seconds(10 as Int64)
    /// How much longer each wait is than the one before while the breaker does not close; 1…10.
    public var backoff = 2.0
    /// The longest wait; `openWait`…1 day.
    public var longestOpenWait = TimeSpan.seconds(300 as Int64)
    /// A wait is shortened by up to this share, 0…0.9, so that several instances do not all try at
    /// once.
    public var jitter = 0.1
    /// Calls permitted in half-open, and outcomes after which it is judged; 1…1,000.
    public var probes = 5
    /// A probe without an outcome so long after the last one was permitted counts as failed;
    /// 1 ms…1 day.
    public var probeTimeout = TimeSpan.seconds(120 as Int64)

    public init() {}

    /// - Throws: `PolicyError` naming the first setting out of range.
    public func validate() throws(PolicyError) {
        switch window {
        case .calls(let calls):
            try PolicyError.require(
                (1...CallWindow.maximumCalls).contains(calls), "breaker window calls", calls,
                "1…\(CallWindow.maximumCalls)")
            try PolicyError.require(
                minimumCalls <= calls, "breaker minimumCalls", minimumCalls,
                "1…\(calls), the window")
        case .time(let span):
            try require(span, "breaker window time", atLeast: .microseconds(32))
        }
        try PolicyError.require(
            (1...1_000_000).contains(minimumCalls), "breaker minimumCalls", minimumCalls,
            "1…1000000")
        try requireRate(failureRate, "breaker failureRate")
        try requireRate(slowRate, "breaker slowRate")
        try require(openWait, "breaker openWait", atLeast: .milliseconds(1))
        try require(longestOpenWait, "breaker longestOpenWait", atLeast: openWait)
        try require(probeTimeout, "breaker probeTimeout", atLeast: .milliseconds(1))
        try PolicyError.require((1...10).contains(backoff), "breaker backoff", backoff, "1…10")
        try PolicyError.require((0...0.9).contains(jitter), "breaker jitter", jitter, "0…0.9")
        try PolicyError.require((1...1_000).contains(probes), "breaker probes", probes, "1…1000")
    }

    private func requireRate(_ value: Double, _ name: String) throws(PolicyError) {
        try PolicyError.require(value > 0 && value <= 1, name, value, "above 0, at most 1")
    }

    private func require(
        _ value: TimeSpan, _ name: String, atLeast least: TimeSpan
    ) throws(PolicyError) {
        try PolicyError.require(
            value >= least && value <= .seconds(86_400 as Int64), name,
            "\(value.microseconds) µs", "\(least.microseconds) µs…1 day")
    }
}
