public import Determinism

/// A token bucket in exact integers: no rounding drifts, whatever the rate and however often it is
/// asked.
///
/// The level is counted in units of which one token is `period` microseconds' worth: a microsecond
/// adds `tokens` units, a token costs `period` units. At the largest limits a full bucket is
/// 8.64e16 units.
public struct TokenBucket: Equatable, Sendable {
    public let limit: RateLimit
    private var level: Int64
    private var updated: Timestamp

    /// A full bucket.
    public init(limit: RateLimit, now: Timestamp) {
        self.limit = limit
        level = limit.burst * limit.period.microseconds
        updated = now
    }

    /// An empty bucket: for an instance that takes work over, whose predecessor may just have emptied
    /// its own.
    public static func empty(limit: RateLimit, now: Timestamp) -> TokenBucket {
        var bucket = TokenBucket(limit: limit, now: now)
        bucket.level = 0
        return bucket
    }

    /// A bucket under another limit that keeps the whole tokens of this one, as far as they fit.
    public func changed(to newLimit: RateLimit, now: Timestamp) -> TokenBucket {
        var bucket = TokenBucket(limit: newLimit, now: now)
        let kept = min(available(now: now), newLimit.burst)
        bucket.level = kept * newLimit.period.microseconds
        return bucket
    }

    /// Whole tokens that could be taken at `now`.
    public func available(now: Timestamp) -> Int64 {
        level(at: now) / limit.period.microseconds
    }

    /// Whether `count` tokens could be taken at `now`; cheaper than `available`.
    public func canTake(_ count: Int64 = 1, now: Timestamp) -> Bool {
        count >= 0 && count <= limit.burst && level(at: now) >= count * limit.period.microseconds
    }

    /// Takes `count` tokens, all or none.
    ///
    /// - Returns: false, taking nothing, when there are fewer, or when `count` is negative.
    public mutating func tryTake(_ count: Int64 = 1, now: Timestamp) -> Bool {
        guard canTake(count, now: now) else { return false }
        level = level(at: now) - count * limit.period.microseconds
        updated = max(updated, now)
        return true
    }

    /// The first instant at which `count` tokens can be taken; nil when a full bucket holds fewer.
    public func nextAvailable(_ count: Int64 = 1, now: Timestamp) -> Timestamp? {
        guard (0...limit.burst).contains(count) else { return nil }
        let missing = count * limit.period.microseconds - level(at: now)
        guard missing > 0 else { return now }
        let wait = (missing + limit.tokens - 1) / limit.tokens
        return max(now, updated) + TimeSpan(microseconds: wait)
    }

    /// Time that runs backwards adds nothing.
    private func level(at now: Timestamp) -> Int64 {
        let capacity = limit.burst * limit.period.microseconds
        let elapsed = (now - updated).microseconds
        guard elapsed > 0 else { return level }
        let (gain, overflow) = elapsed.multipliedReportingOverflow(by: limit.tokens)
        return overflow || gain >= capacity - level ? capacity : level + gain
    }
}
