import Contracts
import Determinism
import Policies
import QuantumBackends
import SimulatedTransport
import Stages

/// The seven stages as a chaos run starts them: those of a process, with small windows.
struct ChaosStages {
    let configuration: ChaosConfiguration
    let service: ChaosService
    let poison: PoisonBook

    /// How long decisions are remembered: beyond the delay of any copy, short enough for restored
    /// states to stay small.
    static let window = TimeSpan.seconds(6 as Int64)

    func stage(_ name: StageName, skew: TimeSpan) throws -> any Stage {
        let stage = try plainStage(name, skew: skew)
        if name == .fallback, configuration.plant == .lateOverride { return LateStage(stage) }
        return configuration.faults.contains(.poison) ? PoisonedStage(stage, poison) : stage
    }

    func plainStage(_ name: StageName, skew: TimeSpan) throws -> any Stage {
        switch name {
        case .ingestion: return Ingestion()
        case .reduction: return ReductionStage()
        case .admission: return Admission(try admission())
        case .enrichment:
            return Enrichment(
                EnrichmentSettings(batchSize: 64, heartbeat: .milliseconds(50), keepsLedger: true),
                backend: ChaosDevice(service, skew: skew))
        case .confidence: return try Confidence()
        case .fallback:
            var limits = FallbackLimits()
            limits.decidedLifetime = Self.window
            limits.earlyLifetime = Self.window
            return try Fallback(limits: limits, keepsState: true)
        case .shadow:
            return try Shadow(limits: ShadowLimits(lifetime: .seconds(5 as Int64)))
        }
    }

    private func admission() throws -> AdmissionSettings {
        var policy = AdmissionPolicy()
        policy.mode = configuration.mode
        policy.takesInFlightFromStatus = true
        policy.uncertaintyBand = 0.2...0.8
        policy.outsideFraction = 0.1
        try policy.validate()
        var settings = AdmissionSettings(
            policy: policy, latencyBudget: configuration.latencyBudget, device: Self.device)
        settings.keepsState = true
        settings.partitions = configuration.partitions
        var limits = BudgetLimits(
            name: "chaos", cap: Money(roundingUp: configuration.budget))
        limits.window = .total
        settings.budgets = try BudgetBook(
            [limits], partitions: configuration.partitions, heartbeat: .milliseconds(100),
            now: Timestamp(microseconds: 0))
        settings.deduplication = (entries: 200_000, lifetime: Self.window)
        settings.devices[0].price = CallPrice(
            perTask: Self.price.perTask, perShot: Self.price.perShot)
        return settings
    }

    static let device = "chaos-qpu"
    static let price = DevicePrice(perTask: 1, perShot: 0.001)
}

/// Which records make a stage fail, and how often they have.
final class PoisonBook {
    private let seed: UInt64
    private var failures: [UInt64: Int] = [:]
    private(set) var struck = 0
    /// Has the instance that works at the moment die at its next call.
    var kill: () -> Void = {}
    /// Whether poison works at the moment.
    var isArmed: () -> Bool = { false }
    private let rarity: UInt64
    private static let maximumFailures = 2

    /// - Parameter rarity: one record in so many is poison, for each stage.
    init(seed: UInt64, rarity: UInt64 = 4_001) {
        self.seed = seed
        self.rarity = rarity
    }

    /// Notes a batch before a stage.
    func meet(_ batch: borrowing InboundBatch, _ stage: StageName) {
        guard isArmed() else { return }
        let salt = StableHash.hash64(stage.rawValue, seed: seed)
        for index in 0..<batch.count {
            guard let key = batch.key(index) else { continue }
            let word = unsafe key.withUnsafeBytes { unsafe StableHash.hash64($0, seed: salt) }
            guard word % rarity == 0, failures[word, default: 0] < Self.maximumFailures else {
                continue
            }
            failures[word, default: 0] += 1
            struck += 1
            kill()
        }
    }
}

/// A stage that some records kill: what it had done of their batch is lost.
struct PoisonedStage: Stage {
    private var stage: any Stage
    private let book: PoisonBook

    init(_ stage: any Stage, _ book: PoisonBook) {
        self.stage = stage
        self.book = book
    }

    var name: StageName { stage.name }
    var counters: StageCounters { stage.counters }
    var heldCount: Int { stage.heldCount }
    var nextDue: Timestamp? { stage.nextDue }
    var durableState: DurableState? { stage.durableState }

    mutating func process(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        book.meet(batch, name)
        stage.process(batch, context, into: &out)
    }

    mutating func tick(_ context: StageContext, into out: inout OutboundBatch) {
        stage.tick(context, into: &out)
    }

    mutating func forget(topic: Topic, partition: Int32) {
        stage.forget(topic: topic, partition: partition)
    }

    mutating func restore(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        stage.restore(batch, context, into: &out)
    }

    mutating func own(_ partitions: [(topic: Topic, partition: Int32)], now: Timestamp) {
        stage.own(partitions, now: now)
    }

    mutating func reset() { stage.reset() }
}

/// A planted bug: a fallback that waits for verdicts beyond the deadline and takes them.
struct LateStage: Stage {
    private static let lateness = TimeSpan.seconds(2 as Int64)
    private var stage: any Stage

    init(_ stage: any Stage) { self.stage = stage }

    var name: StageName { stage.name }
    var counters: StageCounters { stage.counters }
    var heldCount: Int { stage.heldCount }
    var nextDue: Timestamp? { stage.nextDue.map { $0 + Self.lateness } }
    var durableState: DurableState? { stage.durableState }

    private func late(_ context: StageContext) -> StageContext {
        var late = context
        late.now = context.now - Self.lateness
        return late
    }

    mutating func process(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        stage.process(batch, late(context), into: &out)
    }

    mutating func tick(_ context: StageContext, into out: inout OutboundBatch) {
        stage.tick(late(context), into: &out)
    }

    mutating func forget(topic: Topic, partition: Int32) {
        stage.forget(topic: topic, partition: partition)
    }

    mutating func restore(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        stage.restore(batch, late(context), into: &out)
    }

    mutating func own(_ partitions: [(topic: Topic, partition: Int32)], now: Timestamp) {
        stage.own(partitions, now: now)
    }

    mutating func reset() { stage.reset() }
}
