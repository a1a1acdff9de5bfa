public import Determinism

/// A kind of fault that the transport injects by itself.
public enum TransportFault: String, Sendable, CaseIterable {
    /// An instance dies at a call of its transport.
    case crash
    case rebalance
    /// A member is put out of its group and goes on, unknowing.
    case eviction
    /// A `send` fails and takes nothing.
    case send
    /// The broker cannot be reached by one instance for a while.
    case outage
    /// A commit of a transaction times out: it happened, or not.
    case timeout
    /// An at-least-once producer's message comes twice.
    case duplicate
    /// A batch is written and acknowledged late.
    case slowDisk
    /// Changelogs are compacted.
    case compaction
}

/// Times with faults and times without, in turn: between storms, everything promised must hold.
public struct Storms: Sendable {
    public var start: Timestamp
    public var period: TimeSpan
    /// At each period's beginning.
    public var length: TimeSpan

    public init(start: Timestamp, period: TimeSpan, length: TimeSpan) {
        self.start = start
        self.period = period
        self.length = length
    }

    public func isStorm(at instant: Timestamp) -> Bool {
        let into = (instant - start).microseconds
        return into >= 0 && into % period.microseconds < length.microseconds
    }

    /// The end of the last storm that had begun by an instant; the instant itself within one.
    public func lastStorm(before instant: Timestamp) -> Timestamp? {
        let into = (instant - start).microseconds
        guard into >= 0 else { return nil }
        let begin = start + .microseconds(into / period.microseconds * period.microseconds)
        return min(instant, begin + length)
    }
}

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
    /// From a transaction's decision until each partition's marker.
    public var marker = TimeSpan.zero...TimeSpan.zero
    /// Chance that a `send` fails with a retriable error and takes nothing.
    public var sendFailure = 0.0
    /// Chance that an instance dies at a call of its transport, before the call does anything.
    public var crash = 0.0
    /// Chance that a poll finds its group told to rebalance.
    public var rebalance = 0.0
    /// Chance that a poll finds its member put out of the group, as after a long pause.
    public var eviction = 0.0
    /// Chance that a call finds the broker out of reach, and so every call for `outageLength`.
    public var outage = 0.0
    public var outageLength = TimeSpan.milliseconds(20)...TimeSpan.milliseconds(300)
    /// Chance that a call for a transaction's commit times out, its outcome unknown: done in half
    /// of the cases.
    public var commitTimeout = 0.0
    /// Chance that a message of a producer without transactions comes twice.
    public var duplicate = 0.0
    /// Chance that a batch is written and acknowledged later, by `slowness` each.
    public var slowDisk = 0.0
    public var slowness = TimeSpan.milliseconds(50)...TimeSpan.milliseconds(400)
    /// Chance that a poll finds the changelogs newly compacted.
    public var compaction = 0.0
    /// How much each instance's clock goes wrong, either way.
    public var clockSkew = TimeSpan.zero
    /// From a crash until the instance starts again.
    public var restart = TimeSpan.milliseconds(50)...TimeSpan.milliseconds(500)
    /// Drawn faults (not delays) end here, so that a run can come to rest.
    public var until = Timestamp.distantFuture
    /// Drawn faults come in the first part of each period only; nil for always.
    public var storms: Storms?
    /// Instants of arrivals, acknowledgements and markers are rounded up to this grid: fewer
    /// instants, larger batches, the same interleavings of what happens at different ones.
    public var grid = TimeSpan.microseconds(1)

    public init(seed: UInt64 = 0) { self.seed = seed }

    /// What a draw is for: each has numbers of its own.
    enum Purpose: UInt64 {
        case arrival = 1
        case acknowledgement, fetch, sendFailure, crash, survivors, rebalance, eviction
        case restart, schedule
        case outage, outageLength, commitTimeout, commitHappens, duplicate, slowDisk, slowness
        case compaction, clockSkew, marker, aborted
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
        probability > 0 && now < until && storms?.isStorm(at: now) ?? true
            && draw(purpose, who, count) < probability
    }

    /// An instant so long after another one, on the grid unless it is that very one.
    func later(_ now: Timestamp, by span: TimeSpan) -> Timestamp {
        let step = grid.microseconds
        guard span > .zero, step > 1 else { return now + span }
        let exact = now.microseconds + span.microseconds
        return Timestamp(microseconds: (exact + step - 1) / step * step)
    }

    /// How wrong the clock of an instance's life goes.
    func skew(of member: UInt64) -> TimeSpan {
        guard clockSkew > .zero else { return .zero }
        return span(.zero - clockSkew...clockSkew, .clockSkew, member, 0)
    }
}

/// A clock that goes wrong by a fixed span.
struct SkewedTimeSource: TimeSource {
    let base: ManualTimeSource
    let skew: TimeSpan

    func now() -> Timestamp { base.now() + skew }
}
