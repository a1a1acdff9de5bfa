import Determinism

/// Additive increase, multiplicative decrease (Chiu and Jain, "Analysis of the increase and
/// decrease algorithms for congestion avoidance in computer networks", 1989), as in
/// concurrency-limits' `AIMDLimit`:
///
///     L ← ⌊L · dropRatio⌋   after a drop, or a round trip above the timeout
///     L ← L + 1             if at least half of L is in flight
///     L ← L                 otherwise
///
/// So L swings around the number at which round trips meet the timeout: set it to what a result is
/// still worth.
enum AIMDLimit {
    static func next(
        _ limit: Int, _ sample: ConcurrencySample, _ policy: ConcurrencyPolicy
    ) -> Double {
        if sample.isDropped || sample.roundTrip > policy.timeout {
            return (Double(limit) * policy.dropRatio).rounded(.down)
        }
        return Double(sample.inFlight * 2 >= limit ? limit + 1 : limit)
    }
}
