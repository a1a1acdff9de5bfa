import Statistics
import Contracts
import Determinism
import Foundation
import Models
import Policies
import Stages
import TestSupport
import Testing

@Suite("Confidence")
struct ConfidenceTests {
    private func verdict(_ measurement: MeasurementMessage) throws -> QuantumVerdictMessage {
        var bench = Bench(try Confidence())
        let turn = bench.process(Input(.measurements, measurement))
        #expect(turn.messages.map(\.topic) == [.verdicts])
        let object = try jsonObject(turn.messages[0].value ?? [])
        let schema = try TopicFiles().schema("verdicts")
        #expect(SchemaValidator.problems(of: object, schema: schema).isEmpty)
        return try turn.decoded(.verdicts, QuantumVerdictMessage.self)[0]
    }

    @Test("gives a calibrated score with its interval to a sure measurement")
    func sure() throws {
        let platt = Training.model.bundle.head.platt
        let verdict = try verdict(Sample.measurement("r", head: 0.5, error: 1e-6))
        let estimate = try #require(verdict.estimate)
        let logit =
            platt.slope * (Training.model.bundle.head.intercept + 0.5) + platt.offset
        #expect(abs(estimate.score - 1 / (1 + exp(-logit))) < 1e-9)
        #expect(estimate.low < estimate.score && estimate.score < estimate.high)
        #expect(estimate.confidence > 0.99)
        #expect(verdict.queueMilliseconds == 3 && verdict.serviceMilliseconds == 4)
        #expect(verdict.job == 77 && verdict.cost == 0.25)
    }

    @Test("rejects a measurement drowned in shot noise for low confidence")
    func noisy() throws {
        let verdict = try verdict(Sample.measurement("r", head: 0.1, error: 1_000))
        #expect(verdict.action == .reject && verdict.reason == .lowConfidence)
        #expect(verdict.estimate != nil && verdict.blendWeight == 0)
    }

    @Test("turns a failed measurement into a rejection without a score")
    func failed() throws {
        var measurement = Sample.measurement("r")
        measurement.status = .failed
        measurement.error = kept("outage")
        let verdict = try verdict(measurement)
        #expect(verdict.action == .reject && verdict.reason == .backendFailed)
        #expect(verdict.estimate == nil)
    }

    @Test(
        "treats a garbled measurement, and one of another model, as failed",
        arguments: [false, true])
    func garbled(isOtherModel: Bool) throws {
        var measurement = Sample.measurement("r", head: 1, error: isOtherModel ? 1 : -1)
        if isOtherModel { measurement.model = Training.other.identity.slice }
        let verdict = try verdict(measurement)
        #expect(verdict.action == .reject && verdict.reason == .backendFailed)
        #expect(verdict.estimate == nil)
    }

    @Test(
        "keeps every number finite for the largest measurements there are",
        arguments: [
            Double.greatestFiniteMagnitude, -.greatestFiniteMagnitude,
        ])
    func extremes(head: Double) throws {
        for error in [0, 1, Double.greatestFiniteMagnitude] {
            let verdict = try verdict(Sample.measurement("r", head: head, error: error))
            let estimate = try #require(verdict.estimate)
            #expect((0...1).contains(estimate.score) && estimate.standardError.isFinite)
        }
    }
}

@Suite("Fallback")
struct FallbackStageTests {
    private func bench() throws -> Bench<Fallback> { Bench(try Fallback()) }

    private func classical(_ message: ClassicalVerdictMessage, offset: Int64 = 0) -> Input {
        Input(.verdicts, message, offset: offset)
    }

    private func quantum(_ message: QuantumVerdictMessage, offset: Int64 = 50) -> Input {
        Input(.verdicts, message, offset: offset)
    }

    private func scores(_ turn: Turn) throws -> [ScoreMessage] {
        let schema = try TopicFiles().schema("scores")
        for output in turn.on(.scores) {
            let problems = SchemaValidator.problems(
                of: try jsonObject(output.value ?? []), schema: schema)
            #expect(problems.isEmpty, "\(problems)")
        }
        return try turn.decoded(.scores, ScoreMessage.self)
    }

