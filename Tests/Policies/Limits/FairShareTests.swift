import Contracts
import Determinism
import Policies
import Testing

@Suite("Fair shares of a rate")
struct FairShareTests {
    private func shares(
        rate: Int64, burst: Int64, weights: [String: Double] = [:],
        _ change: (inout SharePolicy) -> Void = { _ in }
    ) throws -> FairShares {
        var policy = SharePolicy()
        policy.rate = try RateLimit(tokens: rate, burst: burst)
        policy.weights = weights
        change(&policy)
        try policy.validate()
        return FairShares(policy: policy, now: ShareTraffic.start)
    }

    @Test(
        "A tenant that sends 100 times its share pushes nobody below its own", arguments: [2, 20])
    func flood(tenants: Int) throws {
        var shares = try shares(rate: 200, burst: 200)
        let own = 200 / Double(tenants)
        var sources = [ShareTraffic.Source("flood", 100 * own)]
        for tenant in 1..<tenants {
            // To within a thousandth of its share, evenly; another one at random, well within it.
            let isEven = tenant % 2 == 1
            sources.append(.init("t\(tenant)", (isEven ? 0.999 : 0.8) * own, isEven: isEven))
        }
        var traffic = ShareTraffic(sources)
        _ = traffic.run(seconds: 5, &shares)
        let counts = traffic.run(seconds: 20, &shares)
        let least = counts.dropFirst().map(\.share).min() ?? 0
        print(
            "flood of \(tenants) tenants: others get \(least) of what they ask at least, "
                + "the flood \(Double(counts[0].granted) / 20 / own) shares")
        for (index, count) in counts.enumerated().dropFirst() {
            #expect(count.share >= (index % 2 == 1 ? 1 : 0.995), "tenant \(index)")
        }
        // What the others leave is the flood's: nothing is wasted.
        let total = counts.map(\.granted).reduce(0, +)
        #expect(total >= 3_950 && total <= 4_200)
    }

    @Test("Twenty tenants of many weights, all asking too much, get by weight: Jain 0.99 and more")
    func jain() throws {
        let weights = (1...20).map { Double($0 * $0) / 10 }
        let names = (1...20).map { "tenant \($0)" }
        var shares = try shares(
            rate: 1_000, burst: 1_000,
            weights: Dictionary(uniqueKeysWithValues: zip(names, weights)))
        let all = weights.reduce(0, +)
        var traffic = ShareTraffic(
            names.indices.map {
                // From three to a hundred times their share.
                ShareTraffic.Source(
                    names[$0], 1_000 * weights[$0] / all * ($0 % 4 == 0 ? 100 : 3))
            })
        _ = traffic.run(seconds: 5, &shares)
        let counts = traffic.run(seconds: 15, &shares)
        let index = jainIndex(counts, weights: weights)
        print("Jain's index of a rate over 20 tenants: \(index)")
        #expect(index >= 0.99)
        #expect(counts.map(\.granted).reduce(0, +) >= 14_900)
    }

    @Test("What one does not use goes to the others by weight, and comes back at once")
    func lending() throws {
        var shares = try shares(rate: 90, burst: 90, weights: ["a": 1, "b": 2, "quiet": 6])
        var traffic = ShareTraffic([
            .init("a", 500), .init("b", 500),
            .init("quiet", 60, isEven: true, from: 60, until: 120),
        ])
        _ = traffic.run(seconds: 20, &shares)
        let lent = traffic.run(seconds: 40, &shares)
        #expect((29.0...31).contains(Double(lent[0].granted) / 40))
        #expect((59.0...61).contains(Double(lent[1].granted) / 40))
        // Its own share from the first second on, all of it.
        let first = traffic.run(seconds: 1, &shares)
        #expect(first[2].asked >= 59 && first[2].granted == first[2].asked)
        let back = traffic.run(seconds: 59, &shares)
        #expect(back[2].share == 1)
        #expect((9.0...11).contains(Double(back[0].granted) / 59))
        #expect((19.0...21).contains(Double(back[1].granted) / 59))
    }

