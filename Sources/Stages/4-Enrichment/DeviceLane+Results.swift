internal import Contracts
internal import Determinism
internal import QuantumBackends
internal import QuantumSimulator

/// From a result to measurements and ledger entries.
extension DeviceLane {
    mutating func collect(_ result: BackendResult, into out: inout OutboundBatch) {
        guard let batch = submitted.removeValue(forKey: result.id) else { return }
        feedback.ended(batch, result)
        switch result.validated() {
        case .success(let estimates):
            let calibration = names.intern(result.calibration)
            for (index, job) in batch.jobs.enumerated() where !job.isForeign {
                let place = (batch.task, index)
                emit(job, place, estimates, result, calibration, into: &out)
            }
            totals.completed += result.records
        case .failure(let error):
            for (index, job) in batch.jobs.enumerated() where !job.isForeign {
                fail(job, (batch.task, index), error, result, into: &out)
            }
        }
        inFlight -= batch.jobs.count { $0.isForeign }
    }

    mutating func emit(
        _ job: PendingJob, _ place: (task: UInt64, index: Int), _ estimates: ZEstimates,
        _ result: BackendResult, _ calibration: OwnedBytes, into out: inout OutboundBatch
    ) {
        let index = place.index
        let strings = estimates.expectations.count / max(1, result.records)
        let cost = result.cost / Double(max(1, result.records))
        guard estimates.isSound(index, strings: strings, records: result.records) else {
            // Paid for, and worth nothing: a device's nonsense goes no further.
            let why = "the device's result is not a measurement"
            failPaid(job, place, cost: cost, why, result.completed, into: &out)
            return
        }
        var measurement = measurement(of: job)
        measurement.calibration = calibration.slice
        measurement.submittedAt = result.submitted
        measurement.startedAt = result.started ?? result.completed
        measurement.completedAt = result.completed
        measurement.cost = cost
        measurement.headValue = estimates.means[index]
        measurement.headStandardError = estimates.standardErrors[index]
        measurement.expectations.append(
            contentsOf: estimates.expectations[index * strings..<(index + 1) * strings])
        finish(job, measurement, state: .settled, place, into: &out)
    }

    /// A failed measurement for a result that nobody can use. What a device did is charged all the
    /// same, and its place kept, so that it is not bought again.
    mutating func fail(
        _ job: PendingJob, _ place: (task: UInt64, index: Int), _ error: BackendError,
        _ result: BackendResult, into out: inout OutboundBatch
    ) {
        fail(
            job, error.description, submitted: result.submitted, completed: result.completed,
            cost: result.cost / Double(max(1, result.records)), place, into: &out)
    }

    mutating func fail(
        _ job: PendingJob, _ why: String, submitted: Timestamp, completed: Timestamp,
        cost: Double = 0, _ place: (task: UInt64, index: Int)? = nil,
        into out: inout OutboundBatch
    ) {
        let words = OwnedBytes(why)
        var measurement = measurement(of: job)
        measurement.status = .failed
        measurement.submittedAt = submitted
        measurement.startedAt = completed
        measurement.completedAt = completed
        totals.failed += 1
        withExtendedLifetime(words) {
            measurement.error = words.slice
            measurement.cost = cost
            let isCharged = cost > 0
            finish(
                job, measurement, state: isCharged ? .settled : .released,
                isCharged ? place : nil, into: &out)
        }
    }

    func measurement(of job: PendingJob) -> MeasurementMessage {
        var measurement = MeasurementMessage()
        measurement.id = job.id.slice
        measurement.job = job.job
        measurement.receivedAt = job.receivedAt
        measurement.deadline = job.deadline
        measurement.classicalScore = job.classicalScore
        measurement.shots = job.shots
        measurement.seed = job.seed
        measurement.circuit = job.circuit.slice
        measurement.circuitHash = job.circuitHash.slice
        measurement.model = job.model.slice
        measurement.device = device.slice
        measurement.downgrade = job.downgrade
        return measurement
    }

    mutating func finish(
        _ job: PendingJob, _ measurement: MeasurementMessage, state: LedgerMessage.State,
        _ place: (task: UInt64, index: Int)? = nil, into out: inout OutboundBatch
    ) {
        out.emit(to: .measurements, key: job.id.slice, headers: job.headers, measurement)
        record(
            job, state, cost: measurement.cost, at: measurement.completedAt, in: place?.task,
            place?.index, &out)
        out.release(job.position)
        book.running[job.job] = nil
        book.finished.insert(job.job)
        inFlight -= 1
        emitted += 1
    }

    /// Writes a job's state to the ledger, into the partition of the job's own.
    mutating func record(
        _ job: PendingJob, _ state: LedgerMessage.State, cost: Double, at: Timestamp,
        in task: UInt64?, _ index: Int?, _ out: inout OutboundBatch
    ) {
        var entry = LedgerMessage()
        entry.job = job.job
        entry.id = job.id.slice
        entry.state = state
        entry.cost = cost
        entry.device = device.slice
        entry.at = at
        entry.task = task
        entry.index = index
        out.emit(to: .ledger, hexKey: job.job, partition: job.position.partition, entry)
        emitted += 1
    }
}

extension ZEstimates {
    /// Whether a record's values are there and can be those of a measurement: expectations in −1…1,
    /// within rounding, and the rest finite.
    fileprivate func isSound(_ index: Int, strings: Int, records: Int) -> Bool {
        guard index < means.count, index < standardErrors.count,
            (index + 1) * strings <= expectations.count, means.count == records
        else { return false }
        return means[index].isFinite && standardErrors[index].isFinite
            && standardErrors[index] >= 0
            && expectations[index * strings..<(index + 1) * strings].allSatisfy {
                abs($0) <= 1 + 1e-9
            }
    }
}
