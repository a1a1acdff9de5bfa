internal import Contracts
internal import Determinism
internal import Models
internal import Policies
internal import QuantumBackends
internal import QuantumCircuit
internal import QuantumSimulator

/// One device of the enrichment stage: its batches, its tasks, its heartbeat.
struct DeviceLane {
    private(set) var ignored = 0
    var emitted = 0

    let settings: EnrichmentSettings
    let backend: any QuantumBackend
    let device: OwnedBytes
    var names = Interner()
    private var prepared: [PreparedModel] = []
    /// Batches that wait for room in the device's queue, oldest first.
    private var waiting: [JobBatch] = []
    /// Batches whose ledger entries are on their way, with the epoch that must be safe first.
    private var announced: [(epoch: UInt64, batch: JobBatch)] = []
    var submitted: [BackendJobID: JobBatch] = [:]
    /// Tasks of an earlier life that the device still knows, with those of their jobs that came
    /// again.
    var joined: [BackendJobID: JoinedTask] = [:]
    /// What the ledger said of jobs that may come again.
    var ledger: [UInt64: LedgerPlace] = [:]
    let book: JobBook
    /// Circuits waiting or running: inputs held open.
    var inFlight = 0
    var feedback = LaneFeedback()
    /// Nil where no results are kept.
    var cache: ResultCache?
    var totals = (submitted: 0, completed: 0, failed: 0)
    private var nextHeartbeat: Timestamp?

    init(_ settings: EnrichmentSettings, backend: any QuantumBackend, book: JobBook) {
        self.settings = settings
        self.book = book
        self.backend = backend
        device = OwnedBytes(backend.target.name)
        cache = settings.cache.map { ResultCache(limits: $0) }
    }

    var nextDue: Timestamp? {
        switch (backend.nextEvent, nextHeartbeat) {
        case (let event?, let heartbeat?): min(event, heartbeat)
        case (let event, let heartbeat): event ?? heartbeat
        }
    }

    /// Submits what waits, collects what has ended, and sends the heartbeat that is due.
    mutating func tick(_ context: StageContext, into out: inout OutboundBatch) {
        submitWaiting(context, into: &out)
        for result in backend.poll(at: context.now) { collect(result, into: &out) }
        collectJoined(context.now, into: &out)
        if nextHeartbeat.map({ context.now >= $0 }) ?? true {
            cancelOverdue(context.now, into: &out)
            sendHeartbeat(context, into: &out)
        }
    }

    mutating func forget(topic: Topic, partition: Int32) {
        for (id, var batch) in submitted {
            batch.forget(topic: topic, partition: partition)
            submitted[id] = batch
        }
        for index in waiting.indices { waiting[index].forget(topic: topic, partition: partition) }
        for index in announced.indices {
            announced[index].batch.forget(topic: topic, partition: partition)
        }
        for (id, var task) in joined {
            inFlight -= task.forget(topic: topic, partition: partition)
            joined[id] = task.jobs.isEmpty ? nil : task
        }
    }

    // MARK: Submission

    /// The model version that a job names, made ready on the device once.
    private mutating func prepare(
        _ identity: ByteSlice, _ control: ControlSnapshot
    ) -> PreparedModel? {
        control.model(named: identity).map { prepare($0, control) }
    }

    private mutating func prepare(
        _ model: ActiveModel, _ control: ControlSnapshot
    ) -> PreparedModel {
        if let known = prepared.first(where: { $0.model === model }) { return known }
        // What the control plane has forgotten is forgotten here.
        prepared.removeAll { old in !control.recentModels.contains { $0 === old.model } }
        let fresh = PreparedModel(model, on: backend)
        prepared.append(fresh)
        return fresh
    }

    /// A job that is not to be run.
    mutating func refuse(
        _ message: borrowing JobMessage, _ inbound: InboundMessage, _ context: StageContext,
        _ why: String, into out: inout OutboundBatch
    ) {
        guard let job = accept(message, inbound, into: &out) else { return }
        fail(job, why, submitted: context.now, completed: context.now, into: &out)
    }

    /// Holds the job's input open; nil for one that runs or ran here.
    private mutating func accept(
        _ message: borrowing JobMessage, _ inbound: InboundMessage, into out: inout OutboundBatch
    ) -> PendingJob? {
        guard isNew(message.job, inbound.position, into: &out) else { return nil }
        let job = PendingJob(
            message, at: inbound.position, headers: inbound.headers, &names)
        out.hold(job.position)
        inFlight += 1
        totals.submitted += 1
        return job
    }

    mutating func take(
        _ message: borrowing JobMessage, _ inbound: InboundMessage, _ context: StageContext,
        into out: inout OutboundBatch
    ) {
        guard var job = accept(message, inbound, into: &out) else { return }
        let now = context.now
        let wasAnswered = ledger[message.job]?.isAnswered ?? false
        guard let prepared = prepare(message.model, context.control) else {
            let why = "model '\(message.model.excerpt(120))' is not on the models topic"
            fail(job, why, submitted: now, completed: now, into: &out)
            return
        }
        if join(job, now: now, into: &out) { return }
        let found = prepared.circuit(hash: message.circuitHash)
        guard let found, case .success(let executable) = found.executable,
            message.components.count == found.circuit.specification.qubits
        else {
            let why = found?.refusal ?? "the job's circuit is not its model's"
            fail(job, why, submitted: now, completed: now, into: &out)
            return
        }
        if cache != nil { job.computation = Self.computation(message) }
        // The kill switch is for all answers of the quantum path, paid for or not.
        if !context.control.killSwitch, answer(job, now: now, into: &out) { return }
        if wasAnswered {
            failPaid(job, nil, cost: 0, Self.unanswered(context.control), now, into: &out)
            return
        }
        if let open = openBatch(of: executable, for: job) {
            waiting[open].append(job, found.circuit, message.components)
        } else {
            var batch = JobBatch(executable: executable, shots: message.shots)
            batch.append(job, found.circuit, message.components)
            waiting.append(batch)
        }
    }

