public import Contracts

/// Which records get a quantum call, and how many at a time.
public struct AdmissionConfiguration: Equatable, Sendable {
    /// Empty: all.
    public var environments: [String] = []
    /// Empty: all.
    public var tenants: [String] = []
    public var uncertaintyBand = ScoreInterval(low: 0, high: 1)
    /// `nil`: no rate limit.
    public var ratePerSecond: Double?
    /// `nil`: one second's worth of `ratePerSecond`, at least 1.
    public var burst: Int?
    public var maximumInFlight = 4_096
    public var safetyMarginMs = 5
    public var waitQuantile = 0.9
    /// Shares of the shots to try when no device fits, descending.
    public var shotShares: [Double] = []
    public var minimumShots = 128
    public var simplerCircuit = false
    public var minimumFidelity = 0.0
    public var secondPrice = 0.0
    public var fidelityPrice = 0.0
    public var explorationFraction = 0.0
    public var statusStalenessMs = 10_000
    public var allowRestricted = false
    public var minimumValue = 0.0
    /// `nil`: no limit.
    public var shadowWaitLimitMs: Int? = 300_000
    public var budgets: [BudgetConfiguration] = []
    public var worth = WorthConfiguration()
    public var breaker = BreakerConfiguration()
    public var concurrency = ConcurrencyConfiguration()
    public var shares = SharesConfiguration()
    public init() {}
}

/// Where circuits run, and in what batches.
public struct EnrichmentConfiguration: Equatable, Sendable {
    public var backend = BackendChoice.simulatedQPU
    public var shots = 1_024
    public var batchSize = 256
    public var device = DeviceConfiguration()
    /// Beside `device`.
    public var devices: [DeviceConfiguration] = []
    public var noisy = NoisyConfiguration()
    public var heartbeatMs = 25
    public var resultTimeoutSeconds = 600
    public init() {}

    /// The name under which results and heartbeats of `backend` come.
    public var deviceName: String {
        switch backend {
        case .simulatedQPU, .topic: device.name
        case .ideal, .noisy: backend.rawValue
        }
    }
}

/// The simulated QPU.
public struct DeviceConfiguration: Equatable, Sendable {
    public var name = "simulated-qpu"
    public var kind = DeviceKindChoice.simulatedQPU
    public var trustZone = DataClass.internal
    public var serviceTimeMs = 0.02
    public var jitter = 0.0
    public var capacity = 10_000
    public var pricePerTask = 0.3
    public var pricePerShot = 0.0009
    public var outages: [PlannedOutage] = []
    public var queue = DeviceQueueChoice.dedicated
    public var servers = 1
    /// `nil`, here and below: as `queue` says.
    public var tenants: Int?
    public var tenantLoad = 0.5
    public var tenantArrivals = TenantArrivals.poisson
    public var tenantJobSizes = TenantJobSizes.exponential
    public var tenantJobMs = 2_000.0
    public var prices = DevicePriceChoice.custom
    public var timing = DeviceTiming.fixed
    /// `nil`: every gate on any qubits, with typical figures where figures are needed.
    public var target: String?
    public var loadMs = 0.0
    public var compileMs = 0.0
    public var retrieveMs = 0.0
    public var noise = DeviceNoiseChoice.off
    public var calibrationMinutes = 60.0
    public var calibrationSeconds = 0.0
    public var calibrationJump = 0.0
    public var calibrationDrift = 0.0
    public var maintenance: [PlannedOutage] = []
    /// `nil`: no limit.
    public var submissionsPerSecond: Double?
    public var failureRate = 0.0
    public var cancelRate = 0.0
    public var lateRate = 0.0
    public var lateSeconds = 60.0
    public var duplicateRate = 0.0
    public var garbledRate = 0.0
    public var lostRate = 0.0
    public var seed = 0
    public init() {}
}

/// What stands behind one of several devices.
public enum DeviceKindChoice: String, Sendable, CaseIterable {
    case simulatedQPU = "simulated-qpu"
    /// The noiseless simulator, which stands in when no device fits.
    case ideal
}

/// Who else uses the simulated QPU.
public enum DeviceQueueChoice: String, Sendable, CaseIterable {
    case dedicated
    case reserved
    case busyPublic = "busy-public"
    case outage
}

/// When other tenants' jobs arrive.
public enum TenantArrivals: String, Sendable, CaseIterable {
    case poisson
    case bursty
}

/// How long other tenants' jobs are, by the shape of the distribution.
public enum TenantJobSizes: String, Sendable, CaseIterable {
    case fixed
    case exponential
    case lognormal
    case pareto
}

/// What the simulated QPU charges.
public enum DevicePriceChoice: String, Sendable, CaseIterable {
    /// `pricePerTask` and `pricePerShot`.
    case custom
    case awsBraket = "aws-braket"
    case ionQ = "ionq"
    case ibm
}

/// Where the simulated QPU's service time comes from.
public enum DeviceTiming: String, Sendable, CaseIterable {
    /// `serviceTimeMs`.
    case fixed
    /// Shots times the compiled circuit's duration, readout and reset.
    case circuit
}

/// Whether the simulated QPU errs.
public enum DeviceNoiseChoice: String, Sendable, CaseIterable {
    case off
    case approximate
    case full
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
