internal import CRdkafka
public import Contracts
public import Determinism
public import Stages

/// Reads whole topics without a group: the control plane, `tandem watch`, the demo's downstream
/// user.
///
/// Owned by one thread.
@safe
public final class KafkaReader {
    public enum Start: Sendable, Equatable {
        case beginning, end
        /// One partition alone, from an offset on.
        case at(partition: Int32, offset: Int64)
        /// One partition alone, from its beginning.
        case partition(Int32)
        /// Every partition from its first message of that time or later.
        ///
        /// The embedded cluster knows no times: there, from the beginning.
        case since(Timestamp)

        /// Where to begin in a partition; nil to leave it out.
        func offset(in partition: Int32) -> Int64? {
            switch self {
            case .beginning: Int64(RD_KAFKA_OFFSET_BEGINNING)
            case .end: Int64(RD_KAFKA_OFFSET_END)
            case .at(let only, let offset): partition == only ? offset : nil
            case .partition(let only):
                partition == only ? Int64(RD_KAFKA_OFFSET_BEGINNING) : nil
            case .since: Int64(RD_KAFKA_OFFSET_BEGINNING)
            }
        }
    }

    private let handle: KafkaHandle
    private let prefix: String
    private var lookup: TopicLookup
    private var unfinished: Set<String> = []
    /// What is read, each from where it began.
    private var extents: [Extent] = []
    private let queue: OpaquePointer
    private let buffer: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>
    private static let bufferSize = 1_000

    public init(
        _ address: ClusterAddress, topics: [Topic], from start: Start, clientID: String,
        log: @escaping KafkaLog
    ) throws(KafkaError) {
        handle = unsafe try KafkaHandle(
            .consumer, properties: KafkaProperties.reader(address, clientID: clientID),
            callbacks: CallbackContext(log: log))
        prefix = address.topicPrefix
        lookup = TopicLookup(prefix: prefix)
        unsafe rd_kafka_poll_set_consumer(handle.pointer)
        unsafe queue = rd_kafka_queue_get_consumer(handle.pointer)
        unsafe buffer = .allocate(capacity: Self.bufferSize)
        unsafe buffer.initialize(repeating: nil, count: Self.bufferSize)
        try assign(topics, from: start, address)
    }

    deinit {
        unsafe rd_kafka_queue_destroy(queue)
        unsafe rd_kafka_consumer_close(handle.pointer)
        unsafe buffer.deallocate()
    }

    private func assign(
        _ topics: [Topic], from start: Start, _ address: ClusterAddress
    ) throws(KafkaError) {
        guard let list = unsafe rd_kafka_topic_partition_list_new(16) else { return }
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        for topic in topics {
            let name = topic.name(prefix: prefix)
            let count = try KafkaAdmin.partitionCount(
                of: name, on: handle, brokers: address.brokers)
            for partition in 0..<count {
                guard let offset = start.offset(in: Int32(partition)) else { continue }
                let entry = unsafe rd_kafka_topic_partition_list_add(list, name, Int32(partition))
                unsafe entry?.pointee.offset = offset
                unfinished.insert("\(name)/\(partition)")
            }
        }
        if case .since(let instant) = start, !address.isEmbedded {
            unsafe StartOffsets.seek(list, to: instant, on: handle)
        }
        unsafe StartOffsets.resolve(list, on: handle)
        let error = unsafe rd_kafka_assign(handle.pointer, list)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(error, doing: "cannot read \(topics.map(\.rawValue))")
        }
        for index in 0..<Int(unsafe list.pointee.cnt) {
            let entry = unsafe list.pointee.elems[index]
            guard let topic = unsafe lookup[String(cString: entry.topic)] else { continue }
            extents.append(
                unsafe Extent(topic: topic, partition: entry.partition, start: entry.offset))
        }
    }

    /// A partition that is read, from where on, and where it ended when that was asked.
    public struct Extent: Sendable {
        public let topic: Topic
        public let partition: Int32
        public internal(set) var start: Int64
        public internal(set) var end: Int64 = 0
    }

    /// What is read from where to where: asks the cluster, a request for each partition.
    ///
    /// - Throws: when a partition's leader does not answer within 5 s.
    public func measuredExtents() throws(KafkaError) -> [Extent] {
        var measured: [Extent] = []
        for var extent in extents {
            var low: Int64 = 0
            let name = extent.topic.name(prefix: prefix)
            let error = unsafe rd_kafka_query_watermark_offsets(
                handle.pointer, name, extent.partition, &low, &extent.end, 5_000)
            guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw KafkaError(error, doing: "cannot find the end of '\(name)'")
            }
            extent.start = min(max(extent.start, low), extent.end)
            measured.append(extent)
        }
        return measured
    }

    /// Whether every partition has been read to its end at least once.
    ///
    /// A topic whose next message always comes before a fetch has waited out, such as heartbeats of
    /// many, has no end that would be told: ask for the others alone.
    public var isCaughtUp: Bool { unfinished.isEmpty }

    /// Whether every partition of these topics has been read to its end at least once.
    public func isCaughtUp(on topics: [Topic]) -> Bool {
        !unfinished.contains { name in
            topics.contains { name.hasPrefix($0.name(prefix: prefix) + "/") }
        }
    }

    /// Appends what has come, up to a thousand messages; waits at most `timeout` milliseconds for
    /// the first.
    public func poll(into batch: inout InboundBatch, timeout: Int) throws(KafkaError) {
        guard let first = unsafe rd_kafka_consumer_poll(handle.pointer, Int32(timeout)) else {
            return
        }
        try unsafe take(first, into: &batch)
        let count = unsafe rd_kafka_consume_batch_queue(queue, 0, buffer, Self.bufferSize)
        for index in 0..<max(0, count) {
            if let message = unsafe buffer[index] { try unsafe take(message, into: &batch) }
        }
    }

    private func take(
        _ message: UnsafeMutablePointer<rd_kafka_message_t>, into batch: inout InboundBatch
    ) throws(KafkaError) {
        defer { unsafe rd_kafka_message_destroy(message) }
        let error = unsafe message.pointee.err
        switch error {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            guard let topic = unsafe lookup.topic(of: message.pointee.rkt) else { return }
            unsafe MessageCopy.append(message, topic: topic, to: &batch)
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            let name = unsafe String(cString: rd_kafka_topic_name(message.pointee.rkt))
            unfinished.remove("\(name)/\(unsafe message.pointee.partition)")
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
            let words = unsafe String(cString: rd_kafka_message_errstr(message))
            throw KafkaError(code: Int(error.rawValue), "cannot go on reading: \(words)")
        default:
            // Passing trouble with a broker: librdkafka retries and logs it.
            return
        }
    }
}
