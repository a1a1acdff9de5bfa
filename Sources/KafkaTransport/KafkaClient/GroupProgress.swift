public import Contracts
internal import CRdkafka

/// How far consumer groups are behind the ends of the topics that they read.
///
/// Looks from outside: it joins no group. Owned by one thread; every call asks the cluster.
@safe
public final class GroupProgress {
    /// A group and the topics that it reads.
    public struct Reading: Sendable {
        public var group: String
        public var topics: [Topic]

        public init(group: String, topics: [Topic]) {
            self.group = group
            self.topics = topics
        }
    }

    /// What one group has not committed of one topic.
    public struct Lag: Sendable, Equatable {
        public var group: String
        public var topic: Topic
        /// Messages, by partition; for a group without a position, all there ever were.
        public var messages: [Int]

        public var total: Int { messages.reduce(0, +) }
    }

    /// What a group has committed of a partition.
    struct Committed {
        /// Negative for nothing.
        var offset: Int64 = -1
        var metadata = ""
    }

    let handle: KafkaHandle
    private let queue: OpaquePointer
    private let prefix: String
    let readings: [Reading]
    private let topics: [Topic]
    private var partitions: [Topic: Int] = [:]
    private static let timeout: Int32 = 5_000

    /// - Throws: when a topic does not exist or no broker answers.
    public init(
        _ address: ClusterAddress, _ readings: [Reading], log: @escaping KafkaLog
    ) throws(KafkaError) {
        var properties = KafkaProperties.reader(address, clientID: "tandem-progress")
        // Ends are asked for under the client's isolation level: these are last stable offsets.
        properties["isolation.level"] = "read_committed"
        handle = unsafe try KafkaHandle(
            .consumer, properties: properties, callbacks: CallbackContext(log: log))
        unsafe queue = rd_kafka_queue_new(handle.pointer)
        prefix = address.topicPrefix
        self.readings = readings
        topics = Topic.allCases.filter { topic in readings.contains { $0.topics.contains(topic) } }
        for topic in topics {
            partitions[topic] = try KafkaAdmin.partitionCount(
                of: topic.name(prefix: prefix), on: handle, brokers: address.brokers)
        }
    }

    deinit { unsafe rd_kafka_queue_destroy(queue) }

    /// One entry for each group and topic, in the order of the readings.
    ///
    /// Positions are asked for before ends: a lag is never too small.
    public func lags() throws(KafkaError) -> [Lag] {
        let positions = try positions()
        let ends = try ends(Int64(RD_KAFKA_OFFSET_END))
        var lags: [Lag] = []
        for (reading, positions) in zip(readings, positions) {
            for topic in reading.topics {
                let messages = (ends[topic] ?? []).enumerated().map { partition, end in
                    Int(max(0, end - max(0, positions[topic]?[partition].offset ?? 0)))
                }
                lags.append(Lag(group: reading.group, topic: topic, messages: messages))
            }
        }
        return lags
    }

    /// The next offset of every partition, or with `RD_KAFKA_OFFSET_BEGINNING` the oldest kept.
    func ends(_ which: Int64) throws(KafkaError) -> [Topic: [Int64]] {
        // The protocol asks for both as for a time; librdkafka passes the numbers on.
        let list = unsafe makeList(of: topics, offset: which)
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        let error = unsafe rd_kafka_offsets_for_times(handle.pointer, list, Self.timeout)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(error, doing: "reading the ends of topics")
        }
        return unsafe read(list).mapValues { $0.map(\.offset) }
    }

    /// Committed positions of each group.
    func positions() throws(KafkaError) -> [[Topic: [Committed]]] {
        for index in readings.indices { ask(index) }
        var found = [[Topic: [Committed]]](repeating: [:], count: readings.count)
        for _ in readings.indices {
            guard let event = unsafe rd_kafka_queue_poll(queue, Self.timeout + 1_000) else {
                throw KafkaError(code: -185, "reading committed positions: no answer within 6 s")
            }
            defer { unsafe rd_kafka_event_destroy(event) }
            let error = unsafe rd_kafka_event_error(event)
            // Some brokers have no positions of a group that never met, others say that it is
            // unknown.
            if error == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND { continue }
            guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw KafkaError(error, doing: "reading committed positions")
            }
            let index = unsafe Int(bitPattern: rd_kafka_event_opaque(event))
            var count = 0
            let result = unsafe rd_kafka_event_ListConsumerGroupOffsets_result(event)
            let groups = unsafe rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count)
            guard count == 1, let group = unsafe groups?[0] else { continue }
            if let list = unsafe rd_kafka_group_result_partitions(group) {
                found[index] = unsafe read(list)
            }
        }
        return found
    }

    private func ask(_ index: Int) {
        let list = unsafe makeList(
            of: readings[index].topics, offset: Int64(RD_KAFKA_OFFSET_INVALID))
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        let options = unsafe rd_kafka_AdminOptions_new(
            handle.pointer, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS)
        defer { unsafe rd_kafka_AdminOptions_destroy(options) }
        unsafe rd_kafka_AdminOptions_set_opaque(options, UnsafeMutableRawPointer(bitPattern: index))
        var words = [CChar](repeating: 0, count: 256)
        _ = unsafe rd_kafka_AdminOptions_set_request_timeout(
            options, Self.timeout, &words, words.count)
        var request = unsafe rd_kafka_ListConsumerGroupOffsets_new(readings[index].group, list)
        defer { unsafe rd_kafka_ListConsumerGroupOffsets_destroy(request) }
        unsafe rd_kafka_ListConsumerGroupOffsets(handle.pointer, &request, 1, options, queue)
    }

    private func makeList(
        of topics: [Topic], offset: Int64
    ) -> UnsafeMutablePointer<rd_kafka_topic_partition_list_t>? {
        let list = unsafe rd_kafka_topic_partition_list_new(16)
        for topic in topics {
            for partition in 0..<(partitions[topic] ?? 0) {
                let entry = unsafe rd_kafka_topic_partition_list_add(
                    list, topic.name(prefix: prefix), Int32(partition))
                unsafe entry?.pointee.offset = offset
            }
        }
        return unsafe list
    }

    private func read(
        _ list: UnsafePointer<rd_kafka_topic_partition_list_t>?
    ) -> [Topic: [Committed]] {
        guard let list = unsafe list?.pointee else { return [:] }
        var offsets: [Topic: [Committed]] = [:]
        for topic in topics {
            offsets[topic] = Array(repeating: Committed(), count: partitions[topic] ?? 0)
        }
        for index in 0..<Int(unsafe list.cnt) {
            let entry = unsafe list.elems[index]
            let name = unsafe String(cString: entry.topic)
            guard let topic = topics.first(where: { $0.name(prefix: prefix) == name }) else {
                continue
            }
            let metadata = unsafe UnsafeRawBufferPointer(
                start: entry.metadata, count: entry.metadata_size)
            offsets[topic]?[Int(unsafe entry.partition)] = Committed(
                offset: unsafe entry.offset,
                metadata: unsafe String(decoding: metadata, as: UTF8.self))
        }
        return offsets
    }
}
