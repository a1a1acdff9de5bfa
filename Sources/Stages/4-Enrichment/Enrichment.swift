public import Contracts
public import Determinism
internal import Models
public import QuantumBackends
internal import QuantumCircuit
internal import QuantumSimulator

/// What configures the enrichment stage.
public struct EnrichmentSettings: Sendable {
    /// Records submitted to the device as one batch.
    public var batchSize: Int
    /// How often the device's status goes out.
    public var heartbeat: TimeSpan
    /// How long after its submission a batch without a result is cancelled.
    public var resultTimeout: TimeSpan

    public init(
        batchSize: Int = 256, heartbeat: TimeSpan = .milliseconds(100),
        resultTimeout: TimeSpan = .seconds(Int64(600))
    ) {
        self.batchSize = batchSize
        self.heartbeat = heartbeat
        self.resultTimeout = resultTimeout
    }
}

/// Stage 4: binds the circuit, submits batches to a backend, collects results, and never waits.
///
/// jobs → measurements, ledger, qpu-status. A job's input stays open until its measurement is
/// written, so that a crash repeats it; shots are drawn from the job's own seed, so that the
/// repetition gives the same counts. A job that the device refuses or fails yields a failed
/// measurement at once: nobody waits for nothing, and so does one whose result arrives damaged or
/// has not come after `resultTimeout`. While the device's queue is full or it asks for patience, jobs
/// stay here, bounded by the loop's limit on held inputs.
///
/// `counters.ignored` counts copies of jobs that run or ran here.
public struct Enrichment: Stage {
    public let name = StageName.enrichment
    public private(set) var counters = StageCounters()

    private let settings: EnrichmentSettings
    private let backend: any QuantumBackend
    private let device: OwnedBytes
    private let parser = JSONParser()
    private var names = Interner()
    private var message = JobMessage()
    private var prepared: [PreparedModel] = []
    /// Batches that wait for room in the device's queue, oldest first.
    private var waiting: [JobBatch] = []
    private var submitted: [BackendJobID: JobBatch] = [:]
    /// Jobs on their way, by identity, with the input that is held for each.
    private var running: [UInt64: MessagePosition] = [:]
    private var finished = RecentJobs()
    private var inFlight = 0
    private var totals = (submitted: 0, completed: 0, failed: 0)
    private var nextHeartbeat: Timestamp?

    public init(_ settings: EnrichmentSettings, backend: any QuantumBackend) {
        self.settings = settings
        self.backend = backend
        device = OwnedBytes(backend.target.name)
    }

    /// Circuits waiting or running: the inputs held open.
    public var heldCount: Int { inFlight }

    public var nextDue: Timestamp? {
        switch (backend.nextEvent, nextHeartbeat) {
        case (let event?, let heartbeat?): min(event, heartbeat)
        case (let event, let heartbeat): event ?? heartbeat
        }
    }

    public mutating func process(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        guard context.control.model != nil else { return }
        for index in 0..<batch.count {
            counters.received += 1
            do throws(ContractViolation) {
                try message.read(batch.value(index) ?? .absent, with: parser)
                take(batch.messages[index], context, into: &out)
            } catch {
                out.reject(batch, index, by: name, because: error)
                counters.rejected += 1
            }
        }
    }

    /// Submits what waits, collects what has ended, and sends the heartbeat that is due.
    public mutating func tick(_ context: StageContext, into out: inout OutboundBatch) {
        submitWaiting(now: context.now, into: &out)
        for result in backend.poll(at: context.now) { collect(result, into: &out) }
        if nextHeartbeat.map({ context.now >= $0 }) ?? true {
            cancelOverdue(context.now, into: &out)
            sendHeartbeat(context.now, into: &out)
        }
    }

    public mutating func forget(topic: Topic, partition: Int32) {
        running = running.filter { $0.value.topic != topic || $0.value.partition != partition }
        for (id, var batch) in submitted {
            batch.forget(topic: topic, partition: partition)
            submitted[id] = batch
        }
        for index in waiting.indices { waiting[index].forget(topic: topic, partition: partition) }
    }

