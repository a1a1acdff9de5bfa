import Contracts
import Determinism
import Models
import Pipeline
import QuantumBackends
import SimulatedTransport
import Stages

/// One run: all stages, the workload, the faults, and an observer, under one seed and a virtual
/// clock. Equal configurations give equal reports.
public final class ChaosRun {
    private let configuration: ChaosConfiguration
    private let model: ChaosModel
    private let workload: ChaosWorkload
    private let publisher: ChaosPublisher
    private let observer: ChaosObserver
    private let service: ChaosService
    private let stages: ChaosStages
    private let poison: PoisonBook
    private let pipeline: SimulatedPipeline
    private let cluster: SimulatedCluster
    private let start: Timestamp
    private let end: Timestamp
    private var schedule: ChaosSchedule
    private var injected: [ChaosFault: Int] = [:]
    private var probe = StateProbe()
    private var houses = 0
    private var skews: [InstanceName: TimeSpan] = [:]
    private var modelInForce = 0

    public convenience init(_ configuration: ChaosConfiguration) throws {
        try self.init(configuration, model: ChaosModel())
    }

    init(_ configuration: ChaosConfiguration, model: ChaosModel) throws {
        self.configuration = configuration
        self.model = model
        let time = ManualTimeSource()
        start = time.now()
        let bursts = (configuration.records + configuration.burst - 1) / configuration.burst
        end = start + configuration.interval * Int64(bursts + 1)
        workload = ChaosWorkload(
            seed: configuration.seed, records: configuration.records,
            hasDuplicates: configuration.faults.contains(.duplicate))
        publisher = ChaosPublisher(configuration, workload, model)
        cluster = SimulatedCluster(
            time: time, partitions: configuration.partitions,
            faults: configuration.plan(start: start, end: end))
        cluster.sessionTimeout = .milliseconds(300)
        cluster.transactionTimeout = .seconds(2 as Int64)
        observer = ChaosObserver(cluster, workload)
        service = try ChaosService(
            Self.device(configuration, until: end - start), time: time,
            garbage: configuration.faults.contains(.garbage) ? 0.02 : 0, seed: configuration.seed)
        poison = PoisonBook(seed: configuration.seed)
        stages = ChaosStages(configuration: configuration, service: service, poison: poison)
        schedule = ChaosSchedule(configuration, start: start, end: end)
        let box = Weak()
        pipeline = SimulatedPipeline(
            cluster, limits: Self.limits, delivery: .exactlyOnce, modelName: ChaosModel.name
        ) { [stages] name in
            try stages.stage(name.stage, skew: box.run?.skews[name] ?? .zero)
        }
        box.run = self
    }

    /// The stage maker's way to this run, which makes it.
    private final class Weak { weak var run: ChaosRun? }

    private static var limits: LoopLimits {
        var limits = LoopLimits()
        limits.batchMaximum = 4_096
        return limits
    }

    /// Drawn outages in storms, and a service that is now and then slow.
    private static func device(
        _ configuration: ChaosConfiguration, until end: TimeSpan
    ) -> SimulatedQPUConfiguration {
        var device = SimulatedQPUConfiguration()
        device.name = ChaosStages.device
        device.qubits = 3
        device.price = ChaosStages.price
        device.seed = configuration.seed
        device.servicePerRecord = .microseconds(40)
        device.servicePerJob = .milliseconds(1)
        if configuration.plant == .lateOverride { device.servicePerJob = .milliseconds(30) }
        if configuration.device == .dead {
            device.outages = [OutageWindow(from: .zero, until: end + configuration.patience)]
        } else if configuration.faults.contains(.qpu) {
            device.jitter = 1
            device.failureProbability = 0.02
            var draws = RandomStream(seed: configuration.seed, stream: 0x0074)
            var from = TimeSpan.zero
            while from < end {
                from = from + .milliseconds(500 + Int64(draws.next() % 4_000))
                let until = from + .milliseconds(20 + Int64(draws.next() % 600))
                device.outages.append(OutageWindow(from: from, until: until))
                from = until
            }
        }
        return device
    }

    // MARK: Running

