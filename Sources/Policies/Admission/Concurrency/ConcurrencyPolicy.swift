public import Determinism

/// How many calls may be in flight on a device, learnt from how long they take.
///
/// The algorithms, their names and defaults are those of Netflix's concurrency-limits
/// (https://github.com/Netflix/concurrency-limits); where this differs is said at each formula.
public struct ConcurrencyPolicy: Equatable, Sendable {
    public enum Algorithm: String, Sendable, CaseIterable {
        /// `initial`, always.
        case fixed
        /// One more while calls are quick, a share less when one is late or dropped.
        case aimd
        /// Keeps a small queue, estimated from the quickest round trip.
        case vegas
        /// Shrinks by the ratio of the long-term round trip to the present one.
        case gradient2
    }

    public var algorithm = Algorithm.gradient2
    /// The limit before the first sample, `minimum`…`maximum`.
    public var initial = 20
    /// At least 1.
    public var minimum = 1
    /// At most 1,000,000: the bound that holds whatever the samples say.
    public var maximum = 1_000

    /// Samples are averaged over at least so long, and `windowSamples`; zero: each one counts.
    /// One call's time says little where service times vary.
    public var window = TimeSpan.seconds(1 as Int64)
    /// At least 1.
    public var windowSamples = 10

    /// AIMD: a longer round trip counts as a drop.
    public var timeout = TimeSpan.seconds(5 as Int64)
    /// AIMD and Gradient2: what is left of the limit after a drop, 0.5…<1.
    public var dropRatio = 0.9

    /// Vegas: the queue that is small, in multiples of the limit's order of magnitude; 1…1,000.
    public var vegasAlpha = 3
    /// Vegas: the queue that is too large, likewise; `vegasAlpha`…1,000.
    public var vegasBeta = 6
    /// Vegas: the quickest round trip is forgotten after so many times the limit in samples;
    /// 1…10,000.
    public var vegasProbe = 30
    /// Vegas: a hash of it draws the moments of forgetting, so that instances differ.
    public var seed: UInt64 = 0

    /// Gradient2: room to grow while round trips stay short, 1…1,000.
    public var gradientQueue = 4
    /// Gradient2: how many times the long-term round trip is still short, 1…10.
    public var gradientTolerance = 1.5
    /// Gradient2: samples of the long-term average, 1…1,000,000.
    public var gradientMemory = 600
    /// Share of each new estimate that the limit takes up, above 0 and at most 1; nil is the
    /// published default, 1 of Vegas and 0.2 of Gradient2.
    public var smoothing: Double?

    public init() {}

    /// - Throws: `PolicyError` naming the first setting out of range.
    public func validate() throws(PolicyError) {
        try requireCount(minimum, "concurrency minimum", 1...1_000_000)
        try requireCount(maximum, "concurrency maximum", minimum...1_000_000)
        try requireCount(initial, "concurrency initial", minimum...maximum)
        try requireCount(windowSamples, "concurrency windowSamples", 1...1_000_000)
        try requireSpan(window, "concurrency window", atLeast: .zero)
        try requireSpan(timeout, "concurrency timeout", atLeast: .microseconds(1))
        try PolicyError.require(
            dropRatio >= 0.5 && dropRatio < 1, "concurrency dropRatio", dropRatio,
            "0.5 to below 1")
        try requireCount(vegasAlpha, "concurrency vegasAlpha", 1...1_000)
        try requireCount(vegasBeta, "concurrency vegasBeta", vegasAlpha...1_000)
        try requireCount(vegasProbe, "concurrency vegasProbe", 1...10_000)
        try requireCount(gradientQueue, "concurrency gradientQueue", 1...1_000)
        try requireCount(gradientMemory, "concurrency gradientMemory", 1...1_000_000)
        try PolicyError.require(
            (1...10).contains(gradientTolerance), "concurrency gradientTolerance",
            gradientTolerance, "1…10")
        let smoothing = smoothing ?? 1
        try PolicyError.require(
            smoothing > 0 && smoothing <= 1, "concurrency smoothing", smoothing,
            "above 0, at most 1")
    }

    private func requireCount(
        _ value: Int, _ name: String, _ range: ClosedRange<Int>
    ) throws(PolicyError) {
        try PolicyError.require(
            range.contains(value), name, value, "\(range.lowerBound)…\(range.upperBound)")
    }

    private func requireSpan(
        _ value: TimeSpan, _ name: String, atLeast least: TimeSpan
    ) throws(PolicyError) {
        try PolicyError.require(
            value >= least && value <= .seconds(86_400 as Int64), name,
            "\(value.microseconds) µs", "\(least.microseconds) µs…1 day")
    }
}

/// What one call, or one window of calls, says of the device.
public struct ConcurrencySample: Equatable, Sendable {
    /// From submission to result: the wait in the device's queue and the service.
    public var roundTrip: TimeSpan
    /// The service alone, where the device reports it: then the round trip without a queue is
    /// known, and neither Vegas nor Gradient2 needs to guess it.
    public var service: TimeSpan?
    /// Calls in flight when this one ended, itself included.
    public var inFlight: Int
    /// The call was throttled, or its result not waited for: too much is in flight, whatever its
    /// round trip was. A call that failed for a reason of its own says nothing of that: leave it out.
    public var isDropped: Bool
    /// When the call ended.
    public var at: Timestamp

    public init(
        roundTrip: TimeSpan, service: TimeSpan? = nil, inFlight: Int, isDropped: Bool = false,
        at: Timestamp
    ) {
        self.roundTrip = roundTrip
        self.service = service
        self.inFlight = inFlight
        self.isDropped = isDropped
        self.at = at
    }
}
