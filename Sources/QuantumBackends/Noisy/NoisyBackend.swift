import Contracts
public import Determinism
public import QuantumCircuit
public import QuantumSimulator

/// A device with the noise of a calibration snapshot and without a queue: jobs wait only for polls,
/// each of which simulates some records.
///
/// Shots come from the noisy distribution, readout errors included; 0 shots give its expectations
/// themselves, for templates that run as density matrices. Qubits that wait relax. Equal devices,
/// parameters, seeds and shots give equal results, however records are grouped and polled.
public final class NoisyBackend: QuantumBackend {
    private struct Waiting {
        let job: BackendJob
        let submitted: Timestamp
        var started: Timestamp?
        /// Of the records that are done.
        var estimates = ZEstimates()
    }

    public let target: BackendTarget
    public let configuration: NoisyBackendConfiguration
    let executables: ExecutableStore
    private let calibrationName: String
    private var history = JobHistory()
    private var waiting: [Waiting] = []
    private var held: Set<BackendJobID> = []
    private var cancelled: [BackendResult] = []

    public init(
        _ configuration: NoisyBackendConfiguration
    ) throws(BackendConfigurationError) {
        try configuration.validate()
        self.configuration = configuration
        target = BackendTarget(
            name: configuration.name,
            qubits: min(configuration.device.qubits, BatchSimulator.maximumQubits),
            maxShots: configuration.maxShots, maxBatch: configuration.maxBatch,
            isExactAllowed: configuration.densityMatrixQubits > 0)
        executables = ExecutableStore(target: target, noise: configuration)
        calibrationName =
            configuration.name + "/" + Self.fingerprint(configuration.device.calibration)
    }

    public var kind: DeviceKind { .noisy }
    public var device: DeviceTarget? { configuration.device }
    public var price: DevicePrice { DevicePrice() }

    /// Names the device and its snapshot, which never changes.
    public func calibration(at now: Timestamp) -> String { calibrationName }

    public func prepare(
        _ circuit: Circuit, readout: ZReadout
    ) throws(BackendError) -> ExecutableID {
        try executables.prepare(circuit, readout)
    }

    @discardableResult
    public func submit(
        _ job: BackendJob, at now: Timestamp
    ) throws(BackendError) -> BackendJobID {
        if held.contains(job.id) || history.isSettled(job.id) { return job.id }
        try executables.check(job)
        held.insert(job.id)
        waiting.append(Waiting(job: job, submitted: now))
        return job.id
    }

    public func status(_ id: BackendJobID, at now: Timestamp) -> JobStatus? {
        guard held.contains(id) else { return history.status(id) }
        let isRunning = waiting.first?.job.id == id && waiting.first?.started != nil
        return isRunning ? .running : .queued
    }

    /// Simulates records in the order of submission until `amplitudesPerPoll` are used up.
    public func poll(at now: Timestamp) -> [BackendResult] {
        var results = cancelled
        cancelled = []
        var (finished, budget) = (0, configuration.amplitudesPerPoll)
        while finished < waiting.count && budget > 0 {
            guard let result = advance(finished, &budget, at: now) else { break }
            results.append(result)
            finished += 1
        }
        waiting.removeFirst(finished)
        return results
    }

    /// Takes off what has not ended; records that are done already are lost with it.
    @discardableResult
    public func cancel(_ id: BackendJobID, at now: Timestamp) -> Bool {
        guard held.contains(id), let place = waiting.firstIndex(where: { $0.job.id == id }) else {
            return false
        }
        let error = BackendError(.cancelled, "job \(id) was cancelled")
        cancelled.append(end(waiting.remove(at: place), .failure(error), at: now))
        return true
    }

    public func deviceStatus(at now: Timestamp) -> DeviceStatus {
        DeviceStatus(
            state: .online, queueDepth: waiting.count, predictedWait: .zero, serviceTime: .zero,
            completed: history.completed, failed: history.failed,
            calibration: calibration(at: now))
    }

    public var nextEvent: Timestamp? { cancelled.first?.completed ?? waiting.first?.submitted }

    // MARK: Inside

    /// Goes on with one job; nil if the budget did not reach its end.
    private func advance(
        _ place: Int, _ budget: inout Int, at now: Timestamp
    ) -> BackendResult? {
        let job = waiting[place].job
        waiting[place].started = waiting[place].started ?? now
        let done = waiting[place].estimates.means.count
        let work = executables.work(job)
        let records = done..<min(done + max(budget / work, 1), job.records)
        budget -= records.count * work
        do throws(BackendError) {
            waiting[place].estimates.append(try executables.run(job, records: records))
        } catch {
            return end(waiting[place], .failure(error), at: now)
        }
        guard records.upperBound == job.records else { return nil }
        return end(waiting[place], .success(waiting[place].estimates), at: now)
    }

    private func end(
        _ entry: Waiting, _ outcome: Result<ZEstimates, BackendError>, at now: Timestamp
    ) -> BackendResult {
        let id = entry.job.id
        held.remove(id)
        if case .failure(let error) = outcome {
            history.record(id, error)
        } else {
            history.record(id, nil)
        }
        return BackendResult(
            job: entry.job, outcome: outcome, circuit: executables.executed(entry.job),
            device: target.name, calibration: calibration(at: now), submitted: entry.submitted,
            started: entry.started, completed: now, cost: 0)
    }

    /// Equal snapshots have equal names, on any machine.
    private static func fingerprint(_ snapshot: CalibrationSnapshot) -> String {
        var numbers = [
            snapshot.gateNanoseconds, snapshot.measurementNanoseconds, snapshot.resetNanoseconds,
        ]
        for qubit in snapshot.qubits {
            numbers += [
                qubit.t1Microseconds, qubit.t2Microseconds, qubit.gateError, qubit.readoutError,
            ]
        }
        for pair in snapshot.pairs {
            numbers += [Double(pair.first), Double(pair.second), pair.error, pair.nanoseconds]
        }
        let hash = numbers.reduce(UInt64(snapshot.qubits.count)) {
            StableHash.combine($0, $1.bitPattern)
        }
        return String(hash, radix: 16)
    }
}
