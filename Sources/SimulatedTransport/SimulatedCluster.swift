public import Contracts
public import Determinism
internal import Pipeline
public import Stages

/// A message read back from a simulated topic: bytes of its own.
public struct SimulatedRecord: Sendable, Equatable {
    public let partition: Int32
    public let offset: Int64
    public let key: [UInt8]?
    public let value: [UInt8]?
    public let headers: [MessageHeader]
    public let timestamp: Timestamp
    /// When the log took the message, or its transaction's marker, to the microsecond.
    public let appendedAt: Timestamp
}

/// A message in its log: bytes valid until the cluster is changed.
public struct SimulatedMessage {
    public let offset: Int64
    public let key: ByteSlice?
    public let value: ByteSlice?
    public let headers: [MessageHeader]
    public let timestamp: Timestamp
    /// When the log took the message, or its transaction's marker.
    public let appendedAt: Timestamp
}

/// A Kafka cluster in memory, under a clock that is passed in and one seed: topics, groups, faults.
///
/// Keys go to partitions as the Java client sends them; messages without a key go round. Consumers
/// read `read_committed`: up to the last stable offset, without what was aborted. Nothing is trimmed
/// or compacted but by a call or a fault. Owned by one thread.
public final class SimulatedCluster {
    public let time: ManualTimeSource
    /// Partitions of each data topic; control-plane topics have one.
    public let partitions: Int
    public let faults: FaultPlan
    /// How long a crashed member keeps its partitions.
    public var sessionTimeout = TimeSpan.seconds(6)

    /// How often each fault was injected.
    public private(set) var injected: [TransportFault: Int] = [:]

    /// By the topic's ordinal.
    private let logs: [[PartitionLog]]
    private var groups: [String: ConsumerGroup] = [:]
    private var producers: [InFlight] = []
    /// No batch arrives before this.
    private var arrivesFrom = Timestamp.distantFuture
    private var transactions = TransactionCoordinator()
    private var members: UInt64 = 0
    /// Calls at which a planted fault could show.
    var plantedCalls = 0
    private var keyless = 0

    public init(time: ManualTimeSource, partitions: Int = 8, faults: FaultPlan = FaultPlan()) {
        precondition(partitions > 0, "a topic needs a partition")
        self.time = time
        self.partitions = partitions
        self.faults = faults
        logs = Topic.allCases.map { topic in
            let count = topic.plane == .control ? 1 : partitions
            return (0..<count).map { PartitionLog(topic: topic, partition: Int32($0)) }
        }
    }

    /// How long a transaction may stay open before it is aborted and its producer fenced.
    public var transactionTimeout: TimeSpan {
        get { transactions.timeout }
        set { transactions.timeout = newValue }
    }

    func count(_ fault: TransportFault, _ number: Int = 1) {
        injected[fault, default: 0] += number
    }

    // MARK: Topics

    public func partitionCount(of topic: Topic) -> Int { logs[topic.ordinal].count }

    /// The offset that the partition's next message or marker gets.
    public func end(of topic: Topic, _ partition: Int32) -> Int64 { log(topic, partition).end }

    /// The offset up to which `read_committed` consumers read.
    public func lastStableOffset(of topic: Topic, _ partition: Int32) -> Int64 {
        log(topic, partition).lastStable
    }

    /// Whether a consumer at a position has nothing to wait for: nothing readable from there on,
    /// and no open transaction.
    public func isExhausted(_ topic: Topic, _ partition: Int32, at position: Int64) -> Bool {
        let log = log(topic, partition)
        return position >= log.dataEnd && !log.hasOpenTransaction
    }

    func log(_ topic: Topic, _ partition: Int32) -> PartitionLog {
        let all = logs[topic.ordinal]
        guard all.indices.contains(Int(partition)) else {
            preconditionFailure("\(topic.rawValue) has no partition \(partition)")
        }
        return all[Int(partition)]
    }

    /// Appends a message as a producer of the Java client would, at once.
    ///
    /// - Parameter partition: nil for the one of the key's hash.
    public func append(
        to topic: Topic, partition: Int32? = nil, key: ByteSlice?, value: ByteSlice?,
        headers: [MessageHeader] = [], timestamp: Timestamp? = nil
    ) {
        append(
            to: topic, partition: partition, key: key, value: value, headers: headers,
            timestamp: timestamp, transaction: nil)
    }

    func append(
        to topic: Topic, partition: Int32?, key: ByteSlice?, value: ByteSlice?,
        headers: [MessageHeader], timestamp: Timestamp?, transaction: Transaction?
    ) {
        let now = time.now()
        log(topic, partition ?? self.partition(of: key, on: topic)).append(
            key: key, value: value, headers: headers, timestamp: timestamp ?? now, at: now,
            in: transaction)
    }

    private func partition(of key: ByteSlice?, on topic: Topic) -> Int32 {
        let count = partitionCount(of: topic)
        guard let key else {
            keyless += 1
            return Int32(keyless % count)
        }
        return Murmur2.partition(of: key, count: count)
    }

