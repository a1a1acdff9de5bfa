public import Contracts
public import Determinism
public import Pipeline
public import Stages

/// One stage instance on a simulated cluster: a group member and a producer, idempotent or
/// transactional.
///
/// Nothing waits: a call answers at once with what the clock makes visible. Only `flush`, and what
/// a member does while it hands its partitions over or stops, moves the clock, as far as the answer
/// needs. Owned by one thread, the cluster's.
public final class SimulatedTransport: Transport {
    let cluster: SimulatedCluster
    let group: String
    let membership: ConsumerGroup
    let producer: InFlight
    /// Owns this transport, and lets go of it with `close` or a crash. Not weak: that would make every
    /// retain of the loop a slow one.
    private unowned var handler: (any RebalanceHandler)?
    private var topics: [Topic] = []
    private(set) var generation = 0
    private var positions: [(partition: TopicPartition, next: Int64)] = []
    private var start = 0
    private var isPaused = false
    /// Name of this static member, and the transactional id, over all its lives.
    let instance: String?
    /// This life's identity, in order of creation.
    public let member: UInt64
    public private(set) var isClosed = false
    public private(set) var hasCrashed = false
    /// Calls that could fail, so far.
    public private(set) var calls: UInt64 = 0
    private var crashCall: UInt64?
    private var polls: UInt64 = 0
    private var unreachableUntil: Timestamp?
    /// Whether calls may move the clock: while partitions are handed over, and at the end.
    var mayWait = false
    /// Planted in this transport, to be caught by the checkers.
    public var plant: PlantedFault?
    var restoring: [RestoringPartition] = []
    var restoringSince = Timestamp(microseconds: 0)
    /// Whether the last call for a commit left its outcome unknown.
    var isOutcomeUnknown = false

    /// - Parameters:
    ///   - group: the stage's consumer group.
    ///   - instance: name of a static member, and its transactional id; nil for a member that each
    ///     start makes anew, and that has no transactions.
    public init(_ cluster: SimulatedCluster, group: String, instance: String? = nil) {
        self.cluster = cluster
        self.group = group
        membership = cluster.group(group)
        self.instance = instance
        member = cluster.newMember()
        producer = InFlight(id: member)
        cluster.register(producer)
    }

    var now: Timestamp { cluster.time.now() }
    var faults: FaultPlan { cluster.faults }
    /// How wrong this life's clock goes.
    public var skew: TimeSpan { faults.skew(of: member) }

    // MARK: Consumer

    public func subscribe(
        _ topics: [Topic], handler: any RebalanceHandler
    ) throws(TransportFailure) {
        try step()
        self.handler = handler
        self.topics = topics
        membership.join(member, topics, name: instance)
        membership.completeIfReady(partitions: cluster.partitions)
    }

    /// Rebalances come first: everything appended belongs to the assignment in force when the poll
    /// returns.
    public func poll(
        into batch: inout InboundBatch, maximum: Int, timeout: TimeSpan
    ) throws(TransportFailure) {
        try step()
        cluster.deliver()
        membership.expire(now: now)
        disturb()
        try followGroup()
        guard !isPaused, !positions.isEmpty else { return }
        start = (start + 1) % positions.count
        for turn in 0..<positions.count where batch.count < maximum {
            fetch((start + turn) % positions.count, into: &batch, maximum: maximum, now: now)
        }
    }

    private func disturb() {
        polls += 1
        if faults.strikes(faults.rebalance, .rebalance, member, polls, at: now) {
            cluster.count(.rebalance)
            cluster.forceRebalance(of: group)
        }
        if faults.strikes(faults.eviction, .eviction, member, polls, at: now) {
            cluster.count(.eviction)
            evict()
        }
        if faults.strikes(faults.compaction, .compaction, member, polls, at: now) {
            cluster.count(.compaction)
            cluster.compactChangelogs()
        }
    }

    /// Puts the member out of its group: it learns of it at its next poll, when another may own its
    /// partitions.
    public func evict() { membership.leave(member) }

    func followGroup() throws(TransportFailure) {
        switch membership.instruction(for: member) {
        case .nothing: return
        case .rejoin:
            mayWait = true
            giveUp { $0.revoking($1) }
            mayWait = false
            try requireAlive()
            membership.rejoined(member, partitions: cluster.partitions)
        case .out:
            giveUp { $0.lost($1) }
            membership.join(member, topics, name: instance)
        case .fenced:
            throw TransportFailure(.fatal, "another life of \(instance ?? group) has its place")
        case .take(let partitions): take(partitions)
        }
    }

