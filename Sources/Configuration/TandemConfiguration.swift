public import Contracts

/// Every setting of Tandem, typed. `TandemConfiguration()` holds the defaults: each default is
/// written once, here; `Settings.all` adds key, range and documentation, and a test holds the two
/// equal.
public struct TandemConfiguration: Equatable, Sendable {
    public var brokers: [String] = []
    public var topicPrefix = "tandem."
    public var partitions = 8
    public var model = "default"
    public var mode = Mode.shadow
    public var canaryPercent = 5.0
    /// `nil`: nowhere in particular.
    public var environment: String?
    public var delivery = Delivery.auto
    public var latencyBudgetMs = 1_000
    /// `nil`: the threshold in the model bundle.
    public var decisionThreshold: Double?
    public var ingestion = IngestionConfiguration()
    public var admission = AdmissionConfiguration()
    public var enrichment = EnrichmentConfiguration()
    public var confidence = ConfidenceConfiguration()
    public var fallback = FallbackConfiguration()
    public var shadow = ShadowConfiguration()
    public var pipeline = PipelineConfiguration()
    public var kafka = KafkaConfiguration()
    public var http = HTTPConfiguration()

    public init() {}
}

/// What a commit means to a consumer of `scores`.
public enum Delivery: String, Sendable, CaseIterable {
    /// Exactly-once on a cluster with transactions, at-least-once on the embedded one, which has none.
    case auto
    /// Offsets are committed after the outputs are acknowledged; the fallback removes duplicates.
    case atLeastOnce = "at-least-once"
    /// Admission and fallback consume, transform and produce in one transaction.
    case exactlyOnce = "exactly-once"

    /// Whether admission and fallback write in transactions.
    public func isTransactional(onEmbeddedCluster isEmbedded: Bool) -> Bool {
        switch self {
        case .auto: !isEmbedded
        case .atLeastOnce: false
        case .exactlyOnce: true
        }
    }
}

/// Which backend runs the circuits.
public enum BackendChoice: String, Sendable, CaseIterable {
    /// A device model with a queue, a service time, prices and outages.
    case simulatedQPU = "simulated-qpu"
    /// The exact simulator, answering at once and for nothing.
    case ideal
    /// The simulator with the noise of a calibration.
    case noisy
    /// Somebody else's process that reads jobs and writes measurements.
    case topic
}

public struct IngestionConfiguration: Equatable, Sendable {
    public var maximumRecordBytes = 262_144
    public init() {}
}

public struct ConfidenceConfiguration: Equatable, Sendable {
    public var intervalLevel = 0.95
    /// `nil`, here and below: the threshold in the model bundle.
    public var acceptConfidence: Double?
    public var blendConfidence: Double?
    public var maximumDisagreement: Double?
    public init() {}
}

public struct FallbackConfiguration: Equatable, Sendable {
    public var deduplicationEntries = 200_000
    public var deduplicationSeconds = 600
    public init() {}
}

public struct ShadowConfiguration: Equatable, Sendable {
    public var pairingSeconds = 600
    public var evidenceSeconds = 5.0
    public var halfLifeDays = 7.0
    public var margin = 0.005
    public var alpha = 0.05
    public var unlabelledPairs = 200_000
    public init() {}
}

public struct PipelineConfiguration: Equatable, Sendable {
    public var batchMaximumMessages = 1_000
    public var pollTimeoutMs = 5
    public var commitIntervalMs = 50
    public var maximumUnacknowledged = 100_000
    public var drainSeconds = 10
    public init() {}
}

/// librdkafka properties by name, passed on verbatim.
public struct KafkaConfiguration: Equatable, Sendable {
    public var common: [String: String] = [:]
    public var consumer: [String: String] = [:]
    public var producer: [String: String] = [:]
    public init() {}
}

public struct HTTPConfiguration: Equatable, Sendable {
    /// `nil`: no HTTP server; 0: a free port chosen by the system.
    public var port: Int?
    public var host = "127.0.0.1"
    public init() {}
}
