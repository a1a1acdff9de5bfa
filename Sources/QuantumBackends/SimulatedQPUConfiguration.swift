public import Determinism
public import QuantumCircuit
import QuantumSimulator

/// A setting of a simulated device that makes no sense, with what is allowed.
public struct BackendConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    public let setting: String
    public let value: String
    public let allowed: String

    public var description: String { "\(setting) is \(value): \(allowed)" }

    static func require(
        _ condition: Bool, _ setting: String, _ value: some CustomStringConvertible,
        _ allowed: String
    ) throws(BackendConfigurationError) {
        guard condition else {
            throw BackendConfigurationError(
                setting: setting, value: value.description, allowed: allowed)
        }
    }
}

/// What a device charges. A task is one bound circuit, so a job of 10 records is 10 tasks.
public struct DevicePrice: Hashable, Sendable, Codable {
    public var perTask: Double
    public var perShot: Double
    /// Of time on the device, and for each gate and shot: a price book's, for information.
    public private(set) var perSecond = 0.0
    public private(set) var perOneQubitGateShot = 0.0
    public private(set) var perTwoQubitGateShot = 0.0

    public init(perTask: Double = 0, perShot: Double = 0) {
        self.perTask = perTask
        self.perShot = perShot
    }

    /// What a price book's entries are in whole units of the currency.
    init(_ book: PriceBook) {
        perTask = Double(book.perTask) / 1e6
        perShot = Double(book.perShot) / 1e6
        perSecond = Double(book.perSecond) / 1e6
        perOneQubitGateShot = Double(book.perOneQubitGateShot) / 1e6
        perTwoQubitGateShot = Double(book.perTwoQubitGateShot) / 1e6
    }

    /// Of tasks and shots alone.
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
    /// Device time of one bound circuit with its shots, unless `shotTiming` says; may be zero.
    public var servicePerRecord = TimeSpan.milliseconds(2)
    /// Device time of each job on top: load, compile, arm.
    public var servicePerJob = TimeSpan.zero
    /// Standard deviation of the logarithm of a job's service time; 0 for none. The mean is
    /// unchanged.
    public var jitter = 0.0
    /// Share of the device's time that other tenants take, 0 ≤ share < 1: it stretches service by
    /// 1/(1−share).
    public var backgroundLoad = 0.0
    /// What couples, and how fast and how well; nil for uniform typical figures on every pair.
    public var target: DeviceTarget?
    /// Device time from shots and the circuit's duration; nil for `servicePerRecord`.
    public var shotTiming: ShotTiming?
    public var overheads = JobOverheads()
    /// Jobs that run at a time, 1…64.
    public var servers = 1
    /// Others that send jobs to the device, up to 256; their seeds derive from `seed`.
    public var tenants: [BackgroundTenant] = []
    /// The share of this device's owner among them.
    public var ownWeight = 1.0
    public var discipline = QueueDiscipline.fairShare
    public var session: DeviceSession?
    /// How long before the device's start the other tenants began.
    public var warmUp = TimeSpan.zero
    /// Jobs of all tenants that the device holds; nil for any number.
    public var sharedCapacity: Int?
    /// The owner's jobs held, running ones included.
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
    /// A calibration starts no jobs for so long; below `calibrationInterval`.
    public var calibrationDuration = TimeSpan.zero
    public var drift = CalibrationDrift()
    public var noise = DeviceNoise.off
    public var faults = DeviceFaults()
    public var price = DevicePrice()
    /// What jobs cost, exactly; nil for `price`.
    public var priceBook: PriceBook?
    /// Decides jitter and failures, with the job's id; never the shots, which the job's own seeds
    /// decide.
    public var seed: UInt64 = 0
    /// Simulating is work: one poll computes at most about this many records and leaves the rest.
    public var recordsPerPoll = 8_192

    public init() {}

    /// `price`, or the same of the price book that holds in its place.
    public var taskPrice: DevicePrice { priceBook.map { DevicePrice($0) } ?? price }

