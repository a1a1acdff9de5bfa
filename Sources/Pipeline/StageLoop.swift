import Contracts
public import Determinism
public import Stages

/// Runs one stage on one transport: the same code on Kafka and in simulation.
///
/// One turn of `runOnce`:
/// 1. send what an earlier turn could not; handle delivery reports;
///    read a chunk of the state of new partitions, and nothing else before it is all there;
/// 2. pause or resume fetching by the limits on unacknowledged and held messages;
/// 3. poll a batch (rebalances happen inside, and call back into this object);
/// 4. let the stage process it, then let it do what is due;
/// 5. take note of what is done, what is held and what was released;
/// 6. send what the stage wrote, under a new epoch;
/// 7. commit the positions of a snapshot once every epoch up to it is acknowledged.
///
/// At-least-once follows from 7: an offset is committed only after everything written because of
/// it, and by then acknowledged. Not thread-safe: one thread owns it.
public final class StageLoop: StageRunner {
    public private(set) var stage: any Stage
    private let transport: any Transport
    private let time: any TimeSource
    private let limits: LoopLimits

    private var inbound = InboundBatch()
    private var fresh = InboundBatch()
    private var outbound = OutboundBatch()
    private var trackers: [TopicPartition: OffsetTracker] = [:]
    private var committed: [TopicPartition: OffsetCommit] = [:]
    private var epoch: UInt64 = 0
    private var candidate: (epoch: UInt64, commits: [OffsetCommit])?
    private var lastCommit: Timestamp
    /// Output of a turn whose send failed; its inputs count as done, so that it must go out before
    /// a commit.
    private var hasUnsentOutput = false
    private var paused = false
    private var restoration = Restoration()
    private var poison: PoisonGuard
    /// Inputs not processed again because an earlier instance had finished them.
    public private(set) var skipped = 0

    /// - Parameter journal: where this instance notes what it has in hand; nil to note nothing.
    public init(
        stage: any Stage, transport: any Transport, time: any TimeSource, limits: LoopLimits,
        journal: (any CrashJournal)? = nil
    ) {
        self.stage = stage
        self.transport = transport
        self.time = time
        self.limits = limits
        poison = PoisonGuard(journal)
        lastCommit = time.now()
    }

    public func start() throws(TransportFailure) {
        try transport.subscribe(Topology.edges(of: stage.name).reads, handler: self)
    }

    public var assignedPartitions: Int { trackers.count }
    public var unacknowledged: Int { transport.unacknowledged }
    /// Inputs delivered and not done: what a restart would repeat.
    public var openInputs: Int { trackers.values.reduce(0) { $0 + $1.openCount } }

    /// One turn; see the type's documentation.
    ///
    /// - Returns: messages consumed and produced in this turn; zero for an idle one.
    @discardableResult
    public func runOnce(
        control: ControlSnapshot, pollTimeout: TimeSpan?
    ) throws(TransportFailure) -> Int {
        if hasUnsentOutput { try sendOutput() }
        let acknowledged = try transport.acknowledgedEpoch()
        if restoration.isActive { return try restore(control) }
        try applyBackpressure()
        inbound.removeAll()
        try transport.poll(
            into: &inbound, maximum: limits.batchMaximum, timeout: wait(pollTimeout))
        // The poll may have brought new partitions.
        if restoration.isActive { return 0 }
        let context = StageContext(
            now: time.now(), control: control, epoch: epoch + 1, acknowledgedEpoch: acknowledged)
        deliver()
        outbound.removeAll()
        if !inbound.isEmpty { poison.process(&stage, inbound, context, into: &outbound) }
        stage.tick(context, into: &outbound)
        settle()
        let work = inbound.count + outbound.messages.count
        try sendOutput()
        try commitWhatIsAcknowledged(acknowledged, now: context.now)
        return work
    }

    private func wait(_ wanted: TimeSpan?) -> TimeSpan {
        let timeout = wanted ?? limits.pollTimeout
        guard let due = stage.nextDue else { return timeout }
        return max(.zero, min(timeout, due - time.now()))
    }

    public var restoring: RestoreProgress? { restoration.progress }

    /// A chunk of the new partitions' state; they stay paused until it is all there.
    private func restore(_ control: ControlSnapshot) throws(TransportFailure) -> Int {
        inbound.removeAll()
        try transport.poll(into: &inbound, maximum: limits.batchMaximum, timeout: .zero)
        guard restoration.isActive, let state = stage.durableState else { return 0 }
        let context = StageContext(now: time.now(), control: control)
        outbound.removeAll()
        let count = try restoration.advance(
            &stage, state, on: transport, context, into: &outbound)
        if !outbound.messages.isEmpty { try sendOutput() }
        return max(1, count)
    }

    private func applyBackpressure() throws(TransportFailure) {
        let full =
            transport.unacknowledged > limits.maximumUnacknowledged
            || stage.heldCount > limits.maximumHeld
        if full != paused {
            try transport.setPaused(full)
            paused = full
        }
    }

