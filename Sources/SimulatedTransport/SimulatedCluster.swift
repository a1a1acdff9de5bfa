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
    /// When the log took the message, to the microsecond.
    public let appendedAt: Timestamp
}

/// A Kafka cluster in memory, under a clock that is passed in and one seed: topics, groups, faults.
///
/// Keys go to partitions as the Java client sends them; messages without a key go round. Owned by
/// one thread. What it leaves out for now: transactions, fencing, compaction and retention (nothing
/// is ever trimmed).
public final class SimulatedCluster {
    public let time: ManualTimeSource
    /// Partitions of each data topic; control-plane topics have one.
    public let partitions: Int
    public let faults: FaultPlan
    /// How long a crashed member keeps its partitions.
    public var sessionTimeout = TimeSpan.seconds(6)

    private let logs: [Topic: [PartitionLog]]
    var groups: [String: ConsumerGroup] = [:]
    private var producers: [InFlight] = []
    private var members: UInt64 = 0
    private var keyless = 0

    public init(time: ManualTimeSource, partitions: Int = 8, faults: FaultPlan = FaultPlan()) {
        precondition(partitions > 0, "a topic needs a partition")
        self.time = time
        self.partitions = partitions
        self.faults = faults
        logs = Dictionary(
            uniqueKeysWithValues: Topic.allCases.map { topic in
                let count = topic.plane == .control ? 1 : partitions
                return (topic, (0..<count).map { _ in PartitionLog() })
            })
    }

    // MARK: Topics

    public func partitionCount(of topic: Topic) -> Int { logs[topic]?.count ?? 0 }

    /// The offset that the partition's next message gets.
    public func end(of topic: Topic, _ partition: Int32) -> Int64 { log(topic, partition).end }

    func log(_ topic: Topic, _ partition: Int32) -> PartitionLog {
        guard let log = logs[topic]?[Int(partition)] else {
            preconditionFailure("\(topic.rawValue) has no partition \(partition)")
        }
        return log
    }

    /// Appends a message as a producer of the Java client would, at once.
    public func append(
        to topic: Topic, key: ByteSlice?, value: ByteSlice?, headers: [MessageHeader] = [],
        timestamp: Timestamp? = nil, partition chosen: Int32? = nil
    ) {
        let now = time.now()
        log(topic, chosen ?? partition(of: key, on: topic)).append(
            key: key, value: value, headers: headers, timestamp: timestamp ?? now, at: now)
    }

    private func partition(of key: ByteSlice?, on topic: Topic) -> Int32 {
        let count = partitionCount(of: topic)
        guard let key else {
            keyless += 1
            return Int32(keyless % count)
        }
        return Murmur2.partition(of: key, count: count)
    }

    /// Everything on a topic, by partition and offset.
    public func records(of topic: Topic) -> [SimulatedRecord] {
        (0..<partitionCount(of: topic)).flatMap { index in
            let log = log(topic, Int32(index))
            return log.entries.enumerated().map { position, entry in
                let offset = Int64(position)
                return SimulatedRecord(
                    partition: Int32(index), offset: offset, key: log.key(offset)?.bytes,
                    value: log.value(offset)?.bytes, headers: entry.headers,
                    timestamp: entry.timestamp, appendedAt: entry.appendedAt)
            }
        }
    }

    /// When a consumer can have a message.
    func visible(_ topic: Topic, _ entry: LogEntry, key: ByteSlice?) -> Timestamp {
        guard faults.fetch.upperBound > .zero else { return entry.appendedAt }
        let hash = UInt64(Murmur2.hash(key ?? .absent))
        let salt = StableHash.hash64(topic.rawValue)
        return entry.appendedAt + faults.span(faults.fetch, .fetch, hash, salt)
    }

    // MARK: Groups

    /// What a group has committed for a partition; nil for nothing.
    public func committed(_ group: String, _ topic: Topic, _ partition: Int32) -> Int64? {
        groups[group]?.committed[TopicPartition(topic: topic, partition: partition)]?.position
    }

    /// Members that the group's coordinator knows, crashed ones within their session included.
    public func memberCount(of group: String) -> Int { groups[group]?.members.count ?? 0 }

    /// Has a group rebalance, as a broker does that restarts or that lost its coordinator.
    public func forceRebalance(of group: String) { groups[group]?.prepare() }

    func newMember() -> UInt64 {
        members += 1
        return members
    }

    func expireSessions() {
        let now = time.now()
        for name in groups.keys { groups[name]?.expire(now: now) }
    }

    // MARK: Producers

    func register(_ producer: InFlight) { producers.append(producer) }

    func deregister(_ producer: InFlight) { producers.removeAll { $0 === producer } }

    /// Puts what has arrived by now into the logs: by time of arrival, then by producer.
    func deliver() {
        let now = time.now()
        while let next = firstArrival(by: now) { next.arrive(in: self) }
    }

    private func firstArrival(by now: Timestamp) -> InFlight? {
        var first: (producer: InFlight, at: Timestamp)?
        // In order of id: of two arrivals at one instant, the older producer's comes first.
        for producer in producers {
            guard let at = producer.nextArrival, at <= now else { continue }
            if first.map({ at < $0.at }) ?? true { first = (producer, at) }
        }
        return first?.producer
    }

    /// The next instant at which something happens by itself: an arrival, an acknowledgement, a
    /// session's end.
    var nextEvent: Timestamp? {
        (producers.compactMap(\.nextEvent) + groups.values.compactMap(\.nextExpiry)).min()
    }
}
