import Determinism

/// The number of calls that a device may have in flight: below it capacity is wasted, above it they
/// only wait.
///
/// A value of fixed size, fed with samples and asked for `limit`; deterministic, no allocation.
public struct ConcurrencyLimit: Sendable {
    public private(set) var policy: ConcurrencyPolicy
    /// Calls that may be in flight, `policy.minimum`…`policy.maximum`.
    public private(set) var limit: Int

    private var estimate: Double
    private var window = SampleWindow()
    private var vegas: VegasLimit
    private var gradient = Gradient2Limit()

    /// - Parameter policy: a validated policy.
    public init(policy: ConcurrencyPolicy = ConcurrencyPolicy()) {
        self.policy = policy
        limit = policy.initial
        estimate = Double(policy.initial)
        vegas = VegasLimit(seed: policy.seed)
    }

    /// Whether one more call may start while `inFlight` are on their way.
    public func permits(inFlight: Int) -> Bool { inFlight < limit }

    /// Learns from one call that ended. Calls that took no time say nothing, unless dropped.
    public mutating func observe(_ sample: ConcurrencySample) {
        guard sample.roundTrip > .zero || sample.isDropped, policy.algorithm != .fixed
        else { return }
        guard policy.window > .zero else { return update(sample) }
        if let whole = window.add(sample, policy) { update(whole) }
    }

    /// Follows a changed policy. What was learnt stays unless the algorithm is another.
    public mutating func adopt(_ policy: ConcurrencyPolicy) {
        guard policy != self.policy else { return }
        if policy.algorithm != self.policy.algorithm || policy.algorithm == .fixed {
            self = ConcurrencyLimit(policy: policy)
        } else {
            self.policy = policy
            take(estimate)
        }
    }

    private mutating func update(_ sample: ConcurrencySample) {
        switch policy.algorithm {
        case .fixed: return
        case .aimd: take(AIMDLimit.next(limit, sample, policy))
        case .vegas: take(vegas.next(estimate, sample, policy))
        case .gradient2: take(gradient.next(estimate, sample, policy))
        }
    }

    private mutating func take(_ next: Double) {
        estimate = min(max(next, Double(policy.minimum)), Double(policy.maximum))
        limit = Int(estimate)
    }
}

/// Averages samples, as concurrency-limits' `WindowedLimit` does: a window ends with the first
/// sample after its time and holds the mean round trip, the largest number in flight, and whether
/// any call was dropped.
///
/// Two differences: a window with too few samples goes on instead of being thrown away, so that a
/// device with a call a minute is learnt too; and dropped calls are not in the mean.
struct SampleWindow: Sendable {
    private var roundTrips = Int64(0)
    private var services = Int64(0)
    private var count = Int64(0)
    private var dropped = Int64(0)
    private var serviceCount = Int64(0)
    private var inFlight = 0
    private var end: Timestamp?

    /// - Returns: the window that this sample completes.
    mutating func add(
        _ sample: ConcurrencySample, _ policy: ConcurrencyPolicy
    ) -> ConcurrencySample? {
        if sample.isDropped {
            dropped += 1
        } else {
            roundTrips &+= sample.roundTrip.microseconds
            count += 1
        }
        if let service = sample.service, !sample.isDropped {
            services &+= service.microseconds
            serviceCount += 1
        }
        inFlight = max(inFlight, sample.inFlight)
        let end = end ?? sample.at + policy.window
        self.end = end
        guard sample.at >= end, count + dropped >= Int64(policy.windowSamples) else {
            return nil
        }
        let whole = ConcurrencySample(
            roundTrip: TimeSpan(microseconds: roundTrips / max(1, count)),
            service: serviceCount > 0
                ? TimeSpan(microseconds: services / serviceCount) : nil,
            inFlight: inFlight, isDropped: dropped > 0, at: sample.at)
        self = SampleWindow()
        self.end = sample.at + policy.window
        return whole
    }
}