    // MARK: Submission

    /// The model version that a job names, made ready on the device once.
    private mutating func prepare(
        _ identity: ByteSlice, _ control: ControlSnapshot
    ) -> PreparedModel? {
        guard let model = control.model(named: identity) else { return nil }
        if let known = prepared.first(where: { $0.model === model }) { return known }
        // What the control plane has forgotten is forgotten here.
        prepared.removeAll { old in !control.recentModels.contains { $0 === old.model } }
        let fresh = PreparedModel(model, on: backend)
        prepared.append(fresh)
        return fresh
    }

    private mutating func take(
        _ inbound: InboundMessage, _ context: StageContext, into out: inout OutboundBatch
    ) {
        guard isNew(inbound.position, into: &out) else { return }
        let now = context.now
        let job = PendingJob(
            message, at: inbound.position, headers: inbound.headers, &names)
        out.hold(job.position)
        inFlight += 1
        totals.submitted += 1
        guard let prepared = prepare(message.model, context.control) else {
            let why = "model '\(message.model.string)' is not on the models topic"
            fail(job, why, submitted: now, completed: now, into: &out)
            return
        }
        let model = prepared.model
        guard case .success(let executable) = prepared.executable,
            message.circuitHash.equals(model.circuitHash.slice),
            message.components.count == model.bundle.circuit.qubits
        else {
            let why = prepared.refusal ?? "the job's circuit is not its model's"
            fail(job, why, submitted: now, completed: now, into: &out)
            return
        }
        if let last = waiting.last, last.executable == executable, last.shots == message.shots,
            last.jobs.count < min(settings.batchSize, backend.target.maxBatch)
        {
            waiting[waiting.count - 1].append(job, model, message.components)
        } else {
            var batch = JobBatch(executable: executable, shots: message.shots)
            batch.append(job, model, message.components)
            waiting.append(batch)
        }
    }

    /// Whether the job just read is to be run: one that runs or ran here is not run, or billed,
    /// again.
    private mutating func isNew(
        _ position: MessagePosition, into out: inout OutboundBatch
    ) -> Bool {
        if let holder = running[message.job] {
            // The same input again stays open; a copy of the job is done when the first one is.
            if holder == position { out.hold(position) }
        } else if !finished.contains(message.job) {
            running[message.job] = position
            return true
        }
        counters.ignored += 1
        return false
    }

    private mutating func submitWaiting(now: Timestamp, into out: inout OutboundBatch) {
        var sent = 0
        for var batch in waiting {
            guard batch.jobs.contains(where: { !$0.isForeign }) else {
                inFlight -= batch.jobs.count
                sent += 1
                continue
            }
            // The same jobs again, by duplicates or after a rebalance: under an id that the backend
            // still knows there would be no second result, and their inputs would stay open for
            // ever.
            while isKnown(batch.id, now: now) { batch.attempt += 1 }
            do {
                try backend.submit(batch.backendJob, at: now)
                batch.submittedAt = now
                submitted[batch.id] = batch
            } catch {
                if error.isBackpressure { break }
                for job in batch.jobs where !job.isForeign {
                    fail(job, error.description, submitted: now, completed: now, into: &out)
                }
                inFlight -= batch.jobs.count { $0.isForeign }
            }
            sent += 1
        }
        waiting.removeFirst(sent)
    }

    private func isKnown(_ id: BackendJobID, now: Timestamp) -> Bool {
        submitted[id] != nil || backend.isTaken(id, at: now)
    }

