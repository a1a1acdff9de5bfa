public import Contracts
public import Determinism
internal import Models
import Policies

/// Stage 3: decides for each record, before anything is spent, whether it gets a quantum call, and
/// on which device.
///
/// reduced, ledger → jobs, verdicts. Writes the classical verdict of every record, with deadline and
/// decision, and a job for each admitted one. Learns from the outcomes in the devices' heartbeats,
/// and from the ledger what a call has cost of what was set aside for it.
/// `counters.reasons` counts the decisions, `counters.ignored` copies of records that were decided
/// before.
public struct Admission: Stage {
    public let name = StageName.admission
    public private(set) var counters = StageCounters()

    private let settings: AdmissionSettings
    /// The devices' names as jobs carry them, and how much of each one's outcomes was learnt.
    private let names: [OwnedBytes]
    private var learnt: [Int]
    private var forecasts: [DeviceForecast] = []
    private let parser = JSONParser()
    private var policy: AdmissionPolicy
    private var policyHash: UInt64
    private var state: AdmissionState
    private var reduced = ReducedMessage()
    private var verdict = ClassicalVerdictMessage()
    private var job = JobMessage()
    private var programs: [JobProgram] = []
    private var decided: KeyWindow
    private var kept = AdmissionStateMessage()
    private var entry = LedgerMessage()
    private var budgets: AdmissionBudgets
    private var evidence: ModelEvidence?
    private var owned: Set<Int32> = []

    public init(_ settings: AdmissionSettings) {
        self.settings = settings
        decided = Self.window(settings)
        policy = settings.policy
        policyHash = PolicyFingerprint.of(policy)
        // Nothing in it counts before the first batch says what time it is.
        state = AdmissionState(
            policy: policy, now: Timestamp(microseconds: 0), budgets: settings.budgets)
        budgets = AdmissionBudgets(settings.budgets)
        names = settings.devices.map { OwnedBytes($0.name) }
        learnt = [Int](repeating: 0, count: names.count)
    }

    public mutating func process(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        guard context.control.model != nil else { return }
        adoptPolicy(context.control)
        look(at: context)
        budgets.follow(context, &state.budgets)
        for index in 0..<batch.count {
            do throws(ContractViolation) {
                if batch.messages[index].position.topic == .ledger {
                    try settle(batch, index, context, into: &out)
                    continue
                }
                counters.received += 1
                try reduced.read(batch.value(index) ?? .absent, with: parser)
                decide(context, batch.messages[index], into: &out)
            } catch {
                out.reject(batch, index, by: name, because: error)
                counters.rejected += 1
            }
        }
        writeBudgets(into: &out)
    }

    public mutating func tick(_ context: StageContext, into out: inout OutboundBatch) {
        guard state.budgets != nil else { return }
        budgets.follow(context, &state.budgets)
        state.budgets?.tick(now: context.now)
        writeBudgets(into: &out)
    }

    public var nextDue: Timestamp? { state.budgets?.nextDue }

    private mutating func writeBudgets(into out: inout OutboundBatch) {
        guard let entries = state.budgets?.takeEntries() else { return }
        counters.emitted += out.emit(entries)
    }

    /// Replaces the estimate of a call that has ended by its price; the ledger's other entries are
    /// this stage's own, or steps on the way.
    private mutating func settle(
        _ batch: borrowing InboundBatch, _ index: Int, _ context: StageContext,
        into out: inout OutboundBatch
    ) throws(ContractViolation) {
        guard !budgets.isEmpty else { return }
        try entry.read(batch.value(index) ?? .absent, with: parser)
        guard budgets.close(entry, &state.budgets), settings.keepsState else { return }
        // The record stays decided, as of when its call ended; nothing is set aside for it any more.
        kept.at = context.now
        kept.admitted = true
        kept.reservation = nil
        let partition = batch.messages[index].position.partition
        out.emit(to: .admissionState, textKey: entry.id.string, partition: partition, kept)
        counters.emitted += 1
    }

    /// The configured policy, with what operators have set.
    private mutating func adoptPolicy(_ control: ControlSnapshot) {
        var policy = settings.policy(under: control)
        // The same for all instances, whatever each one's part of the rate is.
        let whole = policy
        if let part = policy.rateLimit.flatMap({ share(of: $0) }) {
            policy.rateLimit = part
            if policy.shares?.rate != nil { policy.shares?.rate = part }
        }
        guard policy != self.policy else { return }
        self.policy = policy
        policyHash = PolicyFingerprint.of(whole)
    }

