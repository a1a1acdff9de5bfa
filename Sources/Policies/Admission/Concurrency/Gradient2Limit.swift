import Determinism

/// Limit by the slope of the round trip, as in concurrency-limits' `Gradient2Limit`. With the
/// present round trip R, its long-term exponential average R̄ over `gradientMemory` samples (plain
/// over the first ten), and unless less than half of L is in flight:
///
///     g = clamp(tolerance · R̄ / R, ½…1)
///     L ← (1 − s) · L + s · (g · L + queue)
///
/// R̄ shrinks by 5 % with each sample at which it is more than twice R, to forget an overload soon.
///
/// Two differences. The published form treats a dropped call as any other; a device that refuses at
/// once would look quick, so here a drop leaves dropRatio · L, as with AIMD, and no more. And R̄
/// follows a lasting overload, so that the limit creeps up to its maximum; where the device
/// reports its service time, that stands for R̄, and the limit settles at tolerance · c + queue
/// calls for c servers, c of them in service.
struct Gradient2Limit: Sendable {
    private static let plainSamples = 10
    private var average = 0.0
    private var sum = 0.0
    private var count = 0

    mutating func next(
        _ limit: Double, _ sample: ConcurrencySample, _ policy: ConcurrencyPolicy
    ) -> Double {
        if sample.isDropped { return limit * policy.dropRatio }
        let roundTrip = Double(sample.roundTrip.microseconds)
        let base =
            sample.service.map { Double(max(1, $0.microseconds)) }
            ?? add(roundTrip, memory: policy.gradientMemory)
        guard Double(sample.inFlight) >= limit / 2 else { return limit }
        let gradient = max(0.5, min(1, policy.gradientTolerance * base / roundTrip))
        let target = limit * gradient + Double(policy.gradientQueue)
        let smoothing = policy.smoothing ?? 0.2
        return limit * (1 - smoothing) + target * smoothing
    }

    /// - Returns: the long-term average, this sample in it.
    private mutating func add(_ roundTrip: Double, memory: Int) -> Double {
        if count < Self.plainSamples {
            count += 1
            sum += roundTrip
            average = sum / Double(count)
        } else {
            let factor = 2 / Double(memory + 1)
            average = average * (1 - factor) + roundTrip * factor
        }
        let result = average
        if result / roundTrip > 2 { average *= 0.95 }
        return result
    }
}
