import Terminal
import Contracts
import Determinism
import Policies
import Stages
import TestSupport
import Testing

@testable import tandem

@Suite("What operators are told")
struct OperatorPartsTests {
    private static let start = Timestamp(milliseconds: 1_764_547_200_000)

    // MARK: The kill switch

    private func after(_ milliseconds: Int64) -> Timestamp {
        Self.start + .milliseconds(milliseconds)
    }

    @Test("The kill switch is effective when the last partition with records has stopped")
    func effect() {
        var effect = KillSwitchEffect(setAt: Self.start)
        #expect(!effect.isSettled && effect.effectiveMs == nil)
        // Decided before the switch was set, seen after it: no admission that it came too late for.
        effect.take(partition: 0, reason: .accepted, decidedAt: after(-5), seenAt: after(10))
        effect.take(partition: 0, reason: .accepted, decidedAt: after(20), seenAt: after(40))
        effect.take(partition: 1, reason: .certain, decidedAt: after(20), seenAt: after(40))
        effect.take(partition: 0, reason: .killSwitch, decidedAt: after(50), seenAt: after(70))
        #expect(!effect.isSettled && effect.effectiveMs == nil)
        effect.take(partition: 1, reason: .killSwitch, decidedAt: after(80), seenAt: after(95))
        effect.take(partition: 1, reason: .killSwitch, decidedAt: after(90), seenAt: after(120))
        #expect(effect.isSettled && effect.effectiveMs == 95 && effect.admittedDecided == 1)
        let first = effect.rows[0]
        #expect(first.admittedSeen == 2 && first.lastAdmittedMs == 40)
        #expect(first.lastAdmittedDecidedMs == 20 && first.firstStoppedDecidedMs == 50)
        // A straggler that was admitted all the same counts.
        effect.take(partition: 1, reason: .accepted, decidedAt: after(130), seenAt: after(150))
        #expect(effect.effectiveMs == 150 && effect.admittedDecided == 2)
    }

    @Test("The kill switch's report says when nothing was measured, or not all had stopped")
    func report() {
        let nothing = KillSwitchReport(
            "on", drill: false, effect: KillSwitchEffect(setAt: Self.start))
        #expect(nothing.measured == false && nothing.text.contains("verdicts tell nothing"))
        var effect = KillSwitchEffect(setAt: Self.start)
        effect.take(partition: 0, reason: .accepted, decidedAt: after(5), seenAt: after(10))
        let open = KillSwitchReport("off", drill: true, effect: effect)
        #expect(open.measured == true && open.effectiveMs == nil && open.admittedAfter == 1)
        #expect(open.text.contains("NOT every partition"))
        #expect(KillSwitchReport("off", drill: false, effect: nil).text == "kill-switch is off")
    }

    // MARK: History

    private func change(_ value: String, at instant: Timestamp) -> ControlMessage {
        var message = ControlMessage()
        message.setting = .budget
        message.name = "day"
        message.value = value
        message.by = "ana@ops"
        message.at = instant
        return message
    }

    @Test("Every change is kept once after compaction, and the last one holds")
    func history() {
        var log = ControlLog()
        func take(_ message: ControlMessage, under key: String) {
            log.take(key: kept(key), value: keptDocument(message.encoded))
        }
        let changes = (0..<3).map { change("\($0)", at: after(Int64($0))) }
        // Of an older version, which wrote a change once; compaction spares only the last.
        var old = ControlMessage()
        old.by = "bea"
        old.value = "on"
        take(old, under: "kill-switch")
        for message in changes { take(message, under: message.logKey) }
        take(changes[2], under: changes[2].key)
        log.take(key: kept("mode"), value: keptDocument("{"))
        log.take(key: kept("mode"), value: nil)
        #expect(log.changes.map(\.value) == ["on", "0", "1", "2"])
        let current = log.current.mapValues { $0.value }
        #expect(current == ["kill-switch": "on", "budget/day": "2"])
    }