    /// This instance's part of a rate that all instances have together: that of its partitions.
    private func share(of rate: RateLimit) -> RateLimit? {
        guard settings.partitions > 0, !owned.isEmpty else { return rate }
        return rate.part(owned.count, of: settings.partitions)
    }

    /// Takes in the devices' statuses, and the outcomes that they have told since the last batch.
    private mutating func look(at context: StageContext) {
        if let evidence = context.control.evidence, evidence != self.evidence {
            self.evidence = evidence
            state.learn(evidence.flips)
        }
        forecasts.removeAll(keepingCapacity: true)
        for (index, device) in settings.devices.enumerated() {
            let status = context.control.status(of: device.name)
            let forecast = device.forecast(status, now: context.now)
            forecasts.append(forecast)
            guard let status, let feedback = context.control.feedback(of: device.name),
                feedback.count != learnt[index]
            else { continue }
            state.learn(
                feedback.outcomes(since: learnt[index]), closures: status.closures,
                service: forecast.share(of: forecast.serviceTime),
                simpler: forecast.simpler.map { forecast.share(of: $0.serviceTime) },
                spared: forecast.simpler.map { forecast.serviceTime - $0.serviceTime },
                device: index, policy: policy, now: context.now)
            learnt[index] = feedback.count
        }
    }

    private mutating func decide(
        _ context: StageContext, _ message: InboundMessage, into out: inout OutboundBatch
    ) {
        let record = RecordKey(of: reduced.id)
        guard decided.flag(of: record) == nil else {
            counters.ignored += 1
            return
        }
        // Without its model a record has no circuit: no device can take it, its score needs none.
        let model = context.control.model(named: reduced.model)
        let request = request(
            model, record, partition: message.position.partition, now: context.now)
        let decision = AdmissionController.decide(
            request, devices: model == nil ? [] : forecasts,
            killSwitch: context.control.killSwitch, policy: policy, state: &state)
        counters.count(decision.reason)
        explain(request, decision)
        emitVerdict(
            decision, deadline: request.deadline, headers: message.headers, into: &out)
        if let offer = decision.offer, let model {
            // Where no budget pays there is no limit.
            let isPaid = decision.reservation.map { $0.budgets != 0 } ?? false
            job.maximumCost = isPaid ? Double(offer.priceMicros) / 1e6 : nil
            emitJob(offer, model, context, deadline: request.deadline, message, into: &out)
        }
        kept.reservation = decision.reservation.flatMap { reservation in
            decision.offer.map { offer in
                budgets.hold(
                    reservation, BudgetSubject(request, forecasts[offer.device]), job: job.job,
                    of: record)
            }
        }
        remember(record, decision.admitted, now: context.now, into: &out)
    }

    private func request(
        _ model: ActiveModel?, _ record: RecordKey, partition: Int32, now: Timestamp
    ) -> AdmissionRequest {
        let budget = reduced.context.latencyBudgetMilliseconds
        let deadline =
            reduced.receivedAt + (budget.map { .milliseconds(Int64($0)) } ?? settings.latencyBudget)
        var request = AdmissionRequest(
            classicalScore: reduced.classicalScore, now: now, deadline: deadline,
            priority: reduced.context.priority, dataClass: reduced.context.dataClass,
            valueAtStake: reduced.context.value, idHash: record.high)
        request.tenant = reduced.context.tenant.map { tenant in
            unsafe tenant.withUnsafeBytes { unsafe AdmissionPolicy.tenantKey($0) }
        }
        request.partition = Int(partition)
        request.model = model?.nameHash ?? 0
        request.threshold = model?.bundle.thresholds.decisionThreshold ?? request.threshold
        request.hasSimplerCircuit = model?.simpler != nil
        request.shots = settings.shots ?? model?.bundle.circuit.shots ?? request.shots
        return request
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
        return DurableState(
            changelog: .admissionState, reach: lifetime + lifetime,
            further: settings.budgets == nil
                ? [] : [DurableState(changelog: .budgets, reach: DurableState.ever)])
    }

    public mutating func own(_ partitions: [(topic: Topic, partition: Int32)], now: Timestamp) {
        let mine = partitions.filter { $0.topic == .reduced }.map(\.partition)
        owned.formUnion(mine)
        state.budgets?.own(mine.map { Int($0) }, now: now)
    }

    public mutating func restore(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        for index in 0..<batch.count {
            guard let id = batch.key(index), let value = batch.value(index) else { continue }
            do throws(ContractViolation) {
                try restore(value, of: RecordKey(of: id), batch.messages[index].position)
            } catch {
                out.reject(batch, index, by: name, because: error)
                counters.rejected += 1
            }
        }
    }

