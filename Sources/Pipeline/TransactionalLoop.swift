import Contracts
public import Determinism
public import Stages

/// Runs one stage in transactions: what it writes, its state's changes and the positions it has read
/// become visible all at once or never.
///
/// One turn of `runOnce`:
/// 1. finish what an earlier turn could not: take the transactional id over, commit, abort, send;
/// 2. read a chunk of the state of new partitions, and nothing else before it is all there;
/// 3. pause or resume fetching by the limits on unacknowledged and held messages;
/// 4. poll a batch (rebalances happen inside, and call back into this object);
/// 5. let the stage process it, then let it do what is due;
/// 6. open a transaction if none is open and there is something to put in; send;
/// 7. when the transaction is a commit interval old: put the positions in, and commit.
///
/// After an abort the stage forgets everything, the transport goes back to the committed positions,
/// and the state is read back: the work is done again from where the log says it stands.
/// `TransactionState` decides what follows each call's outcome. Not thread-safe: one thread owns it.
public final class TransactionalLoop: StageRunner {
    public private(set) var stage: any Stage
    private let transport: any TransactionalTransport
    private let time: any TimeSource
    private let limits: LoopLimits

    private var inbound = InboundBatch()
    private var fresh = InboundBatch()
    private var outbound = OutboundBatch()
    private var transaction = TransactionState()
    private var restoration = Restoration()
    private var poison: PoisonGuard
    /// The next offset to be processed, for partitions that are ours.
    private var positions: [TopicPartition: Int64?] = [:]
    /// Positions that moved in the open transaction.
    private var moved: Set<TopicPartition> = []
    private var delivered = 0
    private var openedAt = Timestamp(microseconds: 0)
    private var offsetsAreIn = false
    private var epoch: UInt64 = 0
    private var hasUnsentOutput = false
    /// Whether the open transaction holds what fell due.
    private var hasDueOutput = false
    private var paused = false
    /// Why this instance cannot go on, where it became known inside a call-back.
    private var failure: TransportFailure?
    public private(set) var skipped = 0
    /// Transactions that ended, by how.
    public private(set) var counts = TransactionCounts()

    /// - Parameter journal: where this instance notes what it has in hand; nil to note nothing.
    public init(
        stage: any Stage, transport: any TransactionalTransport, time: any TimeSource,
        limits: LoopLimits, journal: (any CrashJournal)? = nil
    ) {
        self.stage = stage
        self.transport = transport
        self.time = time
        self.limits = limits
        poison = PoisonGuard(journal)
    }

    public var assignedPartitions: Int { positions.count }
    public var unacknowledged: Int { transport.unacknowledged }
    public var openInputs: Int { delivered }
    public var restoring: RestoreProgress? { restoration.progress }
    public var phase: TransactionState.Phase { transaction.phase }

    public func start() throws(TransportFailure) {
        // A predecessor that still runs is fenced before this instance asks for its partitions.
        try initialize()
        try transport.subscribe(Topology.edges(of: stage.name).reads, handler: self)
    }

    @discardableResult
    public func runOnce(
        control: ControlSnapshot, pollTimeout: TimeSpan?
    ) throws(TransportFailure) -> Int {
        if let failure { throw failure }
        try finishTransaction()
        if hasUnsentOutput { try sendOutput() }
        if restoration.isActive { return try restore(control) }
        _ = try call { () throws(TransportFailure) in try transport.acknowledgedEpoch() }
        guard transaction.phase != .aborting else { return 0 }
        try applyBackpressure()
        inbound.removeAll()
        try poll(wait(pollTimeout))
        guard !restoration.isActive, transaction.phase != .aborting else { return 0 }
        let context = StageContext(now: time.now(), control: control)
        deliver()
        outbound.removeAll()
        if !inbound.isEmpty { poison.process(&stage, inbound, context, into: &outbound) }
        let isDue = stage.nextDue.map { $0 <= context.now } ?? false
        stage.tick(context, into: &outbound)
        delivered += inbound.count
        let work = inbound.count + outbound.messages.count
        if isDue, !outbound.messages.isEmpty { hasDueOutput = true }
        if work > 0 { try sendOutput() }
        try commitIfDue(context.now)
        return work
    }

    // MARK: Input

