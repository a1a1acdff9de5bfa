import Contracts
import Determinism
import Policies
import QuantumBackends
import Stages
import TestSupport
import Testing

/// What a stage wrote to its changelog, given to another instance; and what that one refuses of it.
private func restoring<Subject: Stage>(
    _ entries: [Output], into stage: Subject, at now: Timestamp = Clock.start
) throws -> (bench: Bench<Subject>, refused: Turn) {
    var bench = Bench(stage)
    let changelog = try #require(stage.durableState).changelog
    bench.now = now
    let inputs = entries.filter { $0.topic == changelog }.enumerated().map { offset, entry in
        var input = Input(changelog, value: entry.value)
        input.offset = Int64(offset)
        input.key = entry.key
        input.headers = entry.headers
        input.timestamp = now
        return input
    }
    let refused = bench.restore(inputs)
    return (bench, refused)
}

private func restored<Subject: Stage>(
    _ entries: [Output], into stage: Subject, at now: Timestamp = Clock.start
) throws -> Bench<Subject> {
    let (bench, refused) = try restoring(entries, into: stage, at: now)
    #expect(refused.messages.isEmpty)
    return bench
}

@Suite("A stage's kept state")
struct DurableStateTests {
    private func fallback() throws -> Fallback { try Fallback(keepsState: true) }

    private func classical(_ id: String) -> Input {
        Input(.verdicts, Sample.classical(id), offset: 0)
    }

    private func quantum(_ id: String) -> Input {
        Input(.verdicts, Sample.quantum(id), offset: 1)
    }

    private func scores(_ turn: Turn) throws -> [ScoreMessage] {
        try turn.decoded(.scores, ScoreMessage.self)
    }

    @Test("gives a waiting record the same score after a hand-over as without one")
    func waiting() throws {
        var first = Bench(try fallback())
        let turn = first.process(classical("a"))
        #expect(turn.held.isEmpty && turn.messages.map(\.topic) == [.fallbackState])
        var second = try restored(turn.messages, into: try fallback())
        #expect(second.stage.stateSize == FallbackStateSize(waiting: 1, early: 0, decided: 0))
        let after = second.process(quantum("a"))
        let without = first.process(quantum("a"))
        #expect(after.messages == without.messages)
        #expect(try scores(after).map(\.source) == [.quantum])
    }

    @Test("answers a restored record by its deadline")
    func deadline() throws {
        var first = Bench(try fallback())
        let turn = first.process(classical("a"))
        let late = Clock.start + .milliseconds(400)
        var second = try restored(turn.messages, into: try fallback(), at: late)
        let found = try scores(second.tick())
        #expect(found.map(\.reason) == [.deadlineExceeded])
        #expect(try scores(second.tick(after: 1_000)).isEmpty)
    }

    @Test("joins an early quantum verdict with its record after a hand-over")
    func early() throws {
        var first = Bench(try fallback())
        let turn = first.process(quantum("a"))
        #expect(turn.messages.map(\.topic) == [.fallbackState])
        var second = try restored(turn.messages, into: try fallback())
        #expect(try scores(second.process(classical("a"))).map(\.source) == [.quantum])
    }

    @Test("scores no record twice, whether copies come before or after a hand-over")
    func decided() throws {
        var first = Bench(try fallback())
        var entries = first.process([classical("a"), quantum("a"), classical("a")]).messages
        #expect(entries.filter { $0.topic == .scores }.count == 1)
        #expect(entries.filter { $0.topic == .fallbackState }.count == 2)
        var second = try restored(entries, into: try fallback())
        #expect(second.process([classical("a"), quantum("a")]).messages.isEmpty)
        // The last entry of a key counts: here a record of the same id that came after the window.
        entries = first.process(classical("b")).messages
        let reopened = entries.filter { $0.topic == .fallbackState }
        var third = try restored(
            reopened + first.process(quantum("b")).messages + reopened, into: try fallback())
        #expect(third.stage.stateSize.waiting == 1)
        #expect(try scores(third.process(quantum("b"))).count == 1)
    }

    @Test("is empty after a reset")
    func reset() throws {
        var bench = Bench(try fallback())
        _ = bench.process([classical("a"), quantum("b"), classical("c"), quantum("c")])
        bench.stage.reset()
        #expect(bench.stage.stateSize == FallbackStateSize(waiting: 0, early: 0, decided: 0))
        #expect(bench.tick(after: 1_000).messages.isEmpty)
    }

    private static let unreadable = ["", "{", "{\"state\":\"waiting\",\"atMs\":1}", "[]"]