    private mutating func restore(
        _ value: ByteSlice, of record: RecordKey, _ position: MessagePosition
    ) throws(ContractViolation) {
        guard position.topic == .admissionState else {
            var account = BudgetStateMessage()
            try account.read(value, with: parser)
            state.budgets?.restore(account, partition: Int(position.partition))
            return
        }
        try kept.read(value, with: parser)
        decided.insert(record, flag: kept.admitted, now: kept.at)
        if let book = state.budgets {
            budgets.restore(kept, of: record, partition: Int(position.partition), book)
        }
    }

    /// Rates and limits stay: what they counted without effect makes them stricter, never laxer.
    public mutating func reset() {
        decided = Self.window(settings)
        budgets.reset()
        state.budgets?.reset()
        owned.removeAll()
    }

    /// What was decided for a partition that is gone may be decided again by its next owner. What
    /// was spent of it stays counted here: without a changelog nobody else knows.
    public mutating func forget(topic: Topic, partition: Int32) {
        decided = Self.window(settings)
        if topic == .reduced { owned.remove(partition) }
    }

    public var rememberedCount: Int { decided.count + budgets.heldCount }

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
        verdict.mode = decision.mode
        verdict.tenant = reduced.context.tenant
        out.emit(to: .verdicts, key: verdict.id, headers: headers, verdict)
        counters.emitted += 1
    }

    private mutating func explain(_ request: AdmissionRequest, _ decision: AdmissionDecision) {
        let device = decision.inputs.offer?.device
        verdict.decision = DecisionRecord(
            request, decision, device.map { forecasts[$0] } ?? .unknown, policy,
            device: device.map { names[$0].slice })
        verdict.decision?.policy = policyHash
    }

    private mutating func emitJob(
        _ offer: DeviceOffer, _ model: ActiveModel, _ context: StageContext, deadline: Timestamp,
        _ message: InboundMessage, into out: inout OutboundBatch
    ) {
        let shots = offer.shots
        let simpler = offer.downgrade == .simplerCircuit ? model.simpler : nil
        let circuit = simpler ?? model.own
        job.id = reduced.id
        job.job = Self.jobID(reduced, circuit, shots: shots)
        job.downgrade = offer.downgrade
        job.seed = StableHash.mix(job.job)
        job.receivedAt = reduced.receivedAt
        job.deadline = deadline
        job.classicalScore = reduced.classicalScore
        job.shots = shots
        job.circuit = circuit.name.slice
        job.circuitHash = circuit.hash.slice
        job.model = reduced.model
        job.device = names[offer.device].slice
        swap(&job.components, &reduced.components)
        let program = settings.writesPrograms ? program(of: model, circuit, context.control) : nil
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
            reserve(offer, now: context.now, partition: message.position.partition, into: &out)
        }
    }

    /// Writes the job's expected price to the ledger.
    private mutating func reserve(
        _ offer: DeviceOffer, now: Timestamp, partition: Int32, into out: inout OutboundBatch
    ) {
        var entry = LedgerMessage()
        entry.job = job.job
        entry.id = job.id
        entry.state = .reserved
        entry.cost = Double(offer.priceMicros) / 1e6
        entry.device = names[offer.device].slice
        entry.at = now
        out.emit(to: .ledger, hexKey: entry.job, partition: partition, entry)
        counters.emitted += 1
    }

    private mutating func program(
        of model: ActiveModel, _ circuit: ModelCircuit, _ control: ControlSnapshot
    ) -> JobProgram {
        let known = programs.first { $0.model === model && $0.downgrade == circuit.downgrade }
        if let known { return known }
        programs.removeAll { old in !control.recentModels.contains { $0 === old.model } }
        let fresh = JobProgram(model, circuit)
        programs.append(fresh)
        return fresh
    }

    /// Hash of what the job computes: record, model, which of its circuits, parameters and shots.
    private static func jobID(
        _ reduced: borrowing ReducedMessage, _ circuit: ModelCircuit, shots: Int
    ) -> UInt64 {
        var hash = StableHash.recordKey(reduced.id).0
        hash = StableHash.combine(hash, StableHash.recordKey(reduced.model).0)
        hash = StableHash.combine(hash, StableHash.recordKey(circuit.hash.slice).0)
        for component in reduced.components {
            hash = StableHash.combine(hash, component.bitPattern)
        }
        return StableHash.combine(hash, UInt64(shots))
    }
}
