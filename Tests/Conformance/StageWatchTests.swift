import Contracts
import Determinism
import KafkaTransport
import Pipeline
import Stages
import Testing

/// Lag as an outsider finds it on librdkafka's mock cluster, which has no transactions: markers are
/// left to the tests of `PartitionProgress`.
@Suite("A look at the stages from outside", .serialized)
struct StageWatchTests {
    private let cluster: EmbeddedCluster
    private let address: ClusterAddress

    init() throws {
        cluster = try EmbeddedCluster(log: { _, _ in })
        try cluster.createTopics(prefix: "tandem.", partitions: 1)
        var address = ClusterAddress(brokers: cluster.brokers)
        address.isEmbedded = true
        self.address = address
    }

    private func publish(_ count: Int, to topic: Topic) throws {
        let writer = try KafkaWriter(address, clientID: "x", log: { _, _ in })
        var batch = OutboundBatch()
        let text = OwnedBytes("v")
        withExtendedLifetime(text) {
            for _ in 0..<count {
                batch.emit(
                    to: topic, key: text.slice, value: text.slice, headers: [], timestamp: nil)
            }
        }
        try writer.send(batch)
        try writer.flush(timeout: 5_000)
    }

    private final class Member: RebalanceHandler {
        var isAssigned = false
        var restoresFirst: Bool { false }
        func assigned(_ assignments: [Assignment]) { isAssigned = true }
        func revoking(_ partitions: [TopicPartition]) {}
        func lost(_ partitions: [TopicPartition]) {}
    }

    /// Commits a position as a member of the stage's group.
    private func commit(
        _ stage: StageName, _ topic: Topic, _ position: Int64, completed: [Range<Int64>] = []
    ) throws {
        let transport = try KafkaTransport(
            address, group: "tandem." + stage.rawValue, log: { _, _ in })
        let member = Member()
        try transport.subscribe([topic], handler: member)
        var batch = InboundBatch()
        for _ in 0..<500 where !member.isAssigned {
            try transport.poll(into: &batch, maximum: 1, timeout: .milliseconds(20))
        }
        let metadata = CommitMetadata.encode(position: position, completed: completed)
        try transport.commit(
            [
                OffsetCommit(
                    partition: TopicPartition(topic: topic, partition: 0), position: position,
                    metadata: metadata)
            ], synchronously: true)
        transport.close()
    }

    private func look(_ stages: [StageName]) throws -> [StageProgress] {
        let stages = try StageWatch(address, stages: stages, log: { _, _ in }).look()
        withExtendedLifetime(cluster) {}
        return stages
    }

    @Test("counts what a stage has not done, to the message")
    func counted() throws {
        try publish(30, to: .records)
        try publish(2, to: .labels)
        try commit(.ingestion, .records, 10, completed: [12..<15, 20..<21])
        let stages = try look([.ingestion, .shadow, .reduction])
        #expect(stages.map(\.lag) == [16, 2, 0])
        #expect(stages.map(\.state) == [.behind, .behind, .idle])
        #expect(stages.map(\.isExact) == [true, true, true])
        #expect(stages[0].topics.first?.partitions.first?.committed == 10)
        #expect(stages[1].topics.map(\.topic) == [.verdicts, .labels])
    }

    @Test("bounds what would take long to count")
    func bounded() throws {
        try publish(1_500, to: .records)
        let stage = try #require(try look([.ingestion]).first)
        #expect(stage.lag == 1_500 && !stage.isExact)
    }

    @Test("finds a stage idle that has read everything")
    func idle() throws {
        try publish(5, to: .records)
        try commit(.ingestion, .records, 5)
        let stage = try #require(try look([.ingestion]).first)
        #expect(stage.state == .idle && stage.lag == 0)
        #expect(stage.topics.first?.partitions.first?.end == 5)
    }
}
