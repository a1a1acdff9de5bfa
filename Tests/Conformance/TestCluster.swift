import Contracts
import Determinism
import Foundation
import KafkaTransport
import Pipeline
import SimulatedTransport
import Stages

/// Where the behaviour suite runs: each case makes members of groups on a cluster of its own kind.
enum ClusterKind: String, CaseIterable, Sendable, CustomStringConvertible {
    case simulated
    /// librdkafka's mock cluster.
    case embedded
    /// The cluster named by TANDEM_TEST_BROKERS.
    case external

    var description: String { rawValue }

    static var available: [ClusterKind] {
        allCases.filter { $0 != .external || externalBrokers != nil }
    }

    static var externalBrokers: String? {
        ProcessInfo.processInfo.environment["TANDEM_TEST_BROKERS"].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// One cluster under test: topics of two partitions under a prefix of their own.
final class TestCluster {
    static let partitions = 2

    private enum Backing {
        case simulated(SimulatedCluster)
        case kafka(ClusterAddress)
    }

    private let backing: Backing
    // Keeps the embedded cluster alive.
    private let embedded: EmbeddedCluster?
    /// Kafka takes commits from the members of a group that rebalances; librdkafka's mock cluster
    /// refuses them.
    let commitsInRebalance: Bool
    let time: any TimeSource
    private let manual: ManualTimeSource?

    /// - Throws: when the cluster cannot be started or reached, or refuses the topics.
    init(_ kind: ClusterKind) throws {
        commitsInRebalance = kind != .embedded
        switch kind {
        case .simulated:
            let clock = ManualTimeSource()
            var faults = FaultPlan(seed: 1)
            faults.arrival = .milliseconds(1)...(.milliseconds(5))
            faults.acknowledgement = .milliseconds(1)...(.milliseconds(5))
            let cluster = SimulatedCluster(
                time: clock, partitions: Self.partitions, faults: faults)
            backing = .simulated(cluster)
            (embedded, manual, time) = (nil, clock, clock)
        case .embedded:
            let cluster = try EmbeddedCluster(log: { _, _ in })
            var address = ClusterAddress(brokers: cluster.brokers)
            address.isEmbedded = true
            // The mock cluster lets a rebalance take the session timeout, whoever has joined; a
            // session shorter than its first join's three seconds ends before it begins.
            address.consumer["session.timeout.ms"] = "5000"
            address.consumer["heartbeat.interval.ms"] = "500"
            try cluster.createTopics(prefix: address.topicPrefix, partitions: Self.partitions)
            backing = .kafka(address)
            (embedded, manual, time) = (cluster, nil, SystemTimeSource())
        case .external:
            var address = ClusterAddress(brokers: ClusterKind.externalBrokers ?? "")
            address.topicPrefix = "tandem-test-\(UInt32.random(in: 0...(.max)))."
            try Self.createTopics(address)
            backing = .kafka(address)
            (embedded, manual, time) = (nil, nil, SystemTimeSource())
        }
    }

    private static func createTopics(_ address: ClusterAddress) throws {
        let admin = try KafkaAdmin(address, log: { _, _ in })
        let failures = try admin.create(
            Topic.allCases.map {
                TopicRequest(
                    name: $0.name(prefix: address.topicPrefix),
                    partitions: $0.plane == .control ? 1 : partitions, replication: 1,
                    configuration: [:])
            })
        if let failure = failures.first {
            throw KafkaError(code: -1, "topic '\(failure.key)': \(failure.value)")
        }
    }

    func transport(group: String) throws -> any Transport {
        switch backing {
        case .simulated(let cluster): SimulatedTransport(cluster, group: group)
        case .kafka(let address): try KafkaTransport(address, group: group, log: { _, _ in })
        }
    }

    /// A transport that writes in transactions; on Kafka under a name of its own for each cluster.
    func transactional(group: String, id: String) throws -> any TransactionalTransport {
        switch backing {
        case .simulated(let cluster):
            SimulatedTransport(cluster, group: group, instance: id)
        case .kafka(let address):
            try KafkaTransport(
                address, group: group, transactionalID: address.topicPrefix + id,
                log: { _, _ in })
        }
    }

    /// How long one poll waits for something; on the simulated cluster its clock moves instead.
    static let pollTimeout = TimeSpan.milliseconds(20)

    /// What a member does between two polls: on a virtual clock, time must be moved.
    func passTime() { manual?.advance(by: Self.pollTimeout) }
}
