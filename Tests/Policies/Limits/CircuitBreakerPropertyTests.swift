import Determinism
import Policies
import Testing

/// What must hold of a breaker under any stream of events.
@Suite("The circuit breaker under random events")
struct CircuitBreakerPropertyTests {
    private static func policy(_ random: inout RandomStream) -> BreakerPolicy {
        var policy = BreakerPolicy()
        let size = Int.random(in: 1...64, using: &random)
        policy.window =
            Bool.random(using: &random)
            ? .calls(size) : .time(.milliseconds(Int64.random(in: 1...5_000, using: &random)))
        policy.minimumCalls = Int.random(in: 1...size, using: &random)
        policy.failureRate = Double.random(in: 0.05...1, using: &random)
        policy.slowRate = Double.random(in: 0.05...1, using: &random)
        policy.openWait = .milliseconds(Int64.random(in: 1...500, using: &random))
        policy.longestOpenWait =
            policy.openWait + .milliseconds(Int64.random(in: 0...5_000, using: &random))
        policy.backoff = Double.random(in: 1...4, using: &random)
        policy.jitter = Double.random(in: 0...0.9, using: &random)
        policy.probes = Int.random(in: 1...8, using: &random)
        policy.probeTimeout = .milliseconds(Int64.random(in: 1...2_000, using: &random))
        return policy
    }

    private static func outcome(_ random: inout RandomStream) -> CircuitBreaker.Outcome {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<10: .ok
        case 10..<13: .slow
        case 13..<18: .failed
        case 18: .throttled(retryAfter: nil)
        default:
            .throttled(retryAfter: .milliseconds(Int64.random(in: 0...3_000, using: &random)))
        }
    }

    @Test("permits exactly what it grants, never in open, and never more probes than agreed")
    func invariants() throws {
        for seed in 0..<200 {
            var random = RandomStream(seed: UInt64(seed))
            let policy = Self.policy(&random)
            try policy.validate()
            var now = Timestamp(milliseconds: 1_700_000_000_000)
            var breaker = CircuitBreaker(policy: policy, now: now, seed: UInt64(seed))
            var probes = 0
            for step in 0..<500 {
                now = now + .microseconds(Int64.random(in: 0...100_000, using: &random))
                let before = breaker
                let holds =
                    Bool.random(using: &random)
                    ? acquires(&breaker, &probes, now)
                    : records(&breaker, Self.outcome(&random), now)
                guard holds else {
                    Issue.record("seed \(seed), step \(step): \(before) became \(breaker)")
                    break
                }
            }
        }
    }

    private func acquires(
        _ breaker: inout CircuitBreaker, _ probes: inout Int, _ now: Timestamp
    ) -> Bool {
        let before = (breaker.state, breaker.since, breaker.openUntil)
        let permitted = breaker.permits(now: now)
        let granted = breaker.tryAcquire(now: now)
        if before.0 != .halfOpen || breaker.since != before.1 { probes = 0 }
        if breaker.state == .halfOpen, granted { probes += 1 }
        return permitted == granted && probes <= breaker.policy.probes
            && (before.0 != .open || granted == (now >= before.2))
            && (before.0 != .closed || granted)
    }

    private func records(
        _ breaker: inout CircuitBreaker, _ outcome: CircuitBreaker.Outcome, _ now: Timestamp
    ) -> Bool {
        let (policy, wasClosed) = (breaker.policy, breaker.state == .closed)
        breaker.record(outcome, now: now)
        switch breaker.state {
        case .halfOpen: return !wasClosed
        case .open:
            let longest = max(policy.longestOpenWait, .milliseconds(3_000))
            return breaker.openUntil - now <= longest
        case .closed:
            let tally = breaker.tally
            let isBad =
                Double(tally.failed) >= policy.failureRate * Double(tally.calls)
                || Double(tally.slow) >= policy.slowRate * Double(tally.calls)
            return tally.calls < policy.minimumCalls || !isBad
        }
    }

    @Test("holds in its window what a plain list of the last calls holds")
    func windowOfCalls() {
        for seed in 0..<20 {
            var random = RandomStream(seed: UInt64(seed), stream: 1)
            var policy = BreakerPolicy()
            let size = Int.random(in: 1...1_024, using: &random)
            policy.window = .calls(size)
            policy.minimumCalls = size
            policy.failureRate = 1
            policy.slowRate = 1
            let now = Timestamp(milliseconds: 1_700_000_000_000)
            var breaker = CircuitBreaker(policy: policy, now: now)
            var list: [Int] = []
            for _ in 0..<1_500 {
                let kind = Int.random(in: 0..<3, using: &random)
                breaker.record([.ok, .slow, .failed][kind], now: now)
                if breaker.state != .closed { break }
                list.append(kind)
                let last = list.suffix(size)
                #expect(
                    breaker.tally
                        == CallTally(
                            calls: last.count, failed: last.count { $0 == 2 },
                            slow: last.count { $0 == 1 }))
            }
        }
    }

    @Test("says the same again for the same events")
    func deterministic() {
        func run() -> [Bool] {
            var random = RandomStream(seed: 7)
            var now = Timestamp(milliseconds: 1_700_000_000_000)
            var breaker = CircuitBreaker(policy: Self.policy(&random), now: now, seed: 3)
            return (0..<1_000).map { _ in
                now = now + .milliseconds(Int64.random(in: 0...50, using: &random))
                breaker.record(Self.outcome(&random), now: now)
                return breaker.tryAcquire(now: now)
            }
        }
        let first = run()
        #expect(first == run() && first.contains(true) && first.contains(false))
    }
}
