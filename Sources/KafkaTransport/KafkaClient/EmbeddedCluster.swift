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

    private let size: Int

    /// - Parameter size: how many brokers; leaders are spread over them.
    public init(size: Int = 1, log: @escaping KafkaLog) throws(KafkaError) {
        self.size = size
        handle = unsafe try KafkaHandle(
            .producer, properties: ["bootstrap.servers": "localhost:1", "log_level": "0"],
            callbacks: CallbackContext(log: { _, _ in }))
        guard let cluster = unsafe rd_kafka_mock_cluster_new(handle.pointer, Int32(size)),
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

    /// Takes all brokers off the network or puts them back: for tests of what happens then.
    public func setDown(_ down: Bool) {
        for broker in brokerNumbers {
            if down {
                unsafe rd_kafka_mock_broker_set_down(cluster, broker)
            } else {
                unsafe rd_kafka_mock_broker_set_up(cluster, broker)
            }
        }
    }

    /// Has every broker answer so much later: for tests of slow networks.
    public func setRoundTrip(milliseconds: Int) {
        for broker in brokerNumbers {
            unsafe rd_kafka_mock_broker_set_rtt(cluster, broker, Int32(milliseconds))
        }
    }

    /// Makes another broker a partition's leader: for tests of clients that must find it.
    ///
    /// - Parameter broker: 1 up to the cluster's size.
    public func setLeader(
        of topic: String, _ partition: Int32, broker: Int
    ) throws(KafkaError) {
        let error = unsafe rd_kafka_mock_partition_set_leader(
            cluster, topic, partition, Int32(broker))
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(error, doing: "cannot make broker \(broker) leader of '\(topic)'")
        }
    }

    private var brokerNumbers: ClosedRange<Int32> { 1...Int32(size) }
}
