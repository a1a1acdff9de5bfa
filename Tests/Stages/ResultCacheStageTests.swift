import Contracts
import Determinism
import Models
import Policies
import QuantumBackends
import Stages
import TestSupport
import Testing

@Suite("Enrichment with a result cache")
struct ResultCacheStageTests {
    private struct Subject {
        var bench: Bench<Enrichment>
        let device: SimulatedQPU

        /// What the device was given, as it counts it.
        var served: Int {
            let status = device.deviceStatus(at: bench.now)
            return status.completed + status.queueDepth
        }

        mutating func measured(_ job: Input) throws -> [MeasurementMessage] {
            var found = try bench.process(job).decoded(.measurements, MeasurementMessage.self)
            found += try bench.tick().decoded(.measurements, MeasurementMessage.self)
            found += try bench.tick(after: 10).decoded(.measurements, MeasurementMessage.self)
            return found
        }
    }

    /// A device that takes 10 ms a record, calibrated every minute.
    private func subject(
        _ limits: CacheLimits? = CacheLimits(entries: 100, lifetime: .seconds(300 as Int64)),
        _ change: (inout SimulatedQPUConfiguration) -> Void = { _ in }
    ) throws -> Subject {
        var configuration = SimulatedQPUConfiguration()
        configuration.servicePerRecord = .milliseconds(10)
        configuration.price = DevicePrice(perTask: 0.25, perShot: 0.001)
        configuration.calibrationInterval = .seconds(60 as Int64)
        change(&configuration)
        let device = try SimulatedQPU(configuration, start: Clock.start)
        var settings = EnrichmentSettings(batchSize: 8, heartbeat: .milliseconds(100))
        settings.cache = limits
        return Subject(
            bench: Bench(Enrichment(settings, backend: device)), device: device)
    }

    private func job(
        _ id: String, _ number: UInt64, _ change: (inout JobMessage) -> Void = { _ in }
    ) -> Input {
        var message = Sample.job(id, number: number)
        change(&message)
        return Input(.jobs, message, offset: Int64(number))
    }

    @Test("answers what was computed before at once, without a submission and free of charge")
    func hit() throws {
        var subject = try subject()
        let first = try #require(try subject.measured(job("a", 1)).first)
        #expect(first.cached == nil && first.cost > 0.5)
        subject.bench.now = subject.bench.now + .milliseconds(500)
        let input = job("b", 2)
        let turn = subject.bench.process(input)
        let found = try turn.decoded(.measurements, MeasurementMessage.self)
        let answer = try #require(found.first)
        #expect(found.count == 1 && answer.id.string == "b" && answer.job == 2)
        #expect(answer.status == .ok && answer.cost == 0)
        #expect(answer.expectations == first.expectations && answer.headValue == first.headValue)
        #expect(answer.headStandardError == first.headStandardError)
        // Everything needed to draw the same counts again, and whose they are.
        #expect(answer.seed == first.seed && answer.calibration.string == "simulated-qpu/0")
        #expect(answer.cached == CachedSource(job: 1, measuredAt: first.startedAt))
        #expect(answer.submittedAt == subject.bench.now && answer.completedAt == subject.bench.now)
        let object = try jsonObject(turn.on(.measurements)[0].value ?? [])
        let schema = try TopicFiles().schema("measurements")
        #expect(SchemaValidator.problems(of: object, schema: schema).isEmpty)
        let bill = try turn.decoded(.ledger, LedgerMessage.self)
        #expect(bill.map(\.state) == [.settled] && bill.map(\.cost) == [0])
        #expect(bill.map(\.task) == [nil])
        #expect(turn.held == [input.position] && turn.released == [input.position])
        #expect(subject.bench.stage.heldCount == 0 && subject.served == 1)
        let status = try subject.bench.tick(after: 100).decoded(.qpuStatus, QPUStatusMessage.self)
        #expect(status.map(\.submitted) == [1] && status.map(\.completed) == [1])
        #expect(status.map(\.cacheHits) == [1] && status.map(\.cacheMisses) == [1])
        // A copy of the answered job is one of a job that ran.
        #expect(subject.bench.process(job("b", 2)).messages.isEmpty)
    }

    @Test("carries where the answer is from to the verdict, the score and the comparison")
    func provenance() throws {
        let source = CachedSource(job: 5, measuredAt: Clock.start - .seconds(1 as Int64))
        var measurement = Sample.measurement("r")
        measurement.cached = source
        measurement.cost = 0
        var confidence = Bench(try Confidence())
        let judged = confidence.process(Input(.measurements, measurement))
        let verdict = try judged.decoded(.verdicts, QuantumVerdictMessage.self)[0]
        #expect(verdict.cached == source && verdict.cost == 0)
        var fallback = Bench(try Fallback())
        _ = fallback.process(Input(.verdicts, Sample.classical("r")))
        let scored = fallback.process(Input(.verdicts, verdict, offset: 1))
        let score = try #require(try scored.decoded(.scores, ScoreMessage.self).first)
        #expect(score.provenance?.cached == source && score.provenance?.cost == 0)
        let object = try jsonObject(scored.on(.scores)[0].value ?? [])
        let schema = try TopicFiles().schema("scores")
        #expect(SchemaValidator.problems(of: object, schema: schema).isEmpty)
    }