    private func giveUp(_ tell: (any RebalanceHandler, [TopicPartition]) -> Void) {
        let partitions = positions.map(\.partition)
        positions = []
        restoring = []
        if !partitions.isEmpty, let handler { tell(handler, partitions) }
    }

    /// The partitions that this member has.
    var assigned: [TopicPartition] { positions.map(\.partition) }

    private func take(_ partitions: [TopicPartition]) {
        generation = membership.generation
        isPaused = handler?.restoresFirst ?? false
        let assignments = partitions.map { partition in
            let commit = membership.committed[partition]
            return Assignment(
                partition: partition, position: commit?.position, metadata: commit?.metadata ?? "")
        }
        positions = assignments.map { ($0.partition, $0.position ?? 0) }
        handler?.assigned(assignments)
    }

    /// Takes the assigned partitions anew from their committed positions, or learns that they are
    /// gone.
    func takeAnew() throws(TransportFailure) {
        guard membership.isMember(member, generation: generation)
        else { return try followGroup() }
        let own = positions.map(\.partition)
        guard membership.isStable(own) else {
            throw TransportFailure(.retriable, "positions of an open transaction are awaited")
        }
        take(own)
    }

    private func fetch(_ index: Int, into batch: inout InboundBatch, maximum: Int, now: Timestamp) {
        let partition = positions[index].partition
        let log = cluster.log(partition.topic, partition.partition)
        let limit = log.lastStable
        guard positions[index].next < limit else { return }
        positions[index].next = log.visit(from: positions[index].next, to: limit) {
            entry, key, value in
            guard entry.isReadable else { return true }
            guard batch.count < maximum,
                cluster.visible(partition.topic, entry, key: key) <= now
            else { return false }
            batch.append(
                at: MessagePosition(
                    topic: partition.topic, partition: partition.partition, offset: entry.offset),
                timestamp: entry.timestamp, key: key, value: value, headers: entry.headers)
            return true
        }
    }

    /// When the next message becomes fetchable that is not yet.
    var nextVisible: Timestamp? {
        guard !isClosed, !isPaused, faults.fetch.upperBound > .zero else { return nil }
        var next = Timestamp.distantFuture
        for (partition, position) in positions {
            let log = cluster.log(partition.topic, partition.partition)
            _ = log.visit(from: position, to: log.lastStable) { entry, key, _ in
                guard entry.isReadable else { return true }
                next = min(next, cluster.visible(partition.topic, entry, key: key))
                return false
            }
        }
        return next == .distantFuture ? nil : next
    }

    /// Whether the next poll finds an instruction of the group's coordinator.
    var hasNews: Bool {
        guard !isClosed, handler != nil, unreachableUntil.map({ $0 <= now }) ?? true else {
            return false
        }
        return membership.hasNews(for: member)
    }

    public func setPaused(_ paused: Bool) throws(TransportFailure) {
        try step()
        isPaused = paused
    }

    /// A member that is out, or of an old generation, is refused; asynchronously, in silence.
    public func commit(
        _ commits: [OffsetCommit], synchronously: Bool
    ) throws(TransportFailure) {
        try step()
        let taken = membership.commit(commits, by: member, generation: generation)
        guard !taken, synchronously else { return }
        throw TransportFailure(.retriable, "the group has gone on without this member")
    }

    // MARK: Producer

    public func send(_ batch: borrowing OutboundBatch, epoch: UInt64) throws(TransportFailure) {
        try step()
        try requireOwnership()
        let isEmpty = batch.messages.isEmpty
        if !isEmpty, faults.strikes(faults.sendFailure, .sendFailure, member, calls, at: now) {
            cluster.count(.send)
            throw TransportFailure(.retriable, "the broker is not available")
        }
        // Nineteen turns of twenty write nothing.
        if isEmpty, producer.passEmpty(epoch: epoch, now: now) { return }
        let instants = isEmpty ? (now, now) : answers(to: epoch)
        let repeats = faults.duplicate > 0 && producer.identity == nil
        producer.send(batch, epoch: epoch, arrives: instants.0, answered: instants.1) { index in
            guard repeats else { return false }
            let draw = StableHash.combine(epoch, UInt64(index))
            guard faults.strikes(faults.duplicate, .duplicate, member, draw, at: now) else {
                return false
            }
            cluster.count(.duplicate)
            return true
        }
        cluster.noteArrival(producer.nextArrival)
        cluster.deliver()
        producer.hear(now: now)
    }

