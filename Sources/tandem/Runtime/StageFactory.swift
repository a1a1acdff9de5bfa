import Configuration
import Contracts
import Determinism
import Pipeline
import Policies
import QuantumBackends
import Stages

extension TandemConfiguration {
    /// The stages that Tandem runs itself: with the topic backend, enrichment is somebody else's.
    var ownStages: [StageName] {
        enrichment.backend == .topic
            ? StageName.allCases.filter { $0 != .enrichment } : StageName.allCases
    }
}

/// Stages and their parts from the configuration.
enum StageFactory {
    /// - Parameters:
    ///   - keepsState: whether the stage's state and its jobs' bills go to topics, for delivery in
    ///     transactions.
    ///   - instance: the process's stable name; nil without one.
    static func stage(
        _ name: StageName, _ configuration: TandemConfiguration, start: Timestamp,
        keepsState: Bool = false, instance: String? = nil
    ) throws -> any Stage {
        switch name {
        case .ingestion:
            return Ingestion(maximumRecordBytes: configuration.ingestion.maximumRecordBytes)
        case .reduction:
            return ReductionStage()
        case .admission:
            var settings = try admission(configuration)
            settings.keepsState = keepsState
            settings.partitions = configuration.partitions
            settings.budgets = try configuration.budgetBook(at: start)
            return Admission(settings)
        case .enrichment:
            var settings = EnrichmentSettings(
                batchSize: configuration.enrichment.batchSize,
                heartbeat: .milliseconds(Int64(configuration.enrichment.heartbeatMs)),
                resultTimeout: .seconds(configuration.enrichment.resultTimeoutSeconds),
                keepsLedger: keepsState)
            // Heartbeats of instances with names add up; one without takes the last one's place.
            settings.instance = instance ?? ""
            settings.cache = try cache(configuration.enrichment.cache)
            return Enrichment(
                settings, backends: try DeviceFactory.backends(configuration, start: start))
        case .confidence:
            return try Confidence(confidence(configuration.confidence))
        case .fallback:
            return try Fallback(
                limits: fallback(configuration.fallback),
                lateness: .milliseconds(Int64(configuration.pipeline.commitIntervalMs)),
                keepsState: keepsState)
        case .shadow:
            return try Shadow(
                limits: ShadowLimits(
                    lifetime: .seconds(configuration.shadow.pairingSeconds)),
                evidence: evidence(configuration.shadow))
        }
    }

    static func limits(_ configuration: TandemConfiguration) -> LoopLimits {
        let pipeline = configuration.pipeline
        var limits = LoopLimits()
        limits.batchMaximum = pipeline.batchMaximumMessages
        limits.pollTimeout = .milliseconds(Int64(pipeline.pollTimeoutMs))
        limits.commitInterval = .milliseconds(Int64(pipeline.commitIntervalMs))
        limits.maximumUnacknowledged = pipeline.maximumUnacknowledged
        limits.drainTimeout = .seconds(pipeline.drainSeconds)
        return limits
    }

    static func admission(
        _ configuration: TandemConfiguration
    ) throws -> AdmissionSettings {
        let source = configuration.admission
        var policy = AdmissionPolicy()
        policy.mode = configuration.mode
        policy.canaryShare = configuration.canaryPercent / 100
        policy.isEnvironmentAllowed =
            source.environments.isEmpty
            || configuration.environment.map(source.environments.contains) ?? false
        if !source.tenants.isEmpty {
            policy.tenants = Set(source.tenants.map { AdmissionPolicy.tenantKey($0.utf8) })
        }
        policy.waitLevel = source.waitQuantile
        policy.ladder.shotShares = source.shotShares
        policy.ladder.minimumShots = source.minimumShots
        policy.ladder.allowsSimplerCircuit = source.simplerCircuit
        policy.ladder.minimumFidelity = source.minimumFidelity
        policy.weights.perSecond = source.secondPrice
        policy.weights.fidelity = source.fidelityPrice
        policy.uncertaintyBand = source.uncertaintyBand.low...source.uncertaintyBand.high
        policy.outsideFraction = source.explorationFraction
        policy.minimumValue = source.minimumValue
        policy.allowsRestricted = source.allowRestricted
        policy.concurrencyLimit = source.maximumInFlight
        policy.takesInFlightFromStatus = true
        policy.safetyMargin = .milliseconds(Int64(source.safetyMarginMs))
        policy.statusStaleness = .milliseconds(Int64(source.statusStalenessMs))
        policy.shadowWaitLimit = source.shadowWaitLimitMs.map { .milliseconds(Int64($0)) }
        policy.rateLimit = try source.ratePerSecond.map { rate in
            // Tokens per thousand seconds, so that rates below one a second are exact too.
            try RateLimit(
                tokens: Int64((rate * 1_000).rounded()), per: .seconds(1_000),
                burst: Int64(source.burst ?? max(1, Int(rate.rounded()))))
        }
        policy.apply(source)
        try policy.validate()
        var settings = AdmissionSettings(
            policy: policy, latencyBudget: .milliseconds(Int64(configuration.latencyBudgetMs)),
            devices: try DeviceFactory.choices(configuration),
            shots: configuration.enrichment.shots,
            writesPrograms: configuration.enrichment.backend == .topic)
        settings.deduplication = (
            entries: configuration.fallback.deduplicationEntries,
            lifetime: .seconds(configuration.fallback.deduplicationSeconds)
        )
        return settings
    }

    private static func cache(_ source: CacheConfiguration) throws -> CacheLimits? {
        guard source.isOn else { return nil }
        let limits = CacheLimits(
            entries: source.entries, bytes: source.megabytes * 1_000_000,
            lifetime: .seconds(source.lifetimeSeconds))
        try limits.validate()
        return limits
    }

    private static func confidence(_ source: ConfidenceConfiguration) -> ConfidenceSettings {
        var settings = ConfidenceSettings()
        settings.intervalLevel = source.intervalLevel
        settings.acceptConfidence = source.acceptConfidence
        settings.blendConfidence = source.blendConfidence
        settings.maximumDisagreement = source.maximumDisagreement
        return settings
    }

    static func evidence(_ source: ShadowConfiguration) -> EvidenceSettings {
        var settings = EvidenceSettings()
        settings.interval = .seconds(source.evidenceSeconds)
        settings.halfLife = .seconds(source.halfLifeDays * 86_400)
        settings.margin = source.margin
        settings.alpha = source.alpha
        settings.maximumUnlabelled = source.unlabelledPairs
        return settings
    }

    private static func fallback(_ source: FallbackConfiguration) -> FallbackLimits {
        FallbackLimits(
            maximumDecided: source.deduplicationEntries,
            decidedLifetime: .seconds(source.deduplicationSeconds))
    }
}