    @Test(
        "answers at once in shadow mode, with mode off, and where nothing was admitted",
        arguments: [
            (Mode.shadow, true, ReasonCode.accepted, ReasonCode.shadowMode),
            (.off, true, .accepted, .modeOff), (.live, false, .certain, .certain),
            (.shadow, false, .queueTooLong, .queueTooLong),
        ])
    func immediate(mode: Mode, admitted: Bool, decision: ReasonCode, reason: ReasonCode) throws {
        var bench = try bench()
        let message = Sample.classical("r", mode: mode, admitted: admitted, reason: decision)
        let turn = bench.process(classical(message))
        let score = try scores(turn)
        #expect(score.count == 1 && score[0].reason == reason && score[0].source == .classical)
        #expect(score[0].score == 0.6 && score[0].quantum == nil && turn.held.isEmpty)
    }

    @Test("waits in live mode, and serves the quantum score with its provenance when it comes")
    func live() throws {
        var bench = try bench()
        var input = classical(Sample.classical("r"))
        input.headers = [MessageHeader("traceparent", "00-1")]
        let waiting = bench.process(input)
        #expect(waiting.messages.isEmpty && waiting.held == [input.position])
        #expect(bench.stage.nextDue == Clock.start + .milliseconds(250))
        bench.now = Clock.start + .milliseconds(9)
        let turn = bench.process(quantum(Sample.quantum("r")))
        let score = try #require(try scores(turn).first)
        #expect(score.score == 0.2 && score.source == .quantum && score.reason == .accepted)
        #expect(score.decision == 0 && score.latencyMilliseconds == 9)
        #expect(score.quantum?.score == 0.2 && score.provenance?.job == 77)
        #expect(turn.released == [input.position] && turn.messages[0].headers == input.headers)
    }

    @Test(
        "blends, and serves the classical score where the verdict rejects or failed",
        arguments: [
            (VerdictAction.blend, ReasonCode.blended, ScoreSource.blend, 0.5),
            (.reject, .lowConfidence, .classical, 0.6), (.reject, .backendFailed, .classical, 0.6),
        ])
    func outcomes(
        action: VerdictAction, reason: ReasonCode, source: ScoreSource, value: Double
    ) throws {
        var bench = try bench()
        _ = bench.process(classical(Sample.classical("r")))
        let turn = bench.process(quantum(Sample.quantum("r", action: action, reason: reason)))
        let score = try #require(try scores(turn).first)
        #expect(score.source == source && score.reason == reason)
        #expect(abs(score.score - value) < 1e-12)
    }

    @Test("keeps the time from arrival to score by source, and counts scores that came too late")
    func times() throws {
        var bench = try bench()
        for (index, id) in ["q", "c", "late"].enumerated() {
            _ = bench.process(classical(Sample.classical(id), offset: Int64(index)))
        }
        bench.now = Clock.start + .milliseconds(9)
        _ = bench.process(quantum(Sample.quantum("q")))
        bench.now = Clock.start + .milliseconds(20)
        _ = bench.process(
            quantum(Sample.quantum("c", action: .reject, reason: .lowConfidence), offset: 51))
        #expect(bench.stage.times.misses == 0)
        // The deadline, the 50 ms that a commit may take, and one more.
        bench.now = Clock.start + .milliseconds(301)
        _ = bench.tick()
        let times = bench.stage.times
        #expect(times[.quantum].count == 1 && times[.quantum].maximum == 9_000)
        #expect(times[.classical].minimum == 20_000 && times[.classical].maximum == 301_000)
        #expect(times[.blend].count == 0 && times.count == 3 && times.misses == 1)
    }

    @Test("takes the quantum verdict first as well")
    func reversed() throws {
        var bench = try bench()
        #expect(bench.process(quantum(Sample.quantum("r"))).held.isEmpty)
        let turn = bench.process(classical(Sample.classical("r")))
        #expect(try scores(turn).map(\.source) == [.quantum])
        #expect(turn.held.isEmpty && turn.released.isEmpty)
    }