    enum Difference: CaseIterable {
        case components, shots, model, calibration, age, noCache
    }

    @Test("buys what differs in anything that a result depends on", arguments: Difference.allCases)
    func miss(difference: Difference) throws {
        var subject = try subject(difference == .noCache ? nil : CacheLimits(entries: 100)) {
            if difference == .age { $0.calibrationInterval = .seconds(3_600 as Int64) }
        }
        subject.bench.control.remember(Training.other)
        #expect(try subject.measured(job("a", 1)).count == 1)
        let second = job("b", 2) { message in
            switch difference {
            case .components: message.components[1] = message.components[1].nextUp
            case .shots: message.shots += 1
            case .model:
                message.model = Training.other.identity.slice
                message.circuitHash = Training.other.circuitHash.slice
            case .calibration: subject.bench.now = Clock.start + .seconds(60 as Int64)
            case .age: subject.bench.now = Clock.start + .seconds(301 as Int64)
            case .noCache: break
            }
        }
        let found = try subject.measured(second)
        let measured = try #require(found.first)
        #expect(found.count == 1 && measured.cached == nil && measured.cost > 0.5)
        #expect(subject.served == 2)
    }

    @Test("keeps nothing of a result that was damaged or failed")
    func failures() throws {
        for fault in [true, false] {
            var subject = try subject {
                if fault { $0.faults.garbledProbability = 1 } else { $0.failureProbability = 1 }
            }
            #expect(try subject.measured(job("a", 1)).map(\.status) == [.failed])
            #expect(try subject.measured(job("b", 2)).map(\.status) == [.failed])
        }
    }

    @Test("answers while the device is down, and not while the kill switch is on")
    func unavailable() throws {
        var subject = try subject {
            $0.outages = [OutageWindow(from: .milliseconds(20), until: .seconds(30 as Int64))]
        }
        #expect(try subject.measured(job("a", 1)).map(\.status) == [.ok])
        subject.bench.now = subject.bench.now + .milliseconds(100)
        #expect(try subject.measured(job("b", 2)).map(\.status) == [.ok])
        subject.bench.control.killSwitch = true
        let stopped = try #require(try subject.measured(job("c", 3)).first)
        #expect(stopped.status == .failed && stopped.cached == nil)
        #expect(stopped.error?.string.contains("kill switch") == true && subject.served == 1)
    }

    @Test("keeps each device's results apart")
    func devices() throws {
        let devices = try ["a", "b"].map { name in
            var configuration = SimulatedQPUConfiguration()
            configuration.name = name
            configuration.servicePerRecord = .milliseconds(10)
            return try SimulatedQPU(configuration, start: Clock.start)
        }
        var settings = EnrichmentSettings(batchSize: 1)
        settings.cache = CacheLimits()
        var bench = Bench(Enrichment(settings, backends: devices))
        var found: [MeasurementMessage] = []
        for (number, device) in [(1, "a"), (2, "b"), (3, "a"), (4, "b")] as [(UInt64, String)] {
            let input = job("r\(number)", number) { $0.device = kept(device) }
            found += try bench.process(input).decoded(.measurements, MeasurementMessage.self)
            _ = bench.tick()
            found += try bench.tick(after: 10).decoded(.measurements, MeasurementMessage.self)
        }
        #expect(found.map(\.device.string) == ["a", "b", "a", "b"])
        #expect(found.map(\.cached?.job) == [nil, nil, 1, 2])
        #expect(devices.map { $0.deviceStatus(at: bench.now).completed } == [1, 1])
    }
}

@Suite("A result cache and the ledger")
struct ResultCacheLedgerTests {
    private let device: ResultArchive
    private var settings = EnrichmentSettings(batchSize: 8, keepsLedger: true)

    init() throws {
        var device = SimulatedQPUConfiguration()
        device.servicePerRecord = .milliseconds(10)
        device.price = DevicePrice(perTask: 0.25, perShot: 0.001)
        self.device = ResultArchive(try SimulatedQPU(device, start: Clock.start))
        settings.cache = CacheLimits()
    }

    private func job(_ id: String, _ number: UInt64) -> Input {
        Input(.jobs, Sample.job(id, number: number), offset: Int64(number), partition: 2)
    }

