import Determinism
import Policies
import Testing

@Suite("Shadow pairing")
struct ShadowJoinTests {
    private typealias Join = ShadowJoin<String, Int>

    private func pair(_ action: ShadowAction<String, Int>) -> ShadowPair<String, Int>? {
        if case .pair(let pair) = action { pair } else { nil }
    }

    private func isDuplicate(_ action: ShadowAction<String, Int>) -> Bool {
        if case .duplicate = action { true } else { false }
    }

    @Test("Both orders pair, each side with its own arrival")
    func pairs() throws {
        var join = try Join()
        let later = epoch + .seconds(Int64(60))
        #expect(pair(join.classical(key(1), "a", now: epoch)) == nil)
        let first = try #require(pair(join.quantum(key(1), 1, now: later)))
        #expect(first.classical == "a" && first.quantum == 1 && first.key == key(1))
        #expect(first.classicalArrived == epoch && first.quantumArrived == later)
        #expect(pair(join.quantum(key(2), 2, now: epoch)) == nil)
        let second = try #require(pair(join.classical(key(2), "b", now: later)))
        #expect(second.classical == "b" && second.quantum == 2)
        #expect(second.classicalArrived == later && second.quantumArrived == epoch)
        #expect(join.counters.pairs == 2 && join.unpairedCount == 0)
    }

    @Test("A pair is made once; what comes again is counted")
    func duplicates() throws {
        var join = try Join()
        _ = join.classical(key(1), "a", now: epoch)
        #expect(isDuplicate(join.classical(key(1), "b", now: epoch)))
        #expect(pair(join.quantum(key(1), 1, now: epoch))?.classical == "a")
        #expect(isDuplicate(join.quantum(key(1), 2, now: epoch)))
        #expect(isDuplicate(join.classical(key(1), "c", now: epoch)))
        #expect(join.counters.duplicates == 3 && join.counters.pairs == 1)
    }

    @Test("What stays alone is given up after the lifetime, oldest first")
    func expires() throws {
        var join = try Join(limits: ShadowLimits(lifetime: .seconds(Int64(10))))
        _ = join.classical(key(1), "old", now: epoch)
        _ = join.quantum(key(2), 2, now: epoch)
        _ = join.classical(key(3), "new", now: epoch + .seconds(Int64(5)))
        var alone: [String] = []
        join.expire(now: epoch + .seconds(Int64(10))) { unpaired in
            switch unpaired {
            case .classical(_, let value): alone.append(value)
            case .quantum(_, let value): alone.append(String(value))
            }
        }
        #expect(alone == ["old", "2"] && join.unpairedCount == 1 && join.counters.expired == 2)
        let late = join.quantum(key(3), 3, now: epoch + .seconds(Int64(11)))
        #expect(pair(late) != nil)
    }

    @Test("Memory is bounded on each side")
    func bounded() throws {
        var join = try Join(limits: ShadowLimits(maximumUnpaired: 5))
        for id in 0..<100 {
            _ = join.classical(key(id), "c", now: epoch)
            _ = join.quantum(key(1_000 + id), id, now: epoch)
            #expect(join.unpairedCount <= 10)
        }
        #expect(join.counters.evicted == 190)
        #expect(pair(join.quantum(key(99), 1, now: epoch)) != nil)
        #expect(pair(join.quantum(key(3), 1, now: epoch)) == nil)
    }

    @Test("The oldest classical verdict is handed back when there is no room for another")
    func handsBack() throws {
        var join = try Join(limits: ShadowLimits(maximumUnpaired: 2))
        _ = join.classical(key(1), "a", now: epoch)
        #expect(join.evictOldestClassicalIfFull() == nil)
        _ = join.classical(key(2), "b", now: epoch)
        #expect(join.evictOldestClassicalIfFull() == "a" && join.counters.evicted == 1)
    }

    @Test("Discarded classical verdicts no longer pair")
    func discards() throws {
        var join = try Join()
        _ = join.classical(key(1), "mine", now: epoch)
        _ = join.classical(key(2), "theirs", now: epoch)
        join.discard { $0 == "theirs" }
        #expect(join.unpairedCount == 1)
        #expect(pair(join.quantum(key(1), 1, now: epoch)) != nil)
        #expect(pair(join.quantum(key(2), 1, now: epoch)) == nil)
    }

    @Test("Random histories pair each id at most once, and exactly when both sides came")
    func randomised() throws {
        var random = RandomStream(seed: 3)
        var join = try Join()
        var seen = [(classical: Bool, quantum: Bool, pairs: Int)](
            repeating: (false, false, 0), count: 500)
        for step in 0..<4_000 {
            let id = Int(random.next() % 500)
            let now = epoch + .milliseconds(Int64(step))
            let action: ShadowAction<String, Int>
            if random.next() & 1 == 0 {
                action = join.classical(key(id), "\(id)", now: now)
                seen[id].classical = true
            } else {
                action = join.quantum(key(id), id, now: now)
                seen[id].quantum = true
            }
            if let pair = pair(action) {
                #expect(pair.classical == "\(pair.quantum)" && pair.quantum == id)
                seen[id].pairs += 1
            }
        }
        #expect(seen.allSatisfy { $0.pairs == ($0.classical && $0.quantum ? 1 : 0) })
    }
}