    /// The target, or one of uniform typical figures that couples every pair.
    func deviceTarget() throws(BackendConfigurationError) -> DeviceTarget {
        if let target { return target }
        do {
            return try DeviceTarget(name: name, coupling: .allToAll(qubits), gates: .cx)
        } catch {
            throw BackendConfigurationError(
                setting: "qubits", value: "\(qubits)", allowed: error.description)
        }
    }

    /// - Throws: the first setting that makes no sense, with what is allowed.
    public func validate() throws(BackendConfigurationError) {
        try validateDevice()
        try validateQueue()
        try OutageWindow.validate(outages, "outage")
        try faults.validate()
        try drift.validate()
        try priceBook?.validate()
    }

    private func validateDevice() throws(BackendConfigurationError) {
        try BackendConfigurationError.require(
            (1...BatchSimulator.maximumQubits).contains(qubits), "qubits", qubits,
            "1 to \(BatchSimulator.maximumQubits) are allowed")
        try BackendConfigurationError.require(
            BatchSimulator.shotLimits.contains(maxShots), "maxShots", maxShots,
            "1 to \(BatchSimulator.shotLimits.upperBound) are allowed")
        try BackendConfigurationError.require(maxBatch >= 1, "maxBatch", maxBatch, "1 or more")
        try BackendConfigurationError.require(
            queueCapacity >= 1, "queueCapacity", queueCapacity, "1 or more")
        try BackendConfigurationError.require(
            recordsPerPoll >= 1, "recordsPerPoll", recordsPerPoll, "1 or more")
        try BackendConfigurationError.require(
            servicePerRecord >= .zero && servicePerJob >= .zero, "service time",
            min(servicePerRecord, servicePerJob).microseconds, "0 µs or more")
        try BackendConfigurationError.require(
            (0...4).contains(jitter), "jitter", jitter, "0 to 4 are allowed")
        try BackendConfigurationError.require(
            (0..<1).contains(backgroundLoad), "backgroundLoad", backgroundLoad,
            "at least 0 and below 1")
        try BackendConfigurationError.require(
            (0...1).contains(failureProbability), "failureProbability", failureProbability,
            "0 to 1 are allowed")
        try BackendConfigurationError.require(
            calibrationInterval > .zero, "calibrationInterval", calibrationInterval.microseconds,
            "more than 0 µs")
        try BackendConfigurationError.require(
            price.perTask >= 0 && price.perShot >= 0, "price", min(price.perTask, price.perShot),
            "0 or more")
        try shotTiming?.validate()
        try overheads.validate()
        try BackendConfigurationError.require(
            (target?.qubits ?? qubits) >= qubits, "target qubits", target?.qubits ?? 0,
            "at least the device's \(qubits)")
        try BackendConfigurationError.require(
            calibrationDuration >= .zero && calibrationDuration < calibrationInterval,
            "calibrationDuration", calibrationDuration.microseconds,
            "0 µs or more, below calibrationInterval")
    }

    private func validateQueue() throws(BackendConfigurationError) {
        try BackendConfigurationError.require(
            (1...64).contains(servers), "servers", servers, "1 to 64 are allowed")
        try BackendConfigurationError.require(
            tenants.count <= 256, "tenants", tenants.count, "0 to 256 are allowed")
        for tenant in tenants { try tenant.validate() }
        try BackendConfigurationError.require(
            ownWeight > 0 && ownWeight <= 1e6, "ownWeight", ownWeight,
            "above 0 and at most 1000000")
        try session?.validate()
        try BackendConfigurationError.require(
            (sharedCapacity ?? 1) >= 1, "sharedCapacity", sharedCapacity ?? 0, "1 or more")
        try BackendConfigurationError.require(
            warmUp >= .zero && warmUp <= .seconds(31 * 86_400), "warmUp", warmUp.microseconds,
            "0 µs to 31 days")
    }
}
