import Contracts
import Determinism
import Pipeline
import Stages
import TestSupport
import Testing

@Suite("A reject")
struct RejectNoteTests {
    private static let own = [
        MessageHeader("traceparent", "00-ab-cd-01"), MessageHeader("x", [0xFF, 0x00]),
        MessageHeader("x", "again"),
    ]

    /// What a stage writes for a message at partition 3, offset 17 of `here.reduced`.
    private func rejected(_ headers: [MessageHeader], by stage: StageName) -> [MessageHeader] {
        var inbound = InboundBatch()
        inbound.topicPrefix = "here."
        inbound.append(
            at: MessagePosition(topic: .reduced, partition: 3, offset: 17),
            timestamp: Timestamp(milliseconds: 5), key: kept("k"), value: kept("v"),
            headers: headers)
        var outbound = OutboundBatch()
        outbound.reject(
            inbound, 0, by: stage, because: ContractViolation(.wrongType, "field 'id' is null"))
        return outbound.messages[0].headers
    }

    @Test("is read as the stage wrote it", arguments: StageName.allCases)
    func read(stage: StageName) {
        let note = RejectNote(headers: rejected(Self.own, by: stage))
        #expect(note.stage == stage.rawValue && note.code == "wrongType")
        #expect(note.message == "field 'id' is null" && note.attempts == 0)
        #expect(note.origin == .init(topic: "here.reduced", partition: 3, offset: 17))
    }

    @Test("that was rejected twice says what the last rejection said, and how often it went back")
    func twice() {
        let first = rejected(Self.own, by: .ingestion)
        let back = RejectNote.redriven(first, attempt: 1)
        let note = RejectNote(headers: rejected(back, by: .shadow))
        #expect(note.stage == "shadow" && note.attempts == 1)
        // Somebody copied a reject by hand: both rejections' headers stand on it.
        #expect(RejectNote(headers: rejected(first, by: .fallback)).stage == "fallback")
    }

    @Test("goes back with its own headers in their order and the attempt, and nothing else")
    func headers() {
        var headers = rejected(Self.own, by: .ingestion)
        for attempt in 1...3 {
            headers = RejectNote.redriven(headers, attempt: attempt)
            #expect(RejectNote.original(headers) == Self.own)
            #expect(headers.count == Self.own.count + 1)
            #expect(headers.last == MessageHeader("tandem-redrive-attempts", "\(attempt)"))
            headers = rejected(headers, by: .ingestion)
        }
    }

    @Test(
        "with nonsense in its headers is read without it",
        arguments: [
            ("tandem-error-partition", "-1"), ("tandem-error-partition", "3.0"),
            ("tandem-error-offset", "99999999999999999999"), ("tandem-error-offset", ""),
        ])
    func nonsense(name: String, value: String) {
        var headers = rejected([], by: .ingestion)
        headers.append(MessageHeader(name, value))
        headers.append(MessageHeader("tandem-redrive-attempts", "-4"))
        let note = RejectNote(headers: headers)
        #expect(note.origin == nil && note.attempts == 0 && note.code == "wrongType")
        #expect(RejectNote(headers: []) == RejectNote())
    }

    @Test("that is written from what was read is read as the same")
    func roundTrip() {
        var headers = rejected(Self.own, by: .shadow)
        headers.append(MessageHeader("tandem-redrive-attempts", "2"))
        let note = RejectNote(headers: headers)
        #expect(RejectNote(headers: note.headers) == note && note.attempts == 2)
    }
}

@Suite("A selection of rejects")
struct RejectSelectionTests {
    private func note(_ code: String, _ stage: String) -> RejectNote {
        var note = RejectNote()
        note.code = code
        note.stage = stage
        return note
    }

    @Test("is everything unless it names codes, stages or times")
    func selection() {
        let time = Timestamp(milliseconds: 1_000)
        var selection = RejectSelection()
        #expect(selection.contains(RejectNote(), timestamp: time))
        selection.codes = ["oversize", "wrongType"]
        #expect(selection.contains(note("oversize", "x"), timestamp: time))
        #expect(!selection.contains(note("idLength", "x"), timestamp: time))
        selection.stages = ["shadow"]
        #expect(!selection.contains(note("oversize", "x"), timestamp: time))
        #expect(selection.contains(note("oversize", "shadow"), timestamp: time))
    }

