internal import CRdkafka
import Contracts

/// librdkafka's mock cluster in this process: the Kafka protocol over loopback TCP, in memory.
///
/// What it is not (measured on 2.0.2): it keeps about 5 MiB or 100,000 batches of a partition, then
/// the oldest go; it knows no transactions and creates topics only on request of this process or of
/// a metadata request.
@safe
public final class EmbeddedCluster {
    /// Bytes that a partition keeps before its oldest batches go.
    public static let partitionBytes = 5 * 1_024 * 1_024

    private let handle: KafkaHandle
    private let cluster: OpaquePointer
    /// `host:port`, chosen by the system.
    public let brokers: String

    public init(log: @escaping KafkaLog) throws(KafkaError) {
        handle = unsafe try KafkaHandle(
            .producer, properties: ["bootstrap.servers": "localhost:1", "log_level": "0"],
            callbacks: CallbackContext(log: { _, _ in }))
        guard let cluster = unsafe rd_kafka_mock_cluster_new(handle.pointer, 1),
            let bootstraps = unsafe rd_kafka_mock_cluster_bootstraps(cluster)
        else {
            throw KafkaError(
                code: -1, "cannot start the embedded cluster: no loopback port is free")
        }
        unsafe self.cluster = cluster
        unsafe brokers = String(cString: bootstraps)
    }

    deinit { unsafe rd_kafka_mock_cluster_destroy(cluster) }

    /// Creates a topic.
    public func create(_ name: String, partitions: Int) throws(KafkaError) {
        let error = unsafe rd_kafka_mock_topic_create(cluster, name, Int32(partitions), 1)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(error, doing: "cannot create topic '\(name)'")
        }
    }

    /// Creates every topic of Tandem.
    public func createTopics(prefix: String, partitions: Int) throws(KafkaError) {
        for topic in Topic.allCases {
            try create(
                topic.name(prefix: prefix), partitions: topic.plane == .control ? 1 : partitions)
        }
    }

    /// Has the next requests of a kind answered with errors: for tests of what clients make of them.
    ///
    /// - Parameters:
    ///   - request: Kafka's number of the request, such as 11 for JoinGroup.
    ///   - errors: codes of Kafka's protocol, one for each request.
    public func answer(_ request: Int16, with errors: [Int32]) {
        let codes = errors.map { rd_kafka_resp_err_t(rawValue: $0) }
        unsafe rd_kafka_mock_push_request_errors_array(cluster, request, codes.count, codes)
    }

    /// Takes the broker off the network and puts it back: for tests of what happens then.
    public func setDown(_ down: Bool) {
        if down {
            unsafe rd_kafka_mock_broker_set_down(cluster, 1)
        } else {
            unsafe rd_kafka_mock_broker_set_up(cluster, 1)
        }
    }
}
