public import Contracts
public import Determinism
internal import Models
public import Policies

/// Stage 6: exactly one final score per record, by its deadline.
///
/// verdicts → scores. In shadow mode, and for records that were not admitted, the classical score
/// goes out at once; in live mode an admitted record waits for its quantum verdict until the
/// deadline. `counters.ignored` counts duplicate and late verdicts, `counters.reasons` the scores by
/// reason.
///
/// A stage that keeps its state writes where each record stands to `fallback-state`, with the scores
/// of the same transaction; one that does not holds a waiting record's input open, so that a crash
/// repeats it.
public struct Fallback: Stage {
    public let name = StageName.fallback
    public private(set) var counters = StageCounters()
    /// Of every score so far.
    public private(set) var times = ScoreTimes()

    private let lateness: TimeSpan
    private let keepsState: Bool
    private let limits: FallbackLimits
    private let empty: FallbackJoin<KeptClassical, KeptQuantum>
    private let parser = JSONParser()
    private var join: FallbackJoin<KeptClassical, KeptQuantum>
    private var names = Interner()
    private var classical = ClassicalVerdictMessage()
    private var quantum = QuantumVerdictMessage()
    private var score = ScoreMessage()
    private var kept = FallbackStateMessage()

    /// - Parameters:
    ///   - lateness: how much later than its deadline a score may be without counting as a miss: the
    ///     promise is the deadline plus the commit interval.
    ///   - keepsState: whether the state goes to `fallback-state`: for a loop that writes in
    ///     transactions.
    /// - Throws: `PolicyError` when a limit is out of range.
    public init(
        limits: FallbackLimits = FallbackLimits(), lateness: TimeSpan = .milliseconds(50),
        keepsState: Bool = false
    ) throws(PolicyError) {
        empty = try FallbackJoin(limits: limits)
        join = empty
        self.limits = limits
        self.lateness = lateness
        self.keepsState = keepsState
    }

    public var heldCount: Int { join.pendingCount }
    public var rememberedCount: Int {
        join.pendingCount + join.earlyCount + join.decidedCount
    }
    /// What the stage remembers: waiting records, early quantum verdicts, decided records.
    public var stateSize: FallbackStateSize {
        FallbackStateSize(
            waiting: join.pendingCount, early: join.earlyCount, decided: join.decidedCount)
    }
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

    // MARK: State

    public var durableState: DurableState? {
        guard keepsState else { return nil }
        let window = limits.decidedLifetime + limits.decidedLifetime
        return DurableState(
            changelog: .fallbackState,
            reach: max(window, max(limits.earlyLifetime, Self.longestWait)))
    }

    /// The longest latency budget that a record may name, twice.
    private static let longestWait = TimeSpan.seconds(3_600 as Int64)

    public mutating func restore(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        for index in 0..<batch.count {
            guard let id = batch.key(index), let value = batch.value(index) else { continue }
            do throws(ContractViolation) {
                try kept.read(value, with: parser)
                restore(RecordKey(of: id), batch.messages[index], context.control)
            } catch {
                out.reject(batch, index, by: name, because: error)
                counters.rejected += 1
            }
        }
    }

    private mutating func restore(
        _ key: RecordKey, _ message: InboundMessage, _ control: ControlSnapshot
    ) {
        switch kept.state {
        case .decided: join.restoreDecided(key, usedQuantum: kept.usedQuantum, now: kept.at)
        case .waiting:
            let payload = KeptClassical(
                kept.classical, control, at: message.position, headers: message.headers, &names)
            join.restoreWaiting(key, verdict(of: kept.classical), payload: payload)
        case .early:
            join.restoreEarly(
                key, outcome(of: kept.quantum), payload: KeptQuantum(kept.quantum, &names),
                arrived: kept.at)
        }
    }

    public mutating func reset() { join = empty }

    private func verdict(of message: ClassicalVerdictMessage) -> ClassicalVerdict {
        ClassicalVerdict(
            score: message.score, deadline: message.deadline, mode: message.mode,
            admission: message.reason)
    }

    // MARK: Verdicts

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
            try classical.read(object, takesDecision: false)
            let kept = KeptClassical(
                classical, context.control, at: message.position, headers: message.headers, &names)
            let action = join.classical(
                RecordKey(of: classical.id),
                verdict(of: classical), payload: kept, now: now)
            perform(action, on: message, now: now, into: &out)
        case .quantum:
            try quantum.read(object)
            let action = join.quantum(
                RecordKey(of: quantum.id), outcome(of: quantum),
                payload: KeptQuantum(quantum, &names), now: now)
            perform(action, on: message, now: now, into: &out)
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
        _ action: FallbackAction<KeptClassical, KeptQuantum>, on message: InboundMessage,
        now: Timestamp, into out: inout OutboundBatch
    ) {
        switch action {
        case .emit(let answer): emit(answer, at: message.position, now: now, into: &out)
        case .hold:
            guard keepsState else { return out.hold(message.position) }
            kept.state = .waiting
            kept.classical = classical
            keep(classical.id, now: now, headers: message.headers, into: &out)
        case .keep:
            guard keepsState else { return }
            kept.state = .early
            kept.quantum = quantum
            keep(quantum.id, now: now, headers: message.headers, into: &out)
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
        if !keepsState, kept.position != position { out.release(kept.position) }
        score.id = kept.id.slice
        score.score = answer.score
        score.decision = answer.score >= kept.threshold ? 1 : 0
        score.source = answer.source
        score.reason = answer.reason.of(answer.quantum?.downgrade ?? .none)
        score.mode = kept.mode
        score.receivedAt = kept.receivedAt
        score.deadline = kept.deadline
        score.time = now
        score.classicalScore = kept.score
        score.classicalModel = kept.classicalModel
        score.model = kept.model.slice
        score.quantum = answer.quantum?.estimate
        score.provenance = answer.quantum.map(provenance)
        counters.count(score.reason)
        counters.emitted += 1
        times.add(
            answer.source, latency: now - kept.receivedAt, isMiss: now - kept.deadline > lateness)
        out.emit(to: .scores, key: score.id, headers: kept.headers, score)
        guard keepsState else { return }
        self.kept.state = .decided
        self.kept.usedQuantum = answer.source != .classical
        keep(score.id, now: now, headers: [], into: &out)
    }

    /// Writes where a record stands.
    private mutating func keep(
        _ id: ByteSlice, now: Timestamp, headers: [MessageHeader], into out: inout OutboundBatch
    ) {
        kept.at = now
        out.emit(to: .fallbackState, key: id, headers: headers, kept)
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
        provenance.downgrade = quantum.downgrade
        return provenance
    }
}

extension RecordKey {
    init(of id: ByteSlice) {
        let words = StableHash.recordKey(id)
        self.init(high: words.0, low: words.1)
    }
}

/// How much the fallback stage remembers.
public struct FallbackStateSize: Sendable, Equatable {
    public var waiting: Int
    public var early: Int
    public var decided: Int

    public init(waiting: Int, early: Int, decided: Int) {
        self.waiting = waiting
        self.early = early
        self.decided = decided
    }
}
