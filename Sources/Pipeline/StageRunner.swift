import Contracts
public import Determinism
public import Stages

/// What runs one stage on one transport, one turn at a time; owned by one thread.
public protocol StageRunner: RebalanceHandler {
    var stage: any Stage { get }
    /// Partitions to work on.
    var assignedPartitions: Int { get }
    /// Messages handed over and not acknowledged.
    var unacknowledged: Int { get }
    /// Inputs delivered whose effects a restart would repeat.
    var openInputs: Int { get }
    /// Inputs not processed because they had been before.
    var skipped: Int { get }
    /// How far the state of new partitions is read back; nil when all of it is there.
    var restoring: RestoreProgress? { get }

    func start() throws(TransportFailure)

    /// One turn: see the types that conform.
    ///
    /// - Returns: messages consumed, produced or restored; zero for an idle turn.
    @discardableResult
    func runOnce(
        control: ControlSnapshot, pollTimeout: TimeSpan?
    ) throws(TransportFailure) -> Int

    /// Finishes and commits what is in hand, and leaves the group.
    func stop() throws(TransportFailure)
}

extension StageRunner {
    /// One turn that waits for its first message as long as the loop's limits say.
    @discardableResult
    public func runOnce(control: ControlSnapshot) throws(TransportFailure) -> Int {
        try runOnce(control: control, pollTimeout: nil)
    }
}

/// Reading a stage's state back for new partitions: a chunk each turn, so that polling, and with it
/// the membership, goes on.
struct Restoration {
    private(set) var progress: RestoreProgress?
    private var partitions: [Int32] = []
    private var batch: Batch = Batch()

    /// The batch is reused; a class, since a copyable value cannot hold it.
    private final class Batch { var messages = InboundBatch() }

    /// Entries taken in one turn: some ten milliseconds of work.
    private static let chunk = 20_000
    private static let wait = TimeSpan.milliseconds(5)

    var isActive: Bool { progress != nil }

    /// New partitions are there; nothing of them may be processed before `advance` is done.
    mutating func request(_ assignments: [Assignment]) {
        place = 0
        restored = 0
        partitions = Set(assignments.map(\.partition.partition)).sorted()
        progress =
            partitions.isEmpty ? nil : RestoreProgress(restored: 0, total: 0, isComplete: false)
        isStarted = false
    }

    mutating func cancel() { progress = nil }

    private var isStarted = false
    /// Which of the stage's changelogs is read, and entries of those before it.
    private var place = 0
    private var restored: Int64 = 0

    /// Reads a chunk and gives it to the stage; `out` takes the entries that it refuses.
    ///
    /// - Returns: entries read; the restoration is over when `isActive` is false.
    mutating func advance(
        _ stage: inout any Stage, _ state: DurableState, on transport: any Transport,
        _ context: StageContext, into out: inout OutboundBatch
    ) throws(TransportFailure) -> Int {
        let logs = [state] + state.further
        let log = logs[min(place, logs.count - 1)]
        if !isStarted {
            try transport.startRestoring(
                log.changelog, partitions: partitions, since: context.now - log.reach)
            isStarted = true
        }
        batch.messages.removeAll()
        let now = try transport.pollRestoring(
            into: &batch.messages, maximum: Self.chunk, timeout: Self.wait)
        let count = batch.messages.count
        if count > 0 { stage.restore(batch.messages, context, into: &out) }
        var whole = now
        whole.restored += restored
        whole.total += restored
        if now.isComplete, place + 1 < logs.count {
            restored += now.total
            place += 1
            isStarted = false
            whole.isComplete = false
        }
        progress = whole.isComplete ? nil : whole
        return count
    }
}
