public import Contracts

/// What one process knows of its pipeline at one moment: the facts behind metrics, health and the
/// dashboard.
///
/// A plain value: whoever hosts the stages fills it in when asked, so nothing is counted twice and
/// no stage waits.
public struct PipelineSnapshot: Sendable, Equatable {
    /// Seconds since the process started.
    public var uptimeSeconds = 0.0
    /// The mode in force: the operator's on the control topic, else the configured one.
    public var mode: Mode
    public var killSwitch = false
    /// The model in force; nil before one has arrived.
    public var model: ModelIdentity?
    /// The stages that this process hosts, in the order of the pipeline.
    public var stages: [StageSnapshot] = []
    /// Every device that has reported, by its last heartbeat.
    public var devices: [DeviceSnapshot] = []
    /// From arrival to score, by source; empty in a process without the fallback stage.
    public var latencies: [LatencySnapshot] = []
    /// Scores later than their deadline by more than the commit interval; nil in a process without
    /// the fallback stage.
    public var deadlineMisses: Int?
    public var process = ProcessUse()

    public init(mode: Mode) { self.mode = mode }
}

/// Which model is in force.
public struct ModelIdentity: Sendable, Equatable, Encodable {
    public var name: String
    public var version: String
    /// Circuit family and version, such as `zz-feature-map@1.0.0`.
    public var circuit: String
    public var qubits: Int

    public init(name: String, version: String, circuit: String, qubits: Int) {
        self.name = name
        self.version = version
        self.circuit = circuit
        self.qubits = qubits
    }
}

/// One stage of this process; counts are since its start.
public struct StageSnapshot: Sendable, Equatable {
    /// Where a stage is in its life.
    public enum State: String, Sendable, CaseIterable {
        /// Waits for a model, or for partitions.
        case waiting
        case running
        /// Ended because it was asked to.
        case stopped
        /// Ended by itself; `failure` says why.
        case failed
    }

    public var stage: StageName
    public var received = 0
    public var emitted = 0
    public var rejected = 0
    public var ignored = 0
    /// Inputs held open now: the stage's queue.
    public var held = 0
    /// Entries of the stage's own state: what it remembers of records, to recognise copies.
    public var remembered = 0
    /// Messages sent and not acknowledged by the brokers yet.
    public var unacknowledged = 0
    public var partitions = 0
    /// CPU time of the stage's own thread.
    public var cpuSeconds = 0.0
    /// Decisions by reason; a reason that is not in it has not been given.
    public var reasons: [ReasonCode: Int] = [:]
    public var failure: String?
    public var isFinished = false

    public init(stage: StageName) { self.stage = stage }

    public var state: State {
        if failure != nil { return .failed }
        if isFinished { return .stopped }
        return partitions == 0 ? .waiting : .running
    }
}

/// A device as its last heartbeat on `qpu-status` described it.
public struct DeviceSnapshot: Sendable, Equatable {
    public var device: String
    public var state = DeviceState.online
    /// Circuits waiting or running.
    public var queueDepth = 0
    /// Until a circuit submitted now would start.
    public var waitSeconds = 0.0
    /// For which one circuit occupies the device.
    public var serviceSeconds = 0.0
    public var calibration = ""
    public var submitted = 0
    public var completed = 0
    public var failed = 0
    /// Jobs that the result cache answered, and those that it could not; nil where there is none.
    public var cacheHits: Int?
    public var cacheMisses: Int?
    /// Seconds since the heartbeat.
    public var ageSeconds = 0.0

    public init(device: String) { self.device = device }
}

/// Times from a record's arrival to its score, of one source, in seconds.
public struct LatencySnapshot: Sendable, Equatable {
    public var source: ScoreSource
    public var count = 0
    public var sum = 0.0
    public var p50 = 0.0
    public var p95 = 0.0
    public var p99 = 0.0
    public var maximum = 0.0

    public init(source: ScoreSource) { self.source = source }
}

/// What the process has used so far.
public struct ProcessUse: Sendable, Equatable {
    /// User and system time of all threads.
    public var cpuSeconds = 0.0
    /// Nil where the system does not tell.
    public var residentBytes: Double?

    public init(cpuSeconds: Double = 0, residentBytes: Double? = nil) {
        self.cpuSeconds = cpuSeconds
        self.residentBytes = residentBytes
    }
}
