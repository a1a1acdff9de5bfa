import Contracts
import Determinism
import Models
import Pipeline
import QuantumBackends
import QuantumCircuit
import SimulatedTransport
import Stages
import Testing

/// All seven stages under a virtual clock, nothing dying.
@Suite struct PipelineTests {
    private func run(
        _ scenario: Scenario, within span: TimeSpan = .seconds(30 as Int64)
    ) throws -> (SimulatedPipeline, Outcome) {
        let pipeline = try scenario.pipeline()
        let isIdle = try pipeline.runUntilIdle(within: span)
        #expect(isIdle, "the pipeline must come to rest")
        return (pipeline, try Outcome(pipeline.cluster))
    }

    private func expectSound(_ outcome: Outcome, _ scenario: Scenario) {
        let published = Set((0..<scenario.records).map(scenario.id))
        #expect(Checkers.oneScore(outcome, accepted: scenario.acceptedIDs) == [])
        #expect(Checkers.conservation(outcome, published: published) == [])
        #expect(Checkers.deadlines(outcome, slack: scenario.limits.commitInterval) == [])
        #expect(Checkers.lateNeverOverrides(outcome) == [])
        #expect(Checkers.ledger(outcome) == [])
        #expect(Checkers.comparisons(outcome) == [])
    }

    @Test(
        "each accepted record gets one score by its deadline", arguments: Fixture.seeds,
        [Mode.shadow, .live])
    func oneScorePerRecord(seed: UInt64, mode: Mode) throws {
        var scenario = Scenario()
        scenario.seed = seed
        scenario.mode = mode
        scenario.addDelays()
        let (_, outcome) = try run(scenario)
        expectSound(outcome, scenario)
        let wanted =
            mode == .shadow
            ? outcome.count(.shadowMode) : outcome.scores.count { $0.source != .classical }
        #expect(wanted > scenario.records / 4, "the quantum path must have been at work")
    }

    @Test(
        "the same seed gives the same bytes on every topic, another seed other times",
        arguments: [Mode.shadow, .live])
    func determinism(mode: Mode) throws {
        var scenario = Scenario()
        scenario.seed = Fixture.freshSeed
        scenario.mode = mode
        scenario.instances = 2
        scenario.addDelays()
        let (first, _) = try run(scenario)
        let (second, _) = try run(scenario)
        for topic in Topic.allCases {
            #expect(first.cluster.records(of: topic) == second.cluster.records(of: topic))
        }
        let before = first.cluster.records(of: .scores).map(\.appendedAt)
        scenario.seed &+= 1
        let (other, _) = try run(scenario)
        #expect(other.cluster.records(of: .scores).map(\.appendedAt) != before)
    }

    @Test("jobs that take twenty minutes cause no rebalance, and their scores are served")
    func longJobs() throws {
        var scenario = Scenario()
        scenario.mode = .live
        scenario.records = 30
        scenario.invalidEvery = 0
        scenario.addDelays()
        scenario.device.servicePerRecord = .seconds(40 as Int64)
        scenario.latencyBudget = .seconds(1_500 as Int64)
        scenario.resultTimeout = .seconds(3_000 as Int64)
        scenario.pairing = .seconds(3_000 as Int64)
        scenario.heartbeat = .seconds(1 as Int64)
        let (pipeline, outcome) = try run(scenario, within: .seconds(2_000 as Int64))
        expectSound(outcome, scenario)
        let slowest = outcome.scores.map(\.latencyMilliseconds).max() ?? 0
        #expect(slowest > 1_190_000, "\(slowest) ms")
        #expect(outcome.scores.allSatisfy { $0.reason != .deadlineExceeded })
        for stage in StageName.allCases {
            #expect(pipeline.cluster.generation(of: stage.rawValue) == 1, "\(stage)")
            #expect(pipeline.counts(of: InstanceName(stage)).starts == 1)
        }
    }

    @Test("in shadow mode the quantum path changes no score and delays none")
    func shadowIsolation() throws {
        var scenario = Scenario()
        let (on, _) = try run(scenario)
        scenario.device.outages = [OutageWindow(from: .zero, until: .seconds(3_600 as Int64))]
        let (dead, outcome) = try run(scenario)
        #expect(outcome.count(.backendFailed) > 0)
        scenario.device.outages = []
        scenario.mode = .off
        let (off, _) = try run(scenario)
        let reference = try Outcome(on.cluster).scores.map(Isolated.init).sorted()
        #expect(try Outcome(dead.cluster).scores.map(Isolated.init).sorted() == reference)
        #expect(try Outcome(off.cluster).scores.map(Isolated.init).sorted() == reference)
    }

