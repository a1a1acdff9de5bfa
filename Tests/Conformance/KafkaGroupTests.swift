import Contracts
import Determinism
import KafkaTransport
import Pipeline
import Stages
import Synchronization
import Testing

/// Lines of librdkafka and of the transport.
private final class Log: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func append(_ line: String) { lines.withLock { $0.append(line) } }
}

/// A handler that needs to know nothing.
private final class Nobody: RebalanceHandler {
    var restoresFirst: Bool { false }
    func assigned(_ assignments: [Assignment]) {}
    func revoking(_ partitions: [TopicPartition]) {}
    func lost(_ partitions: [TopicPartition]) {}
}

@Suite("A group that cannot be joined", .serialized)
struct KafkaGroupTests {
    private static let joinGroup: Int16 = 11
    private let log = Log()
    private let handler = Nobody()

    /// A member of a group whose brokers answer so when it wants to join.
    private func member(_ errors: [Int32]) throws -> (EmbeddedCluster, KafkaTransport) {
        let log = log
        let cluster = try EmbeddedCluster(log: { _, _ in })
        try cluster.createTopics(prefix: "tandem.", partitions: 1)
        cluster.answer(Self.joinGroup, with: errors)
        var address = ClusterAddress(brokers: cluster.brokers)
        address.isEmbedded = true
        let member = try KafkaTransport(address, group: "tandem.x", log: { log.append($1) })
        try member.subscribe([.records], handler: handler)
        return (cluster, member)
    }

    /// Polls until `isDone`, for five seconds at most.
    private func poll(_ member: KafkaTransport, until isDone: () -> Bool) throws {
        var batch = InboundBatch()
        for _ in 0..<250 where !isDone() {
            try member.poll(into: &batch, maximum: 10, timeout: .milliseconds(20))
        }
    }

    @Test(
        "for good ends the stage with the reason and what to do",
        arguments: [
            (Int32(26), "Invalid session timeout", "kafka.consumer.session.timeout.ms"),
            (Int32(30), "Group authorization failed", "allow this user"),
        ])
    func refused(code: Int32, words: String, advice: String) throws {
        let (cluster, member) = try member([code])
        let failure = #expect(throws: TransportFailure.self) {
            try poll(member) { false }
        }
        #expect(failure?.kind == .fatal)
        let text = failure?.description ?? ""
        #expect(text.contains("group 'tandem.x'") && text.contains(words), "\(text)")
        #expect(text.contains(advice), "\(text)")
        member.close()
        withExtendedLifetime(cluster) {}
    }

    @Test("for now is in the log within seconds, while the member goes on trying")
    func reported() throws {
        let full: Int32 = 81
        let (cluster, member) = try member(Array(repeating: full, count: 3))
        try poll(member) { !log.all.isEmpty }
        #expect(log.all.contains { $0.contains("'tandem.x'") && $0.contains("JoinGroup failed") })
        member.close()
        withExtendedLifetime(cluster) {}
    }
}

@Suite("What a Kafka transport polls")
struct KafkaPollTests {
    @Test("knows what the cluster's topic names begin with")
    func prefix() throws {
        let cluster = try EmbeddedCluster(log: { _, _ in })
        var address = ClusterAddress(brokers: cluster.brokers)
        address.topicPrefix = "staging."
        let member = try KafkaTransport(address, group: "staging.x", log: { _, _ in })
        var batch = InboundBatch()
        try member.poll(into: &batch, maximum: 1, timeout: .zero)
        #expect(batch.topicPrefix == "staging.")
        member.close()
    }

    /// An embedded cluster and a client that logs what it does about topics.
    private func cluster(_ log: Log) throws -> (EmbeddedCluster, ClusterAddress) {
        let cluster = try EmbeddedCluster(log: { _, _ in })
        try cluster.createTopics(prefix: "tandem.", partitions: 2)
        var address = ClusterAddress(brokers: cluster.brokers)
        address.isEmbedded = true
        address.common["debug"] = "topic"
        return (cluster, address)
    }

