import Contracts
import Determinism
import Pipeline
import Stages
import TestSupport
import Testing

/// A transactional log of one partition in memory; calls fail as told, and are noted.
private final class ScriptedTransport: TransactionalTransport {
    enum Call: String { case initialize, begin, sendOffsets, commit, abort, send, rewind, restore }

    var handler: (any RebalanceHandler)?
    var calls: [Call] = []
    /// The next call of a kind fails so; once.
    var failures: [Call: [TransportFailure.Kind]] = [:]
    var input: [String] = []
    var position: Int64 = 0
    var next: Int64 = 0
    var isPaused = false
    var open: [String] = []
    var openPosition: Int64?
    /// What `read_committed` consumers see.
    var visible: [String] = []
    /// Values of committed changelog entries.
    var changelog: [String] = []
    var rebalance: ((any RebalanceHandler) -> Void)?
    var isClosed = false
    /// Changelogs that were asked for, from when.
    var restored: [(topic: Topic, since: Timestamp)] = []

    static let partition = TopicPartition(topic: .reduced, partition: 0)

    private func note(_ call: Call) throws(TransportFailure) {
        calls.append(call)
        guard var kinds = failures[call], !kinds.isEmpty else { return }
        let kind = kinds.removeFirst()
        failures[call] = kinds
        throw TransportFailure(kind, "\(call.rawValue) fails")
    }

    func subscribe(_ topics: [Topic], handler: any RebalanceHandler) throws(TransportFailure) {
        self.handler = handler
    }

    func assign() {
        next = position
        isPaused = handler?.restoresFirst ?? false
        handler?.assigned([
            Assignment(partition: Self.partition, position: position, metadata: "")
        ])
    }

    func poll(
        into batch: inout InboundBatch, maximum: Int, timeout: TimeSpan
    ) throws(TransportFailure) {
        if let rebalance, let handler {
            self.rebalance = nil
            rebalance(handler)
        }
        guard !isPaused else { return }
        while next < Int64(input.count), batch.count < maximum {
            batch.append(
                at: MessagePosition(topic: .reduced, partition: 0, offset: next),
                timestamp: Timestamp(milliseconds: 0), key: kept("k"),
                value: kept(input[Int(next)]))
            next += 1
        }
    }

    func setPaused(_ paused: Bool) throws(TransportFailure) { isPaused = paused }

    func send(_ batch: borrowing OutboundBatch, epoch: UInt64) throws(TransportFailure) {
        try note(.send)
        open += batch.messages.indices.map { batch.value($0)?.string ?? "" }
    }

    func acknowledgedEpoch() throws(TransportFailure) -> UInt64 { 0 }
    var unacknowledged: Int { 0 }
    func flush(timeout: TimeSpan) throws(TransportFailure) {}
    func commit(_ commits: [OffsetCommit], synchronously: Bool) throws(TransportFailure) {
        Issue.record("a plain commit")
    }

    func initializeTransactions(timeout: TimeSpan) throws(TransportFailure) {
        try note(.initialize)
    }

    func beginTransaction() throws(TransportFailure) { try note(.begin) }

    func sendOffsets(_ commits: [OffsetCommit], timeout: TimeSpan) throws(TransportFailure) {
        try note(.sendOffsets)
        openPosition = commits.first?.position
    }

    func commitTransaction(timeout: TimeSpan) throws(TransportFailure) {
        try note(.commit)
        visible += open
        changelog += open.filter { $0.hasPrefix("state ") }
        open = []
        position = openPosition ?? position
    }

    func abortTransaction(timeout: TimeSpan) throws(TransportFailure) {
        try note(.abort)
        open = []
        openPosition = nil
    }

    func rewind() throws(TransportFailure) {
        try note(.rewind)
        assign()
    }

    func startRestoring(
        _ topic: Topic, partitions: [Int32], since: Timestamp
    ) throws(TransportFailure) {
        try note(.restore)
        restored.append((topic, since))
    }

    func pollRestoring(
        into batch: inout InboundBatch, maximum: Int, timeout: TimeSpan
    ) throws(TransportFailure) -> RestoreProgress {
        for (offset, value) in changelog.enumerated() {
            batch.append(
                at: MessagePosition(
                    topic: restored.last?.topic ?? .admissionState, partition: 0,
                    offset: Int64(offset)),
                timestamp: Timestamp(milliseconds: 0), key: kept("k"), value: kept(value))
        }
        let count = Int64(changelog.count)
        return RestoreProgress(restored: count, total: count, isComplete: true)
    }

