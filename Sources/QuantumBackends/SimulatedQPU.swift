import Contracts
public import Determinism
import Glibc
public import QuantumCircuit
public import QuantumSimulator

/// A device with a queue, a service time, outages and a price, on the clock that is passed in.
///
/// Real time in the pipeline, virtual time in tests: nothing sleeps. Equal configurations, jobs and
/// instants give equal results, waits and failures. Outcomes are simulated when a poll collects
/// them.
public final class SimulatedQPU: QuantumBackend {
    public let target: BackendTarget
    public let configuration: SimulatedQPUConfiguration
    private let compilation: DeviceCompilation?
    private let start: Timestamp
    private let executables: ExecutableStore
    private var queue: ServerQueue<BackendJob>
    private var held: Set<BackendJobID> = []
    private var ended: [ServerQueue<BackendJob>.Ended] = []
    private var history = JobHistory()
    private var hasBegun = false

    /// - Parameters:
    ///   - start: the instant from which outages and calibrations count.
    ///   - compilation: nil for a device that runs every gate on any qubits. With it, templates that
    ///     the target cannot run are refused and results say what was compiled; outcomes stay the
    ///     template's, which a compiled circuit equals.
    public init(
        _ configuration: SimulatedQPUConfiguration, start: Timestamp,
        compilation: DeviceCompilation? = nil
    ) throws(BackendConfigurationError) {
        try configuration.validate()
        self.configuration = configuration
        self.compilation = compilation
        self.start = start
        target = BackendTarget(
            name: configuration.name,
            qubits: min(configuration.qubits, compilation?.target.qubits ?? .max),
            maxShots: configuration.maxShots, maxBatch: configuration.maxBatch,
            isExactAllowed: false)
        executables = ExecutableStore(target: target, compilation: compilation)
        queue = ServerQueue(
            start: start,
            outages: configuration.outagesCountFromFirstJob ? [] : configuration.outages,
            queueTimeout: configuration.queueTimeout)
    }

    public var kind: DeviceKind { .simulatedQPU }
    public var device: DeviceTarget? { compilation?.target }
    public var price: DevicePrice { configuration.price }

    /// `name/k` in the k-th calibration interval since the start.
    public func calibration(at now: Timestamp) -> String {
        let elapsed = max((now - start).microseconds, 0)
        return "\(target.name)/\(elapsed / configuration.calibrationInterval.microseconds)"
    }

    public func prepare(
        _ circuit: Circuit, readout: ZReadout
    ) throws(BackendError) -> ExecutableID {
        try executables.prepare(circuit, readout)
    }

    @discardableResult
    public func submit(
        _ job: BackendJob, at now: Timestamp
    ) throws(BackendError) -> BackendJobID {
        begin(at: now)
        advance(to: now)
        if held.contains(job.id) || history.isSettled(job.id) { return job.id }
        try executables.check(job)
        if let outage = queue.outage(at: now) {
            let rest = (outage.until - now).inSeconds
            throw BackendError(.unavailable, "\(target.name) is down for another \(rest) s")
        }
        guard queue.depth < configuration.queueCapacity else {
            throw BackendError(
                .queueFull, "\(target.name) holds \(queue.depth) jobs, its limit")
        }
        held.insert(job.id)
        var draws = RandomStream(
            seed: StableHash.combine(configuration.seed, StableHash.hash64(job.id.rawValue)))
        let isFaulty = draws.uniform() < configuration.failureProbability
        queue.submit(
            .init(
                payload: job, submitted: now, service: serviceTime(job.records, &draws),
                isFaulty: isFaulty))
        return job.id
    }

    public func status(_ id: BackendJobID, at now: Timestamp) -> JobStatus? {
        advance(to: now)
        guard held.contains(id) else { return history.status(id) }
        return queue.isRunning { $0.id == id } ? .running : .queued
    }

