import Contracts
import Determinism
import Pipeline
import Stages
import TestSupport
import Testing

/// A log, a group and a producer in memory, steered by hand: what is acknowledged, and which calls
/// fail.
private final class HandTransport: Transport {
    var handler: (any RebalanceHandler)?
    var log: [(offset: Int64, value: String)] = []
    var delivered = 0
    var isPaused = false
    var sent: [(epoch: UInt64, values: [String])] = []
    var acknowledged: UInt64 = 0
    var committed: [OffsetCommit] = []
    var synchronousCommits = 0
    var flushes = 0
    var isClosed = false
    var rejectHeaders: [MessageHeader] = []
    var sendFailure: TransportFailure?
    /// Runs inside the next poll, as a rebalance does.
    var rebalance: ((any RebalanceHandler) -> Void)?

    func subscribe(_ topics: [Topic], handler: any RebalanceHandler) throws(TransportFailure) {
        self.handler = handler
    }

    func poll(
        into batch: inout InboundBatch, maximum: Int, timeout: TimeSpan
    ) throws(TransportFailure) {
        if let rebalance, let handler {
            self.rebalance = nil
            rebalance(handler)
        }
        guard !isPaused else { return }
        batch.topicPrefix = "here."
        for message in log.dropFirst(delivered).prefix(maximum) {
            batch.append(
                at: StageLoopTests.position(message.offset), timestamp: Timestamp(milliseconds: 0),
                key: kept("k"), value: kept(message.value))
            delivered += 1
        }
    }

    func setPaused(_ paused: Bool) throws(TransportFailure) { isPaused = paused }

    func send(_ batch: borrowing OutboundBatch, epoch: UInt64) throws(TransportFailure) {
        if let sendFailure { throw sendFailure }
        let values = batch.messages.indices.map { batch.value($0)?.string ?? "" }
        sent.append((epoch, values))
        rejectHeaders += batch.messages.flatMap { $0.topic == .rejects ? $0.headers : [] }
    }

    func acknowledgedEpoch() throws(TransportFailure) -> UInt64 { acknowledged }

    var unacknowledged: Int {
        sent.filter { $0.epoch > acknowledged }.reduce(0) { $0 + $1.values.count }
    }

    func flush(timeout: TimeSpan) throws(TransportFailure) {
        flushes += 1
        acknowledgeAll()
    }

    func commit(_ commits: [OffsetCommit], synchronously: Bool) throws(TransportFailure) {
        #expect(sent.allSatisfy { $0.epoch <= acknowledged } || !synchronously)
        committed += commits
        if synchronously { synchronousCommits += 1 }
    }

    func startRestoring(
        _ changelog: Topic, partitions: [Int32], since: Timestamp
    ) throws(TransportFailure) {}

    func pollRestoring(
        into batch: inout InboundBatch, maximum: Int, timeout: TimeSpan
    ) throws(TransportFailure) -> RestoreProgress {
        RestoreProgress(restored: 0, total: 0, isComplete: true)
    }

    func close() { isClosed = true }

    func acknowledgeAll() { acknowledged = sent.last?.epoch ?? acknowledged }
}

/// Holds messages that begin with `hold` until a message names them; writes every other one on.
private struct EchoStage: Stage {
    let name = StageName.reduction
    var counters = StageCounters()
    var waiting: [String: MessagePosition] = [:]
    var forgotten: [Int32] = []

    var heldCount: Int { waiting.count }

    mutating func process(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        for index in 0..<batch.count {
            let text = batch.value(index)?.string ?? ""
            counters.received += 1
            if text == "bad" {
                out.reject(batch, index, by: name, because: ContractViolation(.wrongType, "bad"))
            } else if text.hasPrefix("hold") {
                waiting[text] = batch.messages[index].position
                out.hold(batch.messages[index].position)
            } else if text.hasPrefix("free "),
                let position = waiting.removeValue(
                    forKey: String(text.dropFirst(5)))
            {
                out.release(position)
            } else {
                out.emit(
                    to: .reduced, key: kept("k"), value: kept(text), headers: [], timestamp: nil)
            }
        }
    }