    @Test("answers at the deadline, not before, and ignores what comes later")
    func deadline() throws {
        var bench = try bench()
        let input = classical(Sample.classical("r"))
        _ = bench.process(input)
        #expect(bench.tick(after: 249).messages.isEmpty)
        let turn = bench.tick(after: 1)
        #expect(try scores(turn).map(\.reason) == [.deadlineExceeded])
        #expect(turn.released == [input.position] && bench.stage.heldCount == 0)
        let late = bench.process(quantum(Sample.quantum("r")))
        #expect(late.messages.isEmpty && bench.stage.counters.ignored == 1)
    }

    @Test("answers everyone when the kill switch goes on, and whoever comes while it is on")
    func killSwitch() throws {
        var bench = try bench()
        _ = bench.process([
            classical(Sample.classical("a")), classical(Sample.classical("b"), offset: 1),
        ])
        bench.control.killSwitch = true
        let turn = bench.tick()
        #expect(try scores(turn).map(\.reason) == [.killSwitch, .killSwitch])
        #expect(turn.released.count == 2)
        let next = bench.process(classical(Sample.classical("c"), offset: 2))
        #expect(next.held.count == 1)
        #expect(try scores(bench.tick()).map(\.id.string) == ["c"])
    }

    @Test("gives one score to a record whose verdicts come again and again")
    func duplicates() throws {
        var bench = try bench()
        var count = 0
        for round in 0..<3 {
            let offset = Int64(round * 2)
            count +=
                bench.process(classical(Sample.classical("r"), offset: offset)).on(.scores).count
            count +=
                bench.process(quantum(Sample.quantum("r"), offset: offset + 1)).on(.scores).count
        }
        #expect(count == 1 && bench.stage.counters.ignored == 4)
        #expect(bench.tick(after: 1_000).messages.isEmpty)
    }

    @Test("forgets the records of a partition that it lost, and those alone")
    func forgetting() throws {
        var bench = try bench()
        let other = Input(.verdicts, Sample.classical("b"), offset: 0, partition: 1)
        _ = bench.process([classical(Sample.classical("a")), other])
        bench.stage.forget(topic: .verdicts, partition: 0)
        #expect(bench.stage.heldCount == 1)
        #expect(try scores(bench.tick(after: 250)).map(\.id.string) == ["b"])
    }

    @Test(
        "rejects verdicts that it cannot read, of either kind or none",
        arguments: [
            "{}", #"{"kind":"other"}"#, #"{"kind":"classical"}"#, #"{"kind":"quantum","id":1}"#,
            "[", "",
        ])
    func rejects(text: String) throws {
        var bench = try bench()
        let turn = bench.process(Input(.verdicts, value: Array(text.utf8)))
        #expect(turn.messages.map(\.topic) == [.rejects] && turn.held.isEmpty)
    }
}

@Suite("Shadow")
struct ShadowStageTests {
    private func bench() throws -> Bench<Shadow> {
        Bench(try Shadow(limits: ShadowLimits(lifetime: .seconds(10))))
    }

    private func label(_ id: String, _ value: Int) -> Input {
        var message = LabelMessage()
        message.id = kept(id)
        message.label = value
        return Input(.labels, message)
    }

    private func comparisons(_ turn: Turn) throws -> [ComparisonMessage] {
        let schema = try TopicFiles().schema("comparisons")
        for output in turn.on(.comparisons) {
            let problems = SchemaValidator.problems(
                of: try jsonObject(output.value ?? []), schema: schema)
            #expect(problems.isEmpty, "\(problems)")
        }
        return try turn.decoded(.comparisons, ComparisonMessage.self)
    }

