public import Contracts
public import Determinism
public import Pipeline
public import Stages

/// One stage instance on a simulated cluster: a group member and an idempotent producer.
///
/// Nothing waits: a poll answers at once with what the clock makes visible, and only `flush` moves
/// the clock, to the last acknowledgement. Owned by one thread, the cluster's.
public final class SimulatedTransport: Transport {
    private let cluster: SimulatedCluster
    private let group: String
    private let producer: InFlight
    private weak var handler: (any RebalanceHandler)?
    private var topics: [Topic] = []
    private var generation = 0
    private var positions: [(partition: TopicPartition, next: Int64)] = []
    private var start = 0
    private var isPaused = false
    private var restoring: [(topic: Topic, partition: Int32)] = []
    /// This member's identity, in order of creation.
    public let member: UInt64
    public private(set) var isClosed = false
    public private(set) var hasCrashed = false
    /// Calls that could fail, so far.
    public private(set) var calls: UInt64 = 0
    private var crashCall: UInt64?
    private var polls: UInt64 = 0

    /// - Parameter group: the stage's consumer group.
    public init(_ cluster: SimulatedCluster, group: String) {
        self.cluster = cluster
        self.group = group
        member = cluster.newMember()
        producer = InFlight(id: member)
        cluster.register(producer)
    }

    var now: Timestamp { cluster.time.now() }

    // MARK: Consumer

    public func subscribe(
        _ topics: [Topic], handler: any RebalanceHandler
    ) throws(TransportFailure) {
        try step()
        self.handler = handler
        self.topics = topics
        cluster.groups[group, default: ConsumerGroup()].join(member, topics)
    }

    /// Rebalances come first: everything appended belongs to the assignment in force when the poll
    /// returns.
    public func poll(
        into batch: inout InboundBatch, maximum: Int, timeout: TimeSpan
    ) throws(TransportFailure) {
        try step()
        cluster.deliver()
        cluster.expireSessions()
        disturb()
        try followGroup()
        guard !isPaused, !positions.isEmpty else { return }
        let now = cluster.time.now()
        start = (start + 1) % positions.count
        for turn in 0..<positions.count where batch.count < maximum {
            fetch((start + turn) % positions.count, into: &batch, maximum: maximum, now: now)
        }
    }

    private func disturb() {
        polls += 1
        let (faults, now) = (cluster.faults, cluster.time.now())
        if faults.strikes(faults.rebalance, .rebalance, member, polls, at: now) {
            cluster.forceRebalance(of: group)
        }
        if faults.strikes(faults.eviction, .eviction, member, polls, at: now) { evict() }
    }

    /// Puts the member out of its group: it learns of it at its next poll, when another may own its
    /// partitions.
    public func evict() { cluster.groups[group]?.leave(member) }

    private func followGroup() throws(TransportFailure) {
        switch cluster.groups[group]?.instruction(for: member) ?? .out {
        case .nothing: return
        case .rejoin:
            giveUp { $0.revoking($1) }
            try requireAlive()
            cluster.groups[group]?.rejoined(member, partitions: cluster.partitions)
        case .out:
            giveUp { $0.lost($1) }
            cluster.groups[group]?.join(member, topics)
        case .take(let partitions): take(partitions)
        }
    }

    private func giveUp(_ tell: (any RebalanceHandler, [TopicPartition]) -> Void) {
        let partitions = positions.map(\.partition)
        positions = []
        if !partitions.isEmpty, let handler { tell(handler, partitions) }
    }

    private func take(_ partitions: [TopicPartition]) {
        generation = cluster.groups[group]?.generation ?? 0
        let assignments = partitions.map { partition in
            let commit = cluster.groups[group]?.committed[partition]
            return Assignment(
                partition: partition, position: commit?.position, metadata: commit?.metadata ?? "")
        }
        positions = assignments.map { ($0.partition, $0.position ?? 0) }
        handler?.assigned(assignments)
        isPaused = handler?.restoresFirst ?? false
    }

    private func fetch(_ index: Int, into batch: inout InboundBatch, maximum: Int, now: Timestamp) {
        let partition = positions[index].partition
        let log = cluster.log(partition.topic, partition.partition)
        var offset = positions[index].next
        while offset < log.end, batch.count < maximum {
            let entry = log.entries[Int(offset)]
            let key = log.key(offset)
            guard cluster.visible(partition.topic, entry, key: key) <= now else { break }
            batch.append(
                at: MessagePosition(
                    topic: partition.topic, partition: partition.partition, offset: offset),
                timestamp: entry.timestamp, key: key, value: log.value(offset),
                headers: entry.headers)
            offset += 1
        }
        positions[index].next = offset
    }