    func close() { isClosed = true }
}

/// Writes each input with the number of inputs before it, and that number as its state.
private struct CountingStage: Stage {
    let name = StageName.admission
    var counters = StageCounters()
    var count = 0
    var further: [DurableState] = []
    /// Entries read back, by changelog.
    var read: [Topic: Int] = [:]

    var durableState: DurableState? {
        DurableState(
            changelog: .admissionState, reach: .seconds(60 as Int64), further: further)
    }

    mutating func process(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        for index in 0..<batch.count {
            let value = "\(batch.value(index)?.string ?? "")#\(count)"
            count += 1
            out.emit(to: .verdicts, key: kept("k")) { $0.append(value) }
            let state = "state \(count)"
            out.emit(to: .admissionState, key: kept("k")) { $0.append(state) }
        }
    }

    mutating func restore(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        for index in 0..<batch.count {
            read[batch.messages[index].position.topic, default: 0] += 1
            guard
                let number = batch.value(index)?.string.split(separator: " ").last.map({ Int($0) })
            else { continue }
            guard let number else {
                out.reject(
                    batch, index, by: name, because: ContractViolation(.undecodable, "no number"))
                continue
            }
            count = number
        }
    }

    mutating func reset() { count = 0 }
}

@Suite("The transactional loop")
struct TransactionalLoopTests {
    private let time = ManualTimeSource(start: Timestamp(milliseconds: 1_000_000))

    private func started(
        _ transport: ScriptedTransport, _ stage: CountingStage = CountingStage()
    ) throws -> TransactionalLoop {
        let loop = TransactionalLoop(
            stage: stage, transport: transport, time: time, limits: LoopLimits())
        try loop.start()
        transport.assign()
        return loop
    }

    /// Turns of the loop until nothing more happens, a commit interval apart.
    private func run(_ loop: TransactionalLoop, turns: Int = 8) throws {
        for _ in 0..<turns {
            do throws(TransportFailure) {
                try loop.runOnce(control: ControlSnapshot(), pollTimeout: .zero)
            } catch {
                guard error.kind == .retriable else { throw error }
            }
            time.advance(by: TimeSpan.milliseconds(60))
        }
    }

    private static let wanted = ["a#0", "state 1", "b#1", "state 2", "c#2", "state 3"]

