import Determinism
import Policies
import Testing

@Suite("Token bucket")
struct TokenBucketTests {
    private let start = Timestamp(milliseconds: 1_700_000_000_000)

    private func bucket(
        _ tokens: Int64, per period: TimeSpan = .seconds(Int64(1)), burst: Int64
    ) throws -> TokenBucket {
        TokenBucket(limit: try RateLimit(tokens: tokens, per: period, burst: burst), now: start)
    }

    @Test("A full bucket gives its burst at once and no more")
    func burst() throws {
        var bucket = try bucket(10, burst: 5)
        for _ in 0..<5 { #expect(bucket.tryTake(now: start) == true) }
        #expect(bucket.tryTake(now: start) == false)
        #expect(bucket.available(now: start) == 0)
    }

    @Test("Tokens come back to the microsecond")
    func refill() throws {
        var bucket = try bucket(3, burst: 1)
        #expect(bucket.tryTake(now: start) == true)
        // A third of a second is not a whole number of microseconds: 333,333 fall just short.
        #expect(bucket.nextAvailable(now: start) == start + .microseconds(333_334))
        #expect(bucket.tryTake(now: start + .microseconds(333_333)) == false)
        #expect(bucket.tryTake(now: start + .microseconds(333_334)) == true)
    }

    @Test("However often it is asked, a bucket gives exactly its rate", arguments: [1, 7, 997])
    func exactOverTime(step: Int64) throws {
        var bucket = try bucket(3, burst: 1)
        var taken = 0
        var time: Int64 = 0
        while time <= 9_999_000 {
            if bucket.tryTake(now: start + .microseconds(time)) { taken += 1 }
            time += step
        }
        // The first token, then three a second; a coarse clock may miss the last one by a step.
        #expect(step == 997 ? (29...30).contains(taken) : taken == 30)
    }

    @Test("Slow rates work: one call in ten seconds")
    func slowRate() throws {
        var bucket = try bucket(1, per: .seconds(Int64(10)), burst: 1)
        #expect(bucket.tryTake(now: start) == true)
        #expect(bucket.tryTake(now: start + .milliseconds(9_999)) == false)
        #expect(bucket.tryTake(now: start + .seconds(Int64(10))) == true)
        #expect(bucket.limit.tokensPerSecond == 0.1)
    }

    @Test("Time that runs backwards, or jumps by centuries, breaks nothing")
    func oddTimes() throws {
        var bucket = try bucket(1_000_000_000, burst: 1_000_000)
        #expect(bucket.tryTake(1_000_000, now: start) == true)
        #expect(bucket.tryTake(now: start - .seconds(Int64(100))) == false)
        #expect(bucket.available(now: .distantFuture) == 1_000_000)
        #expect(bucket.tryTake(1_000_000, now: .distantFuture) == true)
    }

    @Test("All or none, and never more than the burst")
    func allOrNone() throws {
        var bucket = try bucket(10, burst: 5)
        #expect(bucket.tryTake(6, now: start) == false)
        #expect(bucket.tryTake(-1, now: start) == false)
        #expect(bucket.nextAvailable(6, now: start) == nil)
        #expect(bucket.tryTake(4, now: start) == true)
        #expect(bucket.tryTake(2, now: start) == false)
        #expect(bucket.available(now: start) == 1)
    }

    @Test("Another limit keeps the tokens that fit")
    func changesLimit() throws {
        var bucket = try bucket(10, burst: 50)
        #expect(bucket.tryTake(20, now: start) == true)
        let wider = bucket.changed(to: try RateLimit(tokens: 1, burst: 100), now: start)
        #expect(wider.available(now: start) == 30)
        let narrower = bucket.changed(to: try RateLimit(tokens: 1, burst: 3), now: start)
        #expect(narrower.available(now: start) == 3)
    }

    @Test("Limits out of range are refused by name")
    func refuses() {
        #expect(throws: PolicyError.self) { try RateLimit(tokens: 0, burst: 1) }
        #expect(throws: PolicyError.self) { try RateLimit(tokens: 1, burst: 0) }
        #expect(throws: PolicyError.self) { try RateLimit(tokens: 1, per: .zero, burst: 1) }
    }
}
