public import Contracts
public import Determinism

/// What a stage is told with every batch: the time, and the control plane as last seen.
public struct StageContext: Sendable {
    public var now: Timestamp
    public var control: ControlSnapshot
    /// Under which number this turn's output goes out, and up to which one the cluster has it all:
    /// for a stage that must not act before what it wrote is safe.
    public var epoch: UInt64
    public var acknowledgedEpoch: UInt64

    public init(
        now: Timestamp, control: ControlSnapshot, epoch: UInt64 = 1, acknowledgedEpoch: UInt64 = 0
    ) {
        self.now = now
        self.control = control
        self.epoch = epoch
        self.acknowledgedEpoch = acknowledgedEpoch
    }
}

/// One of the seven stages: maps batches to batches and knows no Kafka.
///
/// A stage is owned by one thread. It never waits: what takes time is held, and `tick` is called
/// again at `nextDue` or sooner. Bad input is a value: it goes to `rejects` through the outbound
/// batch.
public protocol Stage {
    var name: StageName { get }
    /// Counters since the start, for metrics and reports.
    var counters: StageCounters { get }
    /// Inputs held open.
    var heldCount: Int { get }
    /// When `tick` has something to do; nil when only messages can give it work.
    var nextDue: Timestamp? { get }

    mutating func process(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch)
    /// Does what has become due: collects results, fires deadlines, sends heartbeats.
    mutating func tick(_ context: StageContext, into out: inout OutboundBatch)
    /// Forgets held inputs of partitions that another instance owns from now on.
    mutating func forget(topic: Topic, partition: Int32)

    /// Partitions that are this instance's from now on, before their state is restored and before
    /// their first message; those that it had before among them or not.
    mutating func own(_ partitions: [(topic: Topic, partition: Int32)], now: Timestamp)

    /// Entries of the stage's own state: records remembered, waiting or not.
    var rememberedCount: Int { get }

    /// How the stage's state outlives it; nil for a stage that keeps none.
    var durableState: DurableState? { get }
    /// Takes back entries of the changelog, in the log's order, before the partition's first record;
    /// of several entries of one key the last one counts. An entry that cannot be read goes to
    /// `rejects`, at each restoration anew: what it stood for is not remembered.
    mutating func restore(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch)
    /// Forgets everything that the changelog brings back: its partitions are gone, or what was done
    /// since the last commit did not happen.
    mutating func reset()
}

/// Where a stage's state is kept, and how far back it matters.
public struct DurableState: Sendable, Equatable {
    public var changelog: Topic
    /// Entries older than this can be left out when state is restored.
    public var reach: TimeSpan
    /// Changelogs with a reach of their own, read back behind this one.
    public var further: [DurableState]

    /// The reach of a changelog of which every entry matters.
    public static let ever = TimeSpan.seconds(100 * 365 * 86_400 as Int64)

    public init(changelog: Topic, reach: TimeSpan, further: [DurableState] = []) {
        self.changelog = changelog
        self.reach = reach
        self.further = further
    }
}

extension Stage {
    public var heldCount: Int { 0 }
    public var nextDue: Timestamp? { nil }
    public mutating func tick(_ context: StageContext, into out: inout OutboundBatch) {}
    public mutating func forget(topic: Topic, partition: Int32) {}
    public mutating func own(_ partitions: [(topic: Topic, partition: Int32)], now: Timestamp) {}
    public var rememberedCount: Int { 0 }
    public var durableState: DurableState? { nil }
    public mutating func restore(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {}
    public mutating func reset() {}
}

/// Counts that every stage keeps; fixed size, so that copying them once per batch costs nothing.
public struct StageCounters: Sendable, Equatable {
    public var received = 0
    public var emitted = 0
    public var rejected = 0
    /// Unknown fields, duplicate ids, late verdicts: see each stage's documentation.
    public var ignored = 0
    /// Decisions by reason, in the order of `ReasonCode.allCases`.
    public var reasons = [Int](repeating: 0, count: ReasonCode.allCases.count)

    public init() {}

    public mutating func count(_ reason: ReasonCode) { reasons[reason.ordinal] += 1 }
}

/// A 128-bit hash of a record's id: what stages key their state by, so that no strings are kept.
///
/// Two different ids collide with probability 2⁻¹²⁸ per pair: for 10⁹ ids in a window about 10⁻²¹.
extension StableHash {
    static func recordKey(_ id: ByteSlice) -> (UInt64, UInt64) {
        unsafe id.withUnsafeBytes { raw in
            unsafe (hash64(raw), hash64(raw, seed: 0x5851_F42D_4C95_7F2D))
        }
    }
}
