import Determinism
import Policies
import Testing

@Suite("The circuit breaker")
struct CircuitBreakerTests {
    private let start = Timestamp(milliseconds: 1_700_000_000_000)

    /// Opens at half of the last four failed or slow; one second open, then two, four; two probes.
    static var policy: BreakerPolicy {
        var policy = BreakerPolicy()
        policy.window = .calls(4)
        policy.minimumCalls = 4
        policy.failureRate = 0.5
        policy.slowRate = 0.5
        policy.openWait = .seconds(1 as Int64)
        policy.longestOpenWait = .seconds(5 as Int64)
        policy.jitter = 0
        policy.probes = 2
        policy.probeTimeout = .seconds(10 as Int64)
        return policy
    }

    /// Where a breaker may stand before an event.
    enum Standing: String, CaseIterable {
        case closed, onTheBrink, open, waitedOut, halfOpen, oneProbeBack
    }

    enum Event: String, CaseIterable {
        case ok, slow, failed, throttled, throttledUntil, acquire, probeTimeout
    }

    private func breaker(_ standing: Standing) -> (CircuitBreaker, Timestamp) {
        var breaker = CircuitBreaker(policy: Self.policy, now: start)
        var now = start
        switch standing {
        case .closed: break
        case .onTheBrink:
            for outcome in [CircuitBreaker.Outcome.ok, .failed, .slow] {
                breaker.record(outcome, now: now)
            }
        case .open, .waitedOut, .halfOpen, .oneProbeBack:
            for _ in 0..<4 { breaker.record(.failed, now: now) }
            if standing != .open { now = now + .seconds(1 as Int64) }
            if standing == .halfOpen || standing == .oneProbeBack {
                _ = breaker.tryAcquire(now: now)
                _ = breaker.tryAcquire(now: now)
            }
            if standing == .oneProbeBack { breaker.record(.ok, now: now) }
        }
        return (breaker, now)
    }

    /// State and whether a call is permitted, after each event in each standing.
    private static let table: [Standing: [Event: (CircuitBreaker.State, Bool)]] = [
        .closed: [
            .ok: (.closed, true), .slow: (.closed, true), .failed: (.closed, true),
            .throttled: (.closed, true), .throttledUntil: (.open, false),
            .acquire: (.closed, true), .probeTimeout: (.closed, true),
        ],
        // One failed and one slow of three: a fourth of either kind makes half.
        .onTheBrink: [
            .ok: (.closed, true), .slow: (.open, false), .failed: (.open, false),
            .throttled: (.open, false), .throttledUntil: (.open, false),
            .acquire: (.closed, true), .probeTimeout: (.closed, true),
        ],
        .open: [
            .ok: (.open, false), .slow: (.open, false), .failed: (.open, false),
            .throttled: (.open, false), .throttledUntil: (.open, false),
            .acquire: (.open, false), .probeTimeout: (.open, true),
        ],
        // Late outcomes do not count; the next call permitted is the first probe of two.
        .waitedOut: [
            .ok: (.open, true), .slow: (.open, true), .failed: (.open, true),
            .throttled: (.open, true), .throttledUntil: (.open, false),
            .acquire: (.halfOpen, true), .probeTimeout: (.open, true),
        ],
        // One bad probe of two is half. Two unheard of are all.
        .halfOpen: [
            .ok: (.halfOpen, false), .slow: (.open, false), .failed: (.open, false),
            .throttled: (.open, false), .throttledUntil: (.open, false),
            .acquire: (.halfOpen, false), .probeTimeout: (.open, false),
        ],
        .oneProbeBack: [
            .ok: (.closed, true), .slow: (.open, false), .failed: (.open, false),
            .throttled: (.open, false), .throttledUntil: (.open, false),
            .acquire: (.halfOpen, false), .probeTimeout: (.open, false),
        ],
    ]

    @Test("goes where its table says, from each standing by each event")
    func transitions() throws {
        var seen = 0
        for standing in Standing.allCases {
            for event in Event.allCases {
                var (breaker, now) = breaker(standing)
                switch event {
                case .ok: breaker.record(.ok, now: now)
                case .slow: breaker.record(.slow, now: now)
                case .failed: breaker.record(.failed, now: now)
                case .throttled: breaker.record(.throttled(retryAfter: nil), now: now)
                case .throttledUntil:
                    breaker.record(.throttled(retryAfter: .seconds(3 as Int64)), now: now)
                case .acquire: _ = breaker.tryAcquire(now: now)
                case .probeTimeout:
                    now = now + .seconds(10 as Int64)
                    // An event that counts for nothing here brings the breaker up to date.
                    breaker.record(CallTally(), now: now)
                }
                let expected = try #require(Self.table[standing]?[event])
                let place: Comment = "\(standing), \(event)"
                #expect(breaker.state == expected.0, place)
                #expect(breaker.permits(now: now) == expected.1, place)
                seen += 1
            }
        }
        #expect(seen == 42)
    }