    private func poll(_ timeout: TimeSpan) throws(TransportFailure) {
        try call { () throws(TransportFailure) in
            try transport.poll(into: &inbound, maximum: limits.batchMaximum, timeout: timeout)
        }
    }

    private func wait(_ wanted: TimeSpan?) -> TimeSpan {
        var timeout = wanted ?? limits.pollTimeout
        let now = time.now()
        if let due = stage.nextDue { timeout = min(timeout, due - now) }
        if let commitDue { timeout = min(timeout, commitDue - now) }
        return max(.zero, timeout)
    }

    /// When the open transaction is to be committed; nil without one.
    ///
    /// What fell due must be seen by its deadline plus the commit interval, and the commit itself
    /// takes time: half of the interval is left to it.
    public var commitDue: Timestamp? {
        guard transaction.phase == .open else { return nil }
        let interval = limits.commitInterval.microseconds
        return openedAt + .microseconds(hasDueOutput ? interval / 2 : interval)
    }

    private func applyBackpressure() throws(TransportFailure) {
        let full =
            transport.unacknowledged > limits.maximumUnacknowledged
            || stage.heldCount > limits.maximumHeld
        guard full != paused else { return }
        try call { () throws(TransportFailure) in try transport.setPaused(full) }
        paused = full
    }

    /// Moves the positions; drops what is not ours, or behind them.
    private func deliver() {
        var stale: [Int] = []
        inbound.forEachRun { partition, run in
            guard let position = positions[partition] else {
                stale += run
                return
            }
            var next = position ?? 0
            let first = next
            for index in run {
                let offset = inbound.messages[index].position.offset
                if offset < next { stale.append(index) } else { next = offset + 1 }
            }
            guard next != first else { return }
            positions[partition] = .some(next)
            moved.insert(partition)
        }
        skipped += stale.count
        inbound.remove(stale, through: &fresh)
    }

    // MARK: State

    /// A chunk of the new partitions' state; they stay paused until it is all there.
    private func restore(_ control: ControlSnapshot) throws(TransportFailure) -> Int {
        inbound.removeAll()
        try poll(.zero)
        guard restoration.isActive, transaction.phase != .aborting else { return 0 }
        guard let state = stage.durableState else { return 0 }
        let context = StageContext(now: time.now(), control: control)
        outbound.removeAll()
        let count = try restoration.advance(
            &stage, state, on: transport, context, into: &outbound)
        if !outbound.messages.isEmpty { try sendOutput() }
        return max(1, count)
    }

    /// Forgets everything that is not committed.
    private func forget() {
        stage.reset()
        positions.removeAll()
        moved.removeAll()
        outbound.removeAll()
        hasUnsentOutput = false
        hasDueOutput = false
        delivered = 0
        offsetsAreIn = false
        restoration.cancel()
    }

    // MARK: The transaction

    /// Makes a call, and takes note of how it ended; an abortable failure is not passed on: the next
    /// turn aborts.
    @discardableResult
    private func call<Result>(
        _ body: () throws(TransportFailure) -> Result
    ) throws(TransportFailure) -> Result? {
        do throws(TransportFailure) {
            return try body()
        } catch {
            switch error.kind {
            case .abortable:
                transaction.requireAbort()
                // Without a transaction there is nothing to abort: the same call may go well later.
                if transaction.phase != .aborting {
                    throw TransportFailure(.retriable, error.description)
                }
                counts.failures += 1
                return nil
            case .fatal:
                _ = transaction.concluded(.fatal)
                failure = error
                throw error
            case .retriable: throw error
            }
        }
    }

    /// Makes the call that belongs to the transaction's phase.
    private func step(
        _ body: () throws(TransportFailure) -> Void
    ) throws(TransportFailure) -> TransactionState.Action {
        do throws(TransportFailure) {
            try body()
            return transaction.concluded(.done)
        } catch {
            let action = transaction.concluded(TransactionState.Outcome(error.kind))
            switch action {
            case .abort:
                counts.failures += 1
                return action
            case .end:
                failure = error
                throw error
            case .proceed, .retry, .rewind:
                throw TransportFailure(.retriable, error.description)
            }
        }
    }

    private func initialize() throws(TransportFailure) {
        guard transaction.phase == .uninitialized else { return }
        _ = try step { () throws(TransportFailure) in
            try transport.initializeTransactions(timeout: limits.drainTimeout)
        }
    }

