import Contracts
import Determinism
import Pipeline
import SimulatedTransport
import Stages
import Testing

/// One fixture record through all seven stages, printed at every hop: the place to start reading.
@Suite struct FollowOneRecord {
    @Test("one record, hop by hop, in live mode")
    func follow() throws {
        var scenario = Scenario()
        scenario.mode = .live
        scenario.records = 1
        scenario.invalidEvery = 0
        let pipeline = try scenario.pipeline()
        pipeline.publish(
            to: .labels, key: Array(scenario.id(0).utf8),
            value: Array("{\"id\":\"\(scenario.id(0))\",\"label\":1}".utf8))
        #expect(try pipeline.runUntilIdle(within: .seconds(10 as Int64)))
        let cluster = pipeline.cluster
        let id = scenario.id(0)

        // You publish it; ingestion checks it; reduction projects it and attaches the classical
        // score.
        try expect(.records, on: cluster, id, ["features"])
        try expect(.features, on: cluster, id, ["receivedAtMs", "model", "features"])
        try expect(.reduced, on: cluster, id, ["components", "classicalScore", "classicalModel"])
        // Admission writes the classical verdict with deadline and decision, and a job.
        try expect(
            .jobs, on: cluster, id,
            ["job", "deadlineMs", "shots", "seed", "circuitHash", "components"])
        // Enrichment runs it on the device, and writes what that cost.
        try expect(
            .measurements, on: cluster, id, ["job", "status", "head", "expectations", "cost"])
        try expect(.ledger, on: cluster, id, ["job", "state", "cost"])
        // Confidence answers on the same topic as admission did: the two halves of the join, in
        // order.
        try expect(
            .verdicts, on: cluster, id, ["kind", "id"], count: 2
        ) { objects in
            #expect(objects[0]["kind"]?.string?.string == "classical")
            #expect(objects[0]["reason"]?.string?.string == "accepted")
            #expect(objects[0]["admitted"]?.boolean == true)
        }
        // Fallback decides once, before the deadline; shadow compares, with the label that had
        // come.
        try expect(
            .scores, on: cluster, id,
            ["score", "decision", "source", "reason", "deadline", "quantum", "provenance"]
        ) {
            #expect($0[0]["quantum"]?.kind == .object)
        }
        try expect(
            .comparisons, on: cluster, id, ["delta", "flip", "label", "propensity", "pairs"]
        ) {
            #expect($0[0]["label"]?.integer == 1)
        }
        #expect(cluster.records(of: .rejects).isEmpty)
        let outcome = try Outcome(cluster)
        #expect(Checkers.oneScore(outcome, accepted: [id]) == [])
        #expect(Checkers.lateNeverOverrides(outcome) == [])
        try expectOneJob(cluster)
    }

    /// Prints a topic's messages, and checks how many there are, their id and that each field
    /// stands.
    private func expect(
        _ topic: Topic, on cluster: SimulatedCluster, _ id: String, _ fields: [StaticString],
        count: Int = 1, _ body: ([JSONValue]) throws -> Void = { _ in }
    ) throws {
        let records = cluster.records(of: topic)
        #expect(records.count == count, "messages on \(topic.rawValue)")
        let parsers = records.map { _ in JSONParser() }
        let texts = records.map { OwnedBytes(($0.value ?? []) + padding) }
        try withExtendedLifetime((parsers, texts)) {
            var objects: [JSONValue] = []
            for (index, record) in records.enumerated() {
                let value = record.value ?? []
                print("\(topic.rawValue): \(String(decoding: value, as: UTF8.self))")
                let slice = unsafe texts[index].slice.withUnsafeBytes { raw in
                    unsafe ByteSlice(
                        unsafeBase: raw.baseAddress?.assumingMemoryBound(to: UInt8.self),
                        count: value.count)
                }
                let object = try parsers[index].parse(padded: slice)
                #expect(object["id"]?.string?.string == id)
                for field in fields { #expect(object[field] != nil, "\(topic.rawValue).\(field)") }
                objects.append(object)
            }
            try body(objects)
        }
    }

    private var padding: [UInt8] { [UInt8](repeating: 0, count: JSONParser.padding) }

    /// The job's id is the same from job to score, and so are its price and its device.
    private func expectOneJob(_ cluster: SimulatedCluster) throws {
        func texts(_ topic: Topic, _ path: StaticString...) throws -> String? {
            let last = cluster.records(of: topic).last?.value ?? []
            return try JSONParser.withDocument(last) { object in
                path.reduce(Optional(object)) { $0?[$1] }?.string?.string
            }
        }
        let job = try texts(.jobs, "job")
        #expect(job != nil)
        #expect(try texts(.measurements, "job") == job)
        #expect(try texts(.ledger, "job") == job)
        #expect(try texts(.verdicts, "job") == job)
        #expect(try texts(.scores, "provenance", "job") == job)
        #expect(try texts(.scores, "provenance", "circuitHash") == texts(.jobs, "circuitHash"))
    }
}
