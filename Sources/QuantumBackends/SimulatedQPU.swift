import Contracts
public import Determinism
public import QuantumCircuit
public import QuantumSimulator

/// A device with a queue of several tenants, phases, drifting noise, faults and prices, on the clock
/// that is passed in.
///
/// Real time in the pipeline, virtual time in tests: nothing sleeps. Equal configurations, jobs and
/// instants give equal results, waits and failures, however often the device is looked at. Outcomes
/// are simulated when a poll collects them.
public final class SimulatedQPU: QuantumBackend {
    public let target: BackendTarget
    public let configuration: SimulatedQPUConfiguration
    let start: Timestamp
    let executables: ExecutableStore
    /// What circuits are compiled for, durations are read off, and noise drifts from.
    let nominal: DeviceTarget
    private let compilation: DeviceCompilation?
    var queue: DeviceQueue
    var noise: DriftingNoise
    private var limit: SubmissionLimit?
    private var jobs: [Int: HeldJob] = [:]
    private var tickets: [BackendJobID: Int] = [:]
    /// Jobs that ended on the device and whose results never come.
    private var lost: [BackendJobID: Delivery] = [:]
    private var deliveries = Agenda<Delivery>()
    private var history = JobHistory()
    /// Templates that the noise and the footprint accept.
    private var checked: Set<ExecutableID> = []
    private var compiled: Set<ExecutableID> = []
    var footprints: [ExecutableID: CircuitFootprint] = [:]
    private var lastRecordTime: TimeSpan
    private var nextTicket = 0
    private var hasBegun = false

    /// - Parameters:
    ///   - start: the instant from which outages and calibrations count.
    ///   - compilation: nil for a device that runs every gate on any qubits. With it, templates that
    ///     the target cannot run are refused, results say what was compiled, and times and prices
    ///     are the compiled circuit's; outcomes stay the template's, which a compiled circuit equals.
    public init(
        _ configuration: SimulatedQPUConfiguration, start: Timestamp,
        compilation: DeviceCompilation? = nil
    ) throws(BackendConfigurationError) {
        try configuration.validate()
        self.configuration = configuration
        self.compilation = compilation
        self.start = start
        target = BackendTarget(
            name: configuration.name, qubits: configuration.qubits,
            maxShots: configuration.maxShots, maxBatch: configuration.maxBatch,
            isExactAllowed: false)
        let nominal = try configuration.deviceTarget()
        self.nominal = nominal
        executables = ExecutableStore(
            target: target, compilation: compilation.map { (nominal, $0) })
        queue = DeviceQueue(
            configuration.queueSettings(start: start), start: start - configuration.warmUp)
        noise = DriftingNoise(configuration, target: nominal)
        limit = SubmissionLimit(configuration.faults, start: start)
        lastRecordTime = configuration.servicePerRecord
    }

    public var kind: DeviceKind { .simulatedQPU }
    public var device: DeviceTarget? {
        compilation == nil && configuration.noise == .off ? nil : nominal
    }
    public var price: DevicePrice { configuration.taskPrice }

    /// `name/k` in the k-th calibration interval since the start.
    public func calibration(at now: Timestamp) -> String {
        let elapsed = max((now - start).microseconds, 0)
        return "\(target.name)/\(elapsed / configuration.calibrationInterval.microseconds)"
    }

    public func prepare(
        _ circuit: Circuit, readout: ZReadout
    ) throws(BackendError) -> ExecutableID {
        let id = try executables.prepare(circuit, readout)
        guard !checked.contains(id) else { return id }
        try noise.check(circuit, readout)
        if configuration.needsFootprint {
            footprints[id] = try CircuitFootprint(executables.native(id), on: nominal)
        }
        checked.insert(id)
        return id
    }

    @discardableResult
    public func submit(
        _ job: BackendJob, at now: Timestamp
    ) throws(BackendError) -> BackendJobID {
        begin(at: now)
        advance(to: now)
        if tickets[job.id] != nil || lost[job.id] != nil || history.isSettled(job.id) {
            return job.id
        }
        try executables.check(job)
        let affordable = try affordableTime(of: job)
        try admit(at: now)
        let held = hold(job, at: now)
        jobs[nextTicket] = held
        tickets[job.id] = nextTicket
        var draws = RandomStream(seed: seed(of: job.id))
        let isFaulty = draws.uniform() < configuration.failureProbability
        let expected = meanService(of: job)
        let service = jittered(expected, &draws)
        let isCutOff = affordable.map { $0 < service } ?? false
        queue.submit(
            DeviceQueue.Entry(
                ticket: nextTicket, entered: now + held.load + held.compile,
                service: min(service, affordable ?? service), expected: expected,
                isFaulty: isFaulty, isCutOff: isCutOff),
            at: now)
        nextTicket += 1
        return job.id
    }

