import Determinism
private import Glibc
import QuantumCircuit
import QuantumSimulator

/// A job that the device accepted, with the times around its stay in the queue.
struct HeldJob {
    let job: BackendJob
    let submitted: Timestamp
    let load: TimeSpan
    let compile: TimeSpan
    let retrieve: TimeSpan
}

/// How a job ended and when its result can be had.
struct Delivery {
    let held: HeldJob
    let end: DeviceQueue.Ended
    var cause: DeviceQueue.Cause
    var available: Timestamp
    let garbling: Garbling?
    private let isCancelledByOperator: Bool

    init(held: HeldJob, end: DeviceQueue.Ended, fate: DeliveryFate) {
        self.held = held
        self.end = end
        isCancelledByOperator = end.cause == .done && fate.isCancelled
        cause = isCancelledByOperator ? .cancelled : end.cause
        garbling = fate.garbling
        available = end.completed
        // News of a job that failed comes at once.
        if cause == .done { available = available + held.retrieve + fate.late }
    }

    var isDone: Bool { cause == .done }
    /// Whether the device did the job, or as much of it as its limit pays for, whatever became of the
    /// result.
    var isCharged: Bool {
        (end.cause == .done && !isCancelledByOperator) || end.cause == .limit
    }

    func error(_ device: String) -> BackendError {
        let id = held.job.id
        switch cause {
        case .cancelled:
            let who = isCancelledByOperator ? " by the operator of \(device)" : ""
            return BackendError(.cancelled, "job \(id) was cancelled\(who)")
        case .timeout:
            let wait = (end.completed - held.submitted).inSeconds
            return BackendError(.timeout, "job \(id) had not started after \(wait) s")
        case .limit:
            return BackendError(.limited, "\(device) stopped job \(id) at its spending limit")
        case .outage: return BackendError(.failed, "\(device) went down with job \(id)")
        case .fault, .done: return BackendError(.failed, "\(device) failed job \(id)")
        }
    }

    var phases: JobPhases {
        var phases = JobPhases()
        guard let started = end.started else {
            // It never ran: the time before it was due in the queue, then the queue.
            let elapsed = available - held.submitted
            phases.load = min(held.load, elapsed)
            phases.compile = min(held.compile, elapsed - phases.load)
            phases.wait = elapsed - phases.load - phases.compile
            return phases
        }
        phases.load = held.load
        phases.compile = held.compile
        phases.wait = started - end.entry.entered
        phases.execute = end.completed - started
        phases.retrieve = available - end.completed
        return phases
    }
}

extension SimulatedQPU {
    /// Simulates jobs: neighbours of one kind, under one state of the noise, share a batch.
    func run(_ done: [Delivery]) -> [Result<ZEstimates, BackendError>] {
        guard configuration.noise != .off else {
            return executables.runGrouped(done.map(\.held.job))
        }
        var results: [Result<ZEstimates, BackendError>] = []
        var first = 0
        while first < done.count {
            let job = done[first].held.job
            let reading = noise.reading(at: elapsed(done[first]))
            var end = first + 1
            while end < done.count && done[end].held.job.executable == job.executable
                && done[end].held.job.shots == job.shots
                && noise.key(at: elapsed(done[end])) == reading.key
            { end += 1 }
            let jobs = done[first..<end].map(\.held.job)
            do throws(BackendError) {
                let execution = try noise.execution(
                    job.executable, executables.circuit(job.executable),
                    executables.readout(job.executable), reading)
                results += ExecutableStore.run(jobs, on: execution)
            } catch {
                results += jobs.map { _ in .failure(error) }
            }
            first = end
        }
        return results
    }

    /// Time from the device's start to the job's.
    private func elapsed(_ delivery: Delivery) -> TimeSpan {
        (delivery.end.started ?? delivery.end.completed) - start
    }

    func result(
        _ delivery: Delivery, _ outcome: Result<ZEstimates, BackendError>
    ) -> BackendResult {
        let (job, end) = (delivery.held.job, delivery.end)
        var (received, checksum) = (outcome, UInt64?.none)
        if case .success(let estimates) = outcome {
            checksum = estimates.checksum
            if let garbling = delivery.garbling {
                received = .success(garbling.damaged(estimates))
            }
        }
        let micros = delivery.isCharged ? charge(delivery) : nil
        let stamp = calibration(at: end.started ?? end.completed)
        return BackendResult(
            job: job, outcome: received, circuit: executables.executed(job), device: target.name,
            calibration: stamp, submitted: delivery.held.submitted, started: end.started,
            completed: delivery.available, cost: cost(delivery, micros: micros),
            costMicros: micros, phases: delivery.phases,
            drift: summary(delivery, stamp), checksum: checksum)
    }

    private func summary(_ delivery: Delivery, _ stamp: String) -> CalibrationSummary? {
        guard !configuration.drift.isStill else { return nil }
        let elapsed = max(elapsed(delivery), .zero)
        let reading = noise.reading(at: elapsed)
        return CalibrationSummary(
            reading, name: stamp,
            sinceCalibration: elapsed - configuration.calibrationInterval * Int64(reading.epoch))
    }

    // MARK: Prices

