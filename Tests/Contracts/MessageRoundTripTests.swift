import Contracts
import Foundation
import TestSupport
import Testing

@Suite("Every message")
struct MessageRoundTripTests {
    static var kinds: [any RandomMessage.Type] {
        [
            FeaturesMessage.self, ReducedMessage.self, JobMessage.self, MeasurementMessage.self,
            ClassicalVerdictMessage.self, QuantumVerdictMessage.self, ScoreMessage.self,
            ComparisonMessage.self, LabelMessage.self, LedgerMessage.self, QPUStatusMessage.self,
            ControlMessage.self, AdmissionStateMessage.self, EvidenceMessage.self,
            BudgetStateMessage.self, LeaseMessage.self, InstanceMessage.self,
        ]
    }
    static let repetitions = 100
    let files: TopicFiles

    init() throws { files = try TopicFiles() }

    private func object(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    @Test("is written under its contract's names, and read back with equal fields")
    func roundTrips() throws {
        for kind in Self.kinds { try roundTrip(kind) }
    }

    private func roundTrip<Message: RandomMessage>(_ kind: Message.Type) throws {
        var draw = Draw(seed: 10)
        for _ in 0..<Self.repetitions {
            let message = Message.random(&draw)
            let bytes = message.encoded
            let original = MessageFields.of(message)
            let read = MessageFields.of(try Message.decoding(bytes))
            #expect(read == original, "\(kind)")
            let written = MessageFields.of(json: try object(bytes))
            let isComparable = { (name: String) in !Message.computed.contains(name) }
            // Defaults are not written: of a record's context, and that a setting is no drill.
            let defaults = ["priority": "normal", "dataClass": "internal", "drill": "false"]
            let wanted = original.filter {
                isComparable($0.key) && defaults[$0.key] != $0.value
            }
            #expect(written.filter { isComparable($0.key) } == wanted, "\(kind)")
        }
    }

    @Test("is valid under its topic's schema")
    func schemas() throws {
        for kind in Self.kinds { try validate(kind) }
    }

    private func validate<Message: RandomMessage>(_ kind: Message.Type) throws {
        var draw = Draw(seed: 11)
        let schema = files.schema(Message.topic.rawValue)
        for _ in 0..<Self.repetitions {
            let object = try object(Message.random(&draw).encoded)
            let problems = SchemaValidator.problems(of: object, schema: schema)
            #expect(problems.isEmpty, "\(kind): \(problems)")
        }
    }

    @Test("forgets everything of the message read before it into the same variable")
    func reuse() throws {
        for kind in Self.kinds { try reread(kind) }
    }

    private func reread<Message: RandomMessage>(_ kind: Message.Type) throws {
        var draw = Draw(seed: 12)
        var reused = Message()
        let parser = JSONParser()
        for _ in 0..<Self.repetitions {
            let bytes = Message.random(&draw).encoded
            try reused.read(keptDocument(bytes), with: parser)
            let fresh = MessageFields.of(try Message.decoding(bytes))
            #expect(MessageFields.of(reused) == fresh, "\(kind)")
        }
    }

    @Test("is refused without any one of its schema's required fields, and with one twice")
    func requiredFields() throws {
        for kind in Self.kinds { try drop(kind) }
    }

    private func drop<Message: RandomMessage>(_ kind: Message.Type) throws {
        var draw = Draw(seed: 13)
        for _ in 0..<20 {
            let bytes = Message.random(&draw).encoded
            var object = try object(bytes)
            for name in try required(Message.topic, object) where name != "kind" {
                let value = object.removeValue(forKey: name)
                let rest = try JSONSerialization.data(withJSONObject: object)
                let error = #expect(throws: ContractViolation.self, "\(kind) without '\(name)'") {
                    try Message.decoding(rest)
                }
                #expect(error?.code == .missingField, "\(kind) without '\(name)'")
                object[name] = value
            }
            let doubled = bytes.dropLast() + [UInt8(ascii: ",")] + bytes.dropFirst()
            let error = #expect(throws: ContractViolation.self) { try Message.decoding(doubled) }
            #expect(error?.code == .duplicateField, "\(kind)")
        }
    }

