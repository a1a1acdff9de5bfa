import Contracts
import Determinism
import Models
import Pipeline
import Policies
import QuantumBackends
import SimulatedTransport
import Stages

/// What is the same in both runs of a scenario: with the quantum path on, and off.
struct ScenarioSetting {
    let scenario: Scenario
    let seed: UInt64
    let records: Int
    let plant: ScenarioPlant?
    let model: ScenarioModel
    /// Device time of one record.
    let service: TimeSpan
    /// Records that admission finds worth a call.
    let worthwhile: Int
    /// Admission's limit for it, in jobs and in money; nil for none.
    let budget: (calls: Int64, money: Double)?

    static let band = 0.2...0.8
    static let exploration = 0.02
    static let price = PricePreset.awsBraket.book
    static let commitInterval = TimeSpan.milliseconds(50)

    init(_ scenario: Scenario, seed: UInt64, records: Int, plant: ScenarioPlant?) throws {
        self.scenario = scenario
        self.seed = seed
        self.records = records
        self.plant = plant
        model = try ScenarioModel(seed: seed)
        let scores = model.classicalScores()
        let inside = Double(scores.count { Self.band.contains($0) }) / Double(scores.count)
        let share = inside + (1 - inside) * Self.exploration
        let worthwhile = Int(Double(records) * share * (1 - scenario.invalidShare))
        self.worthwhile = worthwhile
        let rate = Double(records) / scenario.weight * share
        service = .seconds(scenario.load / rate)
        let task = Self.price.cost(
            of: DeviceUsage(tasks: 1, shots: model.bundle.circuit.shots))
        budget = scenario.budgetShare.map { share in
            let calls = max(1, Int64(Double(worthwhile) * share))
            return (calls, Double(calls * task) / 1e6)
        }
    }

    /// A tenth record or so that lacks features.
    func isInvalid(_ sequence: Int) -> Bool {
        let draw = StableHash.combine(seed ^ 0x696E_7661, UInt64(sequence))
        return Double(draw >> 11) * 0x1p-53 < scenario.invalidShare
    }

    /// - Parameter mode: of the run.
    func policy(_ mode: Mode) throws -> AdmissionPolicy {
        var policy = AdmissionPolicy()
        policy.mode = mode
        policy.takesInFlightFromStatus = true
        policy.uncertaintyBand = Self.band
        policy.outsideFraction = Self.exploration
        policy.samplingSeed = seed
        // The way back: two commits, each up to an interval, and the log.
        policy.safetyMargin = .milliseconds(150)
        policy.statusStaleness = .seconds(2 as Int64)
        try policy.validate()
        return policy
    }

    /// - Parameter partitions: of every data topic.
    func budgets(partitions: Int, now: Timestamp) throws -> BudgetBook? {
        guard let budget else { return nil }
        var limits = BudgetLimits(
            name: "scenario", cap: Money(roundingUp: budget.money))
        limits.window = .total
        return try BudgetBook(
            [limits], partitions: partitions, heartbeat: ScenarioStages.heartbeat, now: now)
    }

    var device: SimulatedQPUConfiguration {
        var device = SimulatedQPUConfiguration()
        device.name = ScenarioStages.device
        device.qubits = 3
        device.seed = seed
        device.servicePerRecord = service
        device.priceBook = Self.price
        scenario.device(&device, service, scenario.windows)
        return device
    }

    var plan: FaultPlan {
        var plan = FaultPlan(seed: seed)
        plan.grid = .milliseconds(1)
        plan.arrival = .microseconds(200)...(.milliseconds(1))
        plan.acknowledgement = .microseconds(200)...(.milliseconds(1))
        plan.marker = .zero...(.milliseconds(1))
        plan.restart = .milliseconds(40)...(.milliseconds(200))
        return plan
    }
}

/// One run of a scenario: all stages, the records, the device, the faults and an observer.
final class ScenarioRun {
    private let setting: ScenarioSetting
    private let cluster: SimulatedCluster
    private let pipeline: SimulatedPipeline
    private let ids: ChaosWorkload
    private let poison: PoisonBook?
    private let start: Timestamp
    let observer: ScenarioObserver
    let service: ChaosService
    private(set) var published = 0
    private(set) var strikes = 0
    /// When instances were disturbed, in order.
    private(set) var disturbances: [Timestamp] = []
    private(set) var isAtRest = false
    private var bytes = ByteWriter(capacity: 64)

    static let slices = 120
    private static let partitions = 4
    private static let publishInterval = TimeSpan.milliseconds(40)
    /// Given to late scores after a disturbance: restart, session, restoration, backlog.
    static let recovery = TimeSpan.milliseconds(1_400)

