import Contracts
import Determinism
import Pipeline
import Stages

/// A message as a member got it: bytes of its own.
struct Received: Equatable {
    let position: MessagePosition
    let key: [UInt8]?
    let value: [UInt8]?
    let headers: [MessageHeader]
    let timestamp: Timestamp
}

/// A message to send.
struct Outgoing {
    var topic = Topic.records
    var key: [UInt8]? = Array("k".utf8)
    var value: [UInt8]? = Array("v".utf8)
    var headers: [MessageHeader] = []
    var timestamp: Timestamp?
}

/// A group member without a loop: notes what its transport tells it.
final class Member: RebalanceHandler {
    let transport: any Transport
    private let cluster: TestCluster
    private var epoch: UInt64 = 0
    private(set) var received: [Received] = []
    private(set) var assignments: [Assignment] = []
    private(set) var revocations = 0
    var restoresFirst: Bool { false }
    /// Done from inside a revocation.
    var onRevoke: (Member) -> Void = { _ in }

    init(_ cluster: TestCluster, group: String, topics: [Topic] = [.records]) throws {
        self.cluster = cluster
        transport = try cluster.transport(group: group)
        try transport.subscribe(topics, handler: self)
    }

    var partitions: Set<TopicPartition> { Set(assignments.map(\.partition)) }

    func assignment(of partition: Int32, on topic: Topic = .records) -> Assignment? {
        assignments.first { $0.partition == TopicPartition(topic: topic, partition: partition) }
    }

    func poll() throws {
        var batch = InboundBatch()
        try transport.poll(into: &batch, maximum: 100, timeout: TestCluster.pollTimeout)
        for index in 0..<batch.count {
            let message = batch.messages[index]
            received.append(
                Received(
                    position: message.position, key: batch.key(index)?.bytes,
                    value: batch.value(index)?.bytes, headers: message.headers,
                    timestamp: message.timestamp))
        }
        _ = try transport.acknowledgedEpoch()
    }

    @discardableResult
    func send(_ messages: [Outgoing]) throws -> UInt64 {
        var batch = OutboundBatch()
        for message in messages {
            let (key, value) = (
                message.key.map(OwnedBytes.init), message.value.map(OwnedBytes.init)
            )
            withExtendedLifetime((key, value)) {
                batch.emit(
                    to: message.topic, key: key?.slice, value: value?.slice,
                    headers: message.headers, timestamp: message.timestamp)
            }
        }
        epoch += 1
        try transport.send(batch, epoch: epoch)
        return epoch
    }

    func assigned(_ assignments: [Assignment]) { self.assignments = assignments }

    func revoking(_ partitions: [TopicPartition]) {
        onRevoke(self)
        revocations += 1
        assignments.removeAll { partitions.contains($0.partition) }
    }

    func lost(_ partitions: [TopicPartition]) {
        assignments.removeAll { partitions.contains($0.partition) }
    }
}

extension TestCluster {
    /// More polls than any rebalance of the slowest cluster takes: 20 s at 20 ms.
    private static let patience = 1_000

    /// Has the members poll in turn until `isDone`.
    ///
    /// - Returns: whether it came to that.
    func poll(_ members: Member..., until isDone: () -> Bool) throws -> Bool {
        for _ in 0..<Self.patience {
            if isDone() { return true }
            for member in members { try member.poll() }
            passTime()
        }
        return isDone()
    }

    /// Polls some time more, to see what must not come.
    func pollOn(_ members: Member..., times: Int = 20) throws {
        for _ in 0..<times {
            for member in members { try member.poll() }
            passTime()
        }
    }
}