    // MARK: One record's story

    private var policy: AdmissionPolicy {
        var policy = AdmissionPolicy()
        policy.mode = .live
        policy.minimumValue = 20
        return policy
    }

    private func verdict(_ reason: ReasonCode, known: Bool = true) -> ClassicalVerdictMessage {
        var verdict = ClassicalVerdictMessage()
        verdict.id = kept("r")
        verdict.score = 0.25
        verdict.model = kept("default@1")
        verdict.receivedAt = Self.start
        verdict.deadline = after(250)
        verdict.admitted = reason == .accepted
        verdict.reason = reason
        verdict.mode = .live
        verdict.predictedWaitMilliseconds = 30
        verdict.decision = DecisionRecord()
        verdict.decision?.decidedAt = after(4)
        verdict.decision?.policy = known ? PolicyFingerprint.of(policy) : 1
        verdict.decision?.value = 12
        verdict.decision?.remainingBudgetMilliseconds = 246
        verdict.decision?.serviceMilliseconds = 2
        if reason == .lowValue {
            verdict.decision?.rule = "value"
            verdict.decision?.measured = 12
            verdict.decision?.limit = 20
        }
        return verdict
    }

    private func story(_ messages: [(Topic, any TopicMessage, Timestamp)]) -> RecordStory {
        var reader = StoryReader(id: "r", partition: 0, policies: KnownPolicies(policy))
        var batch = InboundBatch()
        for (index, (topic, message, time)) in messages.enumerated() {
            for key in ["other", topic == .ledger ? Hex.digits(7) : "r"] {
                batch.append(
                    at: MessagePosition(topic: topic, partition: 0, offset: Int64(index)),
                    timestamp: time, key: kept(key), value: kept(message.encoded))
            }
        }
        for index in 0..<batch.count { reader.take(batch, index) }
        return reader.finished(searched: [.verdicts: batch.count])
    }

    @Test("A refused record's rules are told in order, with the number that decided and its limit")
    func refusal() throws {
        let story = story([(.verdicts, verdict(.lowValue), after(6))])
        #expect(story.events.map(\.stage) == ["ingestion", "admission"])
        let event = story.events[1]
        #expect(event.text == "refused: lowValue, mode live" && event.sinceReceivedMs == 4)
        let rules = event.facts.filter { $0.verdict != nil && $0.name != "classical score" }
        let value = try #require(rules.first { $0.name == "value" })
        #expect(value == .init(name: "value", value: "12", limit: "20", verdict: "refused"))
        let names = policy.rules.map(\.rawValue)
        let told = rules.map(\.name).filter { names.contains($0) }
        #expect(Array(told.prefix(5)) == Array(names.prefix(5)))
        let deadline = try #require(rules.last { $0.name == "deadline" })
        #expect(deadline.verdict == "not reached")
        // Under a policy that nobody here knows, only the rule that decided has its limit.
        let foreign = self.story([(.verdicts, verdict(.lowValue, known: false), after(6))])
        let known = foreign.events[1].facts.filter { $0.limit != nil }
        #expect(known.map(\.name) == ["value"])
    }

