import Contracts
import Determinism
internal import QuantumBackends
internal import QuantumSimulator

/// After a restart: joining the tasks of an earlier life.
extension DeviceLane {
    var durableState: DurableState? {
        // As long as jobs are kept: an older one cannot come again.
        settings.keepsLedger ? DurableState(changelog: .ledger, reach: Self.reach) : nil
    }

    private static let released = "an earlier run of it ended without a result"
    private static let forgotten = "the device no longer knows the result"
    private static let reach = TimeSpan.seconds(86_400 as Int64)

    /// Takes back where the ledger saw a job last, if it went to this device.
    mutating func restore(_ entry: LedgerMessage) {
        if entry.device.equals(device.slice) { ledger[entry.job] = LedgerPlace(entry) }
    }

    /// Joins a job to its task of an earlier life, if the ledger names one that the device knows. One
    /// that was released is over: what was set aside for it is given back, and buys nothing.
    mutating func join(
        _ job: PendingJob, now: Timestamp, into out: inout OutboundBatch
    ) -> Bool {
        guard let place = ledger.removeValue(forKey: job.job) else { return false }
        if place.state == .released {
            fail(job, Self.released, submitted: now, completed: now, into: &out)
            return true
        }
        guard let task = place.task else { return false }
        let id = BackendJobID(task: task)
        if backend.isTaken(id, at: now) {
            joined[id, default: JoinedTask()].jobs.append((job, place))
            return true
        }
        guard place.state == .settled else { return false }
        failPaid(
            job, (place.task ?? 0, place.index), cost: place.cost, Self.forgotten, now, into: &out)
        return true
    }

    /// Measurements of joined jobs whose tasks have ended.
    mutating func collectJoined(_ now: Timestamp, into out: inout OutboundBatch) {
        guard !joined.isEmpty else { return }
        for id in joined.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            if let result = backend.result(of: id, at: now) {
                close(id, with: result, into: &out)
            } else if !backend.isPending(id, at: now) {
                // Done, and its result gone: it is paid for, and not bought again.
                for (job, place) in joined.removeValue(forKey: id)?.jobs ?? [] {
                    failPaid(
                        job, (place.task ?? 0, place.index), cost: place.cost, Self.forgotten, now,
                        into: &out)
                }
            }
        }
    }

    mutating func close(
        _ id: BackendJobID, with result: BackendResult, into out: inout OutboundBatch
    ) {
        let calibration = names.intern(result.calibration)
        for (job, place) in joined.removeValue(forKey: id)?.jobs ?? [] {
            switch result.validated() {
            case .success(let estimates) where place.index < result.records:
                let place = (place.task ?? 0, place.index)
                emit(job, place, estimates, result, calibration, into: &out)
                totals.completed += 1
            case .success:
                let why = "the device's task \(id) has no place \(place.index)"
                fail(
                    job, why, submitted: result.submitted, completed: result.completed, into: &out)
            case .failure(let error):
                let place = (place.task ?? 0, place.index)
                fail(job, place, error, result, into: &out)
            }
        }
    }

    /// A failed measurement of a job whose bill stands.
    mutating func failPaid(
        _ job: PendingJob, _ place: (task: UInt64, index: Int)?, cost: Double, _ why: String,
        _ now: Timestamp, into out: inout OutboundBatch
    ) {
        let words = OwnedBytes(why)
        var measurement = measurement(of: job)
        measurement.status = .failed
        measurement.submittedAt = now
        measurement.startedAt = now
        measurement.completedAt = now
        measurement.cost = cost
        totals.failed += 1
        withExtendedLifetime(words) {
            measurement.error = words.slice
            finish(job, measurement, state: .settled, place, into: &out)
        }
    }
}

extension QuantumBackend {
    /// Whether a job of this identity is on the device or was served: submitting it again has no
    /// effect.
    func isTaken(_ id: BackendJobID, at now: Timestamp) -> Bool {
        switch status(id, at: now) {
        case .queued, .running, .done: true
        case .failed, nil: false
        }
    }

    /// Whether a result is still to come.
    func isPending(_ id: BackendJobID, at now: Timestamp) -> Bool {
        switch status(id, at: now) {
        case .queued, .running: true
        case .done, .failed, nil: false
        }
    }
}
