public import Determinism
import QuantumSimulator

/// A setting of a simulated device that makes no sense, with what is allowed.
public struct BackendConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    public let setting: String
    public let value: String
    public let allowed: String

    public var description: String { "\(setting) is \(value): \(allowed)" }
}

/// What a device charges. A task is one bound circuit, so a job of 10 records is 10 tasks.
public struct DevicePrice: Hashable, Sendable, Codable {
    public var perTask: Double
    public var perShot: Double

    public init(perTask: Double = 0, perShot: Double = 0) {
        self.perTask = perTask
        self.perShot = perShot
    }

    public func cost(records: Int, shots: Int) -> Double {
        Double(records) * (perTask + perShot * Double(shots))
    }
}

/// How a simulated QPU behaves. Times are of the clock that is passed in.
public struct SimulatedQPUConfiguration: Hashable, Sendable {
    public var name = "simulated-qpu"
    /// 1…16.
    public var qubits = 12
    /// Per record.
    public var maxShots = 1 << 20
    /// Records in one job.
    public var maxBatch = 4_096
    /// Device time of one bound circuit with its shots; may be zero.
    public var servicePerRecord = TimeSpan.milliseconds(2)
    /// Device time of each job on top: load, compile, arm.
    public var servicePerJob = TimeSpan.zero
    /// Standard deviation of the logarithm of a job's service time; 0 for none. The mean is
    /// unchanged.
    public var jitter = 0.0
    /// Share of the device's time that other tenants take, 0 ≤ share < 1: it stretches service by
    /// 1/(1−share).
    public var backgroundLoad = 0.0
    /// Jobs held, running one included.
    public var queueCapacity = 10_000
    /// A job that has not started by then ends with `timeout`; nil to wait for ever.
    public var queueTimeout: TimeSpan?
    /// Chance that a job fails at the end of its service, 0…1, decided by its id.
    public var failureProbability = 0.0
    /// Whether outages count from the first job instead of the device's start: a script for a run
    /// whose beginning nobody knows when the device is made.
    public var outagesCountFromFirstJob = false
    /// Relative to the device's start (or first job): submissions are refused, jobs held when one
    /// opens fail.
    public var outages: [OutageWindow] = []
    /// How often the device is calibrated anew.
    public var calibrationInterval = TimeSpan.seconds(3_600 as Int64)
    public var price = DevicePrice()
    /// Decides jitter and failures, with the job's id; never the shots, which the job's own seeds
    /// decide.
    public var seed: UInt64 = 0
    /// Simulating is work: one poll computes at most about this many records and leaves the rest.
    public var recordsPerPoll = 8_192

    public init() {}

    func validate() throws(BackendConfigurationError) {
        try require(
            (1...BatchSimulator.maximumQubits).contains(qubits), "qubits", qubits,
            "1 to \(BatchSimulator.maximumQubits) are allowed")
        try require(
            BatchSimulator.shotLimits.contains(maxShots), "maxShots", maxShots,
            "1 to \(BatchSimulator.shotLimits.upperBound) are allowed")
        try require(maxBatch >= 1, "maxBatch", maxBatch, "1 or more")
        try require(queueCapacity >= 1, "queueCapacity", queueCapacity, "1 or more")
        try require(recordsPerPoll >= 1, "recordsPerPoll", recordsPerPoll, "1 or more")
        try require(
            servicePerRecord >= .zero && servicePerJob >= .zero, "service time",
            min(servicePerRecord, servicePerJob).microseconds, "0 µs or more")
        try require((0...4).contains(jitter), "jitter", jitter, "0 to 4 are allowed")
        try require(
            (0..<1).contains(backgroundLoad), "backgroundLoad", backgroundLoad,
            "at least 0 and below 1")
        try require(
            (0...1).contains(failureProbability), "failureProbability", failureProbability,
            "0 to 1 are allowed")
        try require(
            calibrationInterval > .zero, "calibrationInterval", calibrationInterval.microseconds,
            "more than 0 µs")
        try require(
            price.perTask >= 0 && price.perShot >= 0, "price", min(price.perTask, price.perShot),
            "0 or more")
        for outage in outages {
            try require(
                outage.from < outage.until, "outage", outage.from.microseconds,
                "each must end after it starts (\(outage.until.microseconds) µs)")
        }
    }

    private func require(
        _ condition: Bool, _ setting: String, _ value: some CustomStringConvertible,
        _ allowed: String
    ) throws(BackendConfigurationError) {
        guard condition else {
            throw BackendConfigurationError(
                setting: setting, value: value.description, allowed: allowed)
        }
    }
}
