internal import CRdkafka
public import Contracts
public import Determinism
internal import Glibc
public import Pipeline
public import Stages

/// One stage instance on a Kafka cluster: a group member and an idempotent producer.
@safe
public final class KafkaTransport: Transport {
    let address: ClusterAddress
    let writer: KafkaWriter
    let consumer: KafkaHandle
    let context: MemberContext
    var lookup: TopicLookup
    private let queue: OpaquePointer
    let group: String
    let time = SystemTimeSource()
    private var subscribed: Timestamp?
    private var nextJoinNote = TimeSpan.seconds(10 as Int64)
    private let buffer: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>
    private let bufferSize: Int
    private var closed = false
    let log: KafkaLog
    var changelog: ChangelogReader?
    /// Asks for the ends of partitions, open transactions included.
    var ends: KafkaHandle?
    /// Why the last assignment could not be taken up: the next poll ends the instance with it.
    var assignmentFailure: String?

    /// - Parameters:
    ///   - group: the stage's consumer group.
    ///   - instance: a stable name for static membership, or nil.
    ///   - transactionalID: a stable name under which this instance writes in transactions; nil to
    ///     write at once.
    public init(
        _ address: ClusterAddress, group: String, instance: String? = nil,
        transactionalID: String? = nil, batchMaximum: Int = 1_000, log: @escaping KafkaLog
    ) throws(KafkaError) {
        self.address = address
        self.group = group
        self.log = log
        writer = try KafkaWriter(
            address, clientID: group, transactionalID: transactionalID, log: log)
        context = MemberContext(log: log)
        let properties = KafkaProperties.member(
            address, clientID: group, group: group, instance: instance)
        consumer = unsafe try KafkaHandle(.consumer, properties: properties, callbacks: context) {
            conf in
            unsafe rd_kafka_conf_set_rebalance_cb(conf, forwardRebalance)
        }
        unsafe rd_kafka_poll_set_consumer(consumer.pointer)
        unsafe queue = rd_kafka_queue_get_consumer(consumer.pointer)
        bufferSize = max(1, batchMaximum)
        unsafe buffer = .allocate(capacity: bufferSize)
        unsafe buffer.initialize(repeating: nil, count: bufferSize)
        lookup = TopicLookup(prefix: address.topicPrefix)
    }

    deinit {
        close()
        unsafe buffer.deallocate()
    }