    /// When the next message becomes fetchable that is not yet.
    var nextVisible: Timestamp? {
        guard !isClosed, !isPaused, cluster.faults.fetch.upperBound > .zero else { return nil }
        return positions.compactMap { partition, next in
            let log = cluster.log(partition.topic, partition.partition)
            guard next < log.end else { return nil }
            return cluster.visible(partition.topic, log.entries[Int(next)], key: log.key(next))
        }.min()
    }

    /// Whether the next poll finds an instruction of the group's coordinator.
    var hasNews: Bool { !isClosed && (cluster.groups[group]?.hasNews(for: member) ?? false) }

    public func setPaused(_ paused: Bool) throws(TransportFailure) {
        try step()
        isPaused = paused
    }

    /// A member that is out, or of an old generation, is refused; asynchronously, in silence.
    public func commit(
        _ commits: [OffsetCommit], synchronously: Bool
    ) throws(TransportFailure) {
        try step()
        let taken = cluster.groups[group]?.commit(commits, by: member, generation: generation)
        guard taken != true, synchronously else { return }
        throw TransportFailure(.retriable, "the group has gone on without this member")
    }

    // MARK: Producer

    public func send(_ batch: borrowing OutboundBatch, epoch: UInt64) throws(TransportFailure) {
        try step()
        let (faults, now) = (cluster.faults, cluster.time.now())
        if !batch.messages.isEmpty,
            faults.strikes(faults.sendFailure, .sendFailure, member, calls, at: now)
        {
            throw TransportFailure(.retriable, "the broker is not available")
        }
        producer.send(
            batch, epoch: epoch, arrival: faults.span(faults.arrival, .arrival, member, epoch),
            answer: faults.span(faults.acknowledgement, .acknowledgement, member, epoch), now: now)
        cluster.deliver()
        producer.hear(now: now)
    }

    public func acknowledgedEpoch() throws(TransportFailure) -> UInt64 {
        try step()
        cluster.deliver()
        producer.hear(now: cluster.time.now())
        return producer.acknowledgedEpoch
    }

    public var unacknowledged: Int { producer.pending }

    /// Moves the clock to each next arrival and acknowledgement, but not beyond `timeout`.
    public func flush(timeout: TimeSpan) throws(TransportFailure) {
        try step()
        let limit = cluster.time.now() + timeout
        while producer.pending > 0, let next = producer.nextEvent {
            cluster.time.advance(to: min(next, limit))
            cluster.deliver()
            producer.hear(now: cluster.time.now())
            guard next <= limit else {
                throw TransportFailure(
                    .retriable, "\(producer.pending) messages are not acknowledged")
            }
        }
    }

    // MARK: State

    public func startRestoring(
        _ changelog: Topic, partitions: [Int32], since: Timestamp
    ) throws(TransportFailure) {
        try step()
        restoring = partitions.map { (changelog, $0) }
    }

    public func pollRestoring(
        into batch: inout InboundBatch, maximum: Int, timeout: TimeSpan
    ) throws(TransportFailure) -> RestoreProgress {
        try step()
        for (topic, partition) in restoring {
            let log = cluster.log(topic, partition)
            for offset in 0..<log.end {
                batch.append(
                    at: MessagePosition(topic: topic, partition: partition, offset: offset),
                    timestamp: log.entries[Int(offset)].timestamp, key: log.key(offset),
                    value: log.value(offset), headers: log.entries[Int(offset)].headers)
            }
        }
        restoring = []
        return RestoreProgress(
            restored: Int64(batch.count), total: Int64(batch.count), isComplete: true)
    }

    /// Leaves the group; what is on its way still arrives.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        handler = nil
        producer.abandon()
        cluster.groups[group]?.leave(member)
    }

    // MARK: Death

    /// Has the instance die at its `count`-th call from now: 1 for the next one.
    public func crash(afterCalls count: UInt64) { crashCall = calls + max(1, count) }

    /// The process is gone: nothing is flushed, committed or left; the group waits for its
    /// session's end.
    public func crash() {
        guard !hasCrashed, !isClosed else { return }
        hasCrashed = true
        isClosed = true
        handler = nil
        let share = cluster.faults.draw(.survivors, member, calls)
        producer.crash(share: share, in: cluster)
        cluster.deregister(producer)
        cluster.groups[group]?.silence(member, until: cluster.time.now() + cluster.sessionTimeout)
    }

    private func step() throws(TransportFailure) {
        try requireAlive()
        calls += 1
        let faults = cluster.faults
        if crashCall == calls
            || faults.strikes(faults.crash, .crash, member, calls, at: cluster.time.now())
        {
            crash()
        }
        try requireAlive()
    }

    private func requireAlive() throws(TransportFailure) {
        guard isClosed else { return }
        throw TransportFailure(.fatal, hasCrashed ? "the instance has died" : "closed")
    }
}