    /// Runs to the end and checks; `report` is called every now and then.
    public func run(_ progress: (ChaosProgress) -> Void = { _ in }) throws -> ChaosReport {
        pipeline.prepare = { [weak self] name, transport in self?.prepare(name, transport) }
        poison.kill = { [weak self] in self?.pipeline.crashWhoeverWorks() }
        poison.isArmed = { [cluster] in
            cluster.faults.storms?.isStorm(at: cluster.time.now()) ?? true
        }
        publishModel(0)
        try pipeline.startAll(instances: configuration.instances)
        scheduleBurst(at: start + configuration.interval)
        scheduleFault()
        scheduleHousekeeping()
        while pipeline.time.now() < end {
            let next = pipeline.time.now() + .milliseconds(250)
            try pipeline.run(until: min(next, end))
            progress(
                ChaosProgress(
                    published: publisher.published, records: configuration.records,
                    steps: pipeline.totalCounts.received, what: "publishing", isMainRun: true))
        }
        poison.isArmed = { false }
        restoreOperation()
        while !publisher.isDone { try pipeline.run(for: configuration.interval) }
        let isIdle = try pipeline.runUntilIdle(within: configuration.patience)
        observer.observe()
        let report = report(isIdle: isIdle)
        progress(
            ChaosProgress(
                published: report.records, records: report.records, steps: report.steps,
                what: "checked", isMainRun: true))
        return report
    }

    private func prepare(_ name: InstanceName, _ transport: SimulatedTransport) {
        skews[name] = transport.skew
        if name.stage == .fallback, let plant = configuration.plant, plant != .lateOverride {
            transport.plant = plant
        }
    }

    private func scheduleBurst(at instant: Timestamp) {
        pipeline.schedule(at: instant) { [weak self] pipeline in
            guard let self, !publisher.isDone else { return }
            publisher.publishBurst(to: cluster)
            if !publisher.isDone { scheduleBurst(at: instant + configuration.interval) }
        }
    }

    /// The observer reads, retention and the cleaner work, all the time.
    private func scheduleHousekeeping() {
        let next = pipeline.time.now() + .milliseconds(500)
        guard next < end else { return }
        pipeline.schedule(at: next) { [weak self] _ in
            guard let self else { return }
            keepHouse()
            scheduleHousekeeping()
        }
    }

    private func keepHouse() {
        observer.observe()
        // States reach back two windows at most, the ledger as far as a job is under way.
        let old = pipeline.time.now() - (ChaosStages.window * 2)
        for topic in [Topic.admissionState, .fallbackState, .ledger] {
            cluster.retain(topic, since: old)
        }
        houses += 1
        guard houses.isMultiple(of: 4) || !probe.hasExamined else { return }
        for stage in [StageName.admission, .fallback] {
            for index in 0..<configuration.instances {
                probe.examine(InstanceName(stage, index), pipeline, stages)
            }
        }
    }

    // MARK: Faults

    private func scheduleFault() {
        guard let next = schedule.next() else { return }
        pipeline.schedule(at: next.at) { [weak self] _ in
            guard let self else { return }
            strike(next)
            scheduleFault()
        }
    }

    private func strike(_ strike: ChaosStrike) {
        let name = InstanceName(
            StageName.allCases[Int(strike.draw % 7)],
            Int(strike.draw / 7 % UInt64(configuration.instances)))
        let number = strike.draw / 1_000
        injected[strike.fault, default: 0] += 1
        switch strike.fault {
        case .crash: pipeline.crash(name, afterCalls: 1 + number % 12)
        case .rebalance: pipeline.forceRebalance(of: name.stage)
        case .eviction: pipeline.evict(name)
        case .zombie: try? pipeline.replace(name)
        case .broker: pipeline.cutOff(name, for: .milliseconds(20 + Int64(number % 280)))
        case .operation: operate(number)
        case .model: publishModel(1 - modelInForce)
        case .compaction:
            observer.observe()
            cluster.compact(.admissionState)
            cluster.compact(.fallbackState)
            cluster.compact(.ledger)
        case .poison, .timeout, .duplicate, .disk, .skew, .qpu, .garbage: break
        }
    }

    private func operate(_ number: UInt64) {
        switch number % 8 {
        case 0: set(.killSwitch, "on")
        case 1: set(.mode, Mode.shadow.rawValue)
        case 2...4: set(.mode, Mode.live.rawValue)
        default: set(.killSwitch, "off")
        }
    }

