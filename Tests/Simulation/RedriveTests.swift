import Contracts
import Determinism
import Pipeline
import SimulatedTransport
import Stages
import Testing

/// Redrives on a simulated cluster: the positions outlive the run, as a broker keeps them.
@Suite("A redrive") struct RedriveTests {
    private static let group = "rejects-redrive"
    private let cluster = SimulatedCluster(time: ManualTimeSource(), partitions: 2)

    /// Puts a reject of `records` on the cluster, as ingestion would write it.
    private func reject(
        _ id: String, _ code: RejectCode = .wrongType, attempts: Int = 0, offset: Int64 = -1
    ) {
        var inbound = InboundBatch()
        let count = cluster.records(of: .rejects).count
        let (key, value) = (OwnedBytes(id), OwnedBytes([0xFF] + Array(id.utf8)))
        let earlier = attempts > 0 ? [MessageHeader(RejectNote.attemptsHeader, "\(attempts)")] : []
        var outbound = OutboundBatch()
        withExtendedLifetime((key, value)) {
            inbound.append(
                at: MessagePosition(
                    topic: .records, partition: 0, offset: offset < 0 ? Int64(count) : offset),
                timestamp: Timestamp(milliseconds: 1_000 + Int64(count)), key: key.slice,
                value: value.slice, headers: [MessageHeader("trace", id)] + earlier)
            outbound.reject(inbound, 0, by: .ingestion, because: ContractViolation(code, "why"))
            cluster.append(
                to: .rejects, key: outbound.key(0), value: outbound.value(0),
                headers: outbound.messages[0].headers, timestamp: outbound.messages[0].timestamp)
        }
    }

    private var ends: [Int32: Int64] {
        [0: cluster.end(of: .rejects, 0), 1: cluster.end(of: .rejects, 1)]
    }

    private func run(
        _ selection: RejectSelection = RejectSelection(), attempts: Int = 3,
        _ options: RedriveRun.Options = RedriveRun.Options()
    ) -> (run: RedriveRun, transport: SimulatedTransport) {
        var policy = RedrivePolicy(topicPrefix: "")
        policy.selection = selection
        policy.maximumAttempts = attempts
        let transport = SimulatedTransport(cluster, group: Self.group)
        return (
            RedriveRun(transport: transport, policy: policy, options: options, ends: ends),
            transport
        )
    }

    /// Runs to the end; a hundred turns are more than any of these needs.
    @discardableResult
    private func redrive(
        _ selection: RejectSelection = RejectSelection(), attempts: Int = 3,
        _ options: RedriveRun.Options = RedriveRun.Options()
    ) throws -> RedriveSummary {
        let run = run(selection, attempts: attempts, options).run
        try run.start()
        for _ in 0..<100 where !run.isFinished {
            try run.runOnce(timeout: .zero)
            cluster.time.advance(by: .milliseconds(100))
        }
        #expect(run.isFinished)
        run.stop()
        return run.summary
    }

    private var sentBack: [String] {
        cluster.records(of: .records).map { String(decoding: $0.key ?? [], as: UTF8.self) }.sorted()
    }

