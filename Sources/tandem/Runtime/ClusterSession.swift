import Configuration
import Contracts
import KafkaTransport

/// The cluster that a command works on: the user's, or one started in this process.
final class ClusterSession {
    let address: ClusterAddress
    let embedded: EmbeddedCluster?
    private static let messages = KafkaMessages()
    static let log: KafkaLog = { level, line in messages(level, line) }

    /// - Throws: when the configured brokers do not answer.
    init(_ configuration: TandemConfiguration) throws {
        if configuration.brokers.isEmpty {
            let cluster = try EmbeddedCluster(log: Self.log)
            try cluster.createTopics(
                prefix: configuration.topicPrefix, partitions: configuration.partitions)
            embedded = cluster
            address = Self.address(configuration, brokers: cluster.brokers, isEmbedded: true)
        } else {
            embedded = nil
            var named = Self.address(
                configuration, brokers: configuration.brokers.joined(separator: ","),
                isEmbedded: false)
            named.isEmbedded = try KafkaAdmin(named, log: Self.log).isEmbeddedCluster
            address = named
        }
    }

    deinit {
        // Clients notice the embedded cluster's end on their own way out: nothing to tell.
        if embedded != nil { Self.messages.mute() }
    }

    private static func address(
        _ configuration: TandemConfiguration, brokers: String, isEmbedded: Bool
    ) -> ClusterAddress {
        var address = ClusterAddress(brokers: brokers)
        address.topicPrefix = configuration.topicPrefix
        address.common = configuration.kafka.common
        address.consumer = configuration.kafka.consumer
        address.producer = configuration.kafka.producer
        address.isEmbedded = isEmbedded
        return address
    }

    /// Refuses a cluster whose topics are missing or whose data topics differ in partitions.
    ///
    /// Equal counts put everything about an id into equally numbered partitions, which scaling
    /// relies on.
    func requireTopics() throws {
        let admin = try KafkaAdmin(address, log: Self.log)
        let found = try admin.topics(prefix: address.topicPrefix)
        let partitions = Dictionary(uniqueKeysWithValues: found.map { ($0.name, $0.partitions) })
        let data = Topic.allCases.filter { $0.plane == .data }
        for topic in Topic.allCases {
            let name = topic.name(prefix: address.topicPrefix)
            if partitions[name] == nil {
                throw CommandFailure(
                    "topic '\(name)' does not exist on \(address.brokers); "
                        + "create it with 'tandem topics apply --brokers \(address.brokers)'")
            }
        }
        let counts = Set(data.compactMap { partitions[$0.name(prefix: address.topicPrefix)] })
        guard counts.count <= 1 else {
            let list = data.map { topic in
                let name = topic.name(prefix: address.topicPrefix)
                return "\(name) \(partitions[name] ?? 0)"
            }
            throw CommandFailure(
                "data topics must have equally many partitions; found \(list.joined(separator: ", "))"
            )
        }
    }
}
