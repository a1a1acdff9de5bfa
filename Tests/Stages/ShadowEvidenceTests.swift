import Contracts
import Determinism
import Models
import Policies
import Statistics
import TestSupport
import Testing

@testable import Stages

@Suite("Evidence")
struct ShadowEvidenceTests {
    private func bench(_ edit: (inout EvidenceSettings) -> Void = { _ in }) throws -> Bench<Shadow>
    {
        var settings = EvidenceSettings()
        settings.interval = .milliseconds(100)
        edit(&settings)
        return Bench(try Shadow(evidence: settings))
    }

    private func label(_ id: String, _ value: Int, partition: Int32 = 0) -> Input {
        var message = LabelMessage()
        message.id = kept(id)
        message.label = value
        return Input(.labels, message, partition: partition)
    }

    /// Both verdicts of a record: classical 0.6, quantum 0.2, propensity ½.
    private func pair(_ id: String, _ offset: Int64, partition: Int32 = 0) -> [Input] {
        [
            Input(.verdicts, Sample.classical(id), offset: offset, partition: partition),
            Input(.verdicts, Sample.quantum(id), offset: offset + 1, partition: partition),
        ]
    }

    private func evidence(_ turn: Turn) throws -> [EvidenceMessage] {
        let schema = try TopicFiles().schema("evidence")
        for output in turn.on(.evidence) {
            let problems = SchemaValidator.problems(
                of: try jsonObject(output.value ?? []), schema: schema)
            #expect(problems.isEmpty, "\(problems)")
        }
        return try turn.decoded(.evidence, EvidenceMessage.self)
    }

    /// The control plane of whoever has read these messages.
    private func control(_ messages: [Output], version: ActiveModel = Training.model) throws
        -> ControlSnapshot
    {
        var state = ControlState(modelName: version.bundle.name)
        var batch = InboundBatch()
        func append(_ topic: Topic, _ key: [UInt8], _ value: [UInt8]) {
            batch.append(
                at: MessagePosition(topic: topic, partition: 0, offset: Int64(batch.count)),
                timestamp: Clock.start, key: kept(key), value: kept(value))
        }
        append(.models, Array(version.bundle.name.utf8), try version.bundle.encoded())
        for message in messages { append(.evidence, message.key ?? [], message.value ?? []) }
        state.apply(batch)
        #expect(state.refused.isEmpty)
        return state.snapshot
    }

