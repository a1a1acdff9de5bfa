public import Determinism
public import QuantumBackends

/// What is asked: so many records a second on these devices, within this budget: what comes of it?
public struct CapacityQuestion {
    /// At the start of the calendar of each; made anew for every run.
    public var devices: [QueueModel]
    /// In millionths of the currency, for `window`; nil for no limit. It is spent evenly: money that
    /// is not spent is kept for a minute, by which a part of the window may be above its share.
    public var budgetMicros: Int64?
    public var window: TimeSpan
    /// Of every record.
    public var latencyBudget = TimeSpan.milliseconds(1_000)
    /// Share of the records that are uncertain enough to be worth a call, above 0, at most 1.
    public var worthwhile = 0.1
    /// Admission, enrichment and confidence take a record this much of its budget besides the device.
    public var safetyMargin = TimeSpan.milliseconds(10)
    /// How often admitted records go to the devices, those of one interval as one job; also the
    /// length of a slot. Zero sends each record by itself.
    public var grouping = TimeSpan.milliseconds(5)
    /// Most records of a job.
    public var batch = 256
    /// How often the devices' status is read.
    public var heartbeat = TimeSpan.milliseconds(25)
    public var seed: UInt64 = 1
    /// Records decided one by one in a run, about: longer windows are cut short.
    public var decisions = 400_000

    public init(devices: [QueueModel], budgetMicros: Int64? = nil, window: TimeSpan) {
        self.devices = devices
        self.budgetMicros = budgetMicros
        self.window = window
    }

    /// The devices' start.
    public static let start = Timestamp(milliseconds: 1_700_000_000_000)

    /// - Throws: `CapacityError` naming the first setting out of range.
    public func validate() throws(CapacityError) {
        try Self.require(!devices.isEmpty, "devices", "none", "one or more")
        try Self.require(
            window > .zero && window <= .seconds(31 * 86_400), "window",
            "\(window.inSeconds) s", "above 0, at most 31 days")
        try Self.require(
            latencyBudget > safetyMargin && latencyBudget <= .seconds(86_400), "latency budget",
            "\(latencyBudget.inSeconds) s", "above \(safetyMargin.inSeconds) s, at most a day")
        try Self.require(
            worthwhile > 0 && worthwhile <= 1, "worthwhile share", "\(worthwhile)",
            "above 0, at most 1")
        try Self.require(
            budgetMicros ?? 1 > 0, "budget", "\(budgetMicros ?? 0)", "above 0")
        try Self.require(batch >= 1, "batch", "\(batch)", "1 or more")
        try Self.require(
            grouping >= .zero && heartbeat > .zero, "heartbeat", "\(heartbeat.inSeconds) s",
            "above 0")
    }

    private static func require(
        _ condition: Bool, _ setting: String, _ value: String, _ allowed: String
    ) throws(CapacityError) {
        guard condition else {
            throw CapacityError(setting: setting, value: value, allowed: allowed)
        }
    }
}

/// A setting of a question that makes no sense, with what is allowed.
public struct CapacityError: Error, Equatable, CustomStringConvertible {
    public let setting: String
    public let value: String
    public let allowed: String

    public var description: String { "\(setting) is \(value): \(allowed)" }
}

/// How exactly a rate is simulated.
public enum CapacityMethod: String, Sendable, CaseIterable {
    /// Every record is decided at an instant of its own.
    case everyRecord = "every record"
    /// Records that are not worth a call are counted, not decided: a Poisson stream thinned by a draw
    /// is two independent Poisson streams, so nothing is lost.
    case worthwhile
    /// As `worthwhile`, and once a record has been refused for want of room or money, the rest of its
    /// slot is refused unasked. What becomes free within a slot is given out with the next one: the
    /// admitted rate stays, waits are wrong by a slot at most.
    case slots
}
