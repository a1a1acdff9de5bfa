import Contracts
import Determinism
import QuantumBackends
import Stages
import TestSupport
import Testing

@Suite("Enrichment")
struct EnrichmentTests {
    /// A device that takes 10 ms a record, changed at will.
    private func bench(
        batchSize: Int = 8, _ change: (inout SimulatedQPUConfiguration) -> Void = { _ in }
    ) throws -> Bench<Enrichment> {
        var device = SimulatedQPUConfiguration()
        device.servicePerRecord = .milliseconds(10)
        device.price = DevicePrice(perTask: 0.25, perShot: 0.001)
        change(&device)
        let settings = EnrichmentSettings(
            batchSize: batchSize, heartbeat: .milliseconds(100),
            resultTimeout: .milliseconds(500))
        return Bench(
            Enrichment(settings, backend: try SimulatedQPU(device, start: Clock.start)))
    }

    private func job(_ id: String, _ number: UInt64, offset: Int64, partition: Int32 = 0) -> Input {
        Input(.jobs, Sample.job(id, number: number), offset: offset, partition: partition)
    }

    private func measurements(_ turn: Turn) throws -> [MeasurementMessage] {
        try turn.decoded(.measurements, MeasurementMessage.self)
    }

    private func ledger(_ turn: Turn) throws -> [LedgerMessage] {
        try turn.decoded(.ledger, LedgerMessage.self)
    }

    @Test("holds a job's input until its measurement is written, with the bill and its release")
    func success() throws {
        var bench = try bench()
        let inputs = [job("a", 1, offset: 4), job("b", 2, offset: 5)]
        let taken = bench.process(inputs)
        #expect(taken.messages.isEmpty && taken.held == inputs.map(\.position))
        #expect(bench.stage.heldCount == 2)
        #expect(bench.tick().on(.measurements).isEmpty)
        #expect(bench.tick(after: 19).released.isEmpty)
        let turn = bench.tick(after: 1)
        #expect(turn.released == inputs.map(\.position) && bench.stage.heldCount == 0)
        let found = try measurements(turn)
        #expect(found.map(\.id.string) == ["a", "b"] && found.allSatisfy { $0.status == .ok })
        #expect(found.map(\.expectations.count) == [3, 3])
        #expect(found.allSatisfy { $0.headStandardError > 0 && $0.headValue != 0 })
        #expect(found.allSatisfy { $0.completedAt == Clock.start + .milliseconds(20) })
        #expect(found.allSatisfy { abs($0.cost - 0.506) < 1e-12 })
        let bills = try ledger(turn)
        #expect(bills.map(\.state) == [.settled, .settled] && bills.map(\.job) == [1, 2])
        #expect(turn.on(.ledger)[0].key == Array("0000000000000001".utf8))
    }

    @Test("gives a job the same counts alone, in company, and on a repetition")
    func determinism() throws {
        func run(_ jobs: [Input], batchSize: Int) throws -> [Double] {
            var bench = try bench(batchSize: batchSize)
            _ = bench.process(jobs)
            var found = try measurements(bench.tick())
            for _ in 0..<10 { found += try measurements(bench.tick(after: 50)) }
            #expect(found.count == jobs.count)
            return found.first { $0.id.string == "a" }?.expectations ?? []
        }
        let others = (2...6).map { job("other\($0)", $0, offset: Int64($0)) }
        let alone = try run([job("a", 1, offset: 0)], batchSize: 1)
        #expect(alone.count == 3)
        #expect(try run(others + [job("a", 1, offset: 9)], batchSize: 4) == alone)
        #expect(try run([job("a", 1, offset: 0)] + others, batchSize: 1) == alone)
    }

    @Test("reports a damaged result as failed, and settles its bill")
    func garbled() throws {
        var bench = try bench { $0.faults.garbledProbability = 1 }
        _ = bench.process([job("a", 1, offset: 0), job("b", 2, offset: 1)])
        _ = bench.tick()
        let turn = bench.tick(after: 20)
        #expect(turn.released.count == 2 && bench.stage.heldCount == 0)
        let found = try measurements(turn)
        #expect(found.count == 2 && found.allSatisfy { $0.status == .failed })
        #expect(try ledger(turn).allSatisfy { $0.state == .settled && $0.cost > 0.5 })
    }