    private func required(_ topic: Topic, _ object: [String: Any]) throws -> [String] {
        let schema = files.schema(topic.rawValue)
        if let names = schema["required"] as? [String] { return names }
        let choices = try #require(schema["oneOf"] as? [[String: Any]])
        let choice = try #require(
            choices.first { SchemaValidator.problems(of: object, schema: $0).isEmpty })
        return choice["required"] as? [String] ?? []
    }

    @Test("reads its schema's examples, and writes them again with the same values")
    func examples() throws {
        for kind in Self.kinds { try readExamples(kind) }
    }

    private func readExamples<Message: RandomMessage>(_ kind: Message.Type) throws {
        let schema = files.schema(Message.topic.rawValue)
        let examples = try #require(schema["examples"] as? [[String: Any]])
        var count = 0
        for example in examples {
            if Message.self is ClassicalVerdictMessage.Type,
                example["kind"] as? String != "classical"
            {
                continue
            }
            if Message.self is QuantumVerdictMessage.Type, example["kind"] as? String != "quantum" {
                continue
            }
            count += 1
            let message = try Message.decoding(try JSONSerialization.data(withJSONObject: example))
            let again = try object(message.encoded)
            let (wanted, got) = (MessageFields.of(json: example), MessageFields.of(json: again))
            for (name, value) in wanted where name != "delta" {
                let isTime = ["deadline", "time", "at"].contains(name)
                let isDefault = name == "dataClass" && value == "internal"
                #expect(isTime || isDefault || got[name] == value, "\(kind).\(name)")
            }
        }
        #expect(count > 0, "\(kind)")
    }

    @Test(
        "refuses numbers outside what the contract allows, instead of carrying them on",
        arguments: [
            ("score", "1.5"), ("score", "-0.1"), ("score", "1e308"), ("propensity", "2"),
            ("receivedAtMs", "-1"), ("deadlineMs", "253402300800000"), ("receivedAtMs", "1.5"),
            ("deadlineMs", "\"1\""), ("admitted", "1"), ("reason", "\"because\""), ("mode", "null"),
        ])
    func ranges(name: String, value: String) throws {
        var draw = Draw(seed: 14)
        let text = String(decoding: ClassicalVerdictMessage.random(&draw).encoded, as: UTF8.self)
        let pattern = "\"\(name)\":(\"[^\"]*\"|[^,}]*)"
        let changed = text.replacingOccurrences(
            of: pattern, with: "\"\(name)\":\(value)", options: .regularExpression)
        #expect(changed != text)
        let error = #expect(throws: ContractViolation.self) {
            try ClassicalVerdictMessage.decoding(Array(changed.utf8))
        }
        #expect(error.map { [.outOfRange, .wrongType].contains($0.code) } == true)
    }

    @Test("of a version that knew no downgrades is read as of the whole call", arguments: 0..<2)
    func withoutDowngrade(turn: Int) throws {
        var draw = Draw(seed: UInt64(15 + turn))
        let parser = JSONParser()
        var job = JobMessage.random(&draw)
        job.downgrade = .simplerCircuit
        let marked = job.encoded
        let plain = String(decoding: marked, as: UTF8.self)
            .replacingOccurrences(of: ",\"downgrade\":\"simplerCircuit\"", with: "")
        #expect(plain.utf8.count < marked.count)
        var read = JobMessage()
        // Into the same variable, which must not keep what stood there.
        try read.read(keptDocument(marked), with: parser)
        #expect(read.downgrade == .simplerCircuit)
        try read.read(keptDocument(Array(plain.utf8)), with: parser)
        #expect(read.downgrade == .none)
        var wrong = plain
        wrong.removeLast()
        let error = #expect(throws: ContractViolation.self) {
            try JobMessage.decoding(Array((wrong + ",\"downgrade\":\"half\"}").utf8))
        }
        #expect(error != nil)
    }
}
