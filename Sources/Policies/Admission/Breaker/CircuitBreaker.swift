public import Determinism

/// Keeps calls from a device that fails or has grown slow, and tries it again now and then.
///
/// ```text
///                 failure or slow rate at its threshold
///      ┌──────────────────────────────────────────────────────────┐
///      │            throttled with a retry-after                  ▼
///   closed ─────────────────────────────────────────────────▶   open ◀──────────┐
///      ▲                                                          │             │
///      │                           wait over, a call asked for    │             │ rate at its
///      │                                                          ▼             │ threshold, or
///      └──────────────── all probes back, rates below ─────── half-open ────────┘ throttled
/// ```
///
/// A throttled device is not a failing one: it names the instant from which calls are welcome, so
/// the breaker opens until then at once, and the back-off does not grow. Throttling without an
/// instant counts as a failure. In half-open, the breaker opens as soon as the probes that failed
/// make the verdict certain. Nothing is counted in open, and nothing of calls made before the
/// present state began.
///
/// A value of fixed size; deterministic; no allocation. `now` that runs backwards counts as the
/// latest seen.
public struct CircuitBreaker: Sendable {
    public enum State: String, Sendable, CaseIterable { case closed, open, halfOpen }

    /// How a call ended.
    public enum Outcome: Equatable, Sendable {
        case ok
        /// Answered, but too late to be of use.
        case slow
        case failed
        /// Refused for now, until so long from now if the device said.
        case throttled(retryAfter: TimeSpan?)
    }

    /// A longer retry-after is cut to this.
    public static let longestRetryAfter = TimeSpan.seconds(86_400 as Int64)

    public private(set) var policy: BreakerPolicy
    /// As of the last event: open past `openUntil` turns half-open with the next call permitted.
    public private(set) var state = State.closed
    /// When the state began.
    public private(set) var since: Timestamp
    /// In open: the first instant at which a call is permitted.
    public private(set) var openUntil: Timestamp
    /// Openings by rates since the breaker was last closed: the back-off's exponent.
    public private(set) var openings = 0

    private var window: CallWindow
    private var probes = Probes()
    private var latest: Timestamp
    private let seed: UInt64

    /// Closed.
    ///
    /// - Parameters:
    ///   - policy: a validated policy.
    ///   - seed: of the jitter; instances should differ in it.
    public init(policy: BreakerPolicy = BreakerPolicy(), now: Timestamp, seed: UInt64 = 0) {
        self.policy = policy
        self.seed = seed
        window = CallWindow(policy.window, now: now)
        (since, openUntil, latest) = (now, now, now)
    }

    /// The calls in the window, as of the last event.
    public var tally: CallTally { window.tally }

    /// Whether a call may be made at `now`; `tryAcquire` would say the same.
    public func permits(now: Timestamp) -> Bool {
        let now = max(now, latest)
        switch state {
        case .closed: return true
        case .open: return now >= openUntil
        case .halfOpen:
            let probes = probes.givingUp(policy.probeTimeout, now: now)
            switch verdict(probes) {
            case .closed: return true
            case .open: return false
            case .halfOpen: return probes.permitted < policy.probes
            }
        }
    }

    /// Takes a permit for one call; each needs its outcome recorded.
    public mutating func tryAcquire(now: Timestamp) -> Bool {
        advance(to: now)
        if state == .open, latest >= openUntil { enter(.halfOpen) }
        guard state == .halfOpen else { return state == .closed }
        guard probes.permitted < policy.probes else { return false }
        probes.permitted += 1
        probes.lastPermitted = latest
        return true
    }

    /// Records how one call ended.
    ///
    /// - Parameters:
    ///   - acquiredAt: when its permit was taken; nil when unknown, and then it counts.
    ///   - now: when the outcome was learnt.
    public mutating func record(
        _ outcome: Outcome, acquiredAt: Timestamp? = nil, now: Timestamp
    ) {
        advance(to: now)
        if case .throttled(let wait?) = outcome {
            let wait = min(max(.zero, wait), Self.longestRetryAfter)
            return open(until: latest + wait)
        }
        if let acquiredAt, acquiredAt < since { return }
        switch outcome {
        case .ok: count(CallTally(calls: 1))
        case .slow: count(CallTally(calls: 1, slow: 1))
        case .failed, .throttled: count(CallTally(calls: 1, failed: 1))
        }
    }

