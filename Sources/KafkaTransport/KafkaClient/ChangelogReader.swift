internal import CRdkafka
internal import Contracts
internal import Determinism
internal import Pipeline
internal import Stages

/// Reads some partitions of a changelog once, committed entries only, from an instant to where they
/// ended when it began; owned by one thread.
@safe
final class ChangelogReader {
    private let handle: KafkaHandle
    private let topic: Topic
    private let queue: OpaquePointer
    private let buffer: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>
    /// Of each partition not read to its end: the next offset, and the end.
    private var open: [Int32: (next: Int64, end: Int64)] = [:]
    private var total: Int64 = 0
    private static let bufferSize = 2_000
    private static let queryTimeoutMilliseconds: Int32 = 10_000

    /// - Parameter ends: a client that sees uncommitted messages: the end must stand behind the open
    ///   transactions of an earlier owner, whose commit or abort is then waited for.
    init(
        _ address: ClusterAddress, _ topic: Topic, partitions: [Int32], since: Timestamp,
        ends: KafkaHandle, log: @escaping KafkaLog
    ) throws(KafkaError) {
        self.topic = topic
        handle = unsafe try KafkaHandle(
            .consumer,
            properties: KafkaProperties.changelogReader(
                address, clientID: address.topicPrefix + topic.rawValue),
            callbacks: CallbackContext(log: log))
        unsafe rd_kafka_poll_set_consumer(handle.pointer)
        unsafe queue = rd_kafka_queue_get_consumer(handle.pointer)
        unsafe buffer = .allocate(capacity: Self.bufferSize)
        unsafe buffer.initialize(repeating: nil, count: Self.bufferSize)
        try assign(topic.name(prefix: address.topicPrefix), partitions, since, ends)
    }

    deinit {
        unsafe rd_kafka_queue_destroy(queue)
        unsafe rd_kafka_consumer_close(handle.pointer)
        unsafe buffer.deallocate()
    }

    private func assign(
        _ name: String, _ partitions: [Int32], _ since: Timestamp, _ ends: KafkaHandle
    ) throws(KafkaError) {
        guard
            let list = unsafe rd_kafka_topic_partition_list_new(Int32(partitions.count)),
            let wanted = unsafe rd_kafka_topic_partition_list_new(Int32(partitions.count))
        else { return }
        defer {
            unsafe rd_kafka_topic_partition_list_destroy(list)
            unsafe rd_kafka_topic_partition_list_destroy(wanted)
        }
        for partition in partitions {
            let entry = unsafe rd_kafka_topic_partition_list_add(list, name, partition)
            unsafe entry?.pointee.offset = max(0, since.milliseconds)
        }
        let error = unsafe rd_kafka_offsets_for_times(
            ends.pointer, list, Self.queryTimeoutMilliseconds)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(error, doing: "looking up '\(name)' by time")
        }
        for index in 0..<Int(unsafe list.pointee.cnt) {
            let entry = unsafe list.pointee.elems[index]
            let (low, high) = try watermarks(name, unsafe entry.partition, ends)
            // A negative offset: nothing is as young as that.
            let start = unsafe entry.offset < 0 ? high : max(low, entry.offset)
            guard start < high else { continue }
            unsafe open[entry.partition] = (start, high)
            total += high - start
            let target = unsafe rd_kafka_topic_partition_list_add(wanted, name, entry.partition)
            unsafe target?.pointee.offset = start
        }
        guard !open.isEmpty else { return }
        let assigned = unsafe rd_kafka_assign(handle.pointer, wanted)
        guard assigned == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(assigned, doing: "cannot read '\(name)'")
        }
    }

    private func watermarks(
        _ name: String, _ partition: Int32, _ ends: KafkaHandle
    ) throws(KafkaError) -> (low: Int64, high: Int64) {
        var (low, high): (Int64, Int64) = (0, 0)
        let error = unsafe rd_kafka_query_watermark_offsets(
            ends.pointer, name, partition, &low, &high, Self.queryTimeoutMilliseconds)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(error, doing: "looking up the end of '\(name)'")
        }
        return (low, high)
    }

    var progress: RestoreProgress {
        let left = open.values.reduce(0) { $0 + $1.end - $1.next }
        return RestoreProgress(restored: total - left, total: total, isComplete: open.isEmpty)
    }

    func poll(
        into batch: inout InboundBatch, maximum: Int, timeout: TimeSpan
    ) throws(KafkaError) {
        var wait = Int32(clamping: (timeout.microseconds + 999) / 1_000)
        while batch.count < maximum, !open.isEmpty {
            let count = unsafe rd_kafka_consume_batch_queue(
                queue, wait, buffer, min(Self.bufferSize, maximum - batch.count))
            guard count > 0 else { return }
            wait = 0
            var failure: KafkaError?
            for index in 0..<count {
                guard let message = unsafe buffer[index] else { continue }
                do { try unsafe take(message, into: &batch) } catch { failure = error }
            }
            if let failure { throw failure }
        }
    }

    private func take(
        _ message: UnsafeMutablePointer<rd_kafka_message_t>, into batch: inout InboundBatch
    ) throws(KafkaError) {
        defer { unsafe rd_kafka_message_destroy(message) }
        let partition = unsafe message.pointee.partition
        let error = unsafe message.pointee.err
        switch error {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            // What was written since the beginning is this instance's own, or not its business.
            guard let place = open[partition], unsafe message.pointee.offset < place.end else {
                return
            }
            unsafe MessageCopy.append(message, topic: topic, to: &batch)
            unsafe pass(partition, message.pointee.offset + 1)
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            // Its offset is behind markers and compacted entries too; it comes again when an open
            // transaction that ended it has been concluded.
            unsafe pass(partition, message.pointee.offset)
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
            RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
            let words = unsafe String(cString: rd_kafka_message_errstr(message))
            throw KafkaError(
                code: Int(error.rawValue), "cannot read '\(topic.rawValue)': \(words)")
        default:
            // Passing trouble with a broker: librdkafka retries and logs it.
            return
        }
    }

    private func pass(_ partition: Int32, _ next: Int64) {
        guard let place = open[partition] else { return }
        open[partition] = next >= place.end ? nil : (next, place.end)
    }
}
