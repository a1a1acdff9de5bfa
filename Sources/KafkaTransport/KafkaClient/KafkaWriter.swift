internal import CRdkafka
import Contracts
internal import Determinism
public import Stages

/// Counts deliveries by epoch: which epochs are acknowledged entirely.
struct DeliveryLedger {
    private var outstanding: [Int32] = []
    private var head = 0
    /// Every epoch up to this one is acknowledged.
    private(set) var acknowledged: UInt64 = 0
    private(set) var pending = 0
    /// The first delivery that failed for good.
    private(set) var failure: KafkaError?

    /// Opens the next epoch; epochs are consecutive, from 1.
    mutating func open(messages: Int) {
        outstanding.append(Int32(messages))
        pending += messages
        advance()
    }

    mutating func acknowledge(_ epoch: UInt64) {
        let index = head + Int(epoch - acknowledged) - 1
        outstanding[index] -= 1
        pending -= 1
        if index == head { advance() }
    }

    mutating func fail(_ error: KafkaError) { if failure == nil { failure = error } }

    /// What failed was part of a transaction that is gone.
    mutating func forgive() { failure = nil }

    private mutating func advance() {
        while head < outstanding.count, outstanding[head] == 0 {
            head += 1
            acknowledged += 1
        }
        if head > 4_096, head * 2 > outstanding.count {
            outstanding.removeFirst(head)
            head = 0
        }
    }
}

final class WriterContext: CallbackContext {
    var ledger = DeliveryLedger()
}

/// A producer on all topics of one prefix, owned by one thread. Idempotent; acknowledgements by
/// epoch.
@safe
public final class KafkaWriter {
    let handle: KafkaHandle
    let context: WriterContext
    let isTransactional: Bool
    private var topics: [OpaquePointer] = unsafe []
    private var epoch: UInt64 = 0

    /// - Parameter transactionalID: a stable name under which it writes in transactions; nil to
    ///   write at once.
    public init(
        _ address: ClusterAddress, clientID: String, transactionalID: String? = nil,
        log: @escaping KafkaLog
    ) throws(KafkaError) {
        context = WriterContext(log: log)
        isTransactional = transactionalID != nil
        let properties = KafkaProperties.producer(
            address, clientID: clientID, transactionalID: transactionalID)
        handle = unsafe try KafkaHandle(
            .producer, properties: properties, callbacks: context
        ) { conf in
            unsafe rd_kafka_conf_set_dr_msg_cb(conf, countDelivery)
        }
        for topic in Topic.allCases {
            let name = topic.name(prefix: address.topicPrefix)
            guard let pointer = unsafe rd_kafka_topic_new(handle.pointer, name, nil) else {
                throw KafkaError(rd_kafka_last_error(), doing: "cannot open topic '\(name)'")
            }
            unsafe topics.append(pointer)
        }
    }

    deinit { unsafe topics.forEach { unsafe rd_kafka_topic_destroy($0) } }

    /// Looks the topics and their leaders up now, so that the first message does not wait for it.
    ///
    /// A cluster that does not answer is no error here: librdkafka goes on trying.
    public func warmUp() {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        _ = unsafe rd_kafka_metadata(handle.pointer, 0, nil, &metadata, 2_000)
        if let metadata = unsafe metadata { unsafe rd_kafka_metadata_destroy(metadata) }
    }

    public func requireBroker(_ brokers: String) throws(KafkaError) {
        try handle.requireBroker(brokers)
    }

    /// Messages handed over and not acknowledged.
    public var pending: Int { context.ledger.pending }

    /// Hands a batch to librdkafka, which copies it; waits only while its queue is full.
    ///
    /// - Returns: the batch's epoch.
    @discardableResult
    public func send(_ batch: borrowing OutboundBatch) throws(KafkaError) -> UInt64 {
        epoch += 1
        context.ledger.open(messages: batch.messages.count)
        for index in 0..<batch.messages.count {
            let message = batch.messages[index]
            try produce(
                message, key: batch.key(index), value: batch.value(index))
        }
        return epoch
    }