    @Test(
        "a device too slow for the budget leaves classical scores, all by the deadline",
        arguments: Fixture.seeds)
    func slowDevice(seed: UInt64) throws {
        var scenario = Scenario()
        scenario.seed = seed
        scenario.mode = .live
        scenario.addDelays()
        scenario.device.servicePerRecord = .milliseconds(40)
        let (_, outcome) = try run(scenario)
        expectSound(outcome, scenario)
        #expect(
            outcome.count(.queueTooLong) + outcome.count(.deadlineExceeded) > scenario.records / 4)
        #expect(outcome.scores.allSatisfy { $0.time <= $0.deadline + .milliseconds(10) })
    }

    @Test(
        "an outage in mid-run fails jobs, and every record is scored in time",
        arguments: Fixture.seeds, [Mode.shadow, .live])
    func outage(seed: UInt64, mode: Mode) throws {
        var scenario = Scenario()
        scenario.seed = seed
        scenario.mode = mode
        scenario.addDelays()
        scenario.device.servicePerRecord = .milliseconds(3)
        scenario.device.outages = [OutageWindow(from: .milliseconds(60), until: .milliseconds(160))]
        let (pipeline, outcome) = try run(scenario)
        expectSound(outcome, scenario)
        #expect(outcome.count(.backendFailed) + outcome.count(.queueTooLong) > 0)
        #expect(outcome.ledger.contains { $0.state == .released && $0.cost == 0 })
        #expect(pipeline.totalCounts.crashes == 0)
    }

    @Test("the kill switch thrown in mid-run releases what waits and admits nothing more")
    func killSwitch() throws {
        var scenario = Scenario()
        scenario.mode = .live
        scenario.device.servicePerRecord = .milliseconds(10)
        let pipeline = try scenario.pipeline()
        let thrown = pipeline.time.now() + .milliseconds(100)
        pipeline.schedule(at: thrown) { $0.set(.killSwitch, "on") }
        #expect(try pipeline.runUntilIdle(within: .seconds(30 as Int64)))
        let outcome = try Outcome(pipeline.cluster)
        expectSound(outcome, scenario)
        #expect(outcome.count(.killSwitch) > scenario.records / 3)
        let after = outcome.scores.filter { $0.time > thrown }
        #expect(after.allSatisfy { $0.source == .classical })
        #expect(outcome.scores.allSatisfy { $0.reason != .killSwitch || $0.time >= thrown })
    }

    @Test("an operator's mode holds from the moment it is set")
    func modeChange() throws {
        var scenario = Scenario()
        scenario.mode = .shadow
        let pipeline = try scenario.pipeline()
        pipeline.schedule(at: pipeline.time.now() + .milliseconds(120)) { $0.set(.mode, "live") }
        #expect(try pipeline.runUntilIdle(within: .seconds(30 as Int64)))
        let outcome = try Outcome(pipeline.cluster)
        expectSound(outcome, scenario)
        #expect(outcome.count(.shadowMode) > 0)
        #expect(outcome.scores.contains { $0.source != .classical })
    }
}

extension PipelineTests {
    @Test(
        "a model with a trained ansatz is served like any other", arguments: [Mode.shadow, .live])
    func ansatz(mode: Mode) throws {
        var scenario = Scenario()
        scenario.mode = mode
        scenario.bundle = Fixture.ansatzBundle
        scenario.addDelays()
        let (pipeline, outcome) = try run(scenario)
        expectSound(outcome, scenario)
        let bundle = try ModelBundle(decoding: Fixture.ansatzBundle)
        let circuit = "zz-feature-map@1.0.0+real-amplitudes.1.0.0"
        let measured = try pipeline.cluster.decode(.measurements) {
            (message: borrowing MeasurementMessage, _) in
            (
                message.status, message.circuit.string, message.circuitHash.string,
                message.headStandardError
            )
        }
        #expect(measured.count > scenario.records / 2)
        #expect(measured.allSatisfy { $0.0 == .ok && $0.1 == circuit && $0.3 > 0 })
        #expect(measured.allSatisfy { $0.2 == bundle.circuitHash })
        #expect(outcome.comparedIDs.count > scenario.records / 2)
        let quantum = outcome.scores.count { $0.source != .classical }
        #expect(mode == .live ? quantum > scenario.records / 4 : quantum == 0)
    }
}