    public func poll(at now: Timestamp) -> [BackendResult] {
        advance(to: now)
        var taken = 0
        var records = 0
        while taken < ended.count && records < configuration.recordsPerPoll {
            if ended[taken].cause == .done { records += ended[taken].entry.payload.records }
            taken += 1
        }
        let batch = ended.prefix(taken)
        let done = batch.filter { $0.cause == .done }.map(\.entry.payload)
        var outcomes = executables.runGrouped(done).makeIterator()
        let results = batch.map { end in
            let simulated = end.cause == .done ? outcomes.next() : nil
            return result(end, simulated ?? .failure(error(end)))
        }
        ended.removeFirst(taken)
        return results
    }

    @discardableResult
    public func cancel(_ id: BackendJobID, at now: Timestamp) -> Bool {
        advance(to: now)
        guard held.contains(id), let end = queue.cancel(at: now, where: { $0.id == id }) else {
            return false
        }
        settle(end)
        return true
    }

    public func deviceStatus(at now: Timestamp) -> DeviceStatus {
        advance(to: now)
        return DeviceStatus(
            state: queue.outage(at: now) == nil ? .online : .outage, queueDepth: queue.depth,
            predictedWait: queue.predictedWait(at: now), serviceTime: meanService(records: 1),
            completed: history.completed, failed: history.failed,
            calibration: calibration(at: now))
    }

    public var nextEvent: Timestamp? { ended.first?.completed ?? queue.nextEvent?.instant }

    // MARK: Inside

    /// With the first job the script of outages starts, where it counts from there.
    private func begin(at now: Timestamp) {
        guard !hasBegun else { return }
        hasBegun = true
        guard configuration.outagesCountFromFirstJob else { return }
        queue = ServerQueue(
            start: now, outages: configuration.outages, queueTimeout: configuration.queueTimeout)
    }

    private func advance(to now: Timestamp) {
        queue.advance(to: now) { settle($0) }
    }

    private func settle(_ end: ServerQueue<BackendJob>.Ended) {
        let id = end.entry.payload.id
        held.remove(id)
        history.record(id, end.cause == .done ? nil : error(end))
        ended.append(end)
    }

    private func result(
        _ end: ServerQueue<BackendJob>.Ended, _ outcome: Result<ZEstimates, BackendError>
    ) -> BackendResult {
        let job = end.entry.payload
        let cost =
            end.cause == .done
            ? configuration.price.cost(records: job.records, shots: job.shots) : 0
        return BackendResult(
            job: job, outcome: outcome, circuit: executables.executed(job), device: target.name,
            calibration: calibration(at: end.started ?? end.completed),
            submitted: end.entry.submitted, started: end.started, completed: end.completed,
            cost: cost)
    }

    private func error(_ end: ServerQueue<BackendJob>.Ended) -> BackendError {
        let id = end.entry.payload.id
        switch end.cause {
        case .cancelled: return BackendError(.cancelled, "job \(id) was cancelled")
        case .timeout:
            let wait = (end.completed - end.entry.submitted).inSeconds
            return BackendError(.timeout, "job \(id) had not started after \(wait) s")
        case .outage: return BackendError(.failed, "\(target.name) went down with job \(id)")
        case .fault, .done: return BackendError(.failed, "\(target.name) failed job \(id)")
        }
    }

    private func meanService(records: Int) -> TimeSpan {
        let own = configuration.servicePerJob + configuration.servicePerRecord * Int64(records)
        guard configuration.backgroundLoad > 0 else { return own }
        return .seconds(own.inSeconds / (1 - configuration.backgroundLoad))
    }

    /// Lognormal with the mean service time as its mean: exp(σZ − σ²/2), Z by Box–Muller.
    private func serviceTime(_ records: Int, _ draws: inout RandomStream) -> TimeSpan {
        let mean = meanService(records: records)
        let sigma = configuration.jitter
        guard sigma > 0 else { return mean }
        let radius = (-2 * log(1 - draws.uniform())).squareRoot()
        let normal = radius * cos(2 * .pi * draws.uniform())
        return .seconds(mean.inSeconds * exp(sigma * normal - sigma * sigma / 2))
    }
}
