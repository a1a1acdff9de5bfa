import Contracts
import Determinism
import Foundation
import Pipeline
import Stages
import TestSupport
import Testing

/// A journal that a stage's death leaves as it is.
private final class NotedJournal: CrashJournal {
    var inHand: InHand?
    var isDead = false
    private(set) var leftover: InHand?
    private(set) var convictions: [Conviction] = []

    func convict(_ conviction: Conviction) { convictions.append(conviction) }
    func begin(_ inHand: InHand) { if !isDead { self.inHand = inHand } }
    func end() { if !isDead { inHand = nil } }

    /// The next life's view.
    func reborn() -> NotedJournal {
        let next = NotedJournal()
        next.leftover = inHand
        next.convictions = convictions
        return next
    }
}

/// Writes every message on, and "dies" over some: what it did in that life does not count.
private struct FragileStage: Stage {
    let name = StageName.reduction
    var counters = StageCounters()
    let poison: Set<String>
    let journal: NotedJournal

    mutating func process(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        for index in 0..<batch.count {
            let value = batch.value(index)?.string ?? ""
            if poison.contains(value) { journal.isDead = true }
            out.emit(to: .reduced, key: kept("k")) { $0.append(value) }
        }
    }
}

/// One life: a log that starts at a committed position, output that counts unless the stage died.
private final class LifeTransport: Transport {
    let log: [String]
    let position: Int64
    private let batchMaximum: Int
    private var next: Int64
    var sent: [(topic: Topic, value: String, headers: [MessageHeader])] = []
    var committed: Int64
    private var epoch: UInt64 = 0

    init(_ log: [String], from position: Int64, batchMaximum: Int) {
        self.log = log
        self.position = position
        self.batchMaximum = batchMaximum
        next = position
        committed = position
    }

    func subscribe(_ topics: [Topic], handler: any RebalanceHandler) throws(TransportFailure) {
        let partition = TopicPartition(topic: .features, partition: 0)
        handler.assigned([Assignment(partition: partition, position: position, metadata: "")])
    }

    func poll(
        into batch: inout InboundBatch, maximum: Int, timeout: TimeSpan
    ) throws(TransportFailure) {
        while next < Int64(log.count), batch.count < batchMaximum {
            batch.append(
                at: MessagePosition(topic: .features, partition: 0, offset: next),
                timestamp: Timestamp(milliseconds: 0), key: kept("k"), value: kept(log[Int(next)]))
            next += 1
        }
    }

    func setPaused(_ paused: Bool) throws(TransportFailure) {}

    func send(_ batch: borrowing OutboundBatch, epoch: UInt64) throws(TransportFailure) {
        self.epoch = epoch
        for index in batch.messages.indices {
            let message = batch.messages[index]
            sent.append((message.topic, batch.value(index)?.string ?? "", message.headers))
        }
    }

    func acknowledgedEpoch() throws(TransportFailure) -> UInt64 { epoch }
    var unacknowledged: Int { 0 }
    func flush(timeout: TimeSpan) throws(TransportFailure) {}
    func commit(_ commits: [OffsetCommit], synchronously: Bool) throws(TransportFailure) {
        committed = commits.first?.position ?? committed
    }
    func startRestoring(
        _ changelog: Topic, partitions: [Int32], since: Timestamp
    ) throws(TransportFailure) {}
    func pollRestoring(
        into batch: inout InboundBatch, maximum: Int, timeout: TimeSpan
    ) throws(TransportFailure) -> RestoreProgress {
        RestoreProgress(restored: 0, total: 0, isComplete: true)
    }
    func close() {}
}