    /// Entries that nobody can read, between others, are rejected byte for byte.
    private func check<Subject: Stage>(_ good: [Output], _ stage: Subject) throws {
        let changelog = try #require(stage.durableState).changelog
        let bad = Self.unreadable.map {
            Output(
                topic: changelog, key: Array("a".utf8), value: Array($0.utf8), headers: [],
                timestamp: nil)
        }
        let (bench, refused) = try restoring(bad + good + bad, into: stage)
        #expect(refused.messages.allSatisfy { $0.topic == .rejects })
        #expect(refused.messages.map(\.value) == (bad + bad).map(\.value))
        #expect(refused.messages.allSatisfy { $0.key == Array("a".utf8) })
        let from = refused.messages.first?.header("tandem-error-topic")
        #expect(from?.hasSuffix(changelog.rawValue) == true)
        #expect(bench.stage.counters.rejected == 8)
        #expect(bench.stage.rememberedCount == 1)
    }

    @Test("rejects entries of a changelog that nobody can read, and restores the others")
    func unreadable() throws {
        var first = Bench(try fallback())
        try check(first.process(classical("b")).messages, try fallback())
        var second = Bench(admission())
        let record = Input(.reduced, Sample.reduced("b"), offset: 7, partition: 3)
        try check(second.process(record).messages, admission())
    }

    private func admission() -> Admission {
        var policy = AdmissionPolicy()
        policy.mode = .live
        var settings = AdmissionSettings(
            policy: policy, latencyBudget: .milliseconds(250), device: "simulated-qpu")
        settings.keepsState = true
        settings.devices[0].price = CallPrice(perTask: 0.25, perShot: 0.001)
        return Admission(settings)
    }

    @Test("decides and reserves once, whether copies come before or after a hand-over")
    func admissionState() throws {
        var first = Bench(admission())
        let copy = Input(.reduced, Sample.reduced("a"), offset: 7, partition: 3)
        let turn = first.process([copy, copy])
        #expect(turn.messages.map(\.topic) == [.verdicts, .jobs, .ledger, .admissionState])
        let bill = try turn.decoded(.ledger, LedgerMessage.self)[0]
        let job = try turn.decoded(.jobs, JobMessage.self)[0]
        #expect(bill.state == .reserved && bill.job == job.job)
        #expect(abs(bill.cost - (0.25 + 0.001 * Double(job.shots))) < 1e-12)
        var second = try restored(turn.messages, into: admission())
        #expect(second.process(copy).messages.isEmpty)
    }
}

@Suite("Enrichment with a ledger")
struct LedgerTests {
    private let device: ResultArchive
    private let settings = EnrichmentSettings(batchSize: 8, keepsLedger: true)

    init() throws {
        var device = SimulatedQPUConfiguration()
        device.servicePerRecord = .milliseconds(10)
        device.price = DevicePrice(perTask: 0.25, perShot: 0.001)
        self.device = ResultArchive(try SimulatedQPU(device, start: Clock.start))
    }

    private func job(_ id: String, _ number: UInt64) -> Input {
        Input(.jobs, Sample.job(id, number: number), offset: Int64(number), partition: 2)
    }

    private func states(_ turn: Turn) throws -> [LedgerMessage.State] {
        try turn.decoded(.ledger, LedgerMessage.self).map(\.state)
    }

    /// A turn in which everything written before is safe.
    private func tick(_ bench: inout Bench<Enrichment>, after wait: Int64 = 0) -> Turn {
        bench.acknowledgedEpoch = bench.epoch
        bench.epoch += 1
        return bench.tick(after: wait)
    }

    @Test("submits a task only after the cluster has its ledger entries")
    func announcement() throws {
        var bench = Bench(Enrichment(settings, backend: device))
        _ = bench.process([job("a", 1), job("b", 2)])
        let announced = bench.tick()
        #expect(try states(announced) == [.submitted, .submitted])
        let places = try announced.decoded(.ledger, LedgerMessage.self)
        #expect(places.map(\.index) == [0, 1] && places[0].task == places[1].task)
        #expect(bench.tick(after: 100).messages.allSatisfy { $0.topic == .qpuStatus })
        #expect(device.deviceStatus(at: bench.now).queueDepth == 0)
        _ = tick(&bench)
        #expect(device.deviceStatus(at: bench.now).queueDepth == 1)
        let done = tick(&bench, after: 20)
        #expect(try states(done) == [.settled, .settled] && done.released.count == 2)
    }

    @Test("joins a running task after a restart, and pays for it once")
    func running() throws {
        var first = Bench(Enrichment(settings, backend: device))
        _ = first.process([job("a", 1), job("b", 2)])
        let announced = first.tick()
        _ = tick(&first)
        // The process dies here; the device goes on.
        var second = try restored(
            announced.messages, into: Enrichment(settings, backend: device), at: first.now)
        _ = second.process([job("b", 2), job("a", 1)])
        #expect(try states(tick(&second)).isEmpty && second.stage.heldCount == 2)
        let done = tick(&second, after: 30)
        let found = try done.decoded(.measurements, MeasurementMessage.self)
        #expect(found.allSatisfy { $0.status == .ok } && found.count == 2)
        #expect(try states(done) == [.settled, .settled] && second.stage.heldCount == 0)
        #expect(device.deviceStatus(at: second.now).completed == 1)
        // The same as a run without a restart.
        var undisturbed = Bench(Enrichment(settings, backend: device))
        _ = undisturbed.process([job("c", 1)])
        _ = undisturbed.tick()
        _ = tick(&undisturbed)
        let other = try tick(&undisturbed, after: 40)
            .decoded(.measurements, MeasurementMessage.self)
        let again = try #require(found.first { $0.id.string == "a" })
        #expect(other.map(\.expectations) == [again.expectations])
    }

