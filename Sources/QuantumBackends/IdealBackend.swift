import Contracts
public import Determinism
public import QuantumCircuit
public import QuantumSimulator

/// A noiseless device without a queue: a job is done the moment it is submitted, exactly or by
/// shots.
public final class IdealBackend: QuantumBackend {
    public let target: BackendTarget
    let executables: ExecutableStore
    private var history = JobHistory()
    private var waiting: [(job: BackendJob, submitted: Timestamp)] = []
    private var waitingIDs: Set<BackendJobID> = []

    public init(name: String = "ideal", maxBatch: Int = 65_536) {
        target = BackendTarget(
            name: name, qubits: BatchSimulator.maximumQubits, maxShots: 1 << 20,
            maxBatch: maxBatch, isExactAllowed: true)
        executables = ExecutableStore(target: target)
    }

    public var kind: DeviceKind { .ideal }
    public var device: DeviceTarget? { nil }
    public var price: DevicePrice { DevicePrice() }

    /// Never drifts.
    public func calibration(at now: Timestamp) -> String { "ideal" }

    public func prepare(
        _ circuit: Circuit, readout: ZReadout
    ) throws(BackendError) -> ExecutableID {
        try executables.prepare(circuit, readout)
    }

    @discardableResult
    public func submit(
        _ job: BackendJob, at now: Timestamp
    ) throws(BackendError) -> BackendJobID {
        if history.isSettled(job.id) || waitingIDs.contains(job.id) { return job.id }
        try executables.check(job)
        waitingIDs.insert(job.id)
        waiting.append((job, now))
        return job.id
    }

    public func status(_ id: BackendJobID, at now: Timestamp) -> JobStatus? {
        waitingIDs.contains(id) ? .done : history.status(id)
    }

    /// Simulates here what was submitted, all in one batch where templates agree.
    public func poll(at now: Timestamp) -> [BackendResult] {
        let outcomes = executables.runGrouped(waiting.map(\.job))
        defer {
            waiting.removeAll(keepingCapacity: true)
            waitingIDs.removeAll(keepingCapacity: true)
        }
        return zip(waiting, outcomes).map { finish($0.job, $1, $0.submitted) }
    }

    /// A job of this device has ended when it is submitted, so there is nothing to cancel.
    @discardableResult
    public func cancel(_ id: BackendJobID, at now: Timestamp) -> Bool { false }

    public func deviceStatus(at now: Timestamp) -> DeviceStatus {
        DeviceStatus(
            state: .online, queueDepth: 0, predictedWait: .zero, serviceTime: .zero,
            completed: history.completed, failed: history.failed,
            calibration: calibration(at: now))
    }

    public var nextEvent: Timestamp? { waiting.first?.submitted }

    private func finish(
        _ job: BackendJob, _ outcome: Result<ZEstimates, BackendError>, _ submitted: Timestamp
    ) -> BackendResult {
        if case .failure(let error) = outcome {
            history.record(job.id, error)
        } else {
            history.record(job.id, nil)
        }
        return BackendResult(
            job: job, outcome: outcome, circuit: executables.executed(job), device: target.name,
            calibration: calibration(at: submitted), submitted: submitted, started: submitted,
            completed: submitted, cost: 0)
    }
}
