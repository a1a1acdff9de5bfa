public import Determinism

/// Pairs the classical and the quantum verdict of each record, in either order, however late within
/// a limit, and once. It answers nobody: what it drops costs a comparison, never a score.
public struct ShadowJoin<Classical, Quantum> {
    public let limits: ShadowLimits
    @usableFromInline var tally = ShadowCounters()
    @usableFromInline var classicals = ExpiringStore<Classical>()
    @usableFromInline var quanta = ExpiringStore<Quantum>()
    @usableFromInline var paired: KeyWindow

    /// - Throws: `PolicyError` when a limit is out of range.
    @inlinable
    public init(limits: ShadowLimits = ShadowLimits()) throws(PolicyError) {
        try limits.validate()
        self.limits = limits
        paired = KeyWindow(capacity: limits.maximumPaired, lifetime: limits.lifetime)
    }

    public var counters: ShadowCounters { tally }
    /// Verdicts waiting for their other side.
    @inlinable public var unpairedCount: Int { classicals.count + quanta.count }

    /// Feeds the classical verdict of a record that was admitted to the quantum path.
    @inlinable
    public mutating func classical(
        _ key: RecordKey, _ value: Classical, now: Timestamp
    ) -> ShadowAction<Classical, Quantum> {
        // What waits for its other side was not paired: the large table is asked last.
        if let other = quanta.remove(key) {
            return pair(
                ShadowPair(
                    key: key, classical: value, quantum: other.value, classicalArrived: now,
                    quantumArrived: other.arrived), now: now)
        }
        if classicals.contains(key) || paired.flag(of: key) != nil { return duplicate() }
        if classicals.count >= limits.maximumUnpaired, classicals.removeOldest() != nil {
            tally.evicted += 1
        }
        classicals.insert(value, for: key, now: now)
        return .keep
    }

    /// Feeds a record's quantum verdict.
    @inlinable
    public mutating func quantum(
        _ key: RecordKey, _ value: Quantum, now: Timestamp
    ) -> ShadowAction<Classical, Quantum> {
        if let other = classicals.remove(key) {
            return pair(
                ShadowPair(
                    key: key, classical: other.value, quantum: value,
                    classicalArrived: other.arrived, quantumArrived: now), now: now)
        }
        if quanta.contains(key) || paired.flag(of: key) != nil { return duplicate() }
        if quanta.count >= limits.maximumUnpaired, quanta.removeOldest() != nil {
            tally.evicted += 1
        }
        quanta.insert(value, for: key, now: now)
        return .keep
    }

    /// Gives up on verdicts that have waited `limits.lifetime`, oldest first on each side.
    @inlinable
    public mutating func expire(
        now: Timestamp, _ unpaired: (ShadowUnpaired<Classical, Quantum>) -> Void
    ) {
        paired.rotateIfDue(now: now)
        let cutoff = now - limits.lifetime
        while let (key, entry) = classicals.removeOldest(arrivedBy: cutoff) {
            tally.expired += 1
            unpaired(.classical(key, entry.value))
        }
        while let (key, entry) = quanta.removeOldest(arrivedBy: cutoff) {
            tally.expired += 1
            unpaired(.quantum(key, entry.value))
        }
    }

    /// Makes room for another classical verdict.
    ///
    /// - Returns: the oldest one, given up because `limits.maximumUnpaired` are waiting; else nil.
    @inlinable
    public mutating func evictOldestClassicalIfFull() -> Classical? {
        guard classicals.count >= limits.maximumUnpaired,
            let oldest = classicals.removeOldest()
        else { return nil }
        tally.evicted += 1
        return oldest.entry.value
    }

    /// Forgets waiting classical verdicts without pairing them: another instance owns them from
    /// now on.
    @inlinable
    public mutating func discard(_ isForeign: (Classical) -> Bool) {
        classicals.removeAll(where: isForeign)
    }

    @inlinable
    mutating func pair(
        _ pair: ShadowPair<Classical, Quantum>, now: Timestamp
    ) -> ShadowAction<Classical, Quantum> {
        paired.insert(pair.key, flag: true, now: now)
        tally.pairs += 1
        return .pair(pair)
    }

    @inlinable
    mutating func duplicate() -> ShadowAction<Classical, Quantum> {
        tally.duplicates += 1
        return .duplicate
    }
}

extension ShadowJoin: Sendable where Classical: Sendable, Quantum: Sendable {}