    /// The last batch of this circuit, shots and limit, if it has room: circuits and shots that alternate
    /// from record to record would else make batches of one. Not far back: when the device is full
    /// many batches wait.
    private func openBatch(of executable: ExecutableID, for job: PendingJob) -> Int? {
        let most = min(settings.batchSize, backend.target.maxBatch)
        let last = waiting.indices.suffix(Self.kindsOfBatches)
            .last { waiting[$0].executable == executable && waiting[$0].takes(job) }
        return last.flatMap { waiting[$0].jobs.count < most ? $0 : nil }
    }

    /// All shots, three shares of them, and the simpler circuit.
    private static let kindsOfBatches = 5

    /// Whether the job just read is to be run: one that runs or ran here is not run, or billed,
    /// again.
    private mutating func isNew(
        _ job: UInt64, _ position: MessagePosition, into out: inout OutboundBatch
    ) -> Bool {
        if let holder = book.running[job] {
            // The same input again stays open; a copy of the job is done when the first one is.
            if holder == position { out.hold(position) }
        } else if !book.finished.contains(job) {
            book.running[job] = position
            return true
        }
        ignored += 1
        return false
    }

    private mutating func submitWaiting(_ context: StageContext, into out: inout OutboundBatch) {
        guard settings.keepsLedger else {
            let batches = waiting
            waiting = []
            waiting = submit(batches, context, into: &out)
            return
        }
        let safe = announced.prefix { $0.epoch <= context.acknowledgedEpoch }.map(\.batch)
        announced.removeFirst(safe.count)
        // What the full device did not take stays in front, and is safe already.
        let rest = submit(safe, context, into: &out)
        announced.insert(contentsOf: rest.map { (0, $0) }, at: 0)
        for var batch in waiting {
            batch.distinguish { isKnown($0, now: context.now) }
            for (index, job) in batch.jobs.enumerated() where !job.isForeign {
                record(job, .submitted, cost: 0, at: context.now, in: batch.task, index, &out)
            }
            announced.append((context.epoch, batch))
        }
        waiting.removeAll()
    }

    /// Hands batches to the device; under the kill switch none that it does not have.
    ///
    /// - Returns: the batches that the device's full queue did not take.
    private mutating func submit(
        _ batches: [JobBatch], _ context: StageContext, into out: inout OutboundBatch
    ) -> [JobBatch] {
        let now = context.now
        let isStopped = context.control.killSwitch
        guard !batches.isEmpty, isStopped || feedback.maySubmit(at: now) else { return batches }
        var sent = 0
        for var batch in batches {
            guard batch.jobs.contains(where: { !$0.isForeign }) else {
                inFlight -= batch.jobs.count
                sent += 1
                continue
            }
            if !settings.keepsLedger { batch.distinguish { isKnown($0, now: now) } }
            if isStopped, !backend.isTaken(batch.id, at: now) {
                for job in batch.jobs where !job.isForeign {
                    fail(job, Self.stopped, submitted: now, completed: now, into: &out)
                }
                inFlight -= batch.jobs.count { $0.isForeign }
                sent += 1
                continue
            }
            // What the device says before it takes the job is what the job is told.
            batch.announced = backend.deviceStatus(at: now).predictedWait
            batch.queueDepth = max(inFlight - batch.jobs.count, 0)
            batch.submittedAt = now
            do {
                try backend.submit(batch.backendJob, at: now)
                feedback.submitted(batch)
                submitted[batch.id] = batch
            } catch {
                feedback.refused(batch, error, now)
                if error.isBackpressure { break }
                for job in batch.jobs where !job.isForeign {
                    fail(job, error.description, submitted: now, completed: now, into: &out)
                }
                inFlight -= batch.jobs.count { $0.isForeign }
            }
            sent += 1
        }
        return Array(batches.dropFirst(sent))
    }

    static let stopped = "the kill switch is on"

    private func isKnown(_ id: BackendJobID, now: Timestamp) -> Bool {
        submitted[id] != nil || joined[id] != nil || backend.isTaken(id, at: now)
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

    // MARK: Status

    private mutating func sendHeartbeat(
        _ context: StageContext, into out: inout OutboundBatch
    ) {
        let now = context.now
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
        if let current = context.control.model {
            feedback.profile(prepare(current, context.control), backend, now)
        }
        status.instance = settings.instance
        status.servers = device.servers
        status.closures = backend.closures(at: now)
        status.cacheHits = cache?.counters.hits
        status.cacheMisses = cache?.counters.misses
        feedback.tell(&status, backend.price)
        out.emit(to: .qpuStatus, key: self.device.slice, status)
        emitted += 1
    }
}

extension JobBatch {
    mutating func append(_ job: PendingJob, _ circuit: ModelCircuit, _ components: [Double]) {
        jobs.append(job)
        angles.append(contentsOf: circuit.encoding.encode(components))
    }

    mutating func forget(topic: Topic, partition: Int32) {
        for index in jobs.indices
        where jobs[index].position.topic == topic && jobs[index].position.partition == partition {
            jobs[index].isForeign = true
        }
    }
}