    /// Records calls that a device's status tells of together; the rates are looked at once, after
    /// all of them. In half-open, at most as many count as probes are out, the failed ones first.
    public mutating func record(_ calls: CallTally, now: Timestamp) {
        advance(to: now)
        if calls.calls > 0 { count(calls) }
    }

    /// Follows a changed policy: state and permits stay, a window of another kind begins empty.
    public mutating func adopt(_ policy: BreakerPolicy, now: Timestamp) {
        guard policy != self.policy else { return }
        advance(to: now)
        if policy.window != self.policy.window {
            window = CallWindow(policy.window, now: latest)
        }
        self.policy = policy
        if state == .open { openUntil = min(openUntil, latest + policy.longestOpenWait) }
    }

    // MARK: Transitions

    private mutating func advance(to now: Timestamp) {
        latest = max(latest, now)
        window.advance(to: latest)
        guard state == .halfOpen else { return }
        probes = probes.givingUp(policy.probeTimeout, now: latest)
        judge()
    }

    private mutating func count(_ calls: CallTally) {
        switch state {
        case .open: return
        case .closed:
            window.add(calls, now: latest)
            let tally = window.tally
            guard tally.calls >= policy.minimumCalls else { return }
            if isBad(tally, of: tally.calls) { trip() }
        case .halfOpen:
            probes.add(calls)
            judge()
        }
    }

    private mutating func judge() {
        switch verdict(probes) {
        case .halfOpen: return
        case .open: trip()
        case .closed: enter(.closed)
        }
    }

    /// Open once the probes' rates must reach a threshold, closed when all are back and did not.
    private func verdict(_ probes: Probes) -> State {
        if isBad(probes.ended, of: policy.probes) { return .open }
        return probes.ended.calls >= policy.probes ? .closed : .halfOpen
    }

    private func isBad(_ tally: CallTally, of calls: Int) -> Bool {
        Double(tally.failed) >= policy.failureRate * Double(calls)
            || Double(tally.slow) >= policy.slowRate * Double(calls)
    }

    /// Opens for the back-off's next wait.
    private mutating func trip() {
        let longest = policy.longestOpenWait.inSeconds
        // Beyond a thousand openings any back-off above 1.01 has met its cap.
        let growth = Self.power(policy.backoff, min(openings, 1_000))
        let wait = min(policy.openWait.inSeconds * growth, longest)
        openings += 1
        let draw = Double(StableHash.combine(seed, UInt64(openings)) >> 11) * 0x1p-53
        open(until: latest + .seconds(wait * (1 - policy.jitter * draw)))
    }

    private mutating func open(until instant: Timestamp) {
        if state == .open {
            openUntil = max(openUntil, instant)
        } else {
            openUntil = instant
            enter(.open)
        }
    }

    private mutating func enter(_ next: State) {
        state = next
        since = latest
        probes = Probes()
        window = CallWindow(policy.window, now: latest)
        if next == .closed { openings = 0 }
    }

    private static func power(_ base: Double, _ exponent: Int) -> Double {
        var result = 1.0
        for _ in 0..<exponent where result < 1e12 { result *= base }
        return result
    }
}

/// The calls permitted in half-open.
private struct Probes {
    var permitted = 0
    var ended = CallTally()
    var lastPermitted = Timestamp(microseconds: 0)

    /// With probes that are not heard of counted as failed.
    func givingUp(_ timeout: TimeSpan, now: Timestamp) -> Probes {
        let missing = permitted - ended.calls
        guard missing > 0, now - lastPermitted >= timeout else { return self }
        var result = self
        result.ended = ended + CallTally(calls: missing, failed: missing)
        return result
    }

    mutating func add(_ calls: CallTally) {
        let room = permitted - ended.calls
        let failed = min(calls.failed, room)
        let slow = min(calls.slow, room - failed)
        let good = min(calls.calls - calls.failed - calls.slow, room - failed - slow)
        ended = ended + CallTally(calls: failed + slow + good, failed: failed, slow: slow)
    }
}
