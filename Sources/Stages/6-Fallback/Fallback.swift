public import Contracts
public import Determinism
internal import Models
public import Policies

/// Stage 6: exactly one final score per record, by its deadline.
///
/// verdicts → scores. In shadow mode, and for records that were not admitted, the classical score
/// goes out at once; in live mode an admitted record waits for its quantum verdict until the
/// deadline. A waiting record's input stays open, so that a crash repeats it. `counters.ignored`
/// counts duplicate and late verdicts, `counters.reasons` the scores by reason.
public struct Fallback: Stage {
    public let name = StageName.fallback
    public private(set) var counters = StageCounters()
    /// Of every score so far.
    public private(set) var times = ScoreTimes()

    private let lateness: TimeSpan
    private let parser = JSONParser()
    private var join: FallbackJoin<KeptClassical, KeptQuantum>
    private var names = Interner()
    private var classical = ClassicalVerdictMessage()
    private var quantum = QuantumVerdictMessage()
    private var score = ScoreMessage()

    /// - Parameter lateness: how much later than its deadline a score may be without counting as a
    ///   miss: the promise is the deadline plus the commit interval.
    /// - Throws: `PolicyError` when a limit is out of range.
    public init(
        limits: FallbackLimits = FallbackLimits(), lateness: TimeSpan = .milliseconds(50)
    ) throws(PolicyError) {
        join = try FallbackJoin(limits: limits)
        self.lateness = lateness
    }

    public var heldCount: Int { join.pendingCount }
    public var nextDue: Timestamp? { join.nextDeadline }

    public mutating func process(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        for index in 0..<batch.count {
            counters.received += 1
            do throws(ContractViolation) {
                try take(batch, index, context, into: &out)
            } catch {
                out.reject(batch, index, by: name, because: error)
                counters.rejected += 1
            }
        }
    }

    public mutating func tick(_ context: StageContext, into out: inout OutboundBatch) {
        var due: [FallbackScore<KeptClassical, KeptQuantum>] = []
        if context.control.killSwitch {
            // Nobody needs to wait for verdicts of a path that the operator has stopped.
            join.releaseAll(reason: .killSwitch, now: context.now) { due.append($0) }
        }
        join.expire(now: context.now, limit: Self.maximumPerTick) { due.append($0) }
        for answer in due { emit(answer, at: nil, now: context.now, into: &out) }
    }

    /// Deadlines answered by one tick: bounds the batch; the rest follows in the next turn, at
    /// once.
    private static let maximumPerTick = 10_000

    public mutating func forget(topic: Topic, partition: Int32) {
        join.discard { $0.position.topic == topic && $0.position.partition == partition }
    }

    private mutating func take(
        _ batch: borrowing InboundBatch, _ index: Int, _ context: StageContext,
        into out: inout OutboundBatch
    ) throws(ContractViolation) {
        if isQuantumAfterDecision(batch.key(index), batch.value(index)) {
            counters.ignored += 1
            return
        }
        let now = context.now
        let object = try parser.object(batch.value(index))
        let message = batch.messages[index]
        switch try VerdictKind(of: object) {
        case .classical:
            try classical.read(object)
            let kept = KeptClassical(
                classical, context.control, at: message.position, headers: message.headers, &names)
            let action = join.classical(
                RecordKey(of: classical.id),
                ClassicalVerdict(
                    score: classical.score, deadline: classical.deadline, mode: classical.mode,
                    admission: classical.reason),
                payload: kept, now: now)
            perform(action, on: message.position, now: now, into: &out)
        case .quantum:
            try quantum.read(object)
            let action = join.quantum(
                RecordKey(of: quantum.id), outcome(of: quantum),
                payload: KeptQuantum(quantum, &names), now: now)
            perform(action, on: message.position, now: now, into: &out)
        }
    }

    /// In shadow mode every quantum verdict comes after the score, where it can change nothing:
    /// its key and its first bytes tell, at a fifth of the price of reading it.
    private mutating func isQuantumAfterDecision(_ key: ByteSlice?, _ value: ByteSlice?) -> Bool {
        guard let key, let value, value.hasPrefix("{\"kind\":\"quantum\",") else { return false }
        return join.dropQuantumIfDecided(RecordKey(of: key)) != nil
    }

    private func outcome(of verdict: QuantumVerdictMessage) -> QuantumOutcome {
        guard verdict.estimate != nil else { return .failed }
        guard let score = verdict.liveScore else { return .reject(verdict.reason) }
        return verdict.action == .use ? .use(score: score) : .blend(score: score)
    }

    private mutating func perform(
        _ action: FallbackAction<KeptClassical, KeptQuantum>, on position: MessagePosition,
        now: Timestamp, into out: inout OutboundBatch
    ) {
        switch action {
        case .emit(let answer): emit(answer, at: position, now: now, into: &out)
        case .hold: out.hold(position)
        case .keep: break
        case .drop: counters.ignored += 1
        }
    }

    /// - Parameter position: the input that caused the score; another one that waited for it is
    ///   released.
    private mutating func emit(
        _ answer: FallbackScore<KeptClassical, KeptQuantum>, at position: MessagePosition?,
        now: Timestamp, into out: inout OutboundBatch
    ) {
        let kept = answer.classical
        if kept.position != position { out.release(kept.position) }
        score.id = kept.id.slice
        score.score = answer.score
        score.decision = answer.score >= kept.threshold ? 1 : 0
        score.source = answer.source
        score.reason = answer.reason
        score.mode = kept.mode
        score.receivedAt = kept.receivedAt
        score.deadline = kept.deadline
        score.time = now
        score.classicalScore = kept.score
        score.classicalModel = kept.classicalModel
        score.model = kept.model.slice
        score.quantum = answer.quantum?.estimate
        score.provenance = answer.quantum.map(provenance)
        counters.count(answer.reason)
        counters.emitted += 1
        times.add(
            answer.source, latency: now - kept.receivedAt, isMiss: now - kept.deadline > lateness)
        out.emit(to: .scores, key: score.id, headers: kept.headers, score)
    }

    private func provenance(_ quantum: KeptQuantum) -> ScoreMessage.Provenance {
        var provenance = ScoreMessage.Provenance()
        provenance.circuit = quantum.circuit.slice
        provenance.circuitHash = quantum.circuitHash.slice
        provenance.device = quantum.device.slice
        provenance.calibration = quantum.calibration.slice
        provenance.shots = quantum.shots
        provenance.seed = quantum.seed
        provenance.job = quantum.job
        provenance.cost = quantum.cost
        return provenance
    }
}

extension RecordKey {
    init(of id: ByteSlice) {
        let words = StableHash.recordKey(id)
        self.init(high: words.0, low: words.1)
    }
}