    public func status(_ id: BackendJobID, at now: Timestamp) -> JobStatus? {
        advance(to: now)
        if lost[id] != nil { return .running }
        guard let ticket = tickets[id] else { return history.status(id) }
        return queue.isRunning(ticket) ? .running : .queued
    }

    public func poll(at now: Timestamp) -> [BackendResult] {
        advance(to: now)
        var records = 0
        let due = deliveries.take(through: now) { delivery in
            guard records < configuration.recordsPerPoll else { return false }
            if delivery.isDone { records += delivery.held.job.records }
            return true
        }
        var outcomes = run(due.filter(\.isDone)).makeIterator()
        return due.map { delivery in
            let outcome = delivery.isDone ? outcomes.next() : nil
            return result(delivery, outcome ?? .failure(delivery.error(target.name)))
        }
    }

    @discardableResult
    public func cancel(_ id: BackendJobID, at now: Timestamp) -> Bool {
        advance(to: now)
        if var delivery = lost.removeValue(forKey: id) {
            delivery.cause = .cancelled
            delivery.available = now
            history.record(id, delivery.error(target.name))
            deliveries.insert(delivery, at: now)
            return true
        }
        guard let ticket = tickets[id], let end = queue.cancel(ticket, at: now) else {
            return false
        }
        settle(end)
        return true
    }

    public func deviceStatus(at now: Timestamp) -> DeviceStatus {
        advance(to: now)
        let isClosed = queue.settings.closures.closedUntil(now) != nil
        return DeviceStatus(
            state: queue.outage(at: now) != nil ? .outage : isClosed ? .maintenance : .online,
            queueDepth: queue.depth, predictedWait: queue.predictedWait(at: now),
            serviceTime: configuration.stretched(configuration.servicePerJob + lastRecordTime),
            completed: history.completed, failed: history.failed,
            calibration: calibration(at: now), servers: configuration.servers)
    }

    public var nextEvent: Timestamp? {
        switch (deliveries.firstInstant, queue.nextOwnEvent) {
        case (let delivery?, let event?): min(delivery, event)
        case (let delivery, let event): delivery ?? event
        }
    }

    // MARK: Inside

    /// With the first job the script of outages starts, where it counts from there.
    private func begin(at now: Timestamp) {
        guard !hasBegun else { return }
        hasBegun = true
        guard configuration.outagesCountFromFirstJob else { return }
        advance(to: now)
        queue.plan(outages: configuration.outages.map { TimeWindow($0, since: now) })
    }

    private func advance(to now: Timestamp) {
        var ended: [DeviceQueue.Ended] = []
        queue.advance(to: now) { if $0.tenant == 0 { ended.append($0) } }
        for end in ended { settle(end) }
    }

    /// Everything but the job itself that makes the device refuse it now.
    private func admit(at now: Timestamp) throws(BackendError) {
        if let outage = queue.outage(at: now) {
            let rest = outage.until - now
            throw BackendError(
                .unavailable, "\(target.name) is down for another \(rest.inSeconds) s",
                retryAfter: rest)
        }
        let throttle = configuration.faults.throttles.map { TimeWindow($0, since: start) }
            .filter { $0.contains(now) }.map(\.until).max()
        let rest = throttle.map { $0 - now } ?? limit?.take(at: now)
        if let rest {
            throw BackendError(
                .throttled, "\(target.name) takes no job for another \(rest.inSeconds) s",
                retryAfter: rest)
        }
        guard queue.ownDepth < configuration.queueCapacity, !queue.isFull else {
            throw BackendError(
                .queueFull, "\(target.name) holds \(queue.depth) jobs, its limit")
        }
    }

    private func hold(_ job: BackendJob, at now: Timestamp) -> HeldJob {
        let overheads = configuration.overheads
        let records = Int64(job.records)
        let isNew = compiled.insert(job.executable).inserted
        lastRecordTime = recordTime(job)
        return HeldJob(
            job: job, submitted: now, load: overheads.load + overheads.loadPerRecord * records,
            compile: isNew ? overheads.compile : .zero,
            retrieve: overheads.retrieve + overheads.retrievePerRecord * records)
    }

    func seed(of id: BackendJobID) -> UInt64 {
        StableHash.combine(configuration.seed, StableHash.hash64(id.rawValue))
    }

    private func settle(_ end: DeviceQueue.Ended) {
        guard let held = jobs.removeValue(forKey: end.entry.ticket) else { return }
        let id = held.job.id
        tickets[id] = nil
        let fate = DeliveryFate(configuration.faults, seed: seed(of: id))
        var delivery = Delivery(held: held, end: end, fate: fate)
        if delivery.isDone && fate.isLost {
            lost[id] = delivery
            return
        }
        history.record(id, delivery.isDone ? nil : delivery.error(target.name))
        deliveries.insert(delivery, at: delivery.available)
        guard delivery.isDone, let gap = fate.duplicate else { return }
        delivery.available = delivery.available + gap
        deliveries.insert(delivery, at: delivery.available)
    }
}
