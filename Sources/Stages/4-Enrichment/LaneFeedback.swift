internal import Contracts
internal import Determinism
internal import QuantumBackends
internal import QuantumSimulator

/// What a device's heartbeat tells of its jobs.
struct LaneFeedback {
    /// Jobs that ended since the last heartbeat, oldest first.
    private var outcomes: [DeviceOutcome] = []
    private var throttled = 0
    private var throttledUntil: Timestamp?
    /// Of the template that ran last, under the calibration in force.
    private var latest: (executable: ExecutableID, shots: Int, calibration: String)?
    private var profile: ExecutableProfile?

    /// Whether the device is to be asked again: not before the instant that it named.
    mutating func maySubmit(at now: Timestamp) -> Bool {
        guard let until = throttledUntil else { return true }
        guard now >= until else { return false }
        throttledUntil = nil
        return true
    }

    /// Notes what a template takes; worked out anew only when it, or the calibration, changed.
    mutating func profile(_ batch: JobBatch, _ backend: any QuantumBackend, _ now: Timestamp) {
        let calibration = backend.calibration(at: now)
        if let latest, latest == (batch.executable, batch.shots, calibration) { return }
        latest = (batch.executable, batch.shots, calibration)
        profile = backend.profile(of: batch.executable, shots: batch.shots, at: now)
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
        case .invalidJob, .queueFull, .cancelled: break
        }
    }

    mutating func ended(_ batch: JobBatch, _ result: BackendResult) {
        let isGood = if case .success = result.validated() { true } else { false }
        add(
            batch, isGood ? .ok : .failed, wait: result.queueWait,
            run: result.runTime ?? .zero)
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
        status.pricePerTask = profile?.pricePerTask ?? price.perTask
        status.pricePerShot = profile?.pricePerShot ?? price.perShot
        status.fidelity = profile?.fidelity
    }
}
