import QuantumBackends
import Contracts
import Determinism
import Pipeline
import SimulatedTransport
import Stages
import Testing

/// The test of the test: each planted fault must be seen by the checker that is there for it.
@Suite struct PlantedFaultTests {
    private func scenario() -> Scenario {
        var scenario = Scenario()
        scenario.seed = 7
        scenario.records = 60
        scenario.faults.arrival = .milliseconds(4)...(.milliseconds(8))
        scenario.limits.commitInterval = .milliseconds(1)
        scenario.faults.restart = .milliseconds(10)...(.milliseconds(20))
        return scenario
    }

    private func run(
        _ scenario: Scenario, around stage: StageName, crashAt crash: TimeSpan? = nil,
        _ plant: @escaping (any Transport) -> any Transport
    ) throws -> Outcome {
        let pipeline = try scenario.pipeline()
        pipeline.wrap = { name, transport in name.stage == stage ? plant(transport) : transport }
        // The instances started by the scenario have plain transports: start the stage anew.
        pipeline.stop(InstanceName(stage))
        try pipeline.start(InstanceName(stage))
        if let crash {
            pipeline.schedule(at: pipeline.time.now() + crash) { $0.crash(InstanceName(stage)) }
        }
        _ = try pipeline.runUntilIdle(within: .seconds(8 as Int64))
        return try Outcome(pipeline.cluster)
    }

    private var published: Set<String> { Set((0..<scenario().records).map(scenario().id)) }

    @Test("without a fault the same run is sound")
    func control() throws {
        let outcome = try run(scenario(), around: .reduction, crashAt: .milliseconds(70)) { $0 }
        #expect(Checkers.conservation(outcome, published: published) == [])
    }

    @Test("a commit before the acknowledgement, and then a crash, is caught as a lost record")
    func earlyCommit() throws {
        let outcome = try run(scenario(), around: .reduction, crashAt: .milliseconds(70)) {
            PlantedTransport($0, acknowledgesEarly: true)
        }
        #expect(!Checkers.conservation(outcome, published: published).isEmpty)
        #expect(!Checkers.oneScore(outcome, accepted: scenario().acceptedIDs).isEmpty)
    }

    @Test(
        "one dropped message is caught as a lost record",
        arguments: [StageName.ingestion, .reduction, .admission])
    func droppedMessage(stage: StageName) throws {
        let topic: Topic = stage == .admission ? .verdicts : Topology.edges(of: stage).writes[0]
        let outcome = try run(scenario(), around: stage) {
            PlantedTransport($0, dropsMessage: 20, on: topic)
        }
        #expect(Checkers.conservation(outcome, published: published).count == 1)
    }

    @Test("one dropped score is caught, though nothing was rejected")
    func droppedScore() throws {
        let outcome = try run(scenario(), around: .fallback) {
            PlantedTransport($0, dropsMessage: 20)
        }
        #expect(Checkers.oneScore(outcome, accepted: scenario().acceptedIDs).count == 1)
    }

    @Test("a score written twice is caught")
    func doubledScore() throws {
        let outcome = try run(scenario(), around: .fallback) {
            PlantedTransport($0, repeatsMessage: 20)
        }
        #expect(Checkers.oneScore(outcome, accepted: scenario().acceptedIDs).count == 1)
    }

    @Test("a dropped ledger line is caught")
    func droppedLedgerLine() throws {
        let outcome = try run(scenario(), around: .enrichment) {
            PlantedTransport($0, dropsMessage: 20, on: .ledger)
        }
        #expect(Checkers.ledger(outcome).count == 1)
    }

    @Test("a score held back beyond its deadline is caught")
    func lateScores() throws {
        var slow = scenario()
        slow.mode = .live
        slow.latencyBudget = .milliseconds(20)
        slow.device.servicePerRecord = .milliseconds(30)
        // Verdicts that take longer to fetch than the budget: late, whatever fallback does.
        slow.faults.fetch = .milliseconds(80)...(.milliseconds(90))
        let outcome = try run(slow, around: .fallback) { $0 }
        #expect(!Checkers.deadlines(outcome, slack: slow.limits.commitInterval).isEmpty)
    }
}

/// A transport with a bug: it drops or repeats one message, or says at once that all is
/// acknowledged.
private final class PlantedTransport: ForwardingTransport {
    private let acknowledgesEarly: Bool
    private let dropsMessage: Int?
    private let repeatsMessage: Int?
    private let topic: Topic?
    private var sent: UInt64 = 0
    private var seen = 0

    /// - Parameter topic: the topic whose messages are counted; nil for all.
    init(
        _ inner: any Transport, acknowledgesEarly: Bool = false, dropsMessage: Int? = nil,
        repeatsMessage: Int? = nil, on topic: Topic? = nil
    ) {
        self.acknowledgesEarly = acknowledgesEarly
        self.dropsMessage = dropsMessage
        self.repeatsMessage = repeatsMessage
        self.topic = topic
        super.init(inner)
    }

    override func send(
        _ batch: borrowing OutboundBatch, epoch: UInt64
    ) throws(TransportFailure) {
        sent = epoch
        var changed = OutboundBatch()
        for index in 0..<batch.messages.count {
            let message = batch.messages[index]
            let isCounted = topic == nil || message.topic == topic
            if isCounted { seen += 1 }
            if isCounted, seen == dropsMessage { continue }
            for _ in 0..<(isCounted && seen == repeatsMessage ? 2 : 1) {
                changed.emit(
                    to: message.topic, key: batch.key(index), value: batch.value(index),
                    headers: message.headers, timestamp: message.timestamp)
            }
        }
        try super.send(changed, epoch: epoch)
    }

    override func acknowledgedEpoch() throws(TransportFailure) -> UInt64 {
        let heard = try super.acknowledgedEpoch()
        return acknowledgesEarly ? sent : heard
    }
}
