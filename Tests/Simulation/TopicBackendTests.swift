import Pipeline
import Contracts
import Determinism
import Foundation
import SimulatedTransport
import Stages
import TestSupport
import Testing

/// The wire contract of a device that is somebody else's process: jobs in words, measurements back.
@Suite("The topic backend") struct TopicBackendTests {
    private func run(_ source: EnrichmentSource) throws -> (SimulatedPipeline, Scenario) {
        var scenario = Scenario()
        scenario.mode = .live
        scenario.enrichment = source
        let pipeline = try scenario.pipeline()
        #expect(try pipeline.runUntilIdle(within: .seconds(30 as Int64)))
        return (pipeline, scenario)
    }

    @Test("gives every record one score in time, most of them by the worker")
    func scores() throws {
        let (pipeline, scenario) = try run(.topicWorker)
        let outcome = try Outcome(pipeline.cluster)
        let published = Set((0..<scenario.records).map(scenario.id))
        #expect(Checkers.oneScore(outcome, accepted: scenario.acceptedIDs) == [])
        #expect(Checkers.conservation(outcome, published: published) == [])
        #expect(Checkers.deadlines(outcome, slack: scenario.limits.commitInterval) == [])
        #expect(Checkers.ledger(outcome) == [])
        #expect(Checkers.comparisons(outcome) == [])
        #expect(outcome.scores.count { $0.source != .classical } > scenario.records / 4)
        #expect(outcome.count(.backendFailed) == 0)
    }

    @Test("reads jobs and writes measurements that fit their topics' schemas")
    func schemas() throws {
        let (pipeline, _) = try run(.topicWorker)
        let files = try TopicFiles()
        for topic in [Topic.jobs, .measurements, .ledger, .qpuStatus] {
            let schema = files.schema(topic.rawValue)
            let records = pipeline.cluster.records(of: topic)
            #expect(records.count > 10)
            for record in records {
                let value = try JSONSerialization.jsonObject(with: Data(record.value ?? []))
                #expect(SchemaValidator.problems(of: value, schema: schema) == [], "\(topic)")
            }
        }
        for job in pipeline.cluster.records(of: .jobs) {
            let value = try JSONSerialization.jsonObject(with: Data(job.value ?? []))
            let text = (value as? [String: Any])?["qasm"] as? String
            #expect(text?.hasPrefix("OPENQASM 3.0;\n") == true)
        }
    }

    @Test("measures what the pipeline's own device measures: a program's words lose nothing")
    func sameMeasurements() throws {
        struct Measured: Equatable {
            let expectations: [Double]
            let head: Double
            let standardError: Double
        }
        func measurements(_ source: EnrichmentSource) throws -> [String: Measured] {
            let pairs = try run(source).0.cluster.decode(.measurements) {
                (message: borrowing MeasurementMessage, _) in
                (
                    message.id.string,
                    Measured(
                        expectations: message.expectations, head: message.headValue,
                        standardError: message.headStandardError)
                )
            }
            return Dictionary(pairs) { first, _ in first }
        }
        let (theirs, own) = (try measurements(.topicWorker), try measurements(.ideal))
        #expect(Set(theirs.keys) == Set(own.keys) && theirs.count > 30)
        for (id, measured) in theirs {
            let expected = try #require(own[id])
            // Equal shots; means are sums in another order.
            #expect(largestDifference(measured.expectations, expected.expectations) < 1e-9)
            #expect(abs(measured.head - expected.head) < 1e-9)
            #expect(abs(measured.standardError - expected.standardError) < 1e-9)
        }
    }
}
