public import Determinism

/// What admission remembers between decisions: a value of fixed size that the caller owns and
/// passes `inout`; nothing in it allocates.
public struct AdmissionState: Sendable {
    private var bucket: TokenBucket?
    private var outstanding: SlidingCount
    private var recent: SlidingCount
    /// The same in slots of 16 ms: a coarse slot counted whole would add 160 ms of admissions to
    /// every status.
    private var latest: SlidingCount
    private static let latestHorizon = TimeSpan.seconds(1 as Int64)
    private var expiry: TimeSpan
    private var statusHorizon: TimeSpan

    /// Records admitted that the last status cannot have counted.
    public private(set) var admittedSinceStatus = 0
    private var statusTime: Timestamp?
    /// The device's work in hand as of `backlogTime`, and that time.
    private var backlog = TimeSpan.zero
    private var backlogTime: Timestamp

    public init(policy: AdmissionPolicy, now: Timestamp) {
        bucket = policy.rateLimit.map { TokenBucket(limit: $0, now: now) }
        outstanding = SlidingCount(horizon: policy.jobExpiry, now: now)
        recent = SlidingCount(horizon: AdmissionState.horizon(policy), now: now)
        latest = SlidingCount(horizon: Self.latestHorizon, now: now)
        expiry = policy.jobExpiry
        statusHorizon = AdmissionState.horizon(policy)
        backlogTime = now
    }

    /// Records in flight: admitted, no result reported, not yet given up as lost.
    public var inFlight: Int { outstanding.total }

    /// Reports that a record's result came back, or that its job failed.
    ///
    /// - Parameter admittedAt: the `now` of the decision that admitted it; carrying it on the job
    ///   makes each result free its own slot, so that one lost result cannot hold a slot for ever.
    ///   A result reported after `jobExpiry` changes nothing.
    public mutating func completed(admittedAt: Timestamp, now: Timestamp) {
        outstanding.advance(to: now)
        _ = outstanding.remove(at: admittedAt)
    }

    /// Brings the state to `now` under `policy`, and takes in the device's status.
    mutating func prepare(_ forecast: DeviceForecast, _ policy: AdmissionPolicy, now: Timestamp) {
        adopt(policy, now: now)
        outstanding.advance(to: now)
        recent.advance(to: now)
        latest.advance(to: now)
        guard let age = forecast.statusAge, statusTime.map({ now - age > $0 }) ?? true else {
            drain(now: now)
            return
        }
        statusTime = now - age
        let unseenFrom = now - age - policy.jobTransit
        admittedSinceStatus =
            now - unseenFrom < Self.latestHorizon
            ? latest.count(since: unseenFrom) : recent.count(since: unseenFrom)
        if policy.takesInFlightFromStatus {
            outstanding = SlidingCount(horizon: expiry, now: now)
            outstanding.add(forecast.queueDepth + admittedSinceStatus)
        }
        let unseen = AdmissionState.work(forecast.serviceTime, records: admittedSinceStatus)
        backlog = max(.zero, forecast.predictedWait - max(.zero, age)) + unseen
        backlogTime = now
    }

    /// The wait that a record admitted now would meet.
    ///
    /// The status's wait plus the service of what was admitted since, less the time that has gone
    /// by meanwhile, never below zero: Lindley's recursion for the workload of a queue (Lindley,
    /// "The theory of queues with a single server", 1952). Without the last part the forecast would
    /// creep up between two statuses while the device keeps up.
    var predictedWait: TimeSpan { backlog }

    func canTakeToken(now: Timestamp) -> Bool { bucket?.canTake(now: now) ?? true }

    /// Counts one admitted record.
    mutating func admit(_ forecast: DeviceForecast, now: Timestamp) {
        _ = bucket?.tryTake(now: now)
        outstanding.add()
        recent.add()
        latest.add()
        admittedSinceStatus += 1
        backlog = backlog + forecast.serviceTime
    }

    private mutating func drain(now: Timestamp) {
        let elapsed = now - backlogTime
        guard elapsed > .zero else { return }
        backlog = max(.zero, backlog - elapsed)
        backlogTime = now
    }

    /// Follows a policy that changed its limits, keeping what is in flight.
    private mutating func adopt(_ policy: AdmissionPolicy, now: Timestamp) {
        if bucket?.limit != policy.rateLimit {
            bucket = policy.rateLimit.map { limit in
                bucket?.changed(to: limit, now: now) ?? TokenBucket(limit: limit, now: now)
            }
        }
        if expiry != policy.jobExpiry {
            expiry = policy.jobExpiry
            let kept = outstanding.total
            outstanding = SlidingCount(horizon: expiry, now: now)
            outstanding.add(kept)
        }
        if statusHorizon != AdmissionState.horizon(policy) {
            statusHorizon = AdmissionState.horizon(policy)
            recent = SlidingCount(horizon: statusHorizon, now: now)
            recent.add(admittedSinceStatus)
            latest = SlidingCount(horizon: Self.latestHorizon, now: now)
            latest.add(admittedSinceStatus)
        }
    }

    private static func horizon(_ policy: AdmissionPolicy) -> TimeSpan {
        policy.statusStaleness + policy.jobTransit
    }

    /// `records` times `service`, at most 30 days, so that sums cannot overflow.
    private static func work(_ service: TimeSpan, records: Int) -> TimeSpan {
        let (product, overflow) = service.microseconds
            .multipliedReportingOverflow(by: Int64(records))
        let most = Int64(30 * 86_400) * 1_000_000
        return TimeSpan(microseconds: overflow ? most : min(most, product))
    }
}
