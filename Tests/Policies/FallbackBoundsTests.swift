import Contracts
import Determinism
import Policies
import Testing

@Suite("Fallback bounds")
struct FallbackBoundsTests {
    @Test("A million records may wait at once, and all are answered in order of deadline")
    func aMillionPending() throws {
        let count = 1_000_000
        var join = try TestJoin()
        for id in 0..<count {
            let mixed = StableHash.mix(UInt64(id))
            let due = verdict(budget: .microseconds(Int64(mixed % 60_000_000) + 1))
            let key = RecordKey(high: mixed, low: StableHash.mix(mixed))
            _ = join.classical(key, due, payload: id, now: epoch)
        }
        #expect(join.pendingCount == count && join.timerCount == count)
        var (answered, last, inOrder) = (0, epoch, true)
        join.expire(now: epoch + .seconds(Int64(61))) { score in
            answered += 1
            inOrder = inOrder && score.verdict.deadline >= last
            last = score.verdict.deadline
        }
        #expect(answered == count && inOrder && join.pendingCount == 0 && join.timerCount == 0)
    }

    @Test("One more than the limit is answered at once")
    func overflow() throws {
        var join = try TestJoin(limits: FallbackLimits(maximumPending: 2))
        for id in 0..<2 {
            #expect(join.classical(key(id), verdict(), payload: id, now: epoch).held != nil)
        }
        let third = join.classical(key(2), verdict(), payload: 2, now: epoch)
        #expect(third.emitted?.reason == .concurrencyLimited)
        #expect(join.counters.overflowed == 1)
    }

    @Test("Answered records leave at most as many stale timers as live ones, plus a thousand")
    func staleTimers() throws {
        var join = try TestJoin()
        let far = verdict(budget: .seconds(Int64(3_600)))
        for id in 0..<50_000 {
            _ = join.classical(key(id), far, payload: id, now: epoch)
            if id >= 10 {
                _ = join.quantum(key(id - 10), .use(score: 1), payload: 0, now: epoch)
            }
            #expect(join.timerCount <= 2 * join.pendingCount + 1_024)
        }
    }

    @Test("Early verdicts are bounded by number, the oldest goes first")
    func earlyByNumber() throws {
        var join = try TestJoin(limits: FallbackLimits(maximumEarly: 3))
        for id in 0..<4 {
            #expect(join.quantum(key(id), .use(score: 1), payload: id, now: epoch).isKept)
        }
        #expect(join.earlyCount == 3 && join.counters.earlyEvicted == 1)
        #expect(join.classical(key(0), verdict(), payload: 0, now: epoch).held != nil)
        let joined = join.classical(key(1), verdict(), payload: 1, now: epoch)
        #expect(joined.emitted?.reason == .accepted)
    }

    @Test("Early verdicts are bounded by age")
    func earlyByAge() throws {
        let limits = FallbackLimits(earlyLifetime: .seconds(Int64(1)))
        var join = try TestJoin(limits: limits)
        _ = join.quantum(key(0), .use(score: 1), payload: 0, now: epoch)
        join.expire(now: epoch + .milliseconds(999)) { _ in }
        #expect(join.earlyCount == 1)
        join.expire(now: epoch + .milliseconds(1_000)) { _ in }
        #expect(join.earlyCount == 0 && join.counters.earlyExpired == 1)
    }

    @Test("Decisions are remembered for the lifetime, and forgotten after twice that")
    func decidedByAge() throws {
        let limits = FallbackLimits(decidedLifetime: .seconds(Int64(10)))
        var join = try TestJoin(limits: limits)
        let shadow = verdict(mode: .shadow)
        _ = join.classical(key(0), shadow, payload: 0, now: epoch)
        for second in 1...9 {
            join.expire(now: epoch + .seconds(Int64(second))) { _ in }
        }
        let again = join.classical(key(0), shadow, payload: 0, now: epoch + .seconds(Int64(9)))
        #expect(again.dropped == .duplicate)
        join.expire(now: epoch + .seconds(Int64(10))) { _ in }
        join.expire(now: epoch + .seconds(Int64(20))) { _ in }
        #expect(join.decidedCount == 0)
    }

    @Test("Decisions are bounded by number, the newer half is always remembered")
    func decidedByNumber() throws {
        var join = try TestJoin(limits: FallbackLimits(maximumDecided: 1_000))
        let shadow = verdict(mode: .shadow)
        for id in 0..<10_000 {
            _ = join.classical(key(id), shadow, payload: id, now: epoch)
            #expect(join.decidedCount <= 1_000)
        }
        for id in 9_500..<10_000 {
            #expect(join.classical(key(id), shadow, payload: 0, now: epoch).dropped == .duplicate)
        }
    }

    @Test("Expiry can be spread over calls")
    func expiryLimit() throws {
        var join = try TestJoin()
        for id in 0..<10 { _ = join.classical(key(id), verdict(), payload: id, now: epoch) }
        let later = epoch + .seconds(Int64(1))
        var count = 0
        #expect(join.expire(now: later, limit: 4) { _ in count += 1 } == verdict().deadline)
        #expect(count == 4 && join.pendingCount == 6)
        #expect(join.expire(now: later) { _ in count += 1 } == nil)
        #expect(count == 10)
    }

    @Test("Limits out of range are refused by name")
    func validation() {
        for limits in [
            FallbackLimits(maximumPending: 0), FallbackLimits(maximumEarly: 0),
            FallbackLimits(maximumDecided: 1), FallbackLimits(earlyLifetime: .zero),
            FallbackLimits(decidedLifetime: .zero),
        ] {
            #expect(throws: PolicyError.self) { try TestJoin(limits: limits) }
        }
    }
}