    @Test("shows output, state and positions of a transaction all at once")
    func commit() throws {
        let transport = ScriptedTransport()
        transport.input = ["a", "b", "c"]
        let loop = try started(transport)
        try loop.runOnce(control: ControlSnapshot(), pollTimeout: .zero)
        try loop.runOnce(control: ControlSnapshot(), pollTimeout: .zero)
        #expect(transport.open == Self.wanted && transport.visible == [])
        try run(loop)
        #expect(transport.visible == Self.wanted)
        #expect(transport.position == 3 && loop.openInputs == 0)
        #expect(
            transport.calls == [.initialize, .restore, .begin, .send, .sendOffsets, .commit])
    }

    @Test("reads several changelogs back, each as far as it reaches, before the first record")
    func severalChangelogs() throws {
        let transport = ScriptedTransport()
        transport.input = ["a"]
        transport.changelog = ["state 4", "state 5"]
        let budgets = DurableState(changelog: .budgets, reach: DurableState.ever)
        let loop = try started(transport, CountingStage(further: [budgets]))
        try loop.runOnce(control: ControlSnapshot(), pollTimeout: .zero)
        #expect(loop.restoring?.isComplete == false && loop.restoring?.restored == 2)
        #expect(transport.open == [])
        try run(loop)
        #expect(loop.restoring == nil)
        #expect(transport.restored.map(\.topic) == [.admissionState, .budgets])
        #expect(transport.restored[0].since == Timestamp(milliseconds: 1_000_000 - 60_000))
        #expect(transport.restored[1].since < Timestamp(milliseconds: 0))
        #expect((loop.stage as? CountingStage)?.read == [.admissionState: 2, .budgets: 2])
        #expect(transport.visible == ["a#5", "state 6"])
    }

    @Test("sends on entries of the changelog that cannot be read, and restores the others")
    func unreadableState() throws {
        let transport = ScriptedTransport()
        transport.changelog = ["state 4", "garbage"]
        transport.input = ["a"]
        let loop = try started(transport)
        try run(loop)
        #expect(transport.visible == ["garbage", "a#4", "state 5"])
    }

    @Test(
        "gives the same output once, whatever call fails and however",
        arguments: ["begin", "send", "sendOffsets", "commit", "abort"], [1, 2, 3])
    func failures(name: String, times: Int) throws {
        let call = try #require(ScriptedTransport.Call(rawValue: name))
        for kind in [TransportFailure.Kind.retriable, .abortable] {
            let transport = ScriptedTransport()
            transport.input = ["a", "b", "c"]
            transport.failures[call] = Array(repeating: kind, count: times)
            // An abort needs something to abort.
            if call == .abort { transport.failures[.commit] = [.abortable] }
            let loop = try started(transport)
            try run(loop, turns: 24)
            #expect(transport.visible == Self.wanted, "\(name) \(kind)")
            #expect(transport.position == 3)
            let unmet = transport.failures.values.reduce(0) { $0 + $1.count }
            #expect(unmet == 0, "every failure was met")
            let aborts = call != .abort && kind == .abortable ? times : call == .abort ? 1 : 0
            #expect(loop.counts.aborted == aborts, "\(name) \(kind)")
        }
    }

    @Test("ends with what fenced it, and writes nothing more")
    func fenced() throws {
        let transport = ScriptedTransport()
        transport.input = ["a"]
        transport.failures[.commit] = [.fatal]
        let loop = try started(transport)
        for _ in 0..<3 {
            do throws(TransportFailure) {
                try loop.runOnce(control: ControlSnapshot(), pollTimeout: .zero)
                time.advance(by: TimeSpan.milliseconds(60))
            } catch {
                #expect(error.kind == .fatal)
            }
        }
        #expect(loop.phase == .fenced && transport.visible == [])
        #expect(throws: TransportFailure.self) {
            try loop.runOnce(control: ControlSnapshot(), pollTimeout: .zero)
        }
    }

    @Test("commits before it hands its partitions over, and restores what it gets")
    func handOver() throws {
        let transport = ScriptedTransport()
        transport.input = ["a", "b"]
        let loop = try started(transport)
        try loop.runOnce(control: ControlSnapshot(), pollTimeout: .zero)
        try loop.runOnce(control: ControlSnapshot(), pollTimeout: .zero)
        transport.rebalance = { $0.revoking([ScriptedTransport.partition]) }
        try loop.runOnce(control: ControlSnapshot(), pollTimeout: .zero)
        #expect(transport.visible == ["a#0", "state 1", "b#1", "state 2"])
        #expect(loop.assignedPartitions == 0)
        transport.input.append("c")
        transport.assign()
        try run(loop)
        #expect(transport.visible == Self.wanted)
    }

    @Test("aborts what it did for partitions that were lost")
    func lost() throws {
        let transport = ScriptedTransport()
        transport.input = ["a", "b"]
        let loop = try started(transport)
        try loop.runOnce(control: ControlSnapshot(), pollTimeout: .zero)
        try loop.runOnce(control: ControlSnapshot(), pollTimeout: .zero)
        transport.rebalance = { $0.lost([ScriptedTransport.partition]) }
        try loop.runOnce(control: ControlSnapshot(), pollTimeout: .zero)
        try loop.runOnce(control: ControlSnapshot(), pollTimeout: .zero)
        #expect(transport.visible == [] && transport.calls.contains(.abort))
    }

    @Test("processes nothing before the state is there")
    func restoresFirst() throws {
        let transport = ScriptedTransport()
        transport.input = ["d"]
        transport.changelog = ["state 3"]
        let loop = try started(transport)
        #expect(loop.restoring != nil)
        try loop.runOnce(control: ControlSnapshot(), pollTimeout: .zero)
        #expect(transport.open == [] && loop.restoring == nil)
        try run(loop)
        #expect(transport.visible == ["d#3", "state 4"])
    }

    @Test("takes the transactional id over before it joins its group")
    func initialization() throws {
        let transport = ScriptedTransport()
        transport.failures[.initialize] = [.retriable]
        let loop = TransactionalLoop(
            stage: CountingStage(), transport: transport, time: time, limits: LoopLimits())
        #expect(throws: TransportFailure.self) { try loop.start() }
        #expect(transport.handler == nil)
        try loop.start()
        #expect(transport.handler != nil)
    }
}