    @Test("sends key, bytes, timestamp and headers back as they came, and the attempt")
    func bytes() throws {
        reject("a", attempts: 1)
        let rejected = cluster.records(of: .rejects)[0]
        let summary = try redrive()
        let back = try #require(cluster.records(of: .records).first)
        #expect(back.key == rejected.key && back.value == rejected.value)
        #expect(back.timestamp == rejected.timestamp)
        #expect(
            back.headers == [
                MessageHeader("trace", "a"), MessageHeader("tandem-redrive-attempts", "2"),
            ])
        #expect(summary.redriven == 1 && summary.topics == [.records: 1] && summary.examined == 1)
    }

    @Test("sends nothing back a second time, and what came since")
    func again() throws {
        for id in ["a", "b", "c", "d"] { reject(id) }
        try redrive()
        #expect(try redrive().examined == 0)
        reject("e")
        #expect(try redrive().redriven == 1)
        #expect(sentBack == ["a", "b", "c", "d", "e"])
    }

    @Test("goes on where one with a maximum ended")
    func maximum() throws {
        for id in 0..<10 { reject("r\(id)") }
        var options = RedriveRun.Options()
        options.maximum = 4
        options.batchMaximum = 3
        #expect(try redrive(RejectSelection(), options).redriven == 4)
        #expect(try redrive(RejectSelection(), options).redriven == 4)
        #expect(try redrive(RejectSelection(), options).redriven == 2)
        #expect(sentBack == (0..<10).map { "r\($0)" })
    }

    @Test("leaves what is not selected to a later one, even between those sent back")
    func selected() throws {
        for id in 0..<8 { reject("r\(id)", id % 2 == 0 ? .oversize : .idLength) }
        var selection = RejectSelection()
        selection.codes = ["oversize"]
        let first = try redrive(selection)
        #expect(first.redriven == 4 && first.notSelected == 4)
        #expect(try redrive(selection).redriven == 0)
        #expect(try redrive().redriven == 4)
        #expect(sentBack == (0..<8).map { "r\($0)" })
    }

    @Test("leaves behind for good what it is told to")
    func skipRest() throws {
        for id in 0..<8 { reject("r\(id)", id % 2 == 0 ? .oversize : .idLength) }
        var selection = RejectSelection()
        selection.codes = ["oversize"]
        var options = RedriveRun.Options()
        options.skipsRest = true
        #expect(try redrive(selection, options).redriven == 4)
        #expect(try redrive().examined == 0)
    }

    @Test("leaves what was sent back often enough, until more attempts are allowed")
    func exhausted() throws {
        reject("a", attempts: 3)
        reject("b", attempts: 2)
        let summary = try redrive()
        #expect(summary.exhausted == 1 && summary.redriven == 1)
        #expect(sentBack == ["b"])
        #expect(try redrive(attempts: 4).redriven == 1)
        #expect(sentBack == ["a", "b"])
    }

    @Test("sends a message once that a restarted stage rejected twice")
    func duplicates() throws {
        reject("a", offset: 5)
        reject("a", offset: 5)
        let summary = try redrive()
        #expect(summary.redriven == 1 && summary.duplicates == 1)
        #expect(sentBack == ["a"])
        #expect(try redrive().examined == 0)
    }

    @Test("passes a message that does not say where it came from")
    func unaddressable() throws {
        cluster.append(to: .rejects, key: nil, value: nil)
        reject("a")
        let summary = try redrive()
        #expect(summary.unaddressable == 1 && summary.redriven == 1)
        #expect(try redrive().examined == 0)
    }

    @Test("that is dry sends and remembers nothing")
    func dry() throws {
        for id in ["a", "b", "c"] { reject(id) }
        var options = RedriveRun.Options()
        options.isDryRun = true
        #expect(try redrive(RejectSelection(), options).redriven == 3)
        #expect(sentBack.isEmpty)
        #expect(try redrive().redriven == 3)
    }

    @Test("does not look at what is rejected while it runs")
    func ownEnd() throws {
        reject("a")
        let run = run().run
        try run.start()
        reject("b")
        for _ in 0..<100 where !run.isFinished { try run.runOnce(timeout: .zero) }
        run.stop()
        #expect(run.summary.redriven == 1)
        #expect(sentBack == ["a"])
    }

    @Test("that dies anywhere is continued: nothing is left out, at most a turn is repeated")
    func crash() throws {
        for id in 0..<20 { reject("r\(id)") }
        var options = RedriveRun.Options()
        options.batchMaximum = 3
        for call in 1...30 {
            let (run, transport) = run(RejectSelection(), options)
            transport.crash(afterCalls: UInt64(call))
            let before = sentBack.count
            let failure = #expect(throws: RedriveFailure.self) {
                try run.start()
                for _ in 0..<100 { try run.runOnce(timeout: .zero) }
            }
            #expect(failure?.description == "the instance has died")
            // What was sent and not committed is sent again: one turn's.
            #expect(sentBack.count - before <= run.summary.redriven + options.batchMaximum)
            cluster.time.advance(by: .seconds(10))
            if Set(sentBack).count == 20 { break }
        }
        try redrive()
        #expect(Set(sentBack) == Set((0..<20).map { "r\($0)" }))
        #expect(try redrive().examined == 0)
    }

    @Test("shares the partitions with another, each reject sent by one of them")
    func two() throws {
        for id in 0..<40 { reject("r\(id)") }
        var options = RedriveRun.Options()
        options.batchMaximum = 2
        let runs = [run(RejectSelection(), options).run, run(RejectSelection(), options).run]
        for run in runs { try run.start() }
        for _ in 0..<100 {
            for run in runs where !run.isFinished { try run.runOnce(timeout: .zero) }
            cluster.time.advance(by: .milliseconds(100))
        }
        #expect(runs.map(\.isFinished) == [true, true])
        #expect(sentBack == (0..<40).map { "r\($0)" }.sorted())
        #expect(runs.map(\.summary.redriven).min() ?? 0 > 0)
    }

    @Test("stops before it sends what it could not remember")
    func scattered() throws {
        for id in 0..<6_000 { reject("r\(id)", id % 2 == 0 ? .oversize : .idLength) }
        var selection = RejectSelection()
        selection.codes = ["oversize"]
        let run = run(selection).run
        try run.start()
        let failure = #expect(throws: RedriveFailure.self) {
            for _ in 0..<100 where !run.isFinished { try run.runOnce(timeout: .zero) }
        }
        #expect(failure?.description.contains("--skip-rest") == true)
        run.stop()
        #expect(run.summary.redriven == sentBack.count && sentBack.count > 500)
        // What it had sent is remembered: the rest, and only that, goes with everything.
        try redrive()
        #expect(sentBack == (0..<6_000).map { "r\($0)" }.sorted())
    }
}