    private func cost(_ delivery: Delivery, micros: Int64?) -> Double {
        guard delivery.isCharged else { return 0 }
        let job = delivery.held.job
        return micros.map { Double($0) / 1e6 }
            ?? configuration.price.cost(records: job.records, shots: job.shots)
    }

    private func charge(_ delivery: Delivery) -> Int64? {
        guard let book = configuration.priceBook, let started = delivery.end.started else {
            return nil
        }
        let time = configuration.billed(delivery.end.completed - started)
        return book.cost(of: usage(of: delivery.held.job, time: time))
    }

    private func usage(of job: BackendJob, time: TimeSpan = .zero) -> DeviceUsage {
        let footprint = footprints[job.executable]
        return DeviceUsage(
            tasks: job.records, shots: job.shots, microseconds: time.microseconds,
            oneQubitGates: footprint?.oneQubitGates ?? 0,
            twoQubitGates: footprint?.twoQubitGates ?? 0)
    }

    /// How long a job may run for what it may cost; nil for any time.
    func affordableTime(of job: BackendJob) throws(BackendError) -> TimeSpan? {
        guard let maximum = job.maximumMicros else { return nil }
        let usage = usage(of: job)
        guard let book = configuration.priceBook else {
            let cost = configuration.price.cost(records: job.records, shots: job.shots)
            guard (cost * 1e6).rounded() <= Double(maximum) else {
                throw tooExpensive(cost, maximum)
            }
            return nil
        }
        guard let time = book.affordable(usage, maximum: maximum) else {
            throw tooExpensive(Double(book.cost(of: usage)) / 1e6, maximum)
        }
        // Beyond a year nothing is cut off; the sum with an instant stays far from overflow.
        guard time < Self.longestService.microseconds else { return nil }
        return configuration.stretched(.microseconds(time))
    }

    private static let longestService = TimeSpan.seconds(366 * 86_400 as Int64)

    private func tooExpensive(_ cost: Double, _ maximum: Int64) -> BackendError {
        BackendError(
            .invalidJob,
            "the job costs at least \(cost) on \(target.name), and its limit is "
                + "\(Double(maximum) / 1e6)")
    }

    // MARK: Service

    /// Device time of one of a job's records, without other tenants.
    func recordTime(_ job: BackendJob) -> TimeSpan {
        recordTime(job.executable, shots: job.shots)
    }

    func recordTime(_ executable: ExecutableID, shots: Int) -> TimeSpan {
        guard configuration.shotTiming != nil else { return configuration.servicePerRecord }
        return .seconds(Double(shots) * shotSeconds(executable))
    }

    /// Of one shot, where shots are timed; else 0.
    func shotSeconds(_ executable: ExecutableID) -> Double {
        let timing = configuration.shotTiming
        return (timing?.nanoseconds(footprints[executable], nominal.calibration) ?? 0) * 1e-9
    }

    func meanService(of job: BackendJob) -> TimeSpan {
        configuration.stretched(
            configuration.servicePerJob + recordTime(job) * Int64(job.records))
    }

    /// Lognormal with the mean service time as its mean.
    func jittered(_ mean: TimeSpan, _ draws: inout RandomStream) -> TimeSpan {
        guard configuration.jitter > 0 else { return mean }
        return JobSizes(mean: mean, shape: .lognormal(sigma: configuration.jitter)).draw(&draws)
    }
}

extension SimulatedQPUConfiguration {
    /// Whether a template's gates matter to its time or its price: then it should be compiled.
    public var needsFootprint: Bool {
        let isTimed = shotTiming.map { $0.circuitNanoseconds == nil } ?? false
        let isPriced = priceBook.map { $0.perOneQubitGateShot + $0.perTwoQubitGateShot > 0 }
        return isTimed || isPriced ?? false
    }

    /// How long own work takes beside the others'.
    func stretched(_ own: TimeSpan) -> TimeSpan {
        guard backgroundLoad > 0 else { return own }
        return .seconds(own.inSeconds / (1 - backgroundLoad))
    }

    /// The part of a job's time that the device spends on it: nobody pays for the others'.
    func billed(_ run: TimeSpan) -> TimeSpan {
        guard backgroundLoad > 0 else { return run }
        return .microseconds(Int64(Double(run.microseconds) * (1 - backgroundLoad)))
    }

    /// The part of jobs of one kind, 99 in 100, that takes at most so many times the mean:
    /// the lognormal's quantile, exp(2.3263 σ − σ²/2).
    var timeHeadroom: Double { jitter > 0 ? max(exp(2.3263 * jitter - jitter * jitter / 2), 1) : 1 }

    func queueSettings(start: Timestamp) -> DeviceQueue.Settings {
        var settings = DeviceQueue.Settings(
            closures: ClosureCalendar(
                windows: faults.maintenance.map { TimeWindow($0, since: start) }, origin: start,
                interval: calibrationInterval, duration: calibrationDuration))
        settings.servers = servers
        settings.tenants = tenants
        settings.ownWeight = ownWeight
        settings.discipline = discipline
        settings.session = session
        settings.capacity = sharedCapacity
        settings.queueTimeout = queueTimeout
        settings.outages =
            outagesCountFromFirstJob ? [] : outages.map { TimeWindow($0, since: start) }
        settings.seed = seed
        return settings
    }
}