    @Test("writes a measurement again whose offset was not committed, from the kept result")
    func settled() throws {
        var first = Bench(Enrichment(settings, backend: device))
        _ = first.process(job("a", 1))
        var entries = first.tick().messages
        _ = tick(&first)
        let done = tick(&first, after: 20)
        entries += done.messages
        var second = try restored(
            entries, into: Enrichment(settings, backend: device), at: first.now)
        _ = second.process(job("a", 1))
        let again = tick(&second)
        #expect(
            try again.decoded(.measurements, MeasurementMessage.self).map(\.expectations)
                == done.decoded(.measurements, MeasurementMessage.self).map(\.expectations))
        #expect(device.deviceStatus(at: second.now).completed == 1)
    }

    @Test("does not buy again what is settled when the device has forgotten it")
    func forgotten() throws {
        var first = Bench(Enrichment(settings, backend: device))
        _ = first.process(job("a", 1))
        var entries = first.tick().messages
        _ = tick(&first)
        entries += tick(&first, after: 20).messages
        let other = ResultArchive(
            try SimulatedQPU(SimulatedQPUConfiguration(), start: Clock.start))
        var second = try restored(
            entries, into: Enrichment(settings, backend: other), at: first.now)
        let turn = second.process(job("a", 1))
        let found = try turn.decoded(.measurements, MeasurementMessage.self)
        #expect(found.map(\.status) == [.failed] && turn.released.count == 1)
        #expect(abs(found[0].cost - 0.506) < 1e-12 && second.stage.heldCount == 0)
        #expect(try states(turn) == [.settled])
    }

    @Test("does not run a job again that was released: its money is given back")
    func released() throws {
        var faulty = SimulatedQPUConfiguration()
        faulty.failureProbability = 1
        var first = Bench(
            Enrichment(
                settings, backend: ResultArchive(try SimulatedQPU(faulty, start: Clock.start))))
        _ = first.process(job("a", 1))
        var entries = first.tick().messages
        _ = tick(&first)
        let done = tick(&first, after: 20)
        #expect(try states(done) == [.released])
        entries += done.messages
        var second = try restored(
            entries, into: Enrichment(settings, backend: device), at: first.now)
        let turn = second.process(job("a", 1))
        #expect(try states(turn) == [.released] && turn.released.count == 1)
        #expect(
            try turn.decoded(.measurements, MeasurementMessage.self).map(\.status) == [.failed])
        _ = second.tick()
        _ = tick(&second)
        #expect(try states(tick(&second, after: 40)).isEmpty)
        #expect(device.deviceStatus(at: second.now).completed == 0)
    }

    @Test("settles a damaged result once, before and after a restart, at what the task cost")
    func damaged() throws {
        var faulty = SimulatedQPUConfiguration()
        faulty.servicePerRecord = .milliseconds(10)
        faulty.price = DevicePrice(perTask: 0.25, perShot: 0.001)
        faulty.faults.garbledProbability = 1
        let device = ResultArchive(try SimulatedQPU(faulty, start: Clock.start))
        var first = Bench(Enrichment(settings, backend: device))
        _ = first.process(job("a", 1))
        let announced = first.tick().messages
        _ = tick(&first)
        let done = tick(&first, after: 20)
        // Dead before the measurement was safe, or after it and before the offset was.
        for entries in [announced, announced + done.messages] {
            var second = try restored(
                entries, into: Enrichment(settings, backend: device), at: first.now)
            _ = second.process(job("a", 1))
            let again = tick(&second)
            for turn in [done, again] {
                let found = try turn.decoded(.measurements, MeasurementMessage.self)
                #expect(found.map(\.status) == [.failed])
                let bills = try turn.decoded(.ledger, LedgerMessage.self)
                #expect(bills.map(\.state) == [.settled])
                #expect(bills.allSatisfy { abs($0.cost - 0.506) < 1e-12 })
            }
            #expect(device.deviceStatus(at: second.now).completed == 1)
        }
    }

    @Test("submits anew what was announced and never reached the device")
    func announcedOnly() throws {
        var first = Bench(Enrichment(settings, backend: device))
        _ = first.process(job("a", 1))
        let announced = first.tick()
        var second = try restored(
            announced.messages, into: Enrichment(settings, backend: device), at: first.now)
        _ = second.process(job("a", 1))
        #expect(try states(second.tick()) == [.submitted])
        _ = tick(&second)
        #expect(try states(tick(&second, after: 10)) == [.settled])
        #expect(device.deviceStatus(at: second.now).completed == 1)
    }
}