    @Test("An answer of the result cache is told as one, with the call that it is from")
    func cached() throws {
        var measured = MeasurementMessage()
        measured.id = kept("r")
        measured.job = 7
        measured.model = kept("default@1")
        measured.circuit = kept("z@1")
        measured.circuitHash = kept("ffffffff")
        measured.device = kept("qpu")
        measured.calibration = kept("qpu/12")
        measured.submittedAt = after(8)
        measured.startedAt = after(8)
        measured.completedAt = after(8)
        measured.cached = CachedSource(job: 3, measuredAt: after(-2_000))
        let event = try #require(
            story([(.verdicts, verdict(.accepted), after(6)), (.measurements, measured, after(9))])
                .events.last)
        #expect(event.text == "answered from the result cache, not run on qpu")
        let facts = Dictionary(uniqueKeysWithValues: event.facts.map { ($0.name, $0) })
        #expect(facts["cost"]?.value == "0.0000" && facts["calibration"]?.value == "qpu/12")
        #expect(facts["measured by job"]?.value == "0000000000000003")
        #expect(facts["measured at"]?.value == after(-2_000).rfc3339)
        #expect(facts["measured at"]?.verdict == "2.01 s before")
    }

    @Test("An admitted record's story goes from its arrival to its score, in order of time")
    func order() throws {
        var job = JobMessage()
        job.id = kept("r")
        job.job = 7
        job.shots = 100
        job.device = kept("qpu")
        job.circuit = kept("z@1")
        job.circuitHash = kept("ffffffff")
        job.model = kept("default@1")
        var bill = LedgerMessage()
        bill.job = 7
        bill.id = kept("r")
        bill.state = .settled
        bill.cost = 1.25
        bill.device = kept("qpu")
        bill.at = after(61)
        var score = ScoreMessage()
        score.id = kept("r")
        score.model = kept("default@1")
        score.receivedAt = Self.start
        score.deadline = after(250)
        score.time = after(270)
        score.reason = .deadlineExceeded
        let story = story([
            (.scores, score, after(271)), (.jobs, job, after(6)),
            (.verdicts, verdict(.accepted), after(6)), (.ledger, bill, after(62)),
        ])
        #expect(
            story.events.map(\.stage) == [
                "ingestion", "admission", "admission", "ledger", "fallback",
            ])
        #expect(story.events.map(\.sinceReceivedMs) == [0, 4, 6, 61, 270])
        #expect(story.events[4].text.hasSuffix("deadlineExceeded, 20.0 ms late"))
        let text = story.rendered(style: .plain)
        #expect(text.contains("job 0000000000000007 for qpu") && text.contains("settled 1.2500"))
        // Each message stood there under another key too, which is another record's.
        let settled = text.split(separator: "\n").filter { $0.contains("settled") }
        #expect(settled.count == 1)
    }

    @Test("The story of a call that stepped down says so at each step, and that it is no evidence")
    func downgraded() throws {
        var admitted = verdict(.accepted)
        admitted.decision?.downgrade = "simplerCircuit"
        var job = JobMessage()
        job.id = kept("r")
        job.job = 7
        job.device = kept("qpu")
        job.circuit = kept("z@1+without-entanglement")
        job.circuitHash = kept("ffffffff")
        job.model = kept("default@1")
        job.downgrade = .simplerCircuit
        var quantum = QuantumVerdictMessage()
        quantum.id = kept("r")
        quantum.action = .use
        quantum.reason = .downgraded
        quantum.downgrade = .simplerCircuit
        for name in [
            \QuantumVerdictMessage.model, \.circuit, \.circuitHash, \.device, \.calibration,
        ] {
            quantum[keyPath: name] = kept("x@1")
        }
        quantum.estimate = .init(
            score: 0.8, standardError: 0.01, low: 0.78, high: 0.82, confidence: 0.99)
        var pair = ComparisonMessage()
        pair.id = kept("r")
        pair.quantumScore = 0.8
        pair.device = kept("qpu")
        pair.calibration = kept("")
        pair.model = kept("default@1")
        pair.downgrade = .simplerCircuit
        let story = story([
            (.verdicts, admitted, after(6)), (.jobs, job, after(7)),
            (.verdicts, quantum, after(30)), (.comparisons, pair, after(40)),
        ])
        let told = story.events.filter { $0.facts.contains { $0.name == "downgrade" } }
        #expect(told.map(\.stage) == ["admission", "admission", "confidence", "shadow"])
        #expect(
            told.allSatisfy { event in
                event.facts.contains { $0.name == "downgrade" && $0.value == "simplerCircuit" }
            })
        #expect(told[2].text == "quantum verdict: use, downgraded")
        let text = story.rendered(style: .plain)
        #expect(text.contains("z@1+without-entanglement") && text.contains("no evidence"))
    }
}
