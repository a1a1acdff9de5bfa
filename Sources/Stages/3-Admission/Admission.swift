public import Contracts
public import Determinism
internal import Models
public import Policies

/// What configures the admission stage beside its policy.
public struct AdmissionSettings: Sendable {
    public var policy: AdmissionPolicy
    /// Latency budget of records that name none.
    public var latencyBudget: TimeSpan
    /// The device to which jobs go.
    public var device: String
    /// Shots of a job; nil for the model's.
    public var shots: Int?
    /// Whether jobs carry their circuit as OpenQASM: for a device that is somebody else's process.
    public var writesPrograms: Bool
    /// How many records, and for how long at least, are remembered to recognise copies.
    public var deduplication = (entries: 200_000, lifetime: TimeSpan.seconds(600 as Int64))
    /// Whether decisions go to `admission-state` and reservations to the ledger: for a loop that
    /// writes in transactions.
    public var keepsState = false
    /// What a job is expected to cost: per task, and per shot.
    public var price = (task: 0.0, shot: 0.0)

    public init(
        policy: AdmissionPolicy, latencyBudget: TimeSpan, device: String, shots: Int? = nil,
        writesPrograms: Bool = false
    ) {
        self.policy = policy
        self.latencyBudget = latencyBudget
        self.device = device
        self.shots = shots
        self.writesPrograms = writesPrograms
    }
}

/// Stage 3: decides for each record, before anything is spent, whether it gets a quantum call.
///
/// reduced → jobs, verdicts. Writes the classical verdict of every record, with deadline and
/// decision, and a job for each admitted one. `counters.reasons` counts the decisions,
/// `counters.ignored` copies of records that were decided before.
public struct Admission: Stage {
    public let name = StageName.admission
    public private(set) var counters = StageCounters()

    private let settings: AdmissionSettings
    private let device: OwnedBytes
    private let parser = JSONParser()
    private var policy: AdmissionPolicy
    private let policyHashes: PolicyHashes
    private var state: AdmissionState?
    private var reduced = ReducedMessage()
    private var verdict = ClassicalVerdictMessage()
    private var job = JobMessage()
    private var programs: [JobProgram] = []
    private var decided: KeyWindow
    private var kept = AdmissionStateMessage()

    public init(_ settings: AdmissionSettings) {
        self.settings = settings
        decided = Self.window(settings)
        policy = settings.policy
        policyHashes = PolicyHashes(settings.policy)
        device = OwnedBytes(settings.device)
    }

    public mutating func process(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        guard context.control.model != nil else { return }
        let forecast = forecast(context)
        for index in 0..<batch.count {
            counters.received += 1
            do throws(ContractViolation) {
                try reduced.read(batch.value(index) ?? .absent, with: parser)
                decide(forecast, context, batch.messages[index], into: &out)
            } catch {
                out.reject(batch, index, by: name, because: error)
                counters.rejected += 1
            }
        }
    }

    private func forecast(_ context: StageContext) -> DeviceForecast {
        guard let status = context.control.status(of: settings.device) else { return .unknown }
        return DeviceForecast(
            predictedWait: .seconds(status.waitMilliseconds / 1e3),
            serviceTime: .seconds(status.serviceTimeMilliseconds / 1e3),
            queueDepth: status.queueDepth, state: status.state,
            statusAge: max(.zero, context.now - status.at))
    }

    private mutating func decide(
        _ forecast: DeviceForecast, _ context: StageContext,
        _ message: InboundMessage, into out: inout OutboundBatch
    ) {
        let record = RecordKey(of: reduced.id)
        guard decided.flag(of: record) == nil else {
            counters.ignored += 1
            return
        }
        policy.mode = context.control.mode(
            configured: settings.policy.mode, idHash: record.high)
        let budget = reduced.context.latencyBudgetMilliseconds
        let deadline =
            reduced.receivedAt + (budget.map { .milliseconds(Int64($0)) } ?? settings.latencyBudget)
        let request = AdmissionRequest(
            classicalScore: reduced.classicalScore, now: context.now, deadline: deadline,
            priority: reduced.context.priority, dataClass: reduced.context.dataClass,
            valueAtStake: reduced.context.value, idHash: record.high)
        var current = state ?? AdmissionState(policy: policy, now: context.now)
        // Without its model a record has no circuit: no device can take it, its score needs none.
        let model = context.control.model(named: reduced.model)
        let device = model == nil ? DeviceForecast.noDevice : forecast
        let decision = AdmissionController.decide(
            request, device, killSwitch: context.control.killSwitch, policy: policy,
            state: &current)
        state = current
        counters.count(decision.reason)
        explain(request, decision, device, model)
        emitVerdict(decision, deadline: deadline, headers: message.headers, into: &out)
        if decision.admitted, let model {
            emitJob(model, context, deadline: deadline, message, into: &out)
        }
        remember(record, decision.admitted, now: context.now, into: &out)
    }

    private mutating func remember(
        _ record: RecordKey, _ admitted: Bool, now: Timestamp, into out: inout OutboundBatch
    ) {
        decided.insert(record, flag: admitted, now: now)
        guard settings.keepsState else { return }
        kept.at = now
        kept.admitted = admitted
        out.emit(to: .admissionState, key: reduced.id, kept)
        counters.emitted += 1
    }

    // MARK: State

