public import Determinism

/// What goes wrong in a simulated cluster, and how often; equal plans give equal runs.
///
/// Every draw is a hash of the seed, what is drawn for, and who draws how often: no draw depends on
/// the order in which instances run, so one fault more or less leaves the others where they were.
public struct FaultPlan: Sendable {
    public var seed: UInt64
    /// From `send` until the log has the messages: lost with a crash in between.
    public var arrival = TimeSpan.zero...TimeSpan.zero
    /// From the log until the producer hears of it.
    public var acknowledgement = TimeSpan.zero...TimeSpan.zero
    /// From the log until a consumer can fetch a message; drawn by key and topic.
    public var fetch = TimeSpan.zero...TimeSpan.zero
    /// Chance that a `send` fails with a retriable error and takes nothing.
    public var sendFailure = 0.0
    /// Chance that an instance dies at a call of its transport, before the call does anything.
    public var crash = 0.0
    /// Chance that a poll finds its group told to rebalance.
    public var rebalance = 0.0
    /// Chance that a poll finds its member put out of the group, as after a long pause.
    public var eviction = 0.0
    /// From a crash until the instance starts again.
    public var restart = TimeSpan.milliseconds(50)...TimeSpan.milliseconds(500)
    /// Drawn faults (not delays) end here, so that a run can come to rest.
    public var until = Timestamp.distantFuture

    public init(seed: UInt64 = 0) { self.seed = seed }

    /// What a draw is for: each has numbers of its own.
    enum Purpose: UInt64 {
        case arrival = 1
        case acknowledgement, fetch, sendFailure, crash, survivors, rebalance, eviction
        case restart, schedule
    }

    /// Uniform in [0, 1).
    func draw(_ purpose: Purpose, _ who: UInt64, _ count: UInt64) -> Double {
        let word = StableHash.combine(
            StableHash.combine(seed, purpose.rawValue), StableHash.combine(who, count))
        return Double(word >> 11) * 0x1p-53
    }

    func span(
        _ range: ClosedRange<TimeSpan>, _ purpose: Purpose, _ who: UInt64, _ count: UInt64
    ) -> TimeSpan {
        let width = range.upperBound - range.lowerBound
        guard width > .zero else { return range.lowerBound }
        let share = draw(purpose, who, count) * Double(width.microseconds + 1)
        return range.lowerBound + .microseconds(Int64(share))
    }

    func strikes(
        _ probability: Double, _ purpose: Purpose, _ who: UInt64, _ count: UInt64, at now: Timestamp
    ) -> Bool {
        probability > 0 && now < until && draw(purpose, who, count) < probability
    }
}
