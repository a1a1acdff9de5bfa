/// Which records get a quantum call, and how many at a time.
public struct AdmissionConfiguration: Equatable, Sendable {
    public var uncertaintyBand = ScoreInterval(low: 0, high: 1)
    /// `nil`: no rate limit.
    public var ratePerSecond: Double?
    /// `nil`: one second's worth of `ratePerSecond`, at least 1.
    public var burst: Int?
    public var maximumInFlight = 4_096
    public var safetyMarginMs = 5
    public var explorationFraction = 0.0
    public var statusStalenessMs = 10_000
    public var allowRestricted = false
    public var minimumValue = 0.0
    /// `nil`: no limit.
    public var shadowWaitLimitMs: Int? = 300_000
    public init() {}
}

/// Where circuits run, and in what batches.
public struct EnrichmentConfiguration: Equatable, Sendable {
    public var backend = BackendChoice.simulatedQPU
    public var shots = 1_024
    public var batchSize = 256
    public var device = DeviceConfiguration()
    public var noisy = NoisyConfiguration()
    public var heartbeatMs = 25
    public init() {}
}

/// The simulated QPU.
public struct DeviceConfiguration: Equatable, Sendable {
    public var name = "simulated-qpu"
    /// `nil`: every gate on any qubits.
    public var target: String?
    public var serviceTimeMs = 0.02
    public var jitter = 0.0
    public var capacity = 10_000
    public var pricePerTask = 0.3
    public var pricePerShot = 0.0009
    public var outages: [PlannedOutage] = []
    public init() {}
}

/// The calibration of the noisy backend, alike on all qubits and pairs.
public struct NoisyConfiguration: Equatable, Sendable {
    public var oneQubitError = 0.0003
    public var twoQubitError = 0.008
    public var readoutError = 0.015
    public var t1Microseconds = 150.0
    public var t2Microseconds = 100.0
    public var mitigateReadout = false
    public init() {}
}

/// A closed interval of scores, 0 <= low <= high <= 1.
public struct ScoreInterval: Equatable, Sendable {
    public var low: Double
    public var high: Double
    public init(low: Double, high: Double) {
        self.low = low
        self.high = high
    }
}

/// A time in which the simulated device is down, in seconds since the device's first job.
public struct PlannedOutage: Equatable, Sendable {
    public var startSeconds: Double
    public var durationSeconds: Double
    public init(startSeconds: Double, durationSeconds: Double) {
        self.startSeconds = startSeconds
        self.durationSeconds = durationSeconds
    }
}