    public var durableState: DurableState? {
        guard settings.keepsState else { return nil }
        let lifetime = settings.deduplication.lifetime
        return DurableState(changelog: .admissionState, reach: lifetime + lifetime)
    }

    public mutating func restore(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        for index in 0..<batch.count {
            guard let id = batch.key(index), let value = batch.value(index) else { continue }
            do throws(ContractViolation) {
                try kept.read(value, with: parser)
                decided.insert(RecordKey(of: id), flag: kept.admitted, now: kept.at)
            } catch {
                out.reject(batch, index, by: name, because: error)
                counters.rejected += 1
            }
        }
    }

    /// Rates and limits stay: what they counted without effect makes them stricter, never laxer.
    public mutating func reset() { decided = Self.window(settings) }

    /// What was decided for a partition that is gone may be decided again by its next owner.
    public mutating func forget(topic: Topic, partition: Int32) { reset() }

    public var rememberedCount: Int { decided.count }

    private static func window(_ settings: AdmissionSettings) -> KeyWindow {
        KeyWindow(
            capacity: settings.deduplication.entries, lifetime: settings.deduplication.lifetime)
    }

    // MARK: Output

    private mutating func emitVerdict(
        _ decision: AdmissionDecision, deadline: Timestamp, headers: [MessageHeader],
        into out: inout OutboundBatch
    ) {
        verdict.id = reduced.id
        verdict.score = reduced.classicalScore
        verdict.classicalModel = reduced.classicalModel
        verdict.model = reduced.model
        verdict.receivedAt = reduced.receivedAt
        verdict.deadline = deadline
        verdict.admitted = decision.admitted
        verdict.reason = decision.reason
        verdict.propensity = decision.propensity
        verdict.predictedWaitMilliseconds = decision.inputs.predictedWait.inMilliseconds
        verdict.mode = policy.mode
        verdict.tenant = reduced.context.tenant
        out.emit(to: .verdicts, key: verdict.id, headers: headers, verdict)
        counters.emitted += 1
    }

    private mutating func explain(
        _ request: AdmissionRequest, _ decision: AdmissionDecision, _ forecast: DeviceForecast,
        _ model: ActiveModel?
    ) {
        let shots = settings.shots ?? model?.bundle.circuit.shots
        verdict.decision = DecisionRecord(
            request, decision, forecast, policy, device: device.slice, shots: shots,
            price: settings.price.task + settings.price.shot * Double(shots ?? 0))
        verdict.decision?.policy = policyHashes[policy.mode]
    }

    private mutating func emitJob(
        _ model: ActiveModel, _ context: StageContext, deadline: Timestamp,
        _ message: InboundMessage, into out: inout OutboundBatch
    ) {
        let shots = settings.shots ?? model.bundle.circuit.shots
        job.id = reduced.id
        job.job = Self.jobID(reduced, model, shots: shots)
        job.seed = StableHash.mix(job.job)
        job.receivedAt = reduced.receivedAt
        job.deadline = deadline
        job.classicalScore = reduced.classicalScore
        job.shots = shots
        job.circuit = model.circuit.slice
        job.circuitHash = model.circuitHash.slice
        job.model = reduced.model
        job.device = device.slice
        swap(&job.components, &reduced.components)
        let program = settings.writesPrograms ? program(of: model, context.control) : nil
        let text = program?.text(for: job.components).map { OwnedBytes($0) }
        withExtendedLifetime((program, text)) {
            job.qasm = text?.slice
            job.observables = program?.observables.map(\.slice) ?? []
            job.weights = program?.weights ?? []
            out.emit(to: .jobs, key: job.id, headers: message.headers, job)
        }
        swap(&job.components, &reduced.components)
        counters.emitted += 1
        if settings.keepsState {
            reserve(shots, now: context.now, partition: message.position.partition, into: &out)
        }
    }

    /// Writes the job's expected price to the ledger.
    private mutating func reserve(
        _ shots: Int, now: Timestamp, partition: Int32, into out: inout OutboundBatch
    ) {
        var entry = LedgerMessage()
        entry.job = job.job
        entry.id = job.id
        entry.state = .reserved
        entry.cost = settings.price.task + settings.price.shot * Double(shots)
        entry.device = device.slice
        entry.at = now
        out.emit(to: .ledger, hexKey: entry.job, partition: partition, entry)
        counters.emitted += 1
    }

    private mutating func program(
        of model: ActiveModel, _ control: ControlSnapshot
    ) -> JobProgram {
        if let known = programs.first(where: { $0.model === model }) { return known }
        programs.removeAll { old in !control.recentModels.contains { $0 === old.model } }
        let fresh = JobProgram(model)
        programs.append(fresh)
        return fresh
    }

    /// Hash of what the job computes: record, model, circuit, parameters and shots.
    private static func jobID(
        _ reduced: borrowing ReducedMessage, _ model: ActiveModel, shots: Int
    ) -> UInt64 {
        var hash = StableHash.recordKey(reduced.id).0
        hash = StableHash.combine(hash, StableHash.recordKey(reduced.model).0)
        hash = StableHash.combine(hash, StableHash.recordKey(model.circuitHash.slice).0)
        for component in reduced.components {
            hash = StableHash.combine(hash, component.bitPattern)
        }
        return StableHash.combine(hash, UInt64(shots))
    }
}
