internal import Contracts
internal import Determinism
internal import Policies
internal import QuantumBackends

/// Answers out of the result cache: nothing is submitted, and nothing paid.
///
/// The cache is the instance's own and is gone with it. What it answered is settled at 0 in the
/// ledger, without a task: where such a job comes again and its answer is no longer there, it fails,
/// since what was set aside for it is given back and it cannot be bought.
extension DeviceLane {
    /// What a job computes on this device. A model's version is a hash of its content: of the head
    /// too, whose functional is part of a result.
    static func computation(_ message: borrowing JobMessage) -> ComputationKey {
        ComputationKey(
            model: RecordKey(of: message.model), circuit: RecordKey(of: message.circuitHash),
            shots: message.shots, components: message.components)
    }

    /// Measures a job by the result of an earlier one, if the same was computed under the calibration
    /// that is in force.
    mutating func answer(
        _ job: PendingJob, now: Timestamp, into out: inout OutboundBatch
    ) -> Bool {
        guard let key = job.computation, cache != nil else { return false }
        let calibration = backend.calibration(at: now)
        let epoch = StableHash.hash64(calibration)
        guard let result = cache?.find(key, epoch: epoch, now: now) else { return false }
        let name = names.intern(calibration)
        var measurement = measurement(of: job)
        measurement.seed = result.seed
        measurement.calibration = name.slice
        measurement.submittedAt = now
        measurement.startedAt = now
        measurement.completedAt = now
        measurement.headValue = result.headValue
        measurement.headStandardError = result.headStandardError
        measurement.expectations = result.expectations
        measurement.cached = CachedSource(job: result.job, measuredAt: result.measuredAt)
        // It is no circuit of the device's.
        totals.submitted -= 1
        withExtendedLifetime(name) { finish(job, measurement, state: .settled, into: &out) }
        return true
    }

    /// Keeps what was measured for jobs that compute the same.
    mutating func keep(
        _ measurement: borrowing MeasurementMessage, of job: PendingJob, _ calibration: String
    ) {
        guard let key = job.computation else { return }
        cache?.insert(
            CachedResult(
                job: job.job, seed: job.seed, measuredAt: measurement.startedAt,
                headValue: measurement.headValue,
                headStandardError: measurement.headStandardError,
                expectations: measurement.expectations),
            for: key, epoch: StableHash.hash64(calibration))
    }

    /// Why a job that was answered once has no answer now.
    static func unanswered(_ control: ControlSnapshot) -> String {
        control.killSwitch ? stopped : answerGone
    }

    private static let answerGone = "its answer came from the result cache, which no longer has it"
}