    public func subscribe(
        _ topics: [Topic], handler: any RebalanceHandler
    ) throws(TransportFailure) {
        writer.warmUp()
        context.owner = self
        context.handler = handler
        let list = unsafe rd_kafka_topic_partition_list_new(Int32(topics.count))
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        for topic in topics {
            unsafe rd_kafka_topic_partition_list_add(
                list, topic.name(prefix: address.topicPrefix), RD_KAFKA_PARTITION_UA)
        }
        let error = unsafe rd_kafka_subscribe(consumer.pointer, list)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw TransportFailure(.fatal, KafkaError(error, doing: "subscribing").description)
        }
        subscribed = time.now()
    }

    public func poll(
        into batch: inout InboundBatch, maximum: Int, timeout: TimeSpan
    ) throws(TransportFailure) {
        if let assignmentFailure { throw TransportFailure(.fatal, assignmentFailure) }
        noteSlowJoin()
        batch.topicPrefix = address.topicPrefix
        let milliseconds = Int32(clamping: (timeout.microseconds + 999) / 1_000)
        guard let first = unsafe rd_kafka_consumer_poll(consumer.pointer, milliseconds) else {
            return
        }
        try unsafe take(first, into: &batch)
        let count = unsafe rd_kafka_consume_batch_queue(queue, 0, buffer, min(maximum, bufferSize))
        var failure: TransportFailure?
        for index in 0..<max(0, count) {
            guard let message = unsafe buffer[index] else { continue }
            do {
                try unsafe take(message, into: &batch)
            } catch {
                // The messages behind it are destroyed too: nothing of them was committed.
                failure = error
            }
        }
        if let failure { throw failure }
    }

    private func take(
        _ message: UnsafeMutablePointer<rd_kafka_message_t>, into batch: inout InboundBatch
    ) throws(TransportFailure) {
        defer { unsafe rd_kafka_message_destroy(message) }
        let error = unsafe message.pointee.err
        if error == RD_KAFKA_RESP_ERR_NO_ERROR {
            guard let topic = unsafe lookup.topic(of: message.pointee.rkt) else { return }
            unsafe MessageCopy.append(message, topic: topic, to: &batch)
            return
        }
        let name = unsafe String(cString: rd_kafka_err2name(error))
        let words = unsafe String(cString: rd_kafka_message_errstr(message))
        let line = "group '\(group)': \(words) (\(name))"
        guard let advice = Self.fatalErrors[error.rawValue] else {
            // librdkafka goes on trying, and says so to nobody else.
            context.write(4, line)
            return
        }
        throw TransportFailure(.fatal, advice.isEmpty ? line : "\(line); \(advice)")
    }

    /// Errors that no retry mends, with what to do about them where the words do not say it; all
    /// others librdkafka retries by itself.
    private static let fatalErrors: [Int32: String] = [
        RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET.rawValue: "",
        RD_KAFKA_RESP_ERR__FATAL.rawValue: "",
        RD_KAFKA_RESP_ERR__FENCED.rawValue: "",
        RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART.rawValue: "see 'tandem topics check'",
        RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED.rawValue:
            "allow this user to read the topic",
        RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED.rawValue:
            "allow this user to read as this group",
        RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT.rawValue:
            "set kafka.consumer.session.timeout.ms within the brokers' group.min.session.timeout.ms "
            + "and group.max.session.timeout.ms",
        RD_KAFKA_RESP_ERR_INVALID_GROUP_ID.rawValue:
            "check topicPrefix, which begins the group's name",
    ]

    /// Says that the group takes long to form: once after ten seconds, then ever less often.
    private func noteSlowJoin() {
        guard !context.hasJoined, let since = subscribed else { return }
        let waited = time.now() - since
        guard waited >= nextJoinNote else { return }
        nextJoinNote = nextJoinNote + nextJoinNote
        context.write(
            4,
            "group '\(group)' has not formed after \(Int(waited.inSeconds)) s: its coordinator does "
                + "not answer, or the group waits for a member that ended without leaving")
    }

    public func setPaused(_ paused: Bool) throws(TransportFailure) {
        var list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
        guard unsafe rd_kafka_assignment(consumer.pointer, &list) == RD_KAFKA_RESP_ERR_NO_ERROR,
            let list = unsafe list
        else { return }
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        if paused {
            _ = unsafe rd_kafka_pause_partitions(consumer.pointer, list)
        } else {
            _ = unsafe rd_kafka_resume_partitions(consumer.pointer, list)
        }
    }

    /// librdkafka waits out what passes; a message that it refuses leaves half a batch behind, and
    /// only a restart from the committed position mends that.
    public func send(
        _ batch: borrowing OutboundBatch, epoch: UInt64
    ) throws(TransportFailure) {
        do {
            try writer.send(batch)
        } catch {
            throw TransportFailure(deliveryFailure, error.description)
        }
    }

    public func acknowledgedEpoch() throws(TransportFailure) -> UInt64 {
        do {
            try writer.serve()
        } catch {
            throw TransportFailure(deliveryFailure, error.description)
        }
        return writer.acknowledgedEpoch
    }

    /// What a message lost on the way means: in a transaction, that it must be aborted; else only a
    /// restart from the committed position repeats what it came from.
    private var deliveryFailure: TransportFailure.Kind {
        writer.isTransactional ? .abortable : .fatal
    }

    public var unacknowledged: Int { writer.pending }

    public func flush(timeout: TimeSpan) throws(TransportFailure) {
        do {
            try writer.flush(timeout: Int(timeout.inMilliseconds))
        } catch {
            throw TransportFailure(.retriable, error.description)
        }
    }

    public func commit(
        _ commits: [OffsetCommit], synchronously: Bool
    ) throws(TransportFailure) {
        let list = unsafe list(of: commits)
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        let error = unsafe rd_kafka_commit(consumer.pointer, list, synchronously ? 0 : 1)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR__NO_OFFSET else {
            throw TransportFailure(.retriable, KafkaError(error, doing: "committing").description)
        }
    }

    func list(
        of commits: [OffsetCommit]
    ) -> UnsafeMutablePointer<rd_kafka_topic_partition_list_t>? {
        let list = unsafe rd_kafka_topic_partition_list_new(Int32(commits.count))
        for commit in commits {
            let name = commit.partition.topic.name(prefix: address.topicPrefix)
            let entry = unsafe rd_kafka_topic_partition_list_add(
                list, name, commit.partition.partition)
            unsafe entry?.pointee.offset = commit.position
            guard !commit.metadata.isEmpty else { continue }
            // librdkafka frees the metadata with the list.
            unsafe entry?.pointee.metadata = UnsafeMutableRawPointer(strdup(commit.metadata))
            unsafe entry?.pointee.metadata_size = commit.metadata.utf8.count
        }
        return unsafe list
    }

    public func close() {
        guard !closed else { return }
        closed = true
        changelog = nil
        context.handler = nil
        unsafe rd_kafka_queue_destroy(queue)
        unsafe rd_kafka_consumer_close(consumer.pointer)
    }

    // MARK: Rebalance, on the owning thread from inside poll

    func assign(_ partitions: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) {
        // Positions and metadata of the group; those without one start at the log's beginning. A group
        // whose positions cannot be had must not start there: that would repeat the whole log.
        let error = unsafe rd_kafka_committed(
            consumer.pointer, partitions, Self.positionTimeoutMilliseconds)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            assignmentFailure = KafkaError(error, doing: "reading committed positions").description
            _ = unsafe rd_kafka_assign(consumer.pointer, nil)
            return
        }
        var assignments: [Assignment] = []
        for index in 0..<Int(unsafe partitions.pointee.cnt) {
            let entry = unsafe partitions.pointee.elems[index]
            guard let topic = unsafe lookup[String(cString: entry.topic)] else { continue }
            let position = unsafe entry.offset >= 0 ? entry.offset : nil
            unsafe partitions.pointee.elems[index].offset =
                position ?? Int64(RD_KAFKA_OFFSET_BEGINNING)
            assignments.append(
                Assignment(
                    partition: unsafe TopicPartition(topic: topic, partition: entry.partition),
                    position: position,
                    metadata: unsafe Self.text(entry.metadata, entry.metadata_size)))
        }
        unsafe StartOffsets.resolve(partitions, on: consumer)
        context.handler?.assigned(assignments)
        _ = unsafe rd_kafka_assign(consumer.pointer, partitions)
        if context.handler?.restoresFirst ?? false {
            _ = unsafe rd_kafka_pause_partitions(consumer.pointer, partitions)
        }
    }

    /// Positions in an open transaction of a dead instance are waited for: longer than transactions
    /// live.
    private static let positionTimeoutMilliseconds: Int32 = 30_000

    fileprivate func revoke(_ partitions: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) {
        var revoked: [TopicPartition] = []
        for index in 0..<Int(unsafe partitions.pointee.cnt) {
            let entry = unsafe partitions.pointee.elems[index]
            guard let topic = unsafe lookup[String(cString: entry.topic)] else { continue }
            revoked.append(unsafe TopicPartition(topic: topic, partition: entry.partition))
        }
        if unsafe rd_kafka_assignment_lost(consumer.pointer) != 0 {
            context.handler?.lost(revoked)
        } else {
            context.handler?.revoking(revoked)
        }
        _ = unsafe rd_kafka_assign(consumer.pointer, nil)
    }

    private static func text(_ start: UnsafeMutableRawPointer?, _ count: Int) -> String {
        unsafe String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }
}

final class MemberContext: CallbackContext {
    weak var owner: KafkaTransport?
    weak var handler: (any RebalanceHandler)?
    /// Whether the group has formed with this member, with partitions for it or without.
    var hasJoined = false
}

private func forwardRebalance(
    _ handle: OpaquePointer?, _ code: rd_kafka_resp_err_t,
    _ partitions: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?,
    _ opaque: UnsafeMutableRawPointer?
) {
    guard let opaque = unsafe opaque else { return }
    let context = unsafe Unmanaged<MemberContext>.fromOpaque(opaque).takeUnretainedValue()
    context.hasJoined = true
    guard let owner = context.owner, let partitions = unsafe partitions else {
        unsafe rd_kafka_assign(handle, nil)
        return
    }
    if code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
        unsafe owner.assign(partitions)
    } else {
        unsafe owner.revoke(partitions)
    }
}
