import Contracts
import Determinism

/// What admission remembers of one device between decisions; of fixed size, but for what it has
/// learnt.
struct DeviceTrack: Sendable {
    private var outstanding: SlidingCount
    private var recent: SlidingCount
    /// The same in slots of 16 ms: a coarse slot counted whole would add 160 ms of admissions to
    /// every status.
    private var latest: SlidingCount
    private static let latestHorizon = TimeSpan.seconds(1 as Int64)
    private var expiry: TimeSpan
    private var statusHorizon: TimeSpan

    /// Records admitted that the last status cannot have counted.
    private(set) var admittedSinceStatus = 0
    private var statusTime: Timestamp?
    /// The device's work in hand as of `backlogTime`, and that time.
    private var backlog = TimeSpan.zero
    /// Work that is not a whole microsecond of the backlog yet, below the number of servers.
    private var backlogRest: Int64 = 0
    private var backlogTime: Timestamp

    var experience: DeviceExperience?
    private var breaker: CircuitBreaker?
    private var limit: ConcurrencyLimit?
    private var slowRun: TimeSpan?
    /// The wait that the quantile covers, and the time on the device, as of the last `prepare`.
    private(set) var cautiousWait = TimeSpan.zero
    private(set) var cautiousRun = TimeSpan.zero
    /// The wait expected, as of the last `prepare`.
    private(set) var wait = TimeSpan.zero

    init(policy: AdmissionPolicy, now: Timestamp) {
        outstanding = SlidingCount(horizon: policy.jobExpiry, now: now)
        recent = SlidingCount(horizon: Self.horizon(policy), now: now)
        latest = SlidingCount(horizon: Self.latestHorizon, now: now)
        expiry = policy.jobExpiry
        statusHorizon = Self.horizon(policy)
        backlogTime = now
    }

    /// Records in flight: admitted, no result reported, not yet given up as lost.
    var inFlight: Int { outstanding.total }

    mutating func completed(admittedAt: Timestamp, now: Timestamp) {
        outstanding.advance(to: now)
        _ = outstanding.remove(at: admittedAt)
    }

    /// Why the breaker lets no call pass, or nil.
    func permits(_ now: Timestamp) -> ReasonCode? {
        breaker?.permits(now: now) ?? true ? nil : .breakerOpen
    }

    var breakerState: CircuitBreaker.State? { breaker?.state }

    /// Why there is no room for one more record, or nil.
    var hasRoom: ReasonCode? {
        limit?.permits(inFlight: inFlight) ?? true ? nil : .concurrencyLimited
    }

    var adaptiveLimit: Int? { limit?.limit }

    /// What breaker and concurrency limit take from one outcome. A job counts as its records.
    private mutating func take(_ outcome: DeviceOutcome, now: Timestamp) {
        let isSlow = slowRun.map { outcome.run > $0 } ?? false
        switch outcome.status {
        case .ok:
            breaker?.record(
                CallTally(calls: outcome.records, slow: isSlow ? outcome.records : 0), now: now)
        case .failed:
            breaker?.record(
                CallTally(calls: outcome.records, failed: outcome.records), now: now)
        case .throttled: breaker?.record(.throttled(retryAfter: nil), now: now)
        }
        guard outcome.status != .failed else { return }
        let inFlight = max(inFlight, outcome.queueDepth + outcome.records)
        limit?.observe(
            ConcurrencySample(
                roundTrip: outcome.wait + outcome.run, service: outcome.run,
                inFlight: inFlight, isDropped: outcome.status == .throttled,
                at: outcome.submittedAt + outcome.wait + outcome.run))
    }

    /// Learns how jobs ended; the level is the policy's, and another one starts anew.
    mutating func learn(
        _ outcomes: ArraySlice<DeviceOutcome>, closures: [DeviceClosure], service: TimeSpan,
        simpler: TimeSpan?, spared: TimeSpan? = nil, level: Double, now: Timestamp
    ) {
        if experience?.level != level { experience = try? DeviceExperience(level: level) }
        experience?.calendar = DeviceCalendar(closures)
        for outcome in outcomes {
            experience?.learn(outcome, service: service, simpler: simpler, spared: spared)
            take(outcome, now: now)
        }
    }