    @Test("bills no job more than was set aside for it, and stops what would cost more")
    func limits() throws {
        var bench = try bench(batchSize: 4) {
            var book = PriceBook()
            book.perSecond = 1_000_000
            $0.priceBook = book
            $0.jitter = 1
        }
        // 10 ms a record at 1 a second: 0.01 in the mean. Who has little shares no batch with others.
        let inputs = (0..<400).map { index in
            var message = Sample.job("\(index)", number: UInt64(index + 1))
            message.maximumCost = index % 4 == 0 ? 0.012 : 0.5
            return Input(.jobs, message, offset: Int64(index))
        }
        var bills: [LedgerMessage] = []
        var found: [MeasurementMessage] = []
        for first in stride(from: 0, to: 400, by: 4) {
            _ = bench.process(Array(inputs[first..<first + 4]))
            _ = bench.tick()
            while bench.stage.heldCount > 0 {
                let turn = bench.tick(after: 20)
                bills += try ledger(turn)
                found += try measurements(turn)
            }
        }
        #expect(bills.count == 400 && bills.allSatisfy { $0.state == .settled })
        let least = Set((0..<400).filter { $0 % 4 == 0 }.map { UInt64($0 + 1) })
        #expect(bills.allSatisfy { $0.cost > 0 && $0.cost <= 0.5 })
        #expect(bills.allSatisfy { !least.contains($0.job) || $0.cost <= 0.012 })
        #expect(bills.contains { $0.cost > 0.02 })
        let stopped = found.filter { $0.status == .failed }
        #expect(stopped.count > 10 && stopped.count < 90)
        #expect(stopped.allSatisfy { least.contains($0.job) && abs($0.cost - 0.012) < 1e-6 })
        #expect(stopped.allSatisfy { $0.error?.string.contains("spending limit") == true })
    }

    @Test("gives up a result that does not come, and settles its bill")
    func lostResults() throws {
        var bench = try bench { $0.faults.lostProbability = 1 }
        _ = bench.process(job("a", 1, offset: 0))
        _ = bench.tick()
        #expect(bench.tick(after: 500).released.isEmpty)
        let turn = bench.tick(after: 100)
        #expect(turn.released.count == 1 && bench.stage.heldCount == 0)
        #expect(try measurements(turn).map(\.status) == [.failed])
        #expect(try ledger(turn).map(\.state) == [.settled])
    }

    @Test("keeps jobs that the device throttles, and sends them when it takes them")
    func throttled() throws {
        var bench = try bench(batchSize: 1) { $0.faults.submissionsPerSecond = 10 }
        _ = bench.process([job("a", 1, offset: 0), job("b", 2, offset: 1)])
        _ = bench.tick()
        #expect(try measurements(bench.tick(after: 50)).map(\.id.string) == ["a"])
        _ = bench.tick(after: 50)
        let turn = bench.tick(after: 10)
        #expect(try measurements(turn).map(\.id.string) == ["b"])
        #expect(try measurements(turn).allSatisfy { $0.status == .ok })
    }

    @Test("takes a result that comes twice once")
    func twice() throws {
        var bench = try bench { $0.faults.duplicateProbability = 1 }
        _ = bench.process(job("a", 1, offset: 0))
        _ = bench.tick()
        #expect(try measurements(bench.tick(after: 10)).count == 1)
        #expect(try measurements(bench.tick(after: 60_000)).isEmpty)
        #expect(bench.stage.heldCount == 0)
    }

    @Test("reports a job that the device fails as failed, and releases its bill")
    func failures() throws {
        var bench = try bench { $0.failureProbability = 1 }
        _ = bench.process(job("a", 1, offset: 0))
        _ = bench.tick()
        let turn = bench.tick(after: 10)
        let found = try measurements(turn)
        #expect(found.count == 1 && found[0].status == .failed && found[0].cost == 0)
        #expect(found[0].error?.string.contains("failed job") == true)
        let bills = try ledger(turn)
        #expect(bills.map(\.state) == [.released] && bills[0].cost == 0)
        #expect(turn.released.count == 1 && bench.stage.heldCount == 0)
    }

    @Test("fails jobs at once while the device is down")
    func outage() throws {
        var bench = try bench {
            $0.outages = [OutageWindow(from: .zero, until: .milliseconds(500))]
        }
        _ = bench.process([job("a", 1, offset: 0), job("b", 2, offset: 1)])
        let turn = bench.tick()
        #expect(try measurements(turn).map(\.status) == [.failed, .failed])
        #expect(turn.released.count == 2)
        let status = try turn.decoded(.qpuStatus, QPUStatusMessage.self)
        #expect(status[0].state == .outage && status[0].failed == 2)
    }