    @Test("A tenant's high priority is not starved by its low, nor low by high")
    func priorities() throws {
        var shares = try shares(rate: 42, burst: 42)
        // One tenant of two: 21 a second, of which low 1, normal 4 and high 16.
        var traffic = ShareTraffic([
            .init("other", 400), .init("t", 1_600, .low),
            .init("t", 15.9, .high, isEven: true), .init("t", 3.9, .normal, isEven: true),
        ])
        _ = traffic.run(seconds: 30, &shares)
        let counts = traffic.run(seconds: 100, &shares)
        print("low floods high: high gets \(counts[2].share), normal \(counts[3].share)")
        #expect(counts[2].share == 1 && counts[3].share == 1)
        #expect((1.0...1.4).contains(Double(counts[1].granted) / 100))
        #expect((20.5...21.5).contains(Double(counts[0].granted) / 100))
        // All of the other way round: high floods, low still has its own.
        var reverse = ShareTraffic([
            .init("other", 400), .init("t", 1_600, .high), .init("t", 0.99, .low, isEven: true),
        ])
        var fresh = try self.shares(rate: 42, burst: 42)
        _ = reverse.run(seconds: 30, &fresh)
        #expect(reverse.run(seconds: 100, &fresh)[2].share == 1)
    }

    @Test("No more is granted in any time than the burst and the rate over it")
    func total() throws {
        for seed in 0..<20 {
            var random = RandomStream(seed: UInt64(seed))
            let rate = Int64.random(in: 1...500, using: &random)
            let burst = Int64.random(in: 1...500, using: &random)
            var shares = try shares(rate: rate, burst: burst) {
                $0.lendable = Double.random(in: 0...1, using: &random)
                $0.borrowing = Bool.random(using: &random) ? 0.5 : nil
                $0.maximumTenants = 8
                $0.keepsIdle = .seconds(1 as Int64)
            }
            var (now, granted) = (0.0, 0)
            for _ in 0..<5_000 {
                now += random.uniform() < 0.01 ? 3 * random.uniform() : random.uniform() / 500
                let name = "t\(Int.random(in: 0..<12, using: &random))"
                let verdict = shares.tryTake(
                    tenant: TenantKey(name),
                    priority: Priority.allCases.randomElement(using: &random) ?? .low,
                    now: ShareTraffic.start + .seconds(now))
                if verdict.isGranted { granted += 1 }
                // The burst is at least a call for each account: nine tenants of three priorities.
                let most = Double(max(burst + 27, 27)) + Double(rate) * now
                guard Double(granted) > most + 1e-6 else { continue }
                Issue.record("seed \(seed): \(granted) granted by \(now) s, \(most) allowed")
                break
            }
            #expect(granted > 0)
        }
    }

    @Test("What may be lent and borrowed is bounded as configured")
    func bounds() throws {
        // The quiet tenant keeps half of its share back: 90 of 100 would be all, 50 are.
        var half = try shares(rate: 100, burst: 10, weights: ["quiet": 4]) { $0.lendable = 0.5 }
        var alone = ShareTraffic([.init("a", 1_000)])
        _ = alone.run(seconds: 10, &half)
        let kept = Double(alone.run(seconds: 50, &half)[0].granted) / 50
        #expect((59.0...61).contains(kept), "\(kept)")
        // And a borrower may have at most half as much again as its own.
        var bounded = try shares(rate: 100, burst: 10, weights: ["quiet": 4]) {
            $0.borrowing = 0.5
        }
        var again = ShareTraffic([.init("a", 1_000)])
        _ = again.run(seconds: 10, &bounded)
        let borrowed = Double(again.run(seconds: 50, &bounded)[0].granted) / 50
        #expect((29.0...31).contains(borrowed), "\(borrowed)")
    }

    @Test("A stream of new names neither grows the table nor takes a known tenant's share")
    func manyTenants() throws {
        var shares = try shares(rate: 100, burst: 100, weights: ["known": 16]) {
            $0.maximumTenants = 16
        }
        var now = 0.0
        var (asked, granted) = (0, 0)
        for step in 0..<40_000 {
            now += 0.000_5
            _ = shares.tryTake(
                tenant: TenantKey("new \(step)"), priority: .normal,
                now: ShareTraffic.start + .seconds(now))
            guard step % 50 == 0 else { continue }
            // Forty a second, of the fifty that are its own.
            asked += 1
            let verdict = shares.tryTake(
                tenant: TenantKey("known"), priority: .normal,
                now: ShareTraffic.start + .seconds(now))
            if verdict.isGranted { granted += 1 }
        }
        #expect(shares.tenantCount == 16)
        #expect(asked == 800 && granted == asked)
    }

    @Test("refuses settings that cannot work")
    func validation() {
        #expect(throws: Never.self) { try SharePolicy().validate() }
        var policy = SharePolicy()
        policy.weights = ["a": 0]
        #expect(throws: PolicyError.self) { try policy.validate() }
        policy = SharePolicy()
        policy.weights = ["a": 1, "b": 1]
        policy.maximumTenants = 1
        #expect(throws: PolicyError.self) { try policy.validate() }
        policy = SharePolicy()
        policy.lendable = 1.5
        #expect(throws: PolicyError.self) { try policy.validate() }
    }
}
