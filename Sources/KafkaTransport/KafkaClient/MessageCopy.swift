internal import CRdkafka
internal import Contracts
internal import Determinism
internal import Stages

/// Copies librdkafka's messages into batches.
enum MessageCopy {
    /// Appends one message; it may be destroyed afterwards.
    static func append(
        _ pointer: UnsafeMutablePointer<rd_kafka_message_t>, topic: Topic,
        to batch: inout InboundBatch
    ) {
        let message = unsafe pointer.pointee
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let milliseconds = unsafe rd_kafka_message_timestamp(pointer, &kind)
        batch.append(
            at: MessagePosition(
                topic: topic, partition: unsafe message.partition, offset: unsafe message.offset),
            timestamp: Timestamp(milliseconds: max(0, milliseconds)),
            key: unsafe slice(message.key, message.key_len),
            value: unsafe slice(message.payload, message.len),
            headers: unsafe headers(of: pointer))
    }

    private static func slice(_ start: UnsafeMutableRawPointer?, _ count: Int) -> ByteSlice? {
        guard let start = unsafe start else { return nil }
        return unsafe ByteSlice(unsafeBase: start.assumingMemoryBound(to: UInt8.self), count: count)
    }

    private static func headers(
        of message: UnsafeMutablePointer<rd_kafka_message_t>
    ) -> [MessageHeader] {
        var list: OpaquePointer?
        guard unsafe rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR,
            let list = unsafe list
        else { return [] }
        var headers: [MessageHeader] = []
        var index = 0
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while unsafe rd_kafka_header_get_all(list, index, &name, &value, &size)
            == RD_KAFKA_RESP_ERR_NO_ERROR
        {
            let bytes = unsafe value.map { start in
                unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: size))
            }
            if let name = unsafe name {
                headers.append(unsafe MessageHeader(String(cString: name), bytes))
            }
            index += 1
        }
        return headers
    }
}

/// Finds the topic of a message by librdkafka's handle, which stays the same for a topic.
@safe
struct TopicLookup {
    private var known: [(handle: OpaquePointer, topic: Topic)] = unsafe []
    private let names: [String: Topic]

    init(prefix: String) {
        names = Dictionary(
            uniqueKeysWithValues: Topic.allCases.map { ($0.name(prefix: prefix), $0) })
    }

    subscript(name: String) -> Topic? { names[name] }

    mutating func topic(of handle: OpaquePointer?) -> Topic? {
        guard let handle = unsafe handle else { return nil }
        if let index = unsafe known.firstIndex(where: { unsafe $0.handle == handle }) {
            return unsafe known[index].topic
        }
        guard let topic = unsafe names[String(cString: rd_kafka_topic_name(handle))] else {
            return nil
        }
        unsafe known.append((handle, topic))
        return topic
    }
}