    /// Everything that a consumer from the beginning can have read, by partition and offset.
    public func records(of topic: Topic) -> [SimulatedRecord] {
        var records: [SimulatedRecord] = []
        for log in logs[topic.ordinal] {
            forEachRecord(of: topic, log.partition, from: 0) { records.append($0) }
        }
        return records
    }

    /// Visits the readable messages of a partition from an offset on.
    ///
    /// - Returns: the offset to go on from.
    @discardableResult
    public func forEachRecord(
        of topic: Topic, _ partition: Int32, from offset: Int64, _ body: (SimulatedRecord) -> Void
    ) -> Int64 {
        forEachMessage(of: topic, partition, from: offset) { message in
            body(
                SimulatedRecord(
                    partition: partition, offset: message.offset, key: message.key?.bytes,
                    value: message.value?.bytes, headers: message.headers,
                    timestamp: message.timestamp, appendedAt: message.appendedAt))
        }
    }

    /// Visits the readable messages of a partition from an offset on, their bytes in place.
    ///
    /// - Returns: the offset to go on from.
    @discardableResult
    public func forEachMessage(
        of topic: Topic, _ partition: Int32, from offset: Int64, _ body: (SimulatedMessage) -> Void
    ) -> Int64 {
        let log = log(topic, partition)
        return log.visit(from: offset, to: log.lastStable) { entry, key, value in
            if entry.isReadable {
                body(
                    SimulatedMessage(
                        offset: entry.offset, key: key, value: value, headers: entry.headers,
                        timestamp: entry.timestamp, appendedAt: entry.appendedAt))
            }
            return true
        }
    }

    /// Forgets whole stretches of a partition below an offset, as retention does.
    public func trim(_ topic: Topic, _ partition: Int32, below offset: Int64) {
        log(topic, partition).trim(below: offset)
    }

    /// Compacts a topic: the last message of each key stays.
    ///
    /// - Parameter tombstones: how long a message without a value is kept: longer than any
    ///   restoration under way, which may have read what it removes.
    public func compact(_ topic: Topic, tombstones: TimeSpan = .seconds(60 as Int64)) {
        for log in logs[topic.ordinal] {
            _ = log.compact(tombstonesBefore: time.now() - tombstones)
        }
    }

    /// When a consumer can have a message.
    func visible(_ topic: Topic, _ entry: borrowing LogEntry, key: ByteSlice?) -> Timestamp {
        guard faults.fetch.upperBound > .zero else { return entry.appendedAt }
        let hash = UInt64(Murmur2.hash(key ?? .absent))
        let salt = StableHash.hash64(topic.rawValue)
        return faults.later(entry.appendedAt, by: faults.span(faults.fetch, .fetch, hash, salt))
    }

    // MARK: Groups

    /// What a group has committed for a partition; nil for nothing.
    public func committed(_ group: String, _ topic: Topic, _ partition: Int32) -> Int64? {
        groups[group]?.committed[TopicPartition(topic: topic, partition: partition)]?.position
    }

    /// Members that the group's coordinator knows, crashed ones within their session included.
    public func memberCount(of group: String) -> Int { groups[group]?.members.count ?? 0 }

    /// How often a group has shared its partitions out.
    public func generation(of group: String) -> Int { groups[group]?.generation ?? 0 }

    /// Has a group rebalance, as a broker does that restarts or that lost its coordinator.
    public func forceRebalance(of group: String) { groups[group]?.prepare() }

    /// Whether a group waits for somebody, in words.
    func unrest(of group: String) -> [String] {
        guard let state = groups[group], state.isPreparing || state.hasPending else { return [] }
        let waiting = state.members.filter { !$0.hasJoined }.map { "\($0.name ?? "")#\($0.id)" }
        return [
            "\(group) \(state.isPreparing ? "rebalances" : "is stable"), waits for "
                + "[\(waiting.joined(separator: ", "))], pending positions: \(state.hasPending)"
        ]
    }

    func newMember() -> UInt64 {
        members += 1
        return members
    }

    func group(_ name: String) -> ConsumerGroup {
        if let known = groups[name] { return known }
        let fresh = ConsumerGroup()
        groups[name] = fresh
        return fresh
    }

    // MARK: Producers

    func register(_ producer: InFlight) { producers.append(producer) }

    /// A producer has sent something that arrives then.
    func noteArrival(_ instant: Timestamp) { arrivesFrom = min(arrivesFrom, instant) }

    func deregister(_ producer: InFlight) { producers.removeAll { $0 === producer } }