    private func restoreOperation() {
        guard configuration.faults.contains(.operation) else { return }
        set(.killSwitch, "off")
    }

    private func set(_ setting: ControlMessage.Setting, _ value: String) {
        var message = ControlMessage()
        message.setting = setting
        message.value = value
        message.by = "chaos"
        message.at = pipeline.time.now()
        var text = ByteWriter(capacity: 256)
        message.write(into: &text)
        pipeline.publish(to: .control, key: Array(setting.rawValue.utf8), value: text.contents)
    }

    private func publishModel(_ index: Int) {
        modelInForce = index
        let bytes = model.versions[index]
        guard let bundle = try? ModelBundle(decoding: bytes) else { return }
        for key in ["\(bundle.name)@\(bundle.version)", bundle.name] {
            pipeline.publish(to: .models, key: Array(key.utf8), value: bytes)
        }
    }

    // MARK: The end

    /// What the observer saw, for runs that are compared.
    var tracks: [RecordTrack] { observer.tracks }

    var checkers: ChaosCheckers {
        ChaosCheckers(
            configuration: configuration, workload: workload, tracks: observer.tracks,
            published: publisher.published,
            storms: configuration.faults.contains(where: \.isDisturbing)
                ? cluster.faults.storms : nil)
    }

    private func report(isIdle: Bool) -> ChaosReport {
        let counts = pipeline.totalCounts
        var report = ChaosReport(seed: configuration.seed)
        report.records = publisher.published
        report.published = publisher.messages
        report.steps = counts.received
        report.virtualTime = pipeline.time.now() - start
        report.hash = observer.hash
        report.transactions = (counts.transactions.committed, counts.transactions.aborted)
        report.restoredEntries = counts.restored
        report.injected = injections(counts)
        tally(into: &report)
        let checkers = checkers
        if !isIdle {
            report.violations += pipeline.unrest.prefix(20).map {
                Violation(check: .rest, text: $0)
            }
        }
        report.violations += observer.foreign.prefix(20).map {
            Violation(check: .oneScore, text: $0)
        }
        report.violations += checkers.oneScore() + checkers.conservation() + checkers.deadlines()
        report.violations += checkers.order() + checkers.override()
        report.violations += checkers.spend(observer.ledger, service)
        report.violations += checkers.budget(observer.ledger)
        report.violations += checkers.comparison() + probe.violations
        return report
    }

    private func tally(into report: inout ChaosReport) {
        var (quantum, jobs, calm) = (0, 0, 0)
        for track in observer.tracks {
            switch track.source {
            case .classical: report.scores.classical += track.scores > 0 ? 1 : 0
            case .quantum: report.scores.quantum += 1
            case .blend: report.scores.blend += 1
            }
            quantum += track.quantumAt == nil ? 0 : 1
            jobs += Int(track.jobs)
            if track.seenAt > track.deadline + configuration.slack {
                report.late.count += 1
                report.late.most = max(report.late.most, track.seenAt - track.deadline)
            } else if track.scores > 0 {
                calm += 1
            }
        }
        let records = publisher.published
        report.examined = [
            .oneScore: records, .conservation: records, .deadline: calm,
            .order: quantum + publisher.messages - records,
            .override: report.scores.quantum + report.scores.blend, .spend: jobs, .budget: jobs,
            .comparison: quantum, .restoration: probe.examined, .rest: 1,
        ]
    }

    private func injections(_ counts: InstanceCounts) -> [(name: String, count: Int)] {
        let transport = cluster.injected
        return ChaosFault.allCases.filter(configuration.faults.contains).map { fault in
            let count: Int =
                switch fault {
                case .crash: transport[.crash] ?? 0
                case .poison: poison.struck
                case .zombie: counts.zombies
                case .timeout: (transport[.timeout] ?? 0) + (transport[.send] ?? 0)
                case .duplicate:
                    (transport[.duplicate] ?? 0) + publisher.messages - publisher.published
                case .disk: transport[.slowDisk] ?? 0
                case .skew: counts.starts
                case .qpu: service.failures
                case .garbage: service.garbled
                case .rebalance, .eviction, .broker, .operation, .model, .compaction:
                    injected[fault] ?? 0
                }
            return (fault.rawValue, count)
        }
    }
}