    /// Processes and waits until nothing is held, in turns in which all written before is safe.
    private func run(_ bench: inout Bench<Enrichment>, _ jobs: [Input]) -> [Output] {
        var messages = bench.process(jobs).messages
        for _ in 0..<4 {
            messages += bench.tick(after: 10).messages
            bench.acknowledgedEpoch = bench.epoch
            bench.epoch += 1
        }
        #expect(bench.stage.heldCount == 0)
        return messages
    }

    private func measurements(_ messages: [Output]) throws -> [MeasurementMessage] {
        try messages.filter { $0.topic == .measurements }.map {
            try $0.decoded(MeasurementMessage.self)
        }
    }

    private func audit(_ messages: [Output]) throws -> LedgerAudit.Report {
        var audit = LedgerAudit()
        for message in messages where message.topic == .ledger {
            audit.take(try message.decoded(LedgerMessage.self))
        }
        for message in try measurements(messages) { audit.take(message) }
        return audit.report
    }

    private func restarted(_ messages: [Output], at now: Timestamp) -> Bench<Enrichment> {
        var bench = Bench(Enrichment(settings, backend: device))
        bench.now = now
        let entries = messages.filter { $0.topic == .ledger }.enumerated().map { offset, entry in
            var input = Input(.ledger, value: entry.value)
            input.offset = Int64(offset)
            input.key = entry.key
            return input
        }
        #expect(bench.restore(entries).messages.isEmpty)
        return bench
    }

    @Test("agree: one job is paid for, the others are settled at nothing")
    func reconciles() throws {
        var bench = Bench(Enrichment(settings, backend: device))
        var messages = run(&bench, [job("a", 1)])
        for number in 2...5 as ClosedRange<UInt64> {
            messages += run(&bench, [job("r\(number)", number)])
        }
        let report = try audit(messages)
        #expect(report.isReconciled && report.jobs == 5 && report.cached == 4)
        #expect(report.settled.count == 5 && abs(report.settled.cost - 0.506) < 1e-12)
        #expect(device.deviceStatus(at: bench.now).completed == 1)
    }

    @Test("give a budget back what was set aside for a call that was answered")
    func budget() throws {
        var policy = AdmissionPolicy()
        policy.mode = .live
        var admission = AdmissionSettings(
            policy: policy, latencyBudget: .milliseconds(250), device: "simulated-qpu", shots: 256)
        admission.devices[0].price = CallPrice(perTask: 0.25, perShot: 0.001)
        var limits = BudgetLimits(name: "one-call", cap: Money(roundingUp: 0.6))
        limits.window = .total
        admission.budgets = try BudgetBook(
            [limits], partitions: 1, heartbeat: .milliseconds(100), now: Clock.start)
        var bench = Bench(Admission(admission))
        bench.stage.own([(.reduced, 0)], now: Clock.start)
        func decide(_ id: String) throws -> (ReasonCode, JobMessage?) {
            let turn = bench.process(Input(.reduced, Sample.reduced(id)))
            let verdict = try turn.decoded(.verdicts, ClassicalVerdictMessage.self)[0]
            return (verdict.reason, try turn.decoded(.jobs, JobMessage.self).first)
        }
        let first = try #require(try decide("a").1)
        #expect(try decide("b").0 == .budgetExhausted)
        var enrichment = Bench(Enrichment(settings, backend: device))
        _ = run(&enrichment, [job("earlier", 1)])
        let answer = run(&enrichment, [Input(.jobs, first, offset: 2)])
        #expect(try measurements(answer).map(\.cached?.job) == [1])
        for entry in answer where entry.topic == .ledger {
            _ = bench.process(Input(.ledger, value: entry.value))
        }
        #expect(try decide("c").0 == .accepted)
    }

    @Test("do not buy after a restart what was answered before it, and the bills still agree")
    func restart() throws {
        var first = Bench(Enrichment(settings, backend: device))
        var messages = run(&first, [job("a", 1)])
        messages += run(&first, [job("b", 2)])
        // Dead before the offset of "b" was committed: its answer is gone with the cache.
        var second = restarted(messages, at: first.now)
        let again = run(&second, [job("b", 2)])
        let failed = try measurements(again)
        #expect(failed.map(\.status) == [.failed] && failed.map(\.cost) == [0])
        #expect(failed.first?.error?.string.contains("result cache") == true)
        #expect(try audit(messages + again).isReconciled)
        // An instance that has the result itself answers it again.
        var third = restarted(messages, at: second.now)
        let other = run(&third, [job("c", 3)])
        let answered = run(&third, [job("b", 2)])
        #expect(try measurements(answered).map(\.cached?.job) == [3])
        let report = try audit(messages + again + other + answered)
        #expect(report.isReconciled && report.cached == 1)
        #expect(device.deviceStatus(at: third.now).completed == 2)
    }
}