    @Test("sends the device's status at once, then as often as the heartbeat says")
    func heartbeats() throws {
        var bench = try bench()
        _ = bench.process(job("a", 1, offset: 0))
        let first = try bench.tick().decoded(.qpuStatus, QPUStatusMessage.self)
        #expect(first.count == 1 && first[0].device == "simulated-qpu" && first[0].queueDepth == 1)
        #expect(first[0].serviceTimeMilliseconds == 10 && first[0].submitted == 1)
        #expect(first[0].waitMilliseconds == 10)
        #expect(bench.tick(after: 50).on(.qpuStatus).isEmpty)
        #expect(bench.stage.nextDue == Clock.start + .milliseconds(100))
        let second = try bench.tick(after: 50).decoded(.qpuStatus, QPUStatusMessage.self)
        #expect(second.count == 1 && second[0].queueDepth == 0 && second[0].completed == 1)
    }

    @Test("fails a job that was made for another model, circuit or width", arguments: 0..<3)
    func mismatch(kind: Int) throws {
        var message = Sample.job("a", number: 1)
        switch kind {
        case 0: message.model = Training.other.identity.slice
        case 1: message.circuitHash = kept("0123456789abcdef")
        default: message.components = [1, 2, 3]
        }
        var bench = try bench()
        let turn = bench.process(Input(.jobs, message))
        #expect(try measurements(turn).map(\.status) == [.failed])
        #expect(try ledger(turn).map(\.state) == [.released])
        #expect(turn.held == turn.released && bench.stage.heldCount == 0)
    }

    @Test("keeps jobs while the device's queue is full, and submits them later in order")
    func queueFull() throws {
        var bench = try bench(batchSize: 1) { $0.queueCapacity = 1 }
        _ = bench.process((1...4).map { job("j\($0)", UInt64($0), offset: Int64($0)) })
        var order: [String] = []
        for _ in 0..<12 {
            order += try measurements(bench.tick(after: 5)).map(\.id.string)
        }
        #expect(order == ["j1", "j2", "j3", "j4"])
        #expect(bench.stage.heldCount == 0)
    }

    @Test("runs a job once: copies and repetitions are not billed, and never stay open")
    func copies() throws {
        var bench = try bench()
        _ = bench.process(job("a", 1, offset: 0))
        _ = bench.tick()
        // The same input again stays open; a copy behind it needs no answer of its own.
        let again = bench.process([job("a", 1, offset: 0), job("a", 1, offset: 1)])
        #expect(again.held.map(\.offset) == [0] && again.messages.isEmpty)
        let turn = bench.tick(after: 10)
        #expect(try measurements(turn).count == 1 && turn.released.map(\.offset) == [0])
        let late = bench.process(job("a", 1, offset: 2))
        #expect(late.held.isEmpty && late.messages.isEmpty)
        #expect(bench.tick(after: 50).on(.measurements).isEmpty)
        #expect(bench.stage.heldCount == 0 && bench.stage.counters.ignored == 3)
    }

    @Test("drops results of partitions that it lost, and answers when they come back")
    func handOver() throws {
        var bench = try bench()
        _ = bench.process([job("a", 1, offset: 0), job("b", 2, offset: 0, partition: 1)])
        _ = bench.tick()
        bench.stage.forget(topic: .jobs, partition: 0)
        let turn = bench.tick(after: 20)
        #expect(try measurements(turn).map(\.id.string) == ["b"])
        #expect(turn.released.map(\.partition) == [1] && bench.stage.heldCount == 0)
        // Given back: the job is repeated from its offset, alone in its batch.
        _ = bench.process(job("a", 1, offset: 0))
        _ = bench.tick()
        #expect(try measurements(bench.tick(after: 10)).map(\.id.string) == ["a"])
    }

    @Test(
        "answers the same batch again after it was lost on the device's hands", arguments: [5, 30])
    func sameBatchAgain(milliseconds: Int64) throws {
        var bench = try bench()
        let jobs = [job("a", 1, offset: 0), job("b", 2, offset: 1)]
        _ = bench.process(jobs)
        _ = bench.tick()
        bench.stage.forget(topic: .jobs, partition: 0)
        // Collected or not, the first run's results were nobody's.
        #expect(try measurements(bench.tick(after: milliseconds)).isEmpty)
        let again = bench.process(jobs)
        #expect(again.held.count == 2)
        var found = try measurements(bench.tick())
        for _ in 0..<5 { found += try measurements(bench.tick(after: 20)) }
        #expect(found.map(\.id.string) == ["a", "b"] && bench.stage.heldCount == 0)
    }

    @Test("rejects what it cannot read")
    func rejects() throws {
        var bench = try bench()
        let turn = bench.process(Input(.jobs, value: Array("{}".utf8)))
        #expect(turn.on(.rejects).first?.header("tandem-error-code") == "missingField")
        #expect(turn.held.isEmpty)
    }
}