    /// Notes delivered offsets; drops those that an earlier owner had finished, and those of
    /// partitions that a rebalance took away in the middle of the poll.
    private func deliver() {
        guard !inbound.isEmpty else { return }
        var stale: [Int] = []
        forEachRun { tracker, run in
            for index in run {
                let offset = inbound.messages[index].position.offset
                if tracker?.deliver(offset) != true { stale.append(index) }
            }
        }
        skipped += stale.count
        inbound.remove(stale, through: &fresh)
    }

    /// Calls `body` for each run of one partition's messages, with its tracker; nil for a partition
    /// that is not ours.
    private func forEachRun(_ body: (inout OffsetTracker?, Range<Int>) -> Void) {
        inbound.forEachRun { partition, run in body(&trackers[partition], run) }
    }

    /// Held positions come in the batch's order: one walk over both lists.
    private func settle() {
        var nextHeld = 0
        forEachRun { tracker, run in
            for index in run {
                let position = inbound.messages[index].position
                if nextHeld < outbound.held.count, outbound.held[nextHeld] == position {
                    nextHeld += 1
                } else {
                    tracker?.complete(position.offset)
                }
            }
        }
        for position in outbound.released { complete(position) }
    }

    private func complete(_ position: MessagePosition) {
        let partition = TopicPartition(topic: position.topic, partition: position.partition)
        trackers[partition]?.complete(position.offset)
    }

    /// Hands the output over; what fails stays, and goes out before anything else happens.
    private func sendOutput() throws(TransportFailure) {
        hasUnsentOutput = true
        try transport.send(outbound, epoch: epoch + 1)
        epoch += 1
        hasUnsentOutput = false
    }

    private func commitWhatIsAcknowledged(
        _ acknowledged: UInt64, now: Timestamp
    ) throws(TransportFailure) {
        if let ready = candidate, ready.epoch <= acknowledged {
            if !ready.commits.isEmpty { try transport.commit(ready.commits, synchronously: false) }
            for commit in ready.commits { committed[commit.partition] = commit }
            candidate = nil
        }
        guard candidate == nil, now - lastCommit >= limits.commitInterval else { return }
        candidate = (epoch, pendingCommits(scan: Self.commitScan))
        lastCommit = now
    }

    /// Offsets beyond the watermark that a regular commit looks at: 20 times a second, 16
    /// partitions, 1 ns each.
    private static let commitScan = 8_192

    /// Positions that moved since the last commit.
    private func pendingCommits(scan: Int) -> [OffsetCommit] {
        var commits: [OffsetCommit] = []
        for (partition, tracker) in trackers {
            guard let position = tracker.watermark else { continue }
            let metadata = CommitMetadata.encode(
                position: position, completed: tracker.completedBeyond(scan: scan))
            let commit = OffsetCommit(
                partition: partition, position: position, metadata: metadata)
            if committed[partition] != commit { commits.append(commit) }
        }
        return commits
    }

    /// Sends what is finished, waits for its acknowledgement and commits: before a hand-over or the
    /// end.
    ///
    /// Held inputs stay uncommitted; their next owner gets them again.
    public func drain() throws(TransportFailure) {
        if hasUnsentOutput { try sendOutput() }
        try transport.flush(timeout: limits.drainTimeout)
        // An asynchronous commit may have been refused unheard.
        committed.removeAll()
        let commits = pendingCommits(scan: .max)
        if !commits.isEmpty { try transport.commit(commits, synchronously: true) }
        for commit in commits { committed[commit.partition] = commit }
        candidate = nil
    }

    /// Drains and leaves the group.
    public func stop() throws(TransportFailure) {
        defer { transport.close() }
        try drain()
    }

    // MARK: Rebalance, from inside poll

    public var restoresFirst: Bool { stage.durableState != nil }

    public func assigned(_ assignments: [Assignment]) {
        stage.own(
            assignments.map { ($0.partition.topic, $0.partition.partition) }, now: time.now())
        if restoresFirst { restoration.request(assignments) }
        // New partitions are fetched, unless their state comes first: the next turn changes that where
        // it must.
        paused = restoresFirst
        for assignment in assignments {
            guard let position = assignment.position else {
                trackers[assignment.partition] = OffsetTracker()
                continue
            }
            trackers[assignment.partition] = OffsetTracker(
                position: position,
                completed: CommitMetadata.decode(position: position, assignment.metadata))
            committed[assignment.partition] = OffsetCommit(
                partition: assignment.partition, position: position,
                metadata: assignment.metadata)
        }
    }

    public func revoking(_ partitions: [TopicPartition]) {
        // What fails here is repeated by the next owner: at-least-once needs no more.
        try? drain()
        lost(partitions)
    }

    public func lost(_ partitions: [TopicPartition]) {
        for partition in partitions {
            stage.forget(topic: partition.topic, partition: partition.partition)
            trackers[partition] = nil
            committed[partition] = nil
        }
        candidate = nil
        restoration.cancel()
    }
}
