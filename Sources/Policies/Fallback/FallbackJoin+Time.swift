public import Contracts
public import Determinism

extension FallbackJoin {
    /// Answers every record whose deadline has come with its classical score, in order of deadline.
    ///
    /// - Parameters:
    ///   - now: the current instant; a record is due when its deadline is at or before it.
    ///   - limit: at most so many scores, so that a burst can be spread over batches.
    ///   - emit: receives each score.
    /// - Returns: the next deadline, or nil when nothing waits; at or before `now` if `limit`
    ///   stopped it.
    @inlinable
    @discardableResult
    public mutating func expire(
        now: Timestamp, limit: Int = .max, _ emit: (FallbackScore<Classical, Quantum>) -> Void
    ) -> Timestamp? {
        forgetOld(now: now)
        var emitted = 0
        while let timer = timers.first {
            guard waiting[timer.key]?.verdict.deadline == timer.deadline else {
                timers.removeFirst()
                continue
            }
            guard timer.deadline <= now, emitted < limit else { return timer.deadline }
            timers.removeFirst()
            guard let record = waiting.remove(timer.key) else { continue }
            emit(answer(timer.key, record, reason: .deadlineExceeded, now: now))
            emitted += 1
        }
        return nil
    }

    /// The earliest deadline of a waiting record, or nil; may be that of a record answered since.
    public var nextDeadline: Timestamp? { timers.first?.deadline }

    /// Answers every waiting record at once with its classical score, in order of deadline: for a
    /// kill switch thrown, or a device known to be gone.
    @inlinable
    public mutating func releaseAll(
        reason: ReasonCode, now: Timestamp, _ emit: (FallbackScore<Classical, Quantum>) -> Void
    ) {
        while let timer = timers.first {
            timers.removeFirst()
            guard waiting[timer.key]?.verdict.deadline == timer.deadline,
                let record = waiting.remove(timer.key)
            else { continue }
            emit(answer(timer.key, record, reason: reason, now: now))
        }
    }

    /// Marks a record as answered without answering it: for restoring state after a restart.
    ///
    /// - Parameter now: when it was answered.
    @inlinable
    public mutating func restoreDecided(_ key: RecordKey, usedQuantum: Bool, now: Timestamp) {
        decided.insert(key, flag: usedQuantum, now: now)
        _ = early.remove(key)
        waiting.remove(key)
    }

    /// Puts a waiting record back: for restoring state after a restart. What was restored under the
    /// key before is superseded.
    @inlinable
    public mutating func restoreWaiting(
        _ key: RecordKey, _ verdict: ClassicalVerdict, payload: Classical
    ) {
        decided.remove(key)
        _ = early.remove(key)
        waiting.insert(Waiting(verdict: verdict, payload: payload), for: key)
        timers.insert(TimerQueue.Timer(deadline: verdict.deadline, key: key))
    }

    /// Puts an early quantum verdict back: for restoring state after a restart.
    @inlinable
    public mutating func restoreEarly(
        _ key: RecordKey, _ outcome: QuantumOutcome, payload: Quantum, arrived: Timestamp
    ) {
        decided.remove(key)
        _ = early.remove(key)
        early.insert(Early(outcome: outcome, payload: payload), for: key, now: arrived)
    }

    /// Forgets waiting records without answering them: another instance owns them from now on.
    @inlinable
    public mutating func discard(_ isForeign: (Classical) -> Bool) {
        waiting.removeAll { isForeign($0.payload) }
        dropStaleTimersIfMany()
    }

    /// Calls `body` for every waiting record, in no particular order: for writing state out.
    @inlinable
    public func forEachPending(_ body: (RecordKey, ClassicalVerdict, Classical) -> Void) {
        waiting.forEach { body($0, $1.verdict, $1.payload) }
    }

    /// The score of a record whose two verdicts are both here.
    @inlinable
    mutating func join(
        _ key: RecordKey, _ record: Waiting, _ quantum: Early, arrived: Timestamp, now: Timestamp
    ) -> FallbackScore<Classical, Quantum> {
        guard arrived < record.verdict.deadline else {
            tally.lateQuantum += 1
            return answer(key, record, reason: .deadlineExceeded, now: now)
        }
        let final = quantum.outcome.resolved(classicalScore: record.verdict.score)
        decided.insert(key, flag: true, now: now)
        tally.count(final.source)
        return FallbackScore(
            key: key, score: final.score, source: final.source, reason: final.reason,
            verdict: record.verdict, classical: record.payload, quantum: quantum.payload)
    }

    /// The classical score, for `reason`.
    @inlinable
    mutating func answer(
        _ key: RecordKey, _ record: Waiting, reason: ReasonCode, now: Timestamp
    ) -> FallbackScore<Classical, Quantum> {
        decided.insert(key, flag: false, now: now)
        tally.count(.classical)
        if reason == .deadlineExceeded { tally.deadlineExceeded += 1 }
        return FallbackScore(
            key: key, score: record.verdict.score, source: .classical, reason: reason,
            verdict: record.verdict, classical: record.payload, quantum: nil)
    }

    @inlinable
    mutating func forgetOld(now: Timestamp) {
        decided.rotateIfDue(now: now)
        while early.removeOldest(arrivedBy: now - limits.earlyLifetime) != nil {
            tally.earlyExpired += 1
        }
    }

    /// Rebuilding costs one pass over the waiting records and halves the queue at least, so each
    /// answered record pays a constant share of it.
    @inlinable
    mutating func dropStaleTimersIfMany() {
        guard timers.count > 2 * waiting.count + 1024 else { return }
        var live: [TimerQueue.Timer] = []
        live.reserveCapacity(waiting.count)
        waiting.forEach {
            live.append(TimerQueue.Timer(deadline: $1.verdict.deadline, key: $0))
        }
        timers.rebuild(from: live)
    }
}
