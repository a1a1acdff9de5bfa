import Contracts
import Determinism
import Policies
import Testing

/// Every arrow of the state diagram of `FallbackJoin`, and every verdict that must change nothing.
@Suite("Fallback transitions")
struct FallbackTransitionTests {
    @Test("Unknown → decided: off, shadow and refused records are answered at once with the reason")
    func immediate() throws {
        for mode in Mode.allCases {
            for admission in ReasonCode.allCases {
                var join = try TestJoin()
                let action = join.classical(
                    key(1), verdict(mode: mode, admission: admission), payload: 7, now: epoch)
                let expected: ReasonCode? =
                    switch (admission, mode) {
                    case (.accepted, .live): nil
                    case (.accepted, .shadow), (.accepted, .canary): .shadowMode
                    case (.accepted, .off): .modeOff
                    default: admission
                    }
                guard let expected else {
                    #expect(action.held == epoch + .milliseconds(100))
                    continue
                }
                let score = try #require(action.emitted)
                #expect(score.reason == expected && score.source == .classical)
                #expect(score.score == 0.25 && score.classical == 7 && score.quantum == nil)
                #expect(score.key == key(1))
                #expect(join.pendingCount == 0 && join.decidedCount == 1)
            }
        }
    }

    @Test("Waiting → decided: each quantum outcome leads to its score, source and reason")
    func waitingThenQuantum() throws {
        for (outcome, score, source, reason) in outcomes {
            var join = try TestJoin()
            #expect(join.classical(key(1), verdict(), payload: 7, now: epoch).held != nil)
            #expect(join.pendingCount == 1)
            let last = epoch + .microseconds(99_999)
            let action = join.quantum(key(1), outcome, payload: 8, now: last)
            let emitted = try #require(action.emitted)
            #expect(emitted.score == score && emitted.source == source && emitted.reason == reason)
            #expect(emitted.classical == 7 && emitted.quantum == 8)
            #expect(join.pendingCount == 0 && join.decidedCount == 1)
        }
    }

    @Test("Early → decided: the order of the two verdicts does not matter")
    func earlyThenClassical() throws {
        for (outcome, score, source, reason) in outcomes {
            var join = try TestJoin()
            #expect(join.quantum(key(1), outcome, payload: 8, now: epoch).isKept)
            #expect(join.earlyCount == 1)
            let action = join.classical(key(1), verdict(), payload: 7, now: epoch)
            let emitted = try #require(action.emitted)
            #expect(emitted.score == score && emitted.source == source && emitted.reason == reason)
            #expect(emitted.classical == 7 && emitted.quantum == 8)
            #expect(join.earlyCount == 0 && join.pendingCount == 0)
        }
    }

    @Test("Early → decided in shadow: the classical score is served, the quantum verdict is late")
    func earlyInShadow() throws {
        var join = try TestJoin()
        _ = join.quantum(key(1), .use(score: 0.9), payload: 8, now: epoch)
        let action = join.classical(key(1), verdict(mode: .shadow), payload: 7, now: epoch)
        let emitted = try #require(action.emitted)
        #expect(emitted.reason == .shadowMode && emitted.quantum == nil)
        #expect(join.counters.lateQuantum == 1 && join.earlyCount == 0)
    }

    @Test("Waiting → decided: at the deadline the classical score is served, not a moment before")
    func deadline() throws {
        var join = try TestJoin()
        _ = join.classical(key(1), verdict(), payload: 7, now: epoch)
        var scores: [FallbackScore<Int, Int>] = []
        let due = join.expire(now: epoch + .microseconds(99_999)) { scores.append($0) }
        #expect(scores.isEmpty && due == epoch + .milliseconds(100))
        let next = join.expire(now: epoch + .milliseconds(100)) { scores.append($0) }
        #expect(next == nil && scores.count == 1)
        #expect(scores.first?.reason == .deadlineExceeded && scores.first?.source == .classical)
        #expect(join.counters.deadlineExceeded == 1)
    }

    @Test("A quantum verdict at the deadline is too late, whether the caller has looked or not")
    func quantumAtDeadline() throws {
        var join = try TestJoin()
        _ = join.classical(key(1), verdict(), payload: 7, now: epoch)
        let action = join.quantum(
            key(1), .use(score: 0.9), payload: 8, now: epoch + .milliseconds(100))
        let emitted = try #require(action.emitted)
        #expect(emitted.reason == .deadlineExceeded && emitted.score == 0.25)
        #expect(emitted.quantum == nil && join.counters.lateQuantum == 1)
    }