    /// Brings a commit or an abort that has begun to its end.
    private func finishTransaction() throws(TransportFailure) {
        if transaction.phase == .committing { try commit() }
        guard transaction.phase == .aborting else { return }
        try abortOpen()
        try transport.rewind()
    }

    private func abortOpen() throws(TransportFailure) {
        _ = try step { () throws(TransportFailure) in
            try transport.abortTransaction(timeout: limits.drainTimeout)
        }
        counts.aborted += 1
        forget()
    }

    /// Opens a transaction if none is open, and hands the output over.
    private func sendOutput() throws(TransportFailure) {
        hasUnsentOutput = true
        if transaction.phase == .ready {
            _ = try step { () throws(TransportFailure) in try transport.beginTransaction() }
            openedAt = time.now()
        }
        guard transaction.phase == .open else { return }
        let action = try step { () throws(TransportFailure) in
            try transport.send(outbound, epoch: epoch + 1)
        }
        guard action == .proceed else { return }
        epoch += 1
        hasUnsentOutput = false
    }

    private func commitIfDue(_ now: Timestamp) throws(TransportFailure) {
        guard let commitDue, now >= commitDue else { return }
        try commit()
    }

    private func commit() throws(TransportFailure) {
        guard transaction.requestCommit() else { return }
        let action = try step { () throws(TransportFailure) in
            if !offsetsAreIn {
                try transport.sendOffsets(commits, timeout: limits.drainTimeout)
            }
            offsetsAreIn = true
            try transport.commitTransaction(timeout: limits.drainTimeout)
        }
        guard action == .proceed else { return }
        counts.committed += 1
        moved.removeAll()
        delivered = 0
        offsetsAreIn = false
        hasDueOutput = false
    }

    /// The positions that moved; where none did, all of them: it is with positions that the group's
    /// coordinator refuses a member that is out, and what falls due without input must be refused
    /// too.
    private var commits: [OffsetCommit] {
        let partitions = moved.isEmpty ? Array(positions.keys) : Array(moved)
        return partitions.sorted {
            ($0.topic.ordinal, $0.partition) < ($1.topic.ordinal, $1.partition)
        }.compactMap { partition in
            guard let next = positions[partition], let position = next else { return nil }
            return OffsetCommit(partition: partition, position: position, metadata: "")
        }
    }

    /// Commits what is in hand, or aborts it: whatever comes first, within the drain's time.
    private func conclude() {
        let limit = time.now() + limits.drainTimeout
        repeat {
            do throws(TransportFailure) {
                if hasUnsentOutput { try sendOutput() }
                if transaction.phase == .open || transaction.phase == .committing { try commit() }
                if transaction.phase == .aborting { try abortOpen() }
            } catch {
                guard error.kind != .fatal else {
                    failure = error
                    return
                }
            }
        } while isUnfinished && time.now() < limit
        transaction.requireAbort()
    }

    private var isUnfinished: Bool {
        switch transaction.phase {
        case .open, .committing, .aborting: true
        case .uninitialized, .ready, .fenced: false
        }
    }

    /// Concludes the transaction and leaves the group.
    public func stop() throws(TransportFailure) {
        defer { transport.close() }
        conclude()
    }

    // MARK: Rebalance, from inside poll

    public var restoresFirst: Bool { stage.durableState != nil }

    public func assigned(_ assignments: [Assignment]) {
        stage.own(
            assignments.map { ($0.partition.topic, $0.partition.partition) }, now: time.now())
        // New partitions are fetched, unless their state comes first: the next turn changes that where
        // it must.
        paused = restoresFirst
        positions.removeAll()
        for assignment in assignments {
            positions[assignment.partition] = .some(assignment.position)
        }
        if restoresFirst { restoration.request(assignments) }
    }

    /// All partitions go at once: the assignor is an eager one.
    public func revoking(_ partitions: [TopicPartition]) {
        conclude()
        forget()
    }

    public func lost(_ partitions: [TopicPartition]) {
        transaction.requireAbort()
        forget()
    }
}

/// How a loop's transactions ended.
public struct TransactionCounts: Sendable, Equatable {
    public var committed = 0
    public var aborted = 0
    /// Calls that failed in a way that only an abort mends.
    public var failures = 0

    public init() {}
}
