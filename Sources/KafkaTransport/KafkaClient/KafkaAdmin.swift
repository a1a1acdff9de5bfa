internal import CRdkafka
import Contracts

/// A topic as the cluster has it.
public struct TopicDescription: Sendable, Equatable {
    public let name: String
    public let partitions: Int
    public let replication: Int
}

/// A topic to create.
public struct TopicRequest: Sendable {
    public var name: String
    public var partitions: Int
    public var replication: Int
    public var configuration: [String: String]

    public init(name: String, partitions: Int, replication: Int, configuration: [String: String]) {
        self.name = name
        self.partitions = partitions
        self.replication = replication
        self.configuration = configuration
    }
}

/// Looks at and creates topics.
public final class KafkaAdmin {
    private let handle: KafkaHandle
    private let brokers: String

    /// Version of the librdkafka that this process runs with.
    public static var libraryVersion: String { unsafe String(cString: rd_kafka_version_str()) }

    /// - Throws: when no broker answers within 4 s, with the reason and without a line to the log.
    public init(_ address: ClusterAddress, log: @escaping KafkaLog) throws(KafkaError) {
        let context = CallbackContext(log: log, holdsLines: true)
        var properties = KafkaProperties.producer(address, clientID: "tandem-admin")
        properties["enable.idempotence"] = "false"
        handle = unsafe try KafkaHandle(
            .producer, properties: properties, callbacks: context)
        brokers = address.brokers
        try handle.requireBroker(brokers)
        context.release()
    }

    /// Whether this is the embedded cluster, of this process or another: its name gives it away.
    public var isEmbeddedCluster: Bool { handle.clusterID?.hasPrefix("mockCluster") ?? false }

    /// All topics of the cluster that start with `prefix`, by name.
    public func topics(prefix: String) throws(KafkaError) -> [TopicDescription] {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let error = unsafe rd_kafka_metadata(handle.pointer, 1, nil, &metadata, 4_000)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata = unsafe metadata else {
            throw KafkaError.unreachable(brokers, unsafe String(cString: rd_kafka_err2str(error)))
        }
        defer { unsafe rd_kafka_metadata_destroy(metadata) }
        var found: [TopicDescription] = []
        for index in 0..<Int(unsafe metadata.pointee.topic_cnt) {
            let topic = unsafe metadata.pointee.topics[index]
            let name = unsafe String(cString: topic.topic)
            guard name.hasPrefix(prefix) else { continue }
            let partitions = Int(unsafe topic.partition_cnt)
            let replicas = partitions > 0 ? Int(unsafe topic.partitions[0].replica_cnt) : 0
            found.append(
                TopicDescription(name: name, partitions: partitions, replication: replicas))
        }
        return found.sorted { $0.name < $1.name }
    }

    /// Creates topics that do not exist.
    ///
    /// - Returns: the error of each topic that could not be created, by name.
    public func create(_ requests: [TopicRequest]) throws(KafkaError) -> [String: String] {
        var list: [OpaquePointer?] = unsafe []
        defer { unsafe list.forEach { unsafe rd_kafka_NewTopic_destroy($0) } }
        for request in requests {
            unsafe list.append(newTopic(request))
        }
        let queue = unsafe rd_kafka_queue_new(handle.pointer)
        defer { unsafe rd_kafka_queue_destroy(queue) }
        let options = unsafe rd_kafka_AdminOptions_new(
            handle.pointer, RD_KAFKA_ADMIN_OP_CREATETOPICS)
        defer { unsafe rd_kafka_AdminOptions_destroy(options) }
        unsafe rd_kafka_CreateTopics(handle.pointer, &list, list.count, options, queue)
        guard let event = unsafe rd_kafka_queue_poll(queue, 15_000) else {
            throw KafkaError(code: -185, "creating topics: no answer within 15 s")
        }
        defer { unsafe rd_kafka_event_destroy(event) }
        return try unsafe Self.failures(in: event)
    }

    private func newTopic(_ request: TopicRequest) -> OpaquePointer? {
        var words = [CChar](repeating: 0, count: 256)
        let topic = unsafe rd_kafka_NewTopic_new(
            request.name, Int32(request.partitions), Int32(request.replication), &words, words.count
        )
        for (name, value) in request.configuration {
            _ = unsafe rd_kafka_NewTopic_set_config(topic, name, value)
        }
        return unsafe topic
    }

    private static func failures(in event: OpaquePointer) throws(KafkaError) -> [String: String] {
        let error = unsafe rd_kafka_event_error(event)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(error, doing: "creating topics")
        }
        let result = unsafe rd_kafka_event_CreateTopics_result(event)
        var count = 0
        let topics = unsafe rd_kafka_CreateTopics_result_topics(result, &count)
        var failures: [String: String] = [:]
        for index in 0..<count {
            guard let topic = unsafe topics?[index] else { continue }
            let code = unsafe rd_kafka_topic_result_error(topic)
            guard code != RD_KAFKA_RESP_ERR_NO_ERROR, code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS
            else { continue }
            let name = unsafe String(cString: rd_kafka_topic_result_name(topic))
            failures[name] = unsafe String(cString: rd_kafka_err2str(code))
        }
        return failures
    }

    /// Partitions of one topic; an error when the topic does not exist.
    static func partitionCount(
        of name: String, on handle: KafkaHandle, brokers: String
    ) throws(KafkaError) -> Int {
        guard let topic = unsafe rd_kafka_topic_new(handle.pointer, name, nil) else {
            throw KafkaError(rd_kafka_last_error(), doing: "cannot open topic '\(name)'")
        }
        defer { unsafe rd_kafka_topic_destroy(topic) }
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let error = unsafe rd_kafka_metadata(handle.pointer, 0, topic, &metadata, 4_000)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata = unsafe metadata else {
            throw KafkaError.unreachable(brokers, unsafe String(cString: rd_kafka_err2str(error)))
        }
        defer { unsafe rd_kafka_metadata_destroy(metadata) }
        let count =
            unsafe metadata.pointee.topic_cnt > 0
            ? Int(metadata.pointee.topics[0].partition_cnt) : 0
        guard count > 0 else {
            throw KafkaError(
                code: 3, "topic '\(name)' does not exist; create it with 'tandem topics apply'")
        }
        return count
    }
}