    private func produce(
        _ message: OutboundMessage, key: ByteSlice?, value: ByteSlice?
    ) throws(KafkaError) {
        let topic = unsafe topics[message.topic.ordinal]
        let headers = unsafe makeHeaders(message)
        let opaque = unsafe UnsafeMutableRawPointer(bitPattern: UInt(epoch))
        while true {
            let error = unsafe (key ?? .absent).withUnsafeBytes { keyBytes in
                unsafe (value ?? .absent).withUnsafeBytes { valueBytes in
                    unsafe tandem_producev(
                        handle.pointer, topic, message.partition ?? RD_KAFKA_PARTITION_UA,
                        keyBytes.baseAddress, keyBytes.count, valueBytes.baseAddress,
                        valueBytes.count, message.timestamp?.milliseconds ?? 0, headers, opaque)
                }
            }
            if error == RD_KAFKA_RESP_ERR_NO_ERROR { return }
            guard error == RD_KAFKA_RESP_ERR__QUEUE_FULL else {
                if let headers = unsafe headers { unsafe rd_kafka_headers_destroy(headers) }
                throw KafkaError(
                    error,
                    doing: "cannot write \(value?.count ?? 0) bytes to '\(message.topic.rawValue)'")
            }
            unsafe rd_kafka_poll(handle.pointer, 10)
        }
    }

    private func makeHeaders(_ message: OutboundMessage) -> OpaquePointer? {
        let standard = standardHeaders[message.topic.ordinal]
        guard !message.headers.isEmpty || !standard.isEmpty else { return nil }
        let headers = unsafe rd_kafka_headers_new(message.headers.count + standard.count)
        for header in message.headers + standard {
            guard let value = header.value else {
                unsafe rd_kafka_header_add(headers, header.name, -1, nil, 0)
                continue
            }
            // An empty array may have no address, and no address means no value.
            unsafe (value.isEmpty ? [0] : value).withUnsafeBytes { bytes in
                _ = unsafe rd_kafka_header_add(
                    headers, header.name, -1, bytes.baseAddress, value.count)
            }
        }
        return unsafe headers
    }

    /// Handles delivery reports; waits at most `timeout` milliseconds for one.
    public func serve(timeout: Int = 0) throws(KafkaError) {
        unsafe rd_kafka_poll(handle.pointer, Int32(timeout))
        if let failure = context.ledger.failure { throw failure }
    }

    /// Every epoch up to this one is acknowledged.
    public var acknowledgedEpoch: UInt64 { context.ledger.acknowledged }

    /// Waits until everything is acknowledged, at most `timeout` milliseconds.
    public func flush(timeout: Int) throws(KafkaError) {
        let error = unsafe rd_kafka_flush(handle.pointer, Int32(timeout))
        if let failure = context.ledger.failure { throw failure }
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(error, doing: "\(pending) messages are not acknowledged")
        }
    }
}

/// Headers that every message of a public contract carries, by topic.
private let standardHeaders: [[MessageHeader]] = Topic.allCases.map { topic in
    switch topic {
    case .scores, .comparisons:
        [
            MessageHeader("content-type", "application/json"),
            MessageHeader("tandem-schema", topic.schema),
        ]
    default: []
    }
}

private func countDelivery(
    _ handle: OpaquePointer?, _ message: UnsafePointer<rd_kafka_message_t>?,
    _ opaque: UnsafeMutableRawPointer?
) {
    guard let message = unsafe message?.pointee, let opaque = unsafe opaque else { return }
    let context = unsafe Unmanaged<WriterContext>.fromOpaque(opaque).takeUnretainedValue()
    if unsafe message.err != RD_KAFKA_RESP_ERR_NO_ERROR {
        let topic = unsafe String(cString: rd_kafka_topic_name(message.rkt))
        let what = unsafe "a message of \(message.len) bytes was not delivered to '\(topic)'"
        context.ledger.fail(unsafe KafkaError(message.err, doing: what))
    }
    context.ledger.acknowledge(UInt64(UInt(bitPattern: unsafe message._private)))
}
