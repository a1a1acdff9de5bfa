import Contracts
import Determinism
import Policies
import QuantumBackends
import Stages

/// A bug that a scenario must catch.
public enum ScenarioPlant: String, Sendable, CaseIterable {
    /// Fallback never wakes up for a deadline.
    case noTimer = "no-timer"
}

/// The seven stages as a scenario starts them: those of a process, with small windows.
struct ScenarioStages {
    let policy: AdmissionPolicy
    let latencyBudget: TimeSpan
    let price: DevicePrice
    /// The budgets that admission pays from; nil for none.
    let budgets: BudgetBook?
    let partitions: Int
    let service: ChaosService
    let poison: PoisonBook?
    let plant: ScenarioPlant?

    static let device = "scenario-qpu"
    /// How long decisions are remembered: beyond any copy, short enough for small restored states.
    static let window = TimeSpan.seconds(6 as Int64)
    static let heartbeat = TimeSpan.milliseconds(100)

    func stage(_ name: StageName) throws -> any Stage {
        let stage = try plainStage(name)
        if name == .fallback, plant == .noTimer { return TimerlessStage(stage) }
        return poison.map { PoisonedStage(stage, $0) } ?? stage
    }

    private func plainStage(_ name: StageName) throws -> any Stage {
        switch name {
        case .ingestion: return Ingestion()
        case .reduction: return ReductionStage()
        case .admission: return Admission(admission)
        case .enrichment:
            return Enrichment(
                EnrichmentSettings(batchSize: 64, heartbeat: Self.heartbeat, keepsLedger: true),
                backend: ChaosDevice(service, skew: .zero))
        case .confidence: return try Confidence()
        case .fallback:
            var limits = FallbackLimits()
            limits.decidedLifetime = max(Self.window, latencyBudget * 2)
            limits.earlyLifetime = limits.decidedLifetime
            return try Fallback(limits: limits, keepsState: true)
        case .shadow:
            return try Shadow(limits: ShadowLimits(lifetime: .seconds(5 as Int64)))
        }
    }

    private var admission: AdmissionSettings {
        var settings = AdmissionSettings(
            policy: policy, latencyBudget: latencyBudget, device: Self.device)
        settings.keepsState = true
        settings.partitions = partitions
        settings.budgets = budgets
        settings.deduplication = (entries: 200_000, lifetime: Self.window)
        settings.devices[0].price = CallPrice(perTask: price.perTask, perShot: price.perShot)
        return settings
    }
}

/// A planted bug: a stage whose timers never fire.
private struct TimerlessStage: Stage {
    private var stage: any Stage

    init(_ stage: any Stage) {
        self.stage = stage
    }

    var name: StageName { stage.name }
    var counters: StageCounters { stage.counters }
    var heldCount: Int { stage.heldCount }
    var nextDue: Timestamp? { nil }
    var durableState: DurableState? { stage.durableState }

    mutating func process(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        stage.process(batch, context, into: &out)
    }

    mutating func tick(_ context: StageContext, into out: inout OutboundBatch) {}

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
