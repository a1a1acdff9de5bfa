internal import CRdkafka
public import Contracts
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

        /// Where to begin in a partition; nil to leave it out.
        func offset(in partition: Int32) -> Int64? {
            switch self {
            case .beginning: Int64(RD_KAFKA_OFFSET_BEGINNING)
            case .end: Int64(RD_KAFKA_OFFSET_END)
            case .at(let only, let offset): partition == only ? offset : nil
            }
        }
    }

    private let handle: KafkaHandle
    private let prefix: String
    private var lookup: TopicLookup
    private var unfinished: Set<String> = []
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
        try assign(topics, from: start, brokers: address.brokers)
    }

    deinit {
        unsafe rd_kafka_queue_destroy(queue)
        unsafe rd_kafka_consumer_close(handle.pointer)
        unsafe buffer.deallocate()
    }

    private func assign(
        _ topics: [Topic], from start: Start, brokers: String
    ) throws(KafkaError) {
        guard let list = unsafe rd_kafka_topic_partition_list_new(16) else { return }
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        for topic in topics {
            let name = topic.name(prefix: prefix)
            let count = try KafkaAdmin.partitionCount(of: name, on: handle, brokers: brokers)
            for partition in 0..<count {
                guard let offset = start.offset(in: Int32(partition)) else { continue }
                let entry = unsafe rd_kafka_topic_partition_list_add(list, name, Int32(partition))
                unsafe entry?.pointee.offset = offset
                unfinished.insert("\(name)/\(partition)")
            }
        }
        unsafe StartOffsets.resolve(list, on: handle)
        let error = unsafe rd_kafka_assign(handle.pointer, list)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(error, doing: "cannot read \(topics.map(\.rawValue))")
        }
    }

    /// Whether every partition has been read to its end at least once.
    public var isCaughtUp: Bool { unfinished.isEmpty }

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