    @Test("begins with its first instant and ends before its last")
    func times() {
        var selection = RejectSelection()
        selection.since = Timestamp(milliseconds: 1_000)
        selection.until = Timestamp(milliseconds: 2_000)
        let inside = [999, 1_000, 1_999, 2_000].map { (milliseconds: Int64) in
            selection.contains(RejectNote(), timestamp: Timestamp(milliseconds: milliseconds))
        }
        #expect(inside == [false, true, true, false])
    }

    @Test(
        "reads instants as people write them",
        arguments: [
            ("90s", 999_910_000), ("15m", 999_100_000), ("6h", 978_400_000), ("2d", 827_200_000),
            ("0s", 1_000_000_000), ("1970-01-01T00:00:01.5Z", 1_500), ("1h30m", nil), ("-5m", nil),
            ("m", nil), ("", nil), ("yesterday", nil), ("1970-13-01T00:00:00Z", nil), ("5", nil),
        ] as [(String, Int64?)])
    func instants(text: String, milliseconds: Int64?) {
        let now = Timestamp(milliseconds: 1_000_000_000)
        #expect(RejectSelection.instant(text, now: now)?.milliseconds == milliseconds)
    }

    @Test("keeps the newest of many in the order of their times")
    func newest() {
        var newest = Newest<Int>(limit: 3)
        for value in [5, 1, 9, 7, 3, 8, 2, 9, 4] {
            newest.insert(value, at: Timestamp(milliseconds: Int64(value)))
        }
        #expect(newest.elements == [8, 9, 9] && newest.seen == 9)
        #expect(Newest<Int>(limit: 2).elements.isEmpty)
    }
}

@Suite("The redrive policy")
struct RedrivePolicyTests {
    private let time = Timestamp(milliseconds: 1)

    private func note(_ topic: String, attempts: Int = 0) -> RejectNote {
        var note = RejectNote()
        note.code = "undecodable"
        note.stage = "admission"
        note.origin = .init(topic: topic, partition: 0, offset: 0)
        note.attempts = attempts
        return note
    }

    @Test(
        "sends a reject to the topic that its stage reads", arguments: Topology.edges.map(\.stage))
    func topics(stage: StageName) {
        let policy = RedrivePolicy(topicPrefix: "here.")
        for topic in Topology.edges(of: stage).reads {
            let verdict = policy.verdict(note("here." + topic.rawValue), timestamp: time)
            #expect(verdict == .redrive(to: topic, attempt: 1))
        }
    }

    @Test(
        "sends nothing to a topic that no stage reads, or of another prefix",
        arguments: ["here.scores", "here.rejects", "here.models", "there.records", "records", ""])
    func elsewhere(topic: String) {
        let policy = RedrivePolicy(topicPrefix: "here.")
        #expect(policy.verdict(note(topic), timestamp: time) == .unaddressable)
        #expect(policy.verdict(RejectNote(), timestamp: time) == .unaddressable)
    }

    @Test("counts attempts up to their limit")
    func attempts() {
        var policy = RedrivePolicy(topicPrefix: "")
        policy.maximumAttempts = 2
        let verdicts = [0, 1, 2, .max].map {
            policy.verdict(note("records", attempts: $0), timestamp: time)
        }
        #expect(
            verdicts == [
                .redrive(to: .records, attempt: 1), .redrive(to: .records, attempt: 2), .exhausted,
                .exhausted,
            ])
    }

    @Test("leaves what is not selected alone, whatever else is the matter with it")
    func notSelected() {
        var policy = RedrivePolicy(topicPrefix: "")
        policy.selection.codes = ["oversize"]
        #expect(policy.verdict(note("records", attempts: 9), timestamp: time) == .notSelected)
        #expect(policy.verdict(RejectNote(), timestamp: time) == .notSelected)
    }
}