    mutating func forget(topic: Topic, partition: Int32) {
        forgotten.append(partition)
        waiting = waiting.filter { $0.value.partition != partition }
    }
}

@Suite("The stage loop")
struct StageLoopTests {
    static func position(_ offset: Int64) -> MessagePosition {
        MessagePosition(topic: .features, partition: 0, offset: offset)
    }

    private static let partition = TopicPartition(topic: .features, partition: 0)
    private let transport = HandTransport()
    private let time = ManualTimeSource()

    private func loop(
        position: Int64? = 0, metadata: String = "", _ change: (inout LoopLimits) -> Void = { _ in }
    ) throws -> StageLoop {
        var limits = LoopLimits()
        change(&limits)
        let loop = StageLoop(stage: EchoStage(), transport: transport, time: time, limits: limits)
        try loop.start()
        transport.rebalance = {
            $0.assigned([
                Assignment(partition: Self.partition, position: position, metadata: metadata)
            ])
        }
        return loop
    }

    private func append(_ values: String...) {
        for value in values {
            transport.log.append((transport.log.last.map { $0.offset + 1 } ?? 0, value))
        }
    }

    /// One turn after the commit interval has gone by.
    private func turn(_ loop: StageLoop) throws {
        time.advance(by: .milliseconds(50))
        try loop.runOnce(control: ControlSnapshot())
    }

    private var written: [String] { transport.sent.flatMap(\.values) }
    private var positions: [Int64] { transport.committed.map(\.position) }

    @Test("commits an offset only when everything written because of it is acknowledged")
    func acknowledgement() throws {
        let loop = try loop()
        append("a", "b")
        for _ in 0..<5 { try turn(loop) }
        #expect(written == ["a", "b"] && transport.committed.isEmpty)
        transport.acknowledged = 0
        try turn(loop)
        #expect(transport.committed.isEmpty)
        transport.acknowledgeAll()
        for _ in 0..<3 { try turn(loop) }
        #expect(positions == [2])
    }

    @Test("does not commit for what came after the acknowledged snapshot")
    func snapshot() throws {
        let loop = try loop()
        append("a")
        try turn(loop)
        let first = transport.sent.last?.epoch ?? 0
        append("b")
        try turn(loop)
        transport.acknowledged = first
        try turn(loop)
        #expect(positions == [1])
        transport.acknowledgeAll()
        for _ in 0..<3 { try turn(loop) }
        #expect(positions == [1, 2])
    }

    @Test("never commits past an input that is held, and says which later ones are done")
    func held() throws {
        let loop = try loop()
        append("a", "hold x", "b", "c")
        for _ in 0..<4 {
            try turn(loop)
            transport.acknowledgeAll()
        }
        #expect(positions.allSatisfy { $0 <= 1 })
        let last = try #require(transport.committed.last)
        #expect(last.position == 1)
        #expect(CommitMetadata.decode(position: 1, last.metadata) == [2..<4])
        append("free hold x")
        for _ in 0..<3 {
            try turn(loop)
            transport.acknowledgeAll()
        }
        #expect(positions.last == 5 && transport.committed.last?.metadata == "")
    }

    @Test("skips what an earlier instance had finished beyond its position")
    func inherited() throws {
        let metadata = CommitMetadata.encode(position: 1, completed: [2..<4])
        let loop = try loop(position: 1, metadata: metadata)
        transport.log = (1...5).map { (Int64($0), "m\($0)") }
        try turn(loop)
        #expect(written == ["m1", "m4", "m5"] && loop.skipped == 2)
    }

    @Test("rejects name the topic as the cluster does", arguments: [false, true])
    func rejectedTopic(isInherited: Bool) throws {
        // An inherited range has the loop hand the stage another batch than the one it polled.
        let metadata = CommitMetadata.encode(position: 1, completed: isInherited ? [2..<3] : [])
        let loop = try loop(position: 1, metadata: metadata)
        transport.log = [(1, "a"), (2, "b"), (3, "bad")]
        try turn(loop)
        for name in ["tandem-error-topic", "__connect.errors.topic"] {
            let header = transport.rejectHeaders.first { $0.name == name }
            #expect(header == MessageHeader(name, "here.features"))
        }
        #expect(loop.skipped == (isInherited ? 1 : 0))
    }