    @Test("pairs both verdicts in either order", arguments: [true, false])
    func pairs(classicalFirst: Bool) throws {
        var bench = try bench()
        let classical = Input(.verdicts, Sample.classical("r"), offset: 3)
        let quantum = Input(.verdicts, Sample.quantum("r"), offset: 4)
        let inputs = classicalFirst ? [classical, quantum] : [quantum, classical]
        let first = bench.process(inputs[0])
        #expect(first.messages.isEmpty)
        #expect(first.held == (classicalFirst ? [classical.position] : []))
        let turn = bench.process(inputs[1])
        #expect(turn.released == (classicalFirst ? [classical.position] : []))
        let pair = try #require(try comparisons(turn).first)
        #expect(pair.classicalScore == 0.6 && pair.quantumScore == 0.2 && pair.flip)
        #expect(pair.propensity == 0.5 && pair.quantumLatencyMilliseconds == 9)
        #expect(pair.liveScore == 0.2 && pair.pairs == 1 && pair.agreement == 0)
        #expect(abs(pair.meanDelta + 0.4) < 1e-12 && pair.label == nil)
    }

    @Test("carries a label that came before the pair, once")
    func labels() throws {
        var bench = try bench()
        let turn = bench.process([
            label("r", 1), label("s", 0), Input(.verdicts, Sample.classical("r"), offset: 1),
            Input(.verdicts, Sample.quantum("r"), offset: 2),
        ])
        #expect(try comparisons(turn).map(\.label) == [1])
    }

    @Test("compares nothing that was not admitted, and keeps no input of it")
    func notAdmitted() throws {
        var bench = try bench()
        let message = Sample.classical("r", admitted: false, reason: .certain)
        let turn = bench.process(Input(.verdicts, message))
        #expect(turn.messages.isEmpty && turn.held.isEmpty && bench.stage.heldCount == 0)
    }

    @Test("says of a failed job that it has no score, and does not count it as a pair")
    func failedJob() throws {
        var bench = try bench()
        let turn = bench.process([
            Input(.verdicts, Sample.classical("r")),
            Input(
                .verdicts, Sample.quantum("r", action: .reject, reason: .backendFailed), offset: 1),
        ])
        let pair = try #require(try comparisons(turn).first)
        #expect(pair.quantumScore == nil && pair.liveScore == 0.6 && !pair.flip)
        #expect(pair.pairs == 0 && pair.reason == .backendFailed)
    }

    @Test("gives up a record whose other half never comes, and closes its input")
    func expiry() throws {
        var bench = try bench()
        let input = Input(.verdicts, Sample.classical("r"), offset: 7)
        _ = bench.process(input)
        #expect(bench.tick(after: 9_999).released.isEmpty)
        #expect(bench.tick(after: 2).released == [input.position])
        #expect(bench.stage.heldCount == 0 && bench.stage.counters.ignored == 1)
    }

    @Test("compares a record once, however often its verdicts come")
    func duplicates() throws {
        var bench = try bench()
        var count = 0
        for round in 0..<3 {
            let inputs = [
                Input(.verdicts, Sample.classical("r"), offset: Int64(round * 2)),
                Input(.verdicts, Sample.quantum("r"), offset: Int64(round * 2 + 1)),
            ]
            count += bench.process(inputs).on(.comparisons).count
        }
        #expect(count == 1)
    }

    @Test("keeps running statistics over the pairs it has seen")
    func statistics() throws {
        var bench = try bench()
        var last: ComparisonMessage?
        for number in 0..<10 {
            var quantum = Sample.quantum("r\(number)")
            let score = number < 4 ? 0.2 : 0.7
            quantum.estimate?.score = score
            let turn = bench.process([
                Input(.verdicts, Sample.classical("r\(number)"), offset: Int64(number * 2)),
                Input(.verdicts, quantum, offset: Int64(number * 2 + 1)),
            ])
            last = try comparisons(turn).first
        }
        let pair = try #require(last)
        #expect(pair.pairs == 10 && abs(pair.agreement - 0.6) < 1e-12)
        #expect(abs(pair.meanDelta - (-0.4 * 4 + 0.1 * 6) / 10) < 1e-12)
        #expect(pair.deltaStandardDeviation > 0.2)
    }
}