    /// Brings the track to `now` under `policy`, and takes in the device's status.
    mutating func prepare(_ forecast: DeviceForecast, _ policy: AdmissionPolicy, now: Timestamp) {
        adopt(policy, now: now)
        outstanding.advance(to: now)
        recent.advance(to: now)
        latest.advance(to: now)
        follow(forecast, policy, now: now)
        let patience = forecast.throttledUntil.map { $0 - now } ?? .zero
        wait = max(backlog, patience)
        let depth = forecast.queueDepth + admittedSinceStatus
        cautiousWait = max(
            experience?.cautiousWait(backlog, depth: depth, now: now) ?? backlog, patience)
        cautiousRun =
            experience?.cautiousRun(atLeast: forecast.serviceTime, now: now)
            ?? forecast.serviceTime
    }

    /// The status's wait plus the service of what was admitted since, less the time that has gone
    /// by meanwhile, never below zero: Lindley's recursion for the workload of a queue (Lindley,
    /// "The theory of queues with a single server", 1952). Without the last part the forecast would
    /// creep up between two statuses while the device keeps up.
    ///
    /// Servers share the work: what c of them have in hand goes by c times as fast. That they do
    /// not while fewer records than servers are there is left out, for nobody waits then.
    private mutating func follow(
        _ forecast: DeviceForecast, _ policy: AdmissionPolicy, now: Timestamp
    ) {
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
        let work = Self.work(forecast.serviceTime, records: admittedSinceStatus)
        let unseen = TimeSpan.microseconds(work.microseconds / Int64(max(forecast.servers, 1)))
        backlog = max(.zero, forecast.predictedWait - max(.zero, age)) + unseen
        backlogTime = now
    }

    /// Counts one record admitted to the device, which will take so much of one server's time.
    mutating func admit(service: TimeSpan, servers: Int, now: Timestamp) {
        _ = breaker?.tryAcquire(now: now)
        outstanding.add()
        recent.add()
        latest.add()
        admittedSinceStatus += 1
        let (shared, rest) = (service.microseconds + backlogRest)
            .quotientAndRemainder(dividingBy: Int64(max(servers, 1)))
        backlog = backlog + .microseconds(shared)
        backlogRest = rest
    }

    private mutating func drain(now: Timestamp) {
        let elapsed = now - backlogTime
        guard elapsed > .zero else { return }
        backlog = max(.zero, backlog - elapsed)
        backlogTime = now
    }

    /// Follows a policy that changed its limits, keeping what is in flight.
    private mutating func adopt(_ policy: AdmissionPolicy, now: Timestamp) {
        slowRun = policy.slowRun
        if breaker?.policy != policy.breaker {
            guard let fresh = policy.breaker, breaker != nil else {
                breaker = policy.breaker.map { CircuitBreaker(policy: $0, now: now) }
                return adopt(policy, now: now)
            }
            breaker?.adopt(fresh, now: now)
        }
        if limit?.policy != policy.adaptive {
            guard let fresh = policy.adaptive, limit != nil else {
                limit = policy.adaptive.map { ConcurrencyLimit(policy: $0) }
                return adopt(policy, now: now)
            }
            limit?.adopt(fresh)
        }
        if expiry != policy.jobExpiry {
            expiry = policy.jobExpiry
            let kept = outstanding.total
            outstanding = SlidingCount(horizon: expiry, now: now)
            outstanding.add(kept)
        }
        if statusHorizon != Self.horizon(policy) {
            statusHorizon = Self.horizon(policy)
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

extension DeviceCalendar {
    /// What a device announces; closures that make no sense are left out.
    init(_ closures: [DeviceClosure]) {
        let windows = closures.filter { $0.from < $0.until }
            .map { Window(from: $0.from, until: $0.until) }
        self = (try? DeviceCalendar(windows: windows)) ?? .open
    }
}
