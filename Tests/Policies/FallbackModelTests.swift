import Contracts
import Determinism
import Policies
import Testing

/// Random histories against the plainest statement of the rules: what each record's score must be
/// follows from its first classical verdict, its first quantum verdict and its deadline alone.
@Suite("Fallback against a model")
struct FallbackModelTests {
    private struct History {
        var classical: (verdict: ClassicalVerdict, at: Timestamp)?
        var quantum: (outcome: QuantumOutcome, at: Timestamp)?

        /// The one score that this record must get.
        var expected: (score: Double, reason: ReasonCode)? {
            guard let (verdict, _) = classical else { return nil }
            if let reason = verdict.immediateReason { return (verdict.score, reason) }
            guard let quantum, quantum.at < verdict.deadline else {
                return (verdict.score, .deadlineExceeded)
            }
            let final = quantum.outcome.resolved(classicalScore: verdict.score)
            return (final.score, final.reason)
        }
    }

    private func randomVerdict(_ random: inout RandomStream, now: Timestamp) -> ClassicalVerdict {
        let modes: [Mode] = [.live, .live, .live, .live, .shadow, .off]
        return ClassicalVerdict(
            score: random.uniform(),
            deadline: now + .microseconds(Int64(random.next() % 50_000) - 2_000),
            mode: modes[Int(random.next() % 6)],
            admission: random.next() % 5 == 0 ? .certain : .accepted)
    }

    private func randomOutcome(_ random: inout RandomStream) -> QuantumOutcome {
        switch random.next() % 4 {
        case 0: .use(score: random.uniform())
        case 1: .blend(score: random.uniform())
        case 2: .reject(.lowConfidence)
        default: .failed
        }
    }

    @Test("20,000 events over 3,000 ids give each its one right score", arguments: 0..<20)
    func agreesWithModel(seed: Int) throws {
        var random = RandomStream(seed: UInt64(seed), stream: 5)
        var join = try TestJoin()
        var histories = [History](repeating: History(), count: 3_000)
        var scores = [[FallbackScore<Int, Int>]](repeating: [], count: 3_000)
        var now = epoch
        func record(_ score: FallbackScore<Int, Int>?) {
            if let score { scores[score.classical].append(score) }
        }
        for step in 0..<20_000 {
            now = now + .microseconds(Int64(random.next() % 100))
            // A moving window of ids, so that verdicts of one record meet, and some come very late.
            let id = min(2_999, step * 2_800 / 20_000 + Int(random.next() % 200))
            switch random.next() % 5 {
            case 0, 1:
                let verdict = randomVerdict(&random, now: now)
                record(join.classical(key(id), verdict, payload: id, now: now).emitted)
                if histories[id].classical == nil { histories[id].classical = (verdict, now) }
            case 2, 3:
                let outcome = randomOutcome(&random)
                record(join.quantum(key(id), outcome, payload: step, now: now).emitted)
                if histories[id].quantum == nil { histories[id].quantum = (outcome, now) }
            default:
                join.expire(now: now, limit: Int(random.next() % 8)) { record($0) }
            }
        }
        #expect(join.expire(now: now + .seconds(Int64(1))) { record($0) } == nil)
        #expect(join.pendingCount == 0)
        for (history, scores) in zip(histories, scores) {
            #expect(scores.count == (history.classical == nil ? 0 : 1))
            #expect(scores.first?.score == history.expected?.score)
            #expect(scores.first?.reason == history.expected?.reason)
        }
        let answered = histories.filter { $0.classical != nil }.count
        #expect(join.counters.scores == answered)
    }

    @Test("With the tightest limits no record goes without its score or gets two", arguments: 0..<5)
    func tightLimits(seed: Int) throws {
        var random = RandomStream(seed: UInt64(seed), stream: 6)
        let limits = FallbackLimits(maximumPending: 3, maximumEarly: 2, maximumDecided: 4)
        var join = try TestJoin(limits: limits)
        var scores = [Int](repeating: 0, count: 5_000)
        var now = epoch
        for id in 0..<5_000 {
            now = now + .microseconds(Int64(random.next() % 3_000))
            let other = max(0, id - Int(random.next() % 4))
            let outcome = randomOutcome(&random)
            let verdict = randomVerdict(&random, now: now)
            let quantum = join.quantum(key(other), outcome, payload: 0, now: now)
            let classical = join.classical(key(id), verdict, payload: id, now: now)
            for action in [quantum, classical] {
                if let score = action.emitted { scores[score.classical] += 1 }
            }
            join.expire(now: now) { scores[$0.classical] += 1 }
            #expect(join.pendingCount <= 3 && join.earlyCount <= 2 && join.decidedCount <= 4)
        }
        join.releaseAll(reason: .deadlineExceeded, now: now) { scores[$0.classical] += 1 }
        #expect(scores.allSatisfy { $0 == 1 })
        #expect(join.counters.overflowed > 0 && join.counters.earlyEvicted > 0)
    }

    @Test("The same history gives the same scores in the same order")
    func deterministic() throws {
        func run() throws -> [Int] {
            var join = try TestJoin()
            var order: [Int] = []
            for id in 0..<1_000 {
                let budget = TimeSpan.milliseconds(Int64(1 + id % 7))
                _ = join.classical(key(id), verdict(budget: budget), payload: id, now: epoch)
            }
            join.expire(now: epoch + .seconds(Int64(1))) { order.append($0.classical) }
            return order
        }
        let first = try run()
        #expect(try run() == first && first.count == 1_000)
    }
}