    @Test("waits twice as long each time a probe fails, at most its cap, and from the start again")
    func backoff() {
        var breaker = CircuitBreaker(policy: Self.policy, now: start)
        for _ in 0..<4 { breaker.record(.failed, now: start) }
        var now = start
        for seconds in [1, 2, 4, 5, 5] {
            #expect(breaker.openUntil - now == .seconds(seconds))
            #expect(!breaker.permits(now: breaker.openUntil - .microseconds(1)))
            now = breaker.openUntil
            #expect(breaker.tryAcquire(now: now) == true)
            breaker.record(.failed, now: now)
        }
        #expect(breaker.openings == 6)
        now = breaker.openUntil
        for _ in 0..<2 { #expect(breaker.tryAcquire(now: now) == true) }
        for _ in 0..<2 { breaker.record(.ok, now: now) }
        #expect(breaker.state == .closed && breaker.openings == 0)
        for _ in 0..<4 { breaker.record(.failed, now: now) }
        #expect(breaker.openUntil - now == .seconds(1 as Int64))
    }

    @Test("keeps to the device's own retry-after, which does not lengthen the back-off")
    func throttled() {
        var breaker = CircuitBreaker(policy: Self.policy, now: start)
        breaker.record(.throttled(retryAfter: .seconds(30 as Int64)), now: start)
        #expect(breaker.openUntil == start + .seconds(30 as Int64) && breaker.openings == 0)
        // A shorter one that comes later does not shorten the wait, a longer one lengthens it.
        breaker.record(.throttled(retryAfter: .seconds(1 as Int64)), now: start)
        #expect(breaker.openUntil == start + .seconds(30 as Int64))
        breaker.record(.throttled(retryAfter: .seconds(60 as Int64)), now: start)
        #expect(breaker.openUntil == start + .seconds(60 as Int64))
        breaker.record(.throttled(retryAfter: .seconds(1e12)), now: start)
        #expect(breaker.openUntil == start + CircuitBreaker.longestRetryAfter)
    }

    @Test("counts nothing of calls made before its state began")
    func stale() {
        var breaker = CircuitBreaker(policy: Self.policy, now: start)
        for _ in 0..<4 { breaker.record(.failed, now: start) }
        let now = breaker.openUntil
        #expect(breaker.tryAcquire(now: now) == true)
        breaker.record(.failed, acquiredAt: start, now: now)
        #expect(breaker.state == .halfOpen)
        breaker.record(.failed, acquiredAt: now, now: now)
        #expect(breaker.state == .open)
    }

    @Test("judges a status that tells of many calls by their shares, after all of them")
    func bulk() {
        var policy = Self.policy
        policy.window = .calls(100)
        policy.minimumCalls = 20
        var breaker = CircuitBreaker(policy: policy, now: start)
        breaker.record(CallTally(calls: 10_000, failed: 4_900), now: start)
        #expect(breaker.state == .closed)
        #expect(breaker.tally == CallTally(calls: 100, failed: 49))
        breaker.record(CallTally(calls: 10_000, failed: 5_000), now: start)
        #expect(breaker.state == .open)
    }

    @Test("forgets what left its window of time")
    func timeWindow() {
        var policy = Self.policy
        policy.window = .time(.seconds(32 as Int64))
        policy.minimumCalls = 10
        var breaker = CircuitBreaker(policy: policy, now: start)
        for second in 0..<9 {
            breaker.record(.failed, now: start + .seconds(second))
        }
        #expect(breaker.tally == CallTally(calls: 9, failed: 9))
        // Half a minute later the first ones are gone, and one more failure is not the tenth.
        breaker.record(.failed, now: start + .seconds(36 as Int64))
        #expect(breaker.tally.calls == 5 && breaker.state == .closed)
        breaker.record(CallTally(calls: 5, slow: 5), now: start + .seconds(36 as Int64))
        #expect(breaker.state == .open)
    }

    @Test("shortens waits by no more than its jitter, and by another part for another seed")
    func jitter() {
        var policy = Self.policy
        policy.jitter = 0.5
        var waits: Set<Int64> = []
        for seed in 0..<100 {
            var breaker = CircuitBreaker(policy: policy, now: start, seed: UInt64(seed))
            for _ in 0..<4 { breaker.record(.failed, now: start) }
            let wait = breaker.openUntil - start
            #expect(wait > .milliseconds(500) && wait <= .seconds(1 as Int64))
            waits.insert(wait.microseconds)
        }
        #expect(waits.count > 95)
    }

    @Test("refuses settings that cannot work")
    func validation() {
        var policy = BreakerPolicy()
        #expect(throws: Never.self) { try policy.validate() }
        policy.window = .calls(10)
        #expect(throws: PolicyError.self) { try policy.validate() }
        policy = BreakerPolicy()
        policy.failureRate = 0
        #expect(throws: PolicyError.self) { try policy.validate() }
        policy = BreakerPolicy()
        policy.longestOpenWait = .seconds(1 as Int64)
        #expect(throws: PolicyError.self) { try policy.validate() }
    }
}
