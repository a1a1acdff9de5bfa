internal import CRdkafka
internal import Contracts
internal import Determinism
internal import Pipeline

/// Looks whether messages are left between a group's position and a partition's end.
///
/// Joins no group. Reads as `read_committed` consumers do, so that markers and aborted messages do not
/// count. Owned by one thread.
@safe
final class LagProbe {
    private let handle: KafkaHandle
    private let prefix: String
    private let time = SystemTimeSource()
    private var lookup: TopicLookup
    /// Messages counted in a partition before it is given up: beyond, a bound will do.
    static let maximumCounted = 1_000
    private static let limit = TimeSpan.seconds(5 as Int64)

    /// A partition to look at, and what was found so far.
    private struct Search {
        var progress: PartitionProgress
        var counted = 0
        var isOver = false

        mutating func finish() {
            progress.found = .all(counted)
            isOver = true
        }
    }

    init(_ address: ClusterAddress, log: @escaping KafkaLog) throws(KafkaError) {
        var properties = KafkaProperties.reader(address, clientID: "tandem-probe")
        properties["isolation.level"] = "read_committed"
        // What a group has missed cannot be read by anybody.
        properties["auto.offset.reset"] = "earliest"
        properties["queued.max.messages.kbytes"] = "2048"
        properties["queued.min.messages"] = "1000"
        handle = unsafe try KafkaHandle(
            .consumer, properties: properties, callbacks: CallbackContext(log: log))
        prefix = address.topicPrefix
        lookup = TopicLookup(prefix: prefix)
        unsafe rd_kafka_poll_set_consumer(handle.pointer)
    }

    deinit { unsafe rd_kafka_consumer_close(handle.pointer) }

    /// Looks at every partition that is not at its end, and notes what it found.
    ///
    /// Takes five seconds at most; what was not finished by then is marked so.
    func look(
        at topics: [StageProgress.TopicProgress]
    ) throws(KafkaError) -> [StageProgress.TopicProgress] {
        var searches: [TopicPartition: Search] = [:]
        for topic in topics {
            for progress in topic.partitions where progress.distance > 0 {
                let partition = TopicPartition(topic: topic.topic, partition: progress.partition)
                searches[partition] = Search(progress: progress)
            }
        }
        guard !searches.isEmpty else { return topics }
        try assign(searches)
        let end = time.now() + Self.limit
        while searches.values.contains(where: { !$0.isOver }), time.now() < end {
            guard let message = unsafe rd_kafka_consumer_poll(handle.pointer, 50) else { continue }
            unsafe take(message, &searches)
            unsafe rd_kafka_message_destroy(message)
        }
        unsafe rd_kafka_assign(handle.pointer, nil)
        return topics.map { topic in
            var topic = topic
            for index in topic.partitions.indices {
                let key = TopicPartition(
                    topic: topic.topic, partition: topic.partitions[index].partition)
                topic.partitions[index].found = searches[key]?.progress.found
            }
            return topic
        }
    }

    private func assign(_ searches: [TopicPartition: Search]) throws(KafkaError) {
        let list = unsafe rd_kafka_topic_partition_list_new(Int32(searches.count))
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        for (partition, search) in searches {
            let name = partition.topic.name(prefix: prefix)
            let entry = unsafe rd_kafka_topic_partition_list_add(list, name, partition.partition)
            unsafe entry?.pointee.offset = search.progress.position
        }
        let error = unsafe rd_kafka_assign(handle.pointer, list)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(error, doing: "looking at what is left to read")
        }
    }

    private func take(
        _ message: UnsafeMutablePointer<rd_kafka_message_t>,
        _ searches: inout [TopicPartition: Search]
    ) {
        guard let topic = unsafe lookup.topic(of: message.pointee.rkt) else { return }
        let key = TopicPartition(topic: topic, partition: unsafe message.pointee.partition)
        guard var search = searches[key], !search.isOver else { return }
        switch unsafe message.pointee.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            let offset = unsafe message.pointee.offset
            if offset < search.progress.end {
                if search.progress.isOpen(offset) { search.counted += 1 }
                search.progress.found = .some
                search.isOver = search.counted > Self.maximumCounted
            } else {
                // Written since the ends were asked for.
                search.finish()
            }
        case RD_KAFKA_RESP_ERR__PARTITION_EOF: search.finish()
        default: return
        }
        searches[key] = search
    }
}