    @Test("A classical verdict after its deadline is answered at once")
    func classicalAfterDeadline() throws {
        let late = epoch + .milliseconds(100)
        var alone = try TestJoin()
        let first = alone.classical(key(1), verdict(), payload: 7, now: late)
        #expect(first.emitted?.reason == .deadlineExceeded)
        var inTime = try TestJoin()
        _ = inTime.quantum(key(1), .use(score: 0.9), payload: 8, now: epoch)
        let second = inTime.classical(key(1), verdict(), payload: 7, now: late)
        #expect(second.emitted?.reason == .accepted)
        var tooLate = try TestJoin()
        _ = tooLate.quantum(key(1), .use(score: 0.9), payload: 8, now: late)
        let third = tooLate.classical(key(1), verdict(), payload: 7, now: late)
        #expect(third.emitted?.reason == .deadlineExceeded)
    }

    @Test("Decided: a late quantum verdict changes nothing and is counted")
    func lateQuantum() throws {
        for (outcome, _, _, _) in outcomes {
            var join = try TestJoin()
            _ = join.classical(key(1), verdict(mode: .shadow), payload: 7, now: epoch)
            let late = join.quantum(key(1), outcome, payload: 8, now: epoch)
            #expect(late.dropped == .late)
            #expect(join.counters.lateQuantum == 1 && join.counters.scores == 1)
            #expect(join.earlyCount == 0)
        }
    }

    @Test("Duplicates of either verdict are dropped in every state and counted")
    func duplicates() throws {
        var join = try TestJoin()
        _ = join.quantum(key(1), .failed, payload: 1, now: epoch)
        let early = join.quantum(key(1), .use(score: 1), payload: 2, now: epoch)
        #expect(early.dropped == .duplicate)
        let first = join.classical(key(1), verdict(), payload: 3, now: epoch)
        #expect(first.emitted?.quantum == 1)
        #expect(join.classical(key(1), verdict(), payload: 4, now: epoch).dropped == .duplicate)
        #expect(join.quantum(key(1), .failed, payload: 5, now: epoch).dropped == .duplicate)
        _ = join.classical(key(2), verdict(), payload: 6, now: epoch)
        #expect(join.classical(key(2), verdict(), payload: 7, now: epoch).dropped == .duplicate)
        let joined = join.quantum(key(2), .failed, payload: 8, now: epoch)
        #expect(joined.emitted?.classical == 6)
        #expect(join.counters.duplicateClassical == 2 && join.counters.duplicateQuantum == 2)
        #expect(join.counters.scores == 2)
    }

    @Test("Release answers all who wait, by deadline, with the given reason")
    func release() throws {
        var join = try TestJoin()
        for number in [3, 1, 2] {
            let due = verdict(budget: .milliseconds(Int64(number)))
            _ = join.classical(key(number), due, payload: number, now: epoch)
        }
        var order: [Int] = []
        join.releaseAll(reason: .killSwitch, now: epoch) { score in
            #expect(score.reason == .killSwitch && score.source == .classical)
            order.append(score.classical)
        }
        #expect(order == [1, 2, 3] && join.pendingCount == 0)
        #expect(join.quantum(key(1), .failed, payload: 0, now: epoch).dropped == .late)
    }

    @Test("A restored decision suppresses what comes again after a restart")
    func restored() throws {
        var join = try TestJoin()
        join.restoreDecided(key(1), usedQuantum: false, now: epoch)
        #expect(join.classical(key(1), verdict(), payload: 1, now: epoch).dropped == .duplicate)
        #expect(join.quantum(key(1), .failed, payload: 1, now: epoch).dropped == .late)
    }

    @Test("Discarded records are no longer waited for and never answered here")
    func discarded() throws {
        var join = try TestJoin()
        for number in 0..<10 {
            _ = join.classical(key(number), verdict(), payload: number, now: epoch)
        }
        join.discard { $0 % 2 == 0 }
        #expect(join.pendingCount == 5)
        var answered: [Int] = []
        join.expire(now: epoch + .seconds(Int64(1))) { answered.append($0.classical) }
        #expect(answered.sorted() == [1, 3, 5, 7, 9])
    }
}