    init(_ setting: ScenarioSetting, mode: Mode) throws {
        self.setting = setting
        let time = ManualTimeSource()
        start = time.now()
        cluster = SimulatedCluster(
            time: time, partitions: Self.partitions, faults: setting.plan)
        cluster.sessionTimeout = .milliseconds(300)
        cluster.transactionTimeout = .seconds(2 as Int64)
        ids = ChaosWorkload(
            seed: setting.seed, records: setting.records, hasDuplicates: false)
        let slice = TimeSpan.microseconds(
            max(1, setting.scenario.duration.microseconds / Int64(Self.slices)))
        observer = ScenarioObserver(
            cluster, ids, start: start, slice: slice, slices: Self.slices)
        service = try ChaosService(setting.device, time: time, garbage: 0, seed: setting.seed)
        poison = setting.scenario.poisonRarity.map { PoisonBook(seed: setting.seed, rarity: $0) }
        let stages = ScenarioStages(
            policy: try setting.policy(mode), latencyBudget: setting.scenario.latencyBudget,
            price: setting.device.taskPrice,
            budgets: try setting.budgets(partitions: Self.partitions, now: start),
            partitions: Self.partitions, service: service, poison: poison,
            plant: setting.plant)
        var limits = LoopLimits()
        limits.batchMaximum = 4_096
        limits.commitInterval = ScenarioSetting.commitInterval
        pipeline = SimulatedPipeline(
            cluster, limits: limits, delivery: .exactlyOnce, modelName: ScenarioModel.name
        ) { try stages.stage($0.stage) }
    }

    var virtualTime: TimeSpan { pipeline.time.now() - start }
    var unrest: [String] { pipeline.unrest }

    /// - Parameter progress: gets the records published so far.
    func run(_ progress: (Int) -> Void) throws {
        poison?.kill = { [weak self] in self?.killWhoeverWorks() }
        poison?.isArmed = { [weak self] in self?.isStruck ?? false }
        for key in ["\(ScenarioModel.name)@\(setting.model.bundle.version)", ScenarioModel.name] {
            pipeline.publish(to: .models, key: Array(key.utf8), value: setting.model.bytes)
        }
        try pipeline.startAll(instances: setting.scenario.instances)
        // Groups are joined before the first record comes.
        schedulePublishing(at: start + .milliseconds(200))
        scheduleHousekeeping()
        scheduleStrike(0)
        while published < setting.records {
            try pipeline.run(for: .milliseconds(500))
            progress(published)
        }
        isAtRest = try pipeline.runUntilIdle(within: .seconds(120 as Int64))
        observer.observe()
    }

    private var elapsed: TimeSpan { pipeline.time.now() - start }
    private var isStruck: Bool { setting.scenario.isStruck(at: elapsed) }

    private func killWhoeverWorks() {
        disturb()
        pipeline.crashWhoeverWorks()
    }

    private func disturb() {
        strikes += 1
        disturbances.append(pipeline.time.now())
    }

    // MARK: Records

    private func schedulePublishing(at instant: Timestamp) {
        pipeline.schedule(at: instant) { [weak self] _ in
            guard let self else { return }
            let due = setting.scenario.published(setting.records, at: elapsed)
            while published < due {
                publish(published)
                published += 1
            }
            if published < setting.records {
                schedulePublishing(at: instant + Self.publishInterval)
            }
        }
    }

    private func publish(_ sequence: Int) {
        bytes.removeAll()
        ids.writeID(sequence, into: &bytes)
        let end = bytes.count
        var value = ByteWriter(capacity: 256)
        setting.model.write(
            id: bytes.slice(0..<end), sequence: sequence, isInvalid: setting.isInvalid(sequence),
            into: &value)
        cluster.append(
            to: .records, key: bytes.slice(0..<end), value: value.slice(0..<value.count))
    }

    private func scheduleHousekeeping() {
        pipeline.schedule(at: pipeline.time.now() + .milliseconds(1_000)) { [weak self] pipeline in
            guard let self, published < setting.records else { return }
            observer.observe()
            let old = pipeline.time.now() - (ScenarioStages.window * 3)
            for topic in [Topic.admissionState, .fallbackState, .ledger] {
                cluster.retain(topic, since: old)
            }
            scheduleHousekeeping()
        }
    }

    // MARK: Faults

    private func scheduleStrike(_ number: Int) {
        guard let strike = setting.scenario.strike else { return }
        let interval: TimeSpan =
            switch strike {
            case .broker(let every, _), .rebalance(let every): every
            }
        var next = elapsed + interval
        if !setting.scenario.isStruck(at: next) {
            let begins = setting.scenario.windows.map(\.from).filter { $0 > elapsed }
            guard let begin = begins.min() else { return }
            next = begin
        }
        pipeline.schedule(at: start + next) { [weak self] pipeline in
            guard let self else { return }
            disturb()
            let draw = StableHash.combine(setting.seed, UInt64(number))
            let stage = StageName.allCases[Int(draw % 7)]
            switch strike {
            case .broker(_, let span):
                let index = Int(draw / 7 % UInt64(setting.scenario.instances))
                pipeline.cutOff(InstanceName(stage, index), for: span)
            case .rebalance: pipeline.forceRebalance(of: stage)
            }
            scheduleStrike(number + 1)
        }
    }
}