    /// Takes batches off the device whose results do not come; in order of id, so that runs repeat.
    private mutating func cancelOverdue(_ now: Timestamp, into out: inout OutboundBatch) {
        let overdue = submitted.filter { $0.value.submittedAt + settings.resultTimeout < now }
        guard !overdue.isEmpty else { return }
        for id in overdue.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            backend.cancel(id, at: now)
        }
        for result in backend.poll(at: now) { collect(result, into: &out) }
    }

    // MARK: Results

    private mutating func collect(_ result: BackendResult, into out: inout OutboundBatch) {
        guard let batch = submitted.removeValue(forKey: result.id) else { return }
        switch result.validated() {
        case .success(let estimates):
            let calibration = names.intern(result.calibration)
            for (index, job) in batch.jobs.enumerated() where !job.isForeign {
                emit(job, index, estimates, result, calibration, into: &out)
            }
            totals.completed += result.records
        case .failure(let error):
            for job in batch.jobs where !job.isForeign {
                // What a device did and nobody can read is charged all the same.
                fail(
                    job, error.description, submitted: result.submitted,
                    completed: result.completed,
                    cost: result.cost / Double(max(1, result.records)), into: &out)
            }
        }
        inFlight -= batch.jobs.count { $0.isForeign }
    }

    private mutating func emit(
        _ job: PendingJob, _ index: Int, _ estimates: ZEstimates, _ result: BackendResult,
        _ calibration: OwnedBytes, into out: inout OutboundBatch
    ) {
        var measurement = measurement(of: job)
        let strings = estimates.expectations.count / max(1, result.records)
        measurement.calibration = calibration.slice
        measurement.submittedAt = result.submitted
        measurement.startedAt = result.started ?? result.completed
        measurement.completedAt = result.completed
        measurement.cost = result.cost / Double(max(1, result.records))
        measurement.headValue = estimates.means[index]
        measurement.headStandardError = estimates.standardErrors[index]
        measurement.expectations.append(
            contentsOf: estimates.expectations[index * strings..<(index + 1) * strings])
        finish(job, measurement, state: .settled, into: &out)
    }

    private mutating func fail(
        _ job: PendingJob, _ why: String, submitted: Timestamp, completed: Timestamp,
        cost: Double = 0, into out: inout OutboundBatch
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
            finish(job, measurement, state: cost > 0 ? .settled : .released, into: &out)
        }
    }

    private func measurement(of job: PendingJob) -> MeasurementMessage {
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
        return measurement
    }

    private mutating func finish(
        _ job: PendingJob, _ measurement: MeasurementMessage, state: LedgerMessage.State,
        into out: inout OutboundBatch
    ) {
        out.emit(to: .measurements, key: job.id.slice, headers: job.headers, measurement)
        var entry = LedgerMessage()
        entry.job = job.job
        entry.id = job.id.slice
        entry.state = state
        entry.cost = measurement.cost
        entry.device = device.slice
        entry.at = measurement.completedAt
        out.emit(to: .ledger, hexKey: job.job, entry)
        out.release(job.position)
        running[job.job] = nil
        finished.insert(job.job)
        inFlight -= 1
        counters.emitted += 2
    }

    // MARK: Status

    private mutating func sendHeartbeat(_ now: Timestamp, into out: inout OutboundBatch) {
        nextHeartbeat = now + settings.heartbeat
        let device = backend.deviceStatus(at: now)
        var status = QPUStatusMessage()
        status.device = backend.target.name
        status.at = now
        status.state = device.state
        status.queueDepth = inFlight
        status.waitMilliseconds = device.predictedWait.inMilliseconds
        status.serviceTimeMilliseconds = device.serviceTime.inMilliseconds
        status.calibration = device.calibration
        status.submitted = totals.submitted
        status.completed = totals.completed
        status.failed = totals.failed
        out.emit(to: .qpuStatus, key: self.device.slice, status)
        counters.emitted += 1
    }
}

extension QuantumBackend {
    /// Whether a job of this identity is on the device or was served: submitting it again has no
    /// effect.
    fileprivate func isTaken(_ id: BackendJobID, at now: Timestamp) -> Bool {
        switch status(id, at: now) {
        case .queued, .running, .done: true
        case .failed, nil: false
        }
    }
}

extension JobBatch {
    mutating func append(_ job: PendingJob, _ model: ActiveModel, _ components: [Double]) {
        jobs.append(job)
        angles.append(contentsOf: model.encoding.encode(components))
    }

    mutating func forget(topic: Topic, partition: Int32) {
        for index in jobs.indices
        where jobs[index].position.topic == topic && jobs[index].position.partition == partition {
            jobs[index].isForeign = true
        }
    }
}