    /// What librdkafka logs when it looks for a beginning or an end by itself: for a partition without
    /// a leader yet, after half a second.
    private static let slowLookUp = ["querying for logical offset", "offset reset"]

    private func slowLookUps(_ log: Log) -> [String] {
        log.all.filter { line in Self.slowLookUp.contains { line.contains($0) } }
    }

    @Test(
        "starts at a number, so that the first messages do not wait for a look-up",
        arguments: [KafkaReader.Start.beginning, .end])
    func readerStart(start: KafkaReader.Start) throws {
        let log = Log()
        let (cluster, address) = try cluster(log)
        let reader = try KafkaReader(
            address, topics: [.records], from: start, clientID: "x", log: { log.append($1) })
        var batch = InboundBatch()
        for _ in 0..<250 where !reader.isCaughtUp { try reader.poll(into: &batch, timeout: 20) }
        #expect(reader.isCaughtUp && log.all.contains { $0.contains("tandem.records") })
        #expect(slowLookUps(log).isEmpty)
        withExtendedLifetime(cluster) {}
    }

    @Test("tells the end of some of its topics apart from that of the others")
    func caughtUpOnSome() throws {
        let log = Log()
        let (cluster, address) = try cluster(log)
        let reader = try KafkaReader(
            address, topics: [.control, .records], from: .beginning, clientID: "x",
            log: { _, _ in })
        #expect(!reader.isCaughtUp(on: [.control]) && !reader.isCaughtUp(on: [.records]))
        #expect(reader.isCaughtUp(on: [.models]), "what is not read has no end to wait for")
        var batch = InboundBatch()
        for _ in 0..<250 where !reader.isCaughtUp(on: [.control]) {
            try reader.poll(into: &batch, timeout: 20)
        }
        #expect(reader.isCaughtUp(on: [.control]))
        #expect(reader.isCaughtUp == reader.isCaughtUp(on: [.records]))
        withExtendedLifetime(cluster) {}
    }

    @Test("starts a group without positions at numbers as well")
    func memberStart() throws {
        let log = Log()
        let (cluster, address) = try cluster(log)
        let member = try KafkaTransport(address, group: "tandem.x", log: { log.append($1) })
        let handler = Nobody()
        try member.subscribe([.records], handler: handler)
        let writer = try KafkaWriter(address, clientID: "y", log: { _, _ in })
        var out = OutboundBatch()
        let text = OwnedBytes("v")
        withExtendedLifetime(text) {
            out.emit(to: .records, key: text.slice, value: text.slice, headers: [], timestamp: nil)
        }
        try writer.send(out)
        try writer.flush(timeout: 5_000)
        var batch = InboundBatch()
        for _ in 0..<500 where batch.isEmpty {
            try member.poll(into: &batch, maximum: 10, timeout: .milliseconds(20))
        }
        #expect(batch.count == 1 && batch.messages.first?.position.offset == 0)
        #expect(slowLookUps(log).isEmpty)
        member.close()
        withExtendedLifetime(cluster) {}
    }
}

@Suite("librdkafka's own table of properties")
struct KafkaPropertyTableTests {
    private let table = KafkaPropertyTable.library

    @Test("has names, and whose property each is")
    func names() {
        #expect(table.names.count > 150)
        #expect(table.side(of: "session.timeout.ms") == .consumer)
        #expect(table.side(of: "linger.ms") == .producer)
        #expect(table.side(of: "security.protocol") == .both)
        #expect(table.side(of: "nonsense") == nil)
        #expect(!table.names.contains { $0.contains(" ") || $0 == "Property" })
    }

    @Test("refuses what librdkafka refuses, with what is allowed")
    func refusals() {
        #expect(table.refusal(of: "5", for: "fetch.wait.max.ms") == nil)
        #expect(
            table.refusal(of: "x", for: "fetch.wait.max.ms") == .invalid(allowed: "0 to 300000"))
        #expect(
            table.refusal(of: "x", for: "enable.auto.commit") == .invalid(allowed: "true, false"))
        #expect(table.refusal(of: "x", for: "fetch.wait.ms") == .unknownName)
    }
}