    /// When a batch is in the log, and when its producer knows.
    private func answers(to epoch: UInt64) -> (Timestamp, Timestamp) {
        var arrival = faults.span(faults.arrival, .arrival, member, epoch)
        var answer = faults.span(faults.acknowledgement, .acknowledgement, member, epoch)
        if faults.strikes(faults.slowDisk, .slowDisk, member, epoch, at: now) {
            cluster.count(.slowDisk)
            arrival = arrival + faults.span(faults.slowness, .slowness, member, epoch &* 2)
            answer = answer + faults.span(faults.slowness, .slowness, member, epoch &* 2 + 1)
        }
        var arrives = faults.later(now, by: arrival)
        if let identity = producer.identity, let busy = cluster.busyUntil(identity.id) {
            arrives = max(arrives, busy)
        }
        return (arrives, faults.later(arrives, by: answer))
    }

    public func acknowledgedEpoch() throws(TransportFailure) -> UInt64 {
        try step()
        cluster.deliver()
        producer.hear(now: now)
        return producer.acknowledgedEpoch
    }

    public var unacknowledged: Int { producer.pending }

    /// Moves the clock to each next arrival and acknowledgement, but not beyond `timeout`.
    public func flush(timeout: TimeSpan) throws(TransportFailure) {
        try step()
        guard awaitAnswers(until: now + timeout) else {
            throw TransportFailure(.retriable, "\(producer.pending) messages are not acknowledged")
        }
    }

    /// - Returns: whether everything sent is acknowledged.
    func awaitAnswers(until limit: Timestamp) -> Bool {
        cluster.deliver()
        producer.hear(now: now)
        while producer.pending > 0, let next = producer.nextEvent {
            cluster.time.advance(to: min(next, limit))
            cluster.deliver()
            producer.hear(now: now)
            if next > limit { return false }
        }
        return true
    }

    /// Leaves the group; what is on its way still arrives.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        handler = nil
        producer.abandon()
        membership.leave(member)
    }

    // MARK: Death

    /// Has the instance die at its `count`-th call from now: 1 for the next one.
    public func crash(afterCalls count: UInt64) { crashCall = calls + max(1, count) }

    /// The process is gone: nothing is flushed, committed or left; the group waits for its
    /// session's end, the coordinator for its transaction's.
    public func crash() {
        guard !hasCrashed, !isClosed else { return }
        hasCrashed = true
        isClosed = true
        handler = nil
        producer.purge(share: faults.draw(.survivors, member, calls), in: cluster)
        cluster.deregister(producer)
        membership.silence(member, until: now + cluster.sessionTimeout)
    }

    /// Cuts the instance off from its broker for a while.
    public func cutOff(for span: TimeSpan) {
        cluster.count(.outage)
        unreachableUntil = faults.later(now, by: span)
    }

    /// What comes first in every call: the instance may die here, or not reach its broker.
    func step() throws(TransportFailure) {
        try requireAlive()
        calls += 1
        let now = now
        if crashCall == calls
            || cluster.faults.strikes(cluster.faults.crash, .crash, member, calls, at: now)
        {
            cluster.count(.crash)
            crash()
        }
        try requireAlive()
        if cluster.faults.strikes(cluster.faults.outage, .outage, member, calls, at: now) {
            cluster.count(.outage)
            let span = faults.span(faults.outageLength, .outageLength, member, calls)
            unreachableUntil = faults.later(now, by: span)
        }
        guard let end = unreachableUntil else { return }
        if mayWait { cluster.time.advance(to: end) }
        if now < end || mayWait {
            if mayWait { unreachableUntil = nil }
            throw TransportFailure(.retriable, "the broker cannot be reached")
        }
        unreachableUntil = nil
    }

    private func requireAlive() throws(TransportFailure) {
        guard isClosed else { return }
        throw TransportFailure(.fatal, hasCrashed ? "the instance has died" : "closed")
    }
}