extension PipelineTests {
    /// What was called and scored, in a run on trapped ions: 128 shots of the fixture's circuit with its
    /// twelve gates of 900 µs take more than a second, of the simpler one under a tenth.
    private func calls(
        _ pipeline: SimulatedPipeline
    ) throws -> (jobs: [(Downgrade, String)], scores: [(ReasonCode, Downgrade)], pairs: [Int]) {
        let jobs = try pipeline.cluster.decode(.jobs) { (message: borrowing JobMessage, _) in
            (message.downgrade, message.circuitHash.string)
        }
        let scores = try pipeline.cluster.decode(.scores) {
            (message: borrowing ScoreMessage, _) in
            (message.reason, message.provenance?.downgrade ?? Downgrade.none)
        }
        let pairs = try pipeline.cluster.decode(.comparisons) {
            (message: borrowing ComparisonMessage, _) in message.pairs
        }
        return (jobs, scores, pairs)
    }

    @Test("where only the simpler circuit fits the deadline, it is called, scored and served")
    func simplerCircuit() throws {
        var scenario = Scenario()
        scenario.mode = .live
        scenario.records = 40
        scenario.interval = .milliseconds(300)
        scenario.latencyBudget = .milliseconds(700)
        scenario.device.target = try .named("all-to-all-12")
        scenario.device.shotTiming = ShotTiming()
        scenario.allowsSimplerCircuit = true
        scenario.addDelays()
        let (pipeline, outcome) = try run(scenario, within: .seconds(60 as Int64))
        expectSound(outcome, scenario)
        let bundle = try ModelBundle(decoding: Fixture.bundle)
        let found = try calls(pipeline)
        #expect(found.jobs.count > scenario.records / 2)
        let simpler = bundle.controls.withoutEntanglement.circuitHash
        #expect(found.jobs.allSatisfy { $0.0 == .simplerCircuit && $0.1 == simpler })
        let served = found.scores.filter { $0.0 == .downgraded }
        #expect(served.count > scenario.records / 4)
        #expect(served.allSatisfy { $0.1 == .simplerCircuit })
        #expect(found.pairs.count == found.jobs.count && found.pairs.allSatisfy { $0 == 0 })
        #expect(pipeline.cluster.records(of: .evidence).isEmpty)
        // Without leave to step down nothing fits: no call is made.
        scenario.allowsSimplerCircuit = false
        let (strict, refused) = try run(scenario, within: .seconds(60 as Int64))
        expectSound(refused, scenario)
        #expect(try calls(strict).jobs.isEmpty && refused.count(.queueTooLong) > 0)
        // With time enough it is the model's own circuit that is called.
        scenario.allowsSimplerCircuit = true
        scenario.latencyBudget = .seconds(30 as Int64)
        scenario.interval = .seconds(3 as Int64)
        scenario.records = 10
        let (patient, whole) = try run(scenario, within: .seconds(120 as Int64))
        expectSound(whole, scenario)
        let own = try calls(patient)
        #expect(own.jobs.allSatisfy { $0.0 == .none && $0.1 == bundle.circuitHash })
        #expect(own.jobs.count > 5 && whole.count(.downgraded) == 0)
    }
}

/// What the quantum path must not touch in a score: everything but the reason, the mode and the
/// verdict shown.
private struct Isolated: Equatable, Comparable {
    let id: String
    let score: Double
    let decision: Int
    let deadline: Timestamp
    let time: Timestamp
    let classicalScore: Double
    let appendedAt: Timestamp

    init(_ score: Outcome.Score) {
        id = score.id
        self.score = score.score
        decision = score.decision
        deadline = score.deadline
        time = score.time
        classicalScore = score.classicalScore
        appendedAt = score.appendedAt
    }

    static func < (left: Self, right: Self) -> Bool { left.id < right.id }
}