    /// Puts what has arrived by now into the logs, by time of arrival and then by producer; writes
    /// markers that are due, before what arrives at the same instant; aborts what timed out.
    func deliver() {
        let now = time.now()
        transactions.expire(now: now, faults: faults)
        guard min(arrivesFrom, transactions.nextMarker ?? .distantFuture) <= now else { return }
        while true {
            let arrival = firstArrival()
            arrivesFrom = arrival.at
            let marker = transactions.nextMarker ?? .distantFuture
            guard min(arrival.at, marker) <= now else { return }
            if marker <= arrival.at {
                for due in transactions.takeMarkers(at: marker) { write(due) }
            } else {
                arrival.producer?.arrive(in: self)
                if arrival.producer?.isDone ?? false { producers.removeAll(where: \.isDone) }
            }
        }
    }

    private func write(_ marker: TransactionCoordinator.Marker) {
        let transaction = marker.transaction
        switch marker.place {
        case .log(let log, let offsets):
            log.end(
                transaction, offsets: offsets, isCommitted: transaction.isCommitted,
                at: marker.at)
        case .group(let group, let commits):
            groups[group]?.settle(commits, isCommitted: transaction.isCommitted)
        }
        if marker.isLast { transaction.complete() }
    }

    private func firstArrival() -> (producer: InFlight?, at: Timestamp) {
        var first: (producer: InFlight?, at: Timestamp) = (nil, .distantFuture)
        // In order of id: of two arrivals at one instant, the older producer's comes first.
        for producer in producers where producer.nextArrival < first.at {
            first = (producer, producer.nextArrival)
        }
        return first
    }

    /// The next instant at which something happens by itself: an arrival, an acknowledgement, a
    /// marker, a session's or a transaction's end.
    var nextEvent: Timestamp? {
        var next = transactions.nextMarker ?? .distantFuture
        for producer in producers { next = min(next, producer.nextEvent ?? .distantFuture) }
        for group in groups.values { next = min(next, group.nextExpiry ?? .distantFuture) }
        next = min(next, transactions.nextExpiry ?? .distantFuture)
        return next == .distantFuture ? nil : next
    }

    // MARK: Transactions

    /// Takes a transactional id over.
    ///
    /// - Returns: the epoch; nil while the former owner's transaction is ending.
    func takeOver(_ id: String) -> Int? {
        let epoch = transactions.initialize(id, now: time.now(), faults: faults)
        deliver()
        return epoch ?? transactions.initialize(id, now: time.now(), faults: faults)
    }

    func isCurrent(_ identity: (id: String, epoch: Int)) -> Bool {
        transactions.isCurrent(identity.id, epoch: identity.epoch)
    }

    /// The open transaction into which a producer writes; nil for a producer that is fenced, or
    /// whose last transaction is still ending.
    func transaction(of identity: (id: String, epoch: Int)) -> Transaction? {
        guard isCurrent(identity), transactions.busyUntil(identity.id) == nil else { return nil }
        return transactions.transaction(of: identity.id, now: time.now())
    }

    func openTransaction(of id: String) -> Transaction? { transactions.open(id) }

    func busyUntil(_ id: String) -> Timestamp? { transactions.busyUntil(id) }

    func endTransaction(of id: String, isCommitted: Bool) {
        transactions.end(id, isCommitted: isCommitted, now: time.now(), faults: faults)
        deliver()
    }

    func lastIsCommitted(_ id: String) -> Bool? { transactions.lastIsCommitted(id) }

    /// Whether every transaction's effects are to be seen.
    var hasNoMarkers: Bool { transactions.nextMarker == nil }

    /// Whether nothing of an instance's producer is open, ending or on its way.
    func isSettled(_ transport: SimulatedTransport) -> Bool {
        guard transport.unacknowledged == 0, let id = transport.producer.identity?.id else {
            return false
        }
        return transactions.open(id) == nil && transactions.busyUntil(id) == nil
    }

    /// Drops what is older than an instant from a topic's beginning, whole stretches only.
    public func retain(_ topic: Topic, since instant: Timestamp) {
        for log in logs[topic.ordinal] { log.trim(olderThan: instant) }
    }

    /// Writes a transaction's readable messages once more, outside of any: a planted fault.
    func repeatMessages(of transaction: Transaction) {
        for (log, offsets) in transaction.writes {
            var copies: [SimulatedRecord] = []
            for offset in offsets {
                _ = log.visit(from: offset, to: offset + 1) { entry, key, value in
                    copies.append(
                        SimulatedRecord(
                            partition: log.partition, offset: offset, key: key?.bytes,
                            value: value?.bytes, headers: entry.headers,
                            timestamp: entry.timestamp, appendedAt: entry.appendedAt))
                    return true
                }
            }
            for copy in copies {
                let (key, value) = (copy.key.map(OwnedBytes.init), copy.value.map(OwnedBytes.init))
                withExtendedLifetime((key, value)) {
                    append(
                        to: log.topic, partition: copy.partition, key: key?.slice,
                        value: value?.slice, headers: copy.headers, timestamp: copy.timestamp)
                }
            }
        }
    }

    /// Compacts every topic from which a stage restores its state.
    func compactChangelogs() {
        for topic in Set(Topology.edges.flatMap(\.keeps)).sorted(by: { $0.ordinal < $1.ordinal }) {
            compact(topic)
        }
    }
}