@Suite("A message over which a stage dies")
struct PoisonTests {
    /// Lives of one instance until one of them ends well.
    private func lives(
        _ log: [String], poison: Set<String>, batch: Int, limit: Int = 40
    ) throws -> (deaths: Int, output: [String], rejects: [String]) {
        var journal = NotedJournal()
        var position: Int64 = 0
        var output: [String] = []
        var rejects: [String] = []
        for death in 0..<limit {
            let time = ManualTimeSource()
            let transport = LifeTransport(log, from: position, batchMaximum: batch)
            let loop = StageLoop(
                stage: FragileStage(poison: poison, journal: journal), transport: transport,
                time: time, limits: LoopLimits(), journal: journal)
            try loop.start()
            // What a life had sent and committed before the turn in which it died counts.
            var counted = 0
            for _ in 0..<log.count / batch + 4 {
                counted = transport.sent.count
                try loop.runOnce(control: ControlSnapshot(), pollTimeout: .zero)
                time.advance(by: TimeSpan.milliseconds(60))
                if journal.isDead { break }
            }
            if !journal.isDead { counted = transport.sent.count }
            for message in transport.sent.prefix(counted) {
                if message.topic == .rejects {
                    rejects.append(message.value)
                    let code = message.headers.first { $0.name == "tandem-error-code" }
                    #expect(code?.value == Array("stageFailure".utf8))
                } else {
                    output.append(message.value)
                }
            }
            guard journal.isDead else { return (death, output, rejects) }
            position = transport.committed
            journal = journal.reborn()
        }
        Issue.record("the stage still dies after \(limit) lives")
        return (limit, output, rejects)
    }

    @Test("is found by halving, rejected byte for byte, and everything else goes on")
    func bisection() throws {
        let log = (0..<64).map { "m\($0)" }
        let ended = try lives(log, poison: ["m37"], batch: 64)
        #expect(Set(ended.rejects) == ["m37"])
        #expect(Set(ended.output) == Set(log).subtracting(["m37"]))
        // One death over the whole, one for each halving, and one more to be sure.
        #expect(ended.deaths >= 3 && ended.deaths <= 9)
    }

    @Test("is found beside others of its kind, whatever the batches")
    func several() throws {
        let log = (0..<30).map { "m\($0)" }
        for batch in [1, 7, 30] {
            let ended = try lives(log, poison: ["m0", "m8", "m29"], batch: batch)
            // A life that ended before it committed repeats what it rejected: never silently.
            #expect(Set(ended.rejects) == ["m0", "m29", "m8"], "\(batch)")
            #expect(Set(ended.output) == Set(log).subtracting(["m0", "m8", "m29"]), "\(batch)")
        }
    }

    @Test("is not suspected because the process was killed over it once")
    func killedOnce() throws {
        let journal = NotedJournal()
        journal.begin(
            InHand(
                ranges: [
                    MessageRange(
                        partition: TopicPartition(topic: .features, partition: 0), first: 0,
                        last: 0)
                ], deaths: 1))
        let next = journal.reborn()
        let transport = LifeTransport(["a", "b"], from: 0, batchMaximum: 10)
        let loop = StageLoop(
            stage: FragileStage(poison: [], journal: next), transport: transport,
            time: ManualTimeSource(), limits: LoopLimits(), journal: next)
        try loop.start()
        try loop.runOnce(control: ControlSnapshot(), pollTimeout: .zero)
        #expect(transport.sent.map(\.value) == ["a", "b"])
        #expect(next.inHand == nil)
    }

    @Test("is remembered in a file by the next life")
    func file() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(
            "tandem-journal-\(UUID().uuidString)"
        ).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let noted = InHand(
            ranges: (0..<3).map {
                MessageRange(
                    partition: TopicPartition(topic: .verdicts, partition: Int32($0)),
                    first: 5, last: Int64(5 + $0))
            }, deaths: 2)
        let first = try FileJournal(path: path)
        #expect(first.leftover == nil)
        first.begin(noted)
        let second = try FileJournal(path: path)
        #expect(second.leftover == noted)
        second.begin(noted)
        let conviction = Conviction(
            partition: noted.ranges[0].partition, offset: 5, hash: .max, deaths: 2)
        second.convict(conviction)
        second.end()
        #expect(try FileJournal(path: path).convictions == [conviction])
        #expect(try FileJournal(path: path).leftover == nil)
        try Data(repeating: 0xff, count: 4_096).write(to: URL(fileURLWithPath: path))
        #expect(try FileJournal(path: path).leftover == nil, "a file of another kind is no journal")
        #expect(throws: TransportFailure.self) { try FileJournal(path: "/proc/none/journal") }
    }
}
