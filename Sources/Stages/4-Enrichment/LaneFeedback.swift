internal import Contracts
internal import Determinism
internal import Models
internal import QuantumBackends
internal import QuantumSimulator

/// What a device's heartbeat tells of its jobs.
struct LaneFeedback {
    /// Jobs that ended since the last heartbeat, oldest first.
    private var outcomes: [DeviceOutcome] = []
    private var throttled = 0
    private var throttledUntil: Timestamp?
    /// Shots of the last batch that was sent with all of them; nil before the first.
    private var shots: Int?
    /// Of the model in force: its own circuit and its simpler one.
    private var profiled: (model: ActiveModel, shots: Int, calibration: String)?
    private var own: ExecutableProfile?
    private var simpler: ExecutableProfile?

    /// Whether the device is to be asked again: not before the instant that it named.
    mutating func maySubmit(at now: Timestamp) -> Bool {
        guard let until = throttledUntil else { return true }
        guard now >= until else { return false }
        throttledUntil = nil
        return true
    }

    /// A batch that the device took.
    mutating func submitted(_ batch: JobBatch) {
        if batch.jobs.contains(where: { $0.downgrade != .fewerShots }) { shots = batch.shots }
    }

    /// Notes what the circuits of the model in force take, each with all the shots; worked out anew
    /// only when these, or the calibration, changed.
    ///
    /// Whichever of them ran last: else the simpler one's figures would pass for the model's own.
    mutating func profile(
        _ prepared: PreparedModel, _ backend: any QuantumBackend, _ now: Timestamp
    ) {
        let calibration = backend.calibration(at: now)
        let model = prepared.model
        let shots = min(shots ?? model.bundle.circuit.shots, backend.target.maxShots)
        if let profiled, profiled.model === model, profiled.shots == shots,
            profiled.calibration == calibration
        {
            return
        }
        profiled = (model, shots, calibration)
        own = prepared.own.profile(on: backend, shots: shots, at: now)
        simpler = prepared.simpler?.profile(on: backend, shots: shots, at: now)
    }

    /// A submission that the device put off or refused. A full queue is no news: the device says
    /// how long it is.
    mutating func refused(_ batch: JobBatch, _ error: BackendError, _ now: Timestamp) {
        switch error.kind {
        case .throttled:
            throttled += 1
            throttledUntil = error.retryAfter.map { now + $0 }
            add(batch, .throttled, wait: .zero, run: .zero)
        case .unavailable, .failed, .timeout, .garbled: add(batch, .failed, wait: .zero, run: .zero)
        case .invalidJob, .queueFull, .limited, .cancelled: break
        }
    }

    /// What was stopped at its own limit says nothing of how well the device does.
    mutating func ended(_ batch: JobBatch, _ result: BackendResult) {
        let status: DeviceOutcome.Status
        switch result.validated() {
        case .success: status = .ok
        case .failure(let error) where error.kind == .limited: return
        case .failure: status = .failed
        }
        add(batch, status, wait: result.queueWait, run: result.runTime ?? .zero)
    }

    private mutating func add(
        _ batch: JobBatch, _ status: DeviceOutcome.Status, wait: TimeSpan, run: TimeSpan
    ) {
        var outcome = DeviceOutcome()
        outcome.submittedAt = batch.submittedAt
        outcome.queueDepth = batch.queueDepth
        outcome.announcedMilliseconds = max(batch.announced, .zero).inMilliseconds
        outcome.waitMilliseconds = max(wait, .zero).inMilliseconds
        outcome.runMilliseconds = max(run, .zero).inMilliseconds
        outcome.records = batch.jobs.count
        outcome.status = status
        outcome.downgrade =
            batch.jobs.first?.downgrade == .simplerCircuit ? .simplerCircuit : .none
        outcomes.append(outcome)
        if outcomes.count > 2 * QPUStatusMessage.maximumOutcomes {
            outcomes.removeFirst(outcomes.count - QPUStatusMessage.maximumOutcomes)
        }
    }

    /// Fills in a heartbeat; each outcome goes out once.
    mutating func tell(_ status: inout QPUStatusMessage, _ price: DevicePrice) {
        status.throttled = throttled
        status.throttledUntil = throttledUntil.flatMap { $0 > status.at ? $0 : nil }
        status.outcomes = outcomes.suffix(QPUStatusMessage.maximumOutcomes)
        outcomes.removeAll(keepingCapacity: true)
        status.pricePerTask = own?.pricePerTask ?? price.perTask
        status.pricePerShot = own?.pricePerShot ?? price.perShot
        status.fidelity = own?.fidelity
        guard let own else { return }
        status.serviceTimeMilliseconds = own.occupancy.inMilliseconds
        status.simplerCircuit = simpler.map { profile in
            var figures = CircuitFigures()
            figures.pricePerTask = profile.pricePerTask
            figures.pricePerShot = profile.pricePerShot
            figures.serviceTimeMilliseconds = profile.occupancy.inMilliseconds
            figures.fidelity = profile.fidelity
            return figures
        }
    }
}
