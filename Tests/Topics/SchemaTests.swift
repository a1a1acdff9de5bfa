import Contracts
import Foundation
import TestSupport
import Testing

@Suite("The message schemas")
struct SchemaTests {
    let files: TopicFiles

    init() throws { files = try TopicFiles() }

    private func schema(_ name: String) throws -> [String: Any] {
        try #require(files.topics.first { $0.fileName == name }?.schema, "\(name)")
    }

    @Test("are JSON Schema 2020-12 with title, description and the id of their version")
    func dialect() throws {
        for topic in files.topics {
            let schema = try schema(topic.fileName)
            let dialect = "https://json-schema.org/draft/2020-12/schema"
            #expect(schema["$schema"] as? String == dialect)
            #expect(schema["$id"] as? String == "urn:tandem:schema:" + topic.text("schema"))
            #expect(schema["title"] is String && schema["description"] is String)
        }
    }

    @Test("accept each of their own examples")
    func examples() throws {
        for topic in files.topics {
            let schema = try schema(topic.fileName)
            let examples = try #require(schema["examples"] as? [Any], "\(topic.fileName)")
            #expect(!examples.isEmpty)
            for (index, example) in examples.enumerated() {
                let problems = SchemaValidator.problems(of: example, schema: schema)
                #expect(problems.isEmpty, "\(topic.fileName) example \(index): \(problems)")
            }
        }
    }

    @Test("use no keyword that the validator here does not check")
    func keywords() throws {
        for topic in files.topics {
            let unknown = SchemaValidator.unknownKeywords(in: try schema(topic.fileName))
            #expect(unknown.isEmpty, "\(topic.fileName): \(unknown)")
        }
    }

    @Test(
        "refuse messages that break the contract",
        arguments: [
            ("records", #"{"features":{"a":1}}"#),
            ("records", #"{"id":"","features":{"a":1}}"#),
            ("records", #"{"id":"a","features":{}}"#),
            ("records", #"{"id":"a","features":{"a":"1"}}"#),
            ("records", #"{"id":"a","features":[1],"classicalScore":1.5}"#),
            ("records", #"{"id":"a","features":[1],"priority":"urgent"}"#),
            ("labels", #"{"id":"a","label":2}"#),
            ("labels", #"{"id":"a","label":true}"#),
            ("control", #"{"setting":"mode","value":"on","by":"a","at":"2025-12-01T00:00:00Z"}"#),
            (
                "ledger",
                #"{"job":"3b1f","id":"a","state":"settled","cost":1,"device":"d","atMs":1}"#
            ),
            ("verdicts", #"{"kind":"classical","id":"a"}"#),
            ("qpu-status", #"{"device":"d"}"#),
            ("evidence", #"{"model":"m@1","partition":0}"#),
            (
                "instances",
                #"{"instance":"a","stage":"admission","atMs":1,"control":-2,"sinceMs":1}"#
            ),
        ])
    func refusals(topic: String, text: String) throws {
        let message = try JSONSerialization.jsonObject(with: Data(text.utf8))
        #expect(!SchemaValidator.problems(of: message, schema: try schema(topic)).isEmpty)
    }

    @Test("demand a quantum score of every verdict but a failed one")
    func failedVerdicts() throws {
        let schema = try schema("verdicts")
        let examples = try #require(schema["examples"] as? [[String: Any]])
        var quantum = try #require(examples.first { $0["kind"] as? String == "quantum" })
        quantum["confidence"] = nil
        #expect(!SchemaValidator.problems(of: quantum, schema: schema).isEmpty)
        var failed = try #require(examples.first { $0["reason"] as? String == "backendFailed" })
        failed["score"] = 0.5
        #expect(!SchemaValidator.problems(of: failed, schema: schema).isEmpty)
    }

    @Test("list exactly the codes and words of the contracts' enumerations")
    func vocabulary() throws {
        let scores = try #require(try schema("scores")["properties"] as? [String: Any])
        let codes = try #require((scores["reason"] as? [String: Any])?["oneOf"] as? [[String: Any]])
        #expect(codes.compactMap { $0["const"] as? String } == ReasonCode.allCases.map(\.rawValue))
        #expect(codes.allSatisfy { $0["description"] is String })
        let comparisons = try #require(try schema("comparisons")["properties"] as? [String: Any])
        #expect(words(comparisons["reason"]) == ReasonCode.allCases.map(\.rawValue))
        #expect(words(scores["mode"]) == Mode.allCases.map(\.rawValue))
        #expect(words(scores["source"]) == ScoreSource.allCases.map(\.rawValue))
        let records = try #require(try schema("records")["properties"] as? [String: Any])
        #expect(words(records["priority"]) == Priority.allCases.map(\.rawValue))
        #expect(words(records["dataClass"]) == DataClass.allCases.map(\.rawValue))
        let status = try #require(try schema("qpu-status")["properties"] as? [String: Any])
        #expect(words(status["state"]) == DeviceState.allCases.map(\.rawValue))
        let evidence = try #require(try schema("evidence")["properties"] as? [String: Any])
        #expect(words(evidence["verdict"]) == EvidenceVerdict.allCases.map(\.rawValue))
        let instances = try #require(try schema("instances")["properties"] as? [String: Any])
        #expect(words(instances["stage"]) == StageName.allCases.map(\.rawValue))
    }

    private func words(_ property: Any?) -> [String] {
        (property as? [String: Any])?["enum"] as? [String] ?? []
    }
}