    @Test("drops messages of partitions that are not its own")
    func foreign() throws {
        let loop = try loop()
        transport.rebalance = nil
        append("a")
        try turn(loop)
        #expect(written.isEmpty && transport.committed.isEmpty)
    }

    @Test("pauses fetching while too much is unacknowledged, and resumes")
    func unacknowledged() throws {
        let loop = try loop { $0.maximumUnacknowledged = 2 }
        append("a", "b", "c")
        try turn(loop)
        append("d")
        try turn(loop)
        #expect(transport.isPaused && written == ["a", "b", "c"])
        transport.acknowledgeAll()
        try turn(loop)
        #expect(!transport.isPaused && written == ["a", "b", "c", "d"])
    }

    @Test("pauses fetching while the stage holds too much")
    func heldLimit() throws {
        let loop = try loop { $0.maximumHeld = 1 }
        append("hold a", "hold b")
        try turn(loop)
        #expect(!transport.isPaused)
        try turn(loop)
        #expect(transport.isPaused)
        transport.rebalance = { $0.lost([Self.partition]) }
        try turn(loop)
        try turn(loop)
        #expect(!transport.isPaused && loop.stage.heldCount == 0)
    }

    @Test("takes no more than its batch limit in one turn")
    func batchLimit() throws {
        let loop = try loop { $0.batchMaximum = 3 }
        append("a", "b", "c", "d")
        try turn(loop)
        #expect(written.count == 3)
        try turn(loop)
        #expect(written.count == 4)
    }

    @Test("drains before it hands a partition over: what is done is committed, what is held is not")
    func revocation() throws {
        let loop = try loop()
        append("a", "hold x", "b")
        try turn(loop)
        transport.rebalance = { $0.revoking([Self.partition]) }
        try turn(loop)
        #expect(transport.flushes == 1 && transport.synchronousCommits == 1)
        let commit = try #require(transport.committed.last)
        #expect(commit.position == 1)
        #expect(CommitMetadata.decode(position: 1, commit.metadata) == [2..<3])
        #expect(loop.stage.heldCount == 0 && loop.assignedPartitions == 0)
        transport.acknowledgeAll()
        for _ in 0..<3 { try turn(loop) }
        #expect(transport.committed.last == commit)
    }

    @Test("commits nothing for partitions that are lost already")
    func lost() throws {
        let loop = try loop()
        append("a", "b")
        try turn(loop)
        transport.rebalance = { $0.lost([Self.partition]) }
        transport.acknowledgeAll()
        for _ in 0..<4 { try turn(loop) }
        #expect(transport.committed.isEmpty && transport.flushes == 0)
    }

    @Test("flushes, commits and leaves when it stops")
    func stop() throws {
        let loop = try loop()
        append("a", "b")
        try turn(loop)
        try loop.stop()
        #expect(positions == [2] && transport.synchronousCommits == 1 && transport.isClosed)
    }

    @Test("sends output that was not taken before anything else, and commits nothing until then")
    func failedSend() throws {
        let loop = try loop()
        append("a", "b")
        transport.sendFailure = TransportFailure(.retriable, "queue")
        for _ in 0..<3 { #expect(throws: TransportFailure.self) { try turn(loop) } }
        #expect(throws: TransportFailure.self) { try loop.drain() }
        #expect(transport.committed.isEmpty && transport.delivered == 2)
        transport.sendFailure = nil
        try turn(loop)
        transport.acknowledgeAll()
        for _ in 0..<2 { try turn(loop) }
        #expect(transport.sent.flatMap(\.values) == ["a", "b"])
        #expect(positions == [2])
    }

    @Test("says how much it did in a turn")
    func work() throws {
        let loop = try loop()
        append("a", "hold b")
        #expect(try loop.runOnce(control: ControlSnapshot()) == 3)
        #expect(try loop.runOnce(control: ControlSnapshot()) == 0)
    }
}
