public import Determinism

/// In which order waiting jobs of several tenants start.
public enum QueueDiscipline: String, Hashable, Sendable, CaseIterable {
    /// As they came, whoever sent them.
    case firstCome
    /// Tenants get shares of the device in proportion to their weights.
    case fairShare
}

/// The owner keeps a server between its jobs: they follow one another without waiting in line.
public struct DeviceSession: Hashable, Sendable {
    /// How long an idle server is kept for the next job; zero for a batch, whose jobs follow at once
    /// or not at all.
    public var idleTimeout: TimeSpan
    /// From the first job's start on; a job that runs then is finished.
    public var maximum: TimeSpan

    public init(idleTimeout: TimeSpan, maximum: TimeSpan) {
        self.idleTimeout = idleTimeout
        self.maximum = maximum
    }

    /// Jobs that wait run back to back.
    public static func batch(maximum: TimeSpan) -> DeviceSession {
        DeviceSession(idleTimeout: .zero, maximum: maximum)
    }

    func validate() throws(BackendConfigurationError) {
        try BackendConfigurationError.require(
            idleTimeout >= .zero, "session idleTimeout", idleTimeout.microseconds, "0 µs or more")
        try BackendConfigurationError.require(
            maximum > .zero, "session maximum", maximum.microseconds, "above 0 µs")
    }
}

/// How long a job takes before and after the device itself.
public struct JobOverheads: Hashable, Sendable {
    /// Sending parameters, for each job and each record.
    public var load = TimeSpan.zero
    public var loadPerRecord = TimeSpan.zero
    /// Compiling, for each job whose template is new to the device.
    public var compile = TimeSpan.zero
    /// Fetching results, for each job and each record.
    public var retrieve = TimeSpan.zero
    public var retrievePerRecord = TimeSpan.zero

    public init() {}

    func validate() throws(BackendConfigurationError) {
        for span in [load, loadPerRecord, compile, retrieve, retrievePerRecord] {
            try BackendConfigurationError.require(
                span >= .zero && span <= .seconds(86_400), "overhead", span.microseconds,
                "0 µs to a day")
        }
    }
}

/// Where a job's time went, from its submission to its result: the five add up to its latency.
public struct JobPhases: Hashable, Sendable {
    public var load = TimeSpan.zero
    public var compile = TimeSpan.zero
    /// In the device's queue.
    public var wait = TimeSpan.zero
    public var execute = TimeSpan.zero
    /// From the end on the device until the result can be had, whatever delayed it.
    public var retrieve = TimeSpan.zero

    public init() {}

    public var total: TimeSpan { load + compile + wait + execute + retrieve }
}
