import Contracts
import Foundation
import TestSupport
import Testing

@Suite("The topic declarations")
struct TopicDeclarationTests {
    static let stages = Set(StageName.allCases.map(\.rawValue))
    static let outsiders: Set<String> = ["you", "operator", "process"]
    let files: TopicFiles

    init() throws { files = try TopicFiles() }

    @Test("are the design's topics, those of states and of what instances tell, each with a schema")
    func completeness() {
        let expected = Set(Topic.allCases.map(\.rawValue))
        #expect(expected.count == 20)
        #expect(Set(files.topics.map(\.fileName)) == expected)
        #expect(files.schemaNames == expected)
        for topic in files.topics { #expect(topic.text("name") == topic.fileName) }
    }

    @Test("have every key, of the right type, and no other")
    func keys() {
        let required: Set<String> = [
            "name", "purpose", "plane", "key", "partitions", "replication", "cleanup",
            "retentionMs", "writers", "readers", "contract", "schema",
        ]
        for topic in files.topics {
            let keys = Set(topic.declaration.keys)
            let optional: Set = ["headers", "maxMessageBytes"]
            #expect(keys.subtracting(optional) == required, "\(topic.fileName)")
            #expect(topic.text("purpose").hasSuffix("."))
            #expect(["data", "control"].contains(topic.text("plane")))
            #expect(["delete", "compact", "compact,delete"].contains(topic.text("cleanup")))
            #expect(["public", "internal"].contains(topic.text("contract")))
            let keyKinds = [
                "recordId", "jobId", "settingName", "modelName", "device", "modelPartition",
                "budgetName", "leaseName", "stageInstance",
            ]
            #expect(keyKinds.contains(topic.text("key")))
            #expect(topic.number("replication") == 3)
            let parts = topic.text("schema").split(separator: "/")
            #expect(parts.count == 2 && Int(parts[1]) != nil, "\(topic.fileName)")
        }
    }

    @Test("give all data topics the same partition count and control topics one")
    func partitions() {
        for topic in files.topics {
            let expected = topic.text("plane") == "data" ? 8 : 1
            #expect(topic.number("partitions") == expected, "\(topic.fileName)")
        }
    }

    @Test("keep compacted topics for ever and others for a stated time")
    func retention() {
        for topic in files.topics {
            let milliseconds = topic.number("retentionMs") ?? 0
            let isCompacted = topic.text("cleanup") == "compact"
            #expect(isCompacted ? milliseconds == -1 : milliseconds > 0, "\(topic.fileName)")
            // Who has said nothing for a day is gone: its last word says nothing either.
            guard topic.text("plane") == "control", topic.fileName != "instances" else { continue }
            #expect(isCompacted, "\(topic.fileName)")
        }
    }

    @Test("key data topics by record, and the rest by what they are about")
    func messageKeys() {
        let others = [
            "ledger": "jobId", "control": "settingName", "models": "modelName",
            "qpu-status": "device", "evidence": "modelPartition", "budgets": "budgetName",
            "leases": "leaseName", "instances": "stageInstance",
        ]
        for topic in files.topics {
            #expect(topic.text("key") == others[topic.fileName] ?? "recordId", "\(topic.fileName)")
        }
    }

    @Test("name the stages of the topology as writers and readers, and who else takes part")
    func edges() throws {
        for declaration in files.topics {
            let topic = try #require(Topic(rawValue: declaration.fileName))
            let writers = Set(declaration.names("writers"))
            let readers = Set(declaration.names("readers"))
            #expect(!writers.isEmpty && !readers.isEmpty, "\(topic)")
            let known = Self.stages.union(Self.outsiders)
            #expect(writers.union(readers).isSubset(of: known), "\(topic)")
            let wanted = Set(Topology.writers(of: topic).map(\.rawValue))
            #expect(writers.intersection(Self.stages) == wanted, "\(topic)")
            let following = Set(Topology.readers(of: topic).map(\.rawValue))
            #expect(readers.intersection(Self.stages) == following, "\(topic)")
            #expect(declaration.text("plane") == topic.plane.rawValue, "\(topic)")
            #expect(declaration.text("schema") == topic.schema, "\(topic)")
        }
    }

    @Test("let you write records and labels and read scores and comparisons")
    func users() {
        let yours = files.topics.filter { $0.names("writers").contains("you") }.map(\.fileName)
        #expect(Set(yours) == ["records", "labels"])
        let read = files.topics.filter { $0.names("readers").contains("you") }.map(\.fileName)
        #expect(Set(read) == ["scores", "comparisons"])
    }

    @Test("call five topics public contracts")
    func contracts() {
        let isPublic = files.topics.filter { $0.text("contract") == "public" }.map(\.fileName)
        #expect(Set(isPublic) == ["records", "labels", "scores", "comparisons", "rejects"])
    }

    @Test("list the error headers of rejects")
    func rejectHeaders() throws {
        let rejects = try #require(files.topics.first { $0.fileName == "rejects" })
        let headers = try #require(rejects.declaration["headers"] as? [String: String])
        for part in ["stage", "code", "message", "topic", "partition", "offset"] {
            #expect(headers["tandem-error-\(part)"] != nil, "\(part)")
        }
        #expect(headers["__connect.errors.topic"] != nil)
        let codes = try #require(headers["tandem-error-code"])
        for code in RejectCode.allCases { #expect(codes.contains(code.rawValue), "\(code)") }
    }
}
