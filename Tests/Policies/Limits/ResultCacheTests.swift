import Determinism
import Testing

@testable import Policies

@Suite("The result cache")
struct ResultCacheTests {
    private let start = Timestamp(milliseconds: 1_700_000_000_000)

    private func key(_ number: Int, shots: Int = 100) -> ComputationKey {
        ComputationKey(
            model: RecordKey(id: "fraud@1"), circuit: RecordKey(id: "zz"), shots: shots,
            components: [Double(number), 0.5])
    }

    private func result(
        _ value: Double, expectations: Int = 3, at: Timestamp? = nil
    ) -> CachedResult {
        CachedResult(
            measuredAt: at ?? start, headValue: value, headStandardError: 0.1,
            expectations: [Double](repeating: value, count: expectations))
    }

    @Test("The key tells apart model, circuit, shots and every component, and nothing else")
    func keys() {
        func make(
            _ model: String, _ circuit: String, _ shots: Int, _ components: [Double]
        ) -> ComputationKey {
            ComputationKey(
                model: RecordKey(id: model), circuit: RecordKey(id: circuit), shots: shots,
                components: components)
        }
        let same = make("m", "c", 100, [1, 0, 3])
        #expect(same == make("m", "c", 100, [1, -0.0, 3]))
        let others = [
            make("m2", "c", 100, [1, 0, 3]), make("m", "c2", 100, [1, 0, 3]),
            make("c", "m", 100, [1, 0, 3]), make("m", "c", 101, [1, 0, 3]),
            make("m", "c", 100, [1, 3, 0]), make("m", "c", 100, [1, 0]),
            make("m", "c", 100, [1, 0, 3, 0]), make("m", "c", 100, [1, 0, 3.0.nextUp]),
            make("m", "c", 100, []),
        ]
        #expect(Set(others + [same]).count == 10)
        var words: Set<UInt64> = []
        for number in 0..<100_000 {
            let key = key(number)
            words.insert(key.high)
            words.insert(key.low)
        }
        #expect(words.count == 200_000)
        // The same in every release: results in other processes are found by it.
        #expect(same.high == 0x96C4_FBC9_6DA7_4968 && same.low == 0xE025_36E9_6ED8_50C0)
    }

    @Test("A result is found under its calibration and for its lifetime, and not beyond")
    func validity() {
        var cache = ResultCache(limits: CacheLimits(lifetime: .seconds(10 as Int64)))
        cache.insert(result(0.7), for: key(1), epoch: 1)
        #expect(cache.find(key(1), epoch: 1, now: start)?.headValue == 0.7)
        #expect(cache.find(key(2), epoch: 1, now: start) == nil)
        #expect(cache.find(key(1), epoch: 1, now: start + .seconds(10 as Int64)) != nil)
        #expect(cache.find(key(1), epoch: 1, now: start + .microseconds(10_000_001)) == nil)
        #expect(cache.count == 0 && cache.bytes == cache.limits.tables)
        cache.insert(result(0.7), for: key(1), epoch: 1)
        #expect(cache.find(key(1), epoch: 2, now: start) == nil)
        let counters = cache.counters
        #expect((counters.hits, counters.misses, counters.stale) == (2, 3, 2))
    }

    @Test("The newer of two results of the same computation stays")
    func replacement() {
        var cache = ResultCache()
        cache.insert(result(1, at: start + .seconds(2 as Int64)), for: key(1), epoch: 1)
        cache.insert(result(2), for: key(1), epoch: 1)
        let now = start + .seconds(3 as Int64)
        #expect(cache.find(key(1), epoch: 1, now: now)?.headValue == 1)
        cache.insert(result(3, at: now), for: key(1), epoch: 1)
        #expect(cache.find(key(1), epoch: 1, now: now)?.headValue == 3 && cache.count == 1)
    }

    @Test("Entries and bytes stay within their bounds, and what is in use stays longest")
    func bounds() {
        for limits in [
            CacheLimits(entries: 100), CacheLimits(bytes: 20_000),
            CacheLimits(entries: 1, bytes: 4_096),
        ] {
            var cache = ResultCache(limits: limits)
            var random = RandomStream(seed: 1)
            for number in 0..<10_000 {
                let size = Int.random(in: 0...40, using: &random)
                cache.insert(
                    result(1, expectations: size), for: key(number), epoch: 1)
                #expect(cache.count <= limits.entries && cache.bytes <= limits.bytes)
                // One that is asked for all the time outlives those that nobody asks for.
                let kept = limits.entries > 1 ? 0 : number
                #expect(cache.find(key(kept), epoch: 1, now: start) != nil)
            }
        }
        var small = ResultCache(limits: CacheLimits(bytes: 4_096))
        small.insert(result(1, expectations: 1_000), for: key(1), epoch: 1)
        #expect(small.count == 0 && small.bytes == 0)
    }

    @Test(
        "The bytes that it says it holds cover what its tables and results take",
        arguments: [1, 2, 7, 12, 100, 511, 768, 769, 4_096, 50_000])
    func memory(entries: Int) {
        var cache = ResultCache(limits: CacheLimits(entries: entries, bytes: 64 << 20))
        var capacities: Set<Int> = []
        for number in 0..<min(3 * entries, 60_000) {
            cache.insert(result(1, expectations: number % 9), for: key(number), epoch: 1)
            capacities.insert(cache.tableBytes)
        }
        // Made once, for all: nothing is copied into larger tables, which for a while would be both.
        #expect(capacities.count == 1 && cache.count == entries)
        let results = cache.bytes - cache.limits.tables
        #expect(cache.tableBytes <= cache.limits.tables && results >= entries * 64)
        #expect(cache.counters.evicted == min(3 * entries, 60_000) - entries)
    }

    @Test("Results of an earlier calibration make room first, however much they were used")
    func epochs() {
        var cache = ResultCache(limits: CacheLimits(entries: 10))
        for number in 0..<5 {
            cache.insert(result(1), for: key(number), epoch: 1)
            _ = cache.find(key(number), epoch: 1, now: start)
        }
        for number in 5..<10 {
            cache.insert(result(1), for: key(number), epoch: 2)
            _ = cache.find(key(number), epoch: 2, now: start)
        }
        for number in 10..<15 {
            cache.insert(result(1), for: key(number), epoch: 2)
            _ = cache.find(key(number), epoch: 2, now: start)
        }
        for number in 5..<15 {
            #expect(cache.find(key(number), epoch: 2, now: start) != nil, "\(number)")
        }
    }

    @Test("A cache holds what a plain dictionary holds, as long as nothing is pushed out")
    func model() {
        var cache = ResultCache(limits: CacheLimits(entries: 1_000, bytes: 1 << 24))
        var plain: [Int: Double] = [:]
        var random = RandomStream(seed: 3)
        for step in 0..<20_000 {
            let number = Int.random(in: 0..<900, using: &random)
            let now = start + .milliseconds(Int64(step))
            if Bool.random(using: &random) {
                cache.insert(result(Double(step), at: now), for: key(number), epoch: 1)
                plain[number] = Double(step)
            } else {
                #expect(cache.find(key(number), epoch: 1, now: now)?.headValue == plain[number])
            }
        }
        #expect(cache.counters.evicted == 0 && cache.count == plain.count)
    }
}
