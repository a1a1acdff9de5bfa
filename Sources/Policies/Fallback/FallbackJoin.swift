public import Contracts
public import Determinism

/// Joins the classical and the quantum verdict of each record into exactly one score by its
/// deadline.
///
/// ```text
///             classical: off, shadow, not admitted, past its deadline, or too many waiting
///           ┌──────────────────────────────────────────────────────────────────────────────┐
///           │                                                                              ▼
///  unknown ─┼─ classical: live and admitted ─▶ waiting ─┬─ quantum before the deadline ─▶ decided
///     ▲     │                                           └─ deadline, or release ────────▶    │
///     │     └─ quantum ─▶ early ── classical ───────────────────────────────────────────▶    │
///     │                     │ too old, or pushed out                                         │
///     └─────────────────────┴────────────────── too old, or pushed out ◀─────────────────────┘
/// ```
///
/// Each arrow into *decided* emits the record's one score. In *waiting* and *decided*, another
/// classical verdict is a duplicate; in *early*, another quantum verdict is one; in *decided*, a
/// quantum verdict is late (or a duplicate, if the score had used one). None of them changes
/// anything; all are counted.
///
/// A quantum verdict counts when it arrived strictly before the deadline, whichever side came first
/// and however late `expire` is called, so the outcome does not depend on how often the caller
/// looks. Exactly one score per id holds within the memory that `FallbackLimits` gives; time comes
/// in as `now`.
public struct FallbackJoin<Classical, Quantum> {
    @usableFromInline
    struct Waiting {
        @usableFromInline let verdict: ClassicalVerdict
        @usableFromInline let payload: Classical

        @inlinable
        init(verdict: ClassicalVerdict, payload: Classical) {
            self.verdict = verdict
            self.payload = payload
        }
    }

    @usableFromInline
    struct Early {
        @usableFromInline let outcome: QuantumOutcome
        @usableFromInline let payload: Quantum

        @inlinable
        init(outcome: QuantumOutcome, payload: Quantum) {
            self.outcome = outcome
            self.payload = payload
        }
    }

    public let limits: FallbackLimits
    @usableFromInline var tally = FallbackCounters()
    @usableFromInline var waiting = ShardedTable<Waiting>()
    @usableFromInline var early = ExpiringStore<Early>()
    @usableFromInline var timers = TimerQueue()
    @usableFromInline var decided: KeyWindow

    /// - Throws: `PolicyError` when a limit is out of range.
    @inlinable
    public init(limits: FallbackLimits = FallbackLimits()) throws(PolicyError) {
        try limits.validate()
        self.limits = limits
        decided = KeyWindow(capacity: limits.maximumDecided, lifetime: limits.decidedLifetime)
    }

    public var counters: FallbackCounters { tally }
    /// Records waiting for their quantum verdict.
    @inlinable public var pendingCount: Int { waiting.count }
    /// Quantum verdicts waiting for their classical one.
    @inlinable public var earlyCount: Int { early.count }
    /// Decisions remembered.
    public var decidedCount: Int { decided.count }
    /// Timers held, stale ones included: at most twice the waiting records plus 1,024.
    public var timerCount: Int { timers.count }

    /// Feeds a record's classical verdict.
    ///
    /// - Returns: `emit` when the record is answered at once, `hold` when it waits,
    ///   `drop(.duplicate)`.
    @inlinable
    public mutating func classical(
        _ key: RecordKey, _ verdict: ClassicalVerdict, payload: Classical, now: Timestamp
    ) -> FallbackAction<Classical, Quantum> {
        if decided.flag(of: key) != nil || (!waiting.isEmpty && waiting[key] != nil) {
            tally.duplicateClassical += 1
            return .drop(.duplicate)
        }
        let record = Waiting(verdict: verdict, payload: payload)
        let kept = early.remove(key)
        if let reason = verdict.immediateReason {
            if kept != nil { tally.lateQuantum += 1 }
            return .emit(answer(key, record, reason: reason, now: now))
        }
        if let kept { return .emit(join(key, record, kept.value, arrived: kept.arrived, now: now)) }
        if verdict.deadline <= now {
            return .emit(answer(key, record, reason: .deadlineExceeded, now: now))
        }
        if waiting.count >= limits.maximumPending {
            tally.overflowed += 1
            return .emit(answer(key, record, reason: .concurrencyLimited, now: now))
        }
        waiting.insert(record, for: key)
        timers.insert(TimerQueue.Timer(deadline: verdict.deadline, key: key))
        return .hold(until: verdict.deadline)
    }

    /// Whether a record's quantum verdict can change nothing any more: it was answered already.
    ///
    /// Counts the verdict as late or duplicate if so. For callers that can tell the id before they
    /// read the rest: in shadow mode that is every quantum verdict.
    @inlinable
    public mutating func dropQuantumIfDecided(_ key: RecordKey) -> FallbackDrop? {
        guard let usedQuantum = decided.flag(of: key) else { return nil }
        if usedQuantum { tally.duplicateQuantum += 1 } else { tally.lateQuantum += 1 }
        return usedQuantum ? .duplicate : .late
    }

    /// Feeds a record's quantum verdict.
    ///
    /// - Returns: `emit` when the record waited for it, `keep` when its classical verdict has not
    ///   come yet, `drop` when the record was answered or the verdict was seen before.
    @inlinable
    public mutating func quantum(
        _ key: RecordKey, _ outcome: QuantumOutcome, payload: Quantum, now: Timestamp
    ) -> FallbackAction<Classical, Quantum> {
        let verdict = Early(outcome: outcome, payload: payload)
        if !waiting.isEmpty, let record = waiting.remove(key) {
            dropStaleTimersIfMany()
            return .emit(join(key, record, verdict, arrived: now, now: now))
        }
        if let drop = dropQuantumIfDecided(key) { return .drop(drop) }
        if early.contains(key) {
            tally.duplicateQuantum += 1
            return .drop(.duplicate)
        }
        if early.count >= limits.maximumEarly, early.removeOldest() != nil {
            tally.earlyEvicted += 1
        }
        early.insert(verdict, for: key, now: now)
        return .keep
    }
}

extension FallbackJoin: Sendable where Classical: Sendable, Quantum: Sendable {}
extension FallbackJoin.Waiting: Sendable where Classical: Sendable {}
extension FallbackJoin.Early: Sendable where Quantum: Sendable {}