    @Test("is written once an interval, by partition, when there is news")
    func interval() throws {
        var bench = try bench()
        #expect(bench.stage.nextDue == nil)
        _ = bench.process(pair("a", 0) + pair("b", 2) + pair("c", 0, partition: 3))
        #expect(bench.stage.nextDue == Clock.start + .milliseconds(100))
        #expect(bench.tick(after: 99).on(.evidence).isEmpty)
        let turn = bench.tick(after: 1)
        let messages = try evidence(turn)
        #expect(
            messages.map(\.partition) == [0, 3] && messages.map(\.at) == [bench.now, bench.now])
        let name = Training.model.bundle.name
        let keys = turn.on(.evidence).map { String(decoding: $0.key ?? [], as: UTF8.self) }
        #expect(keys == ["\(name)/0", "\(name)/3"])
        #expect(bench.tick(after: 1_000).on(.evidence).isEmpty && bench.stage.nextDue == nil)
    }

    @Test(
        "counts flips by 1/propensity, and whether they are right whenever the label comes",
        arguments: [true, false])
    func counts(labelFirst: Bool) throws {
        var bench = try bench()
        let inputs = [label("a", 0), label("b", 1)]
        let pairs = pair("a", 0) + pair("b", 2) + pair("c", 4)
        _ = bench.process(labelFirst ? inputs + pairs : pairs + inputs)
        let message = try #require(try evidence(bench.tick(after: 100)).first)
        let threshold = Training.model.bundle.thresholds.decisionThreshold
        let bin = ScoreBins.bin(of: 0.6, threshold: threshold)
        let fresh = 1.0 - 1e-6
        #expect(message.weight[bin] > 6 * fresh && message.flips[bin] > 6 * fresh)
        #expect(message.weight.reduce(0, +) <= 6 && message.squares[bin] > 12 * fresh)
        #expect(message.right[bin] > 2 * fresh && message.wrong[bin] > 2 * fresh)
        #expect(message.labelled == 2 && message.benefit == 0 && message.benefitSquares == 2)
        #expect(message.verdict == .undecided)
        // A label that comes again counts no more.
        _ = bench.process(inputs)
        #expect(bench.tick(after: 200).on(.evidence).isEmpty)
    }

    @Test("leaves out failed jobs, and verdicts of another version")
    func leavesOut() throws {
        var bench = try bench()
        bench.control.remember(Training.other)
        var old = Sample.classical("old")
        old.model = Training.other.identity.slice
        _ = bench.process([
            Input(.verdicts, Sample.classical("failed"), offset: 0),
            Input(
                .verdicts, Sample.quantum("failed", action: .reject, reason: .backendFailed),
                offset: 1),
            Input(.verdicts, old, offset: 2), Input(.verdicts, Sample.quantum("old"), offset: 3),
        ])
        #expect(bench.stage.nextDue == nil)
    }

    @Test("counts a call once, however many records its result answered")
    func cached() throws {
        var bench = try bench()
        var answer = Sample.quantum("a")
        answer.cached = CachedSource(job: 5, measuredAt: Clock.start)
        let turn = bench.process([
            Input(.verdicts, Sample.classical("a"), offset: 0),
            Input(.verdicts, answer, offset: 1), label("a", 0),
        ])
        #expect(bench.stage.nextDue == nil)
        // It is compared all the same, and whoever reads the comparison is told.
        let found = try turn.decoded(.comparisons, ComparisonMessage.self)
        #expect(found.map(\.cached) == [answer.cached] && found[0].quantumScore == 0.2)
        _ = bench.process(pair("b", 2) + [label("b", 0)])
        #expect(try evidence(bench.tick(after: 100)).map(\.labelled) == [1])
    }

    @Test("goes on from the partition's last message, whoever wrote it")
    func restart() throws {
        var first = try bench()
        _ = first.process(pair("a", 0) + [label("a", 0)] + pair("x", 0, partition: 1))
        var second = try bench()
        second.now = first.now + .milliseconds(500)
        second.control = try control(first.tick(after: 100).on(.evidence))
        _ = second.process(pair("b", 2) + [label("b", 0)])
        let messages = try evidence(second.tick(after: 100))
        let message = try #require(messages.first)
        #expect(messages.count == 1 && message.labelled == 2 && message.benefit == 2)
        #expect(abs(message.weight.reduce(0, +) - 4) < 1e-4)
        #expect(abs(message.right.reduce(0, +) - 4) < 1e-4)
    }

    @Test("keeps the flips under another margin, and begins the verdict anew")
    func otherMargin() throws {
        var first = try bench { $0.margin = 0.2 }
        _ = first.process(pair("a", 0) + [label("a", 0)])
        var second = try bench { $0.margin = 0.1 }
        second.now = first.now + .milliseconds(500)
        second.control = try control(first.tick(after: 100).on(.evidence))
        _ = second.process(pair("b", 2) + [label("b", 0)])
        let message = try #require(try evidence(second.tick(after: 100)).first)
        #expect(message.margin == 0.1 && message.labelled == 1 && message.benefit == 1)
        #expect(abs(message.right.reduce(0, +) - 4) < 1e-4)
    }

    @Test("starts anew after a hand-over unless the topic tells it, and with a new version")
    func startsAnew() throws {
        var bench = try bench()
        _ = bench.process(pair("a", 0) + [label("a", 0)])
        bench.stage.forget(topic: .verdicts, partition: 0)
        _ = bench.process(pair("b", 2) + [label("b", 0), label("a", 0)])
        #expect(try evidence(bench.tick(after: 100)).map(\.labelled) == [1])
        let written = bench
        bench.control.model = Training.other
        _ = bench.process(pair("c", 4) + [label("c", 0)])
        #expect(bench.tick(after: 100).on(.evidence).isEmpty)
        #expect(written.stage.counters.emitted == 2)
    }

    @Test("of several partitions adds up, of the model in force alone")
    func merging() throws {
        var bench = try bench()
        _ = bench.process(
            pair("a", 0) + pair("b", 0, partition: 1) + [
                label("a", 0), label("b", 1, partition: 1),
            ])
        let outputs = bench.tick(after: 100).on(.evidence)
        let merged = try #require(try control(outputs).evidence)
        #expect(merged.benefit.sums.count == 2 && merged.benefit.sums.sum == 0)
        #expect(abs(merged.flips.values(.flips).reduce(0, +) - 4) < 1e-5)
        #expect(abs(merged.flips.values(.right).reduce(0, +) - 2) < 1e-5)
        #expect(merged.verdict == .undecided)
        let twice = try control(outputs + outputs).evidence
        #expect(twice == merged)
        #expect(try control(outputs, version: Training.other).evidence == nil)
    }

    @Test("stops the spending on a path that labels show no better, over all partitions together")
    func stopLoss() throws {
        func verdicts(label value: Int) throws -> (own: [EvidenceVerdict], all: EvidenceVerdict?) {
            var bench = try bench { $0.margin = 0.2 }
            for index in 0..<28 {
                let (id, partition) = ("r\(index)", Int32(index % 4))
                _ = bench.process(
                    pair(id, Int64(2 * index), partition: partition)
                        + [label(id, value, partition: partition)])
            }
            let outputs = bench.tick(after: 100).on(.evidence)
            let own = try outputs.map { try $0.decoded(EvidenceMessage.self).verdict }
            return (own, try control(outputs).evidence?.verdict)
        }
        #expect(try verdicts(label: 1).all == .worse)
        let good = try verdicts(label: 0)
        // Seven pairs a partition show nothing yet; all 28 do.
        #expect(good.own == [.undecided, .undecided, .undecided, .undecided])
        #expect(good.all == .better)
    }

    @Test("refuses settings out of range by name")
    func validation() {
        func setting(_ edit: (inout EvidenceSettings) -> Void) -> String? {
            var settings = EvidenceSettings()
            edit(&settings)
            do {
                _ = try Shadow(evidence: settings)
                return nil
            } catch {
                return error.setting
            }
        }
        #expect(setting { $0.interval = .zero } == "evidenceInterval")
        #expect(setting { $0.halfLife = .zero } == "evidenceHalfLife")
        #expect(setting { $0.margin = 0 } == "margin")
        #expect(setting { $0.alpha = 1 } == "alpha")
        #expect(setting { $0.maximumUnlabelled = 0 } == "maximumUnlabelled")
        #expect(setting { _ in } == nil)
    }
}
