import Contracts
import Determinism
import Policies
import Testing

@Suite("Fair shares of places")
struct FairPlaceTests {
    private func shares(
        weights: [String: Double] = [:], _ change: (inout SharePolicy) -> Void = { _ in }
    ) throws -> FairShares {
        var policy = SharePolicy()
        policy.weights = weights
        change(&policy)
        try policy.validate()
        return FairShares(policy: policy, now: ShareTraffic.start)
    }

    @Test("Twenty tenants of many weights, all asking too much, hold places by weight")
    func jain() throws {
        let weights = (1...20).map { Double($0) }
        let names = (1...20).map { "tenant \($0)" }
        var shares = try shares(
            weights: Dictionary(uniqueKeysWithValues: zip(names, weights)))
        // 50 places for 210 parts: the smallest share is a quarter of a place.
        var traffic = ShareTraffic(
            names.indices.map {
                let own = 500 * weights[$0] / 210
                return ShareTraffic.Source(names[$0], own * ($0 % 4 == 0 ? 100 : 5))
            }, places: 50, service: 0.1)
        _ = traffic.run(seconds: 10, &shares)
        let counts = traffic.run(seconds: 100, &shares)
        let index = jainIndex(counts, weights: weights)
        let rate = Double(counts.map(\.granted).reduce(0, +)) / 100
        print("Jain's index of places over 20 tenants: \(index), \(rate) of 500 calls/s")
        #expect(index >= 0.99 && rate >= 450 && traffic.most <= 50)
    }

    @Test("A tenant that sends 100 times its share leaves the others theirs")
    func flood() throws {
        var shares = try shares()
        var sources = [ShareTraffic.Source("flood", 10_000)]
        // Ten tenants, 40 places: four each. A tenth of a second in each of ten calls a second takes
        // one of them on average, now and then all four.
        for tenant in 1..<10 { sources.append(.init("t\(tenant)", 10)) }
        var traffic = ShareTraffic(sources, places: 40, service: 0.1)
        _ = traffic.run(seconds: 5, &shares)
        let flooded = traffic.run(seconds: 40, &shares)
        // What it gets alone with as many places as are its own is all that it can have.
        var alone = try self.shares()
        var peace = ShareTraffic([.init("t", 10)], places: 4, service: 0.1)
        let own = peace.run(seconds: 500, &alone)[0].share
        let least = flooded.dropFirst().map(\.share).min() ?? 0
        print("flooded: \(least) of what was asked; with its own places alone: \(own)")
        #expect(least >= own - 0.03)
        // The flood has its own, and of the others' places those that were not used of late.
        let flood = Double(flooded[0].granted) / 40
        #expect(flood >= 50 && traffic.most <= 40, "\(flood)")
    }

    @Test("A lender has what it does not lend at once, and the rest as calls end")
    func lending() throws {
        for (lendable, atOnce) in [(1.0, 0), (0.5, 5)] {
            var shares = try shares(weights: ["lender": 1, "borrower": 1]) {
                $0.lendable = lendable
            }
            let now = ShareTraffic.start
            func ask(_ name: String, after milliseconds: Int64) -> ShareVerdict {
                shares.tryTake(
                    tenant: TenantKey(name), priority: .normal, places: 20,
                    now: now + .milliseconds(milliseconds))
            }
            var borrowed = 0
            while ask("borrower", after: 0).isGranted { borrowed += 1 }
            #expect(borrowed == 20 - atOnce)
            for _ in 0..<atOnce { #expect(ask("lender", after: 1) == .own) }
            #expect(ask("lender", after: 1) == .concurrencyLimited)
            // From now on each place that falls free is the lender's, not the borrower's.
            for ended in 0..<10 - atOnce {
                shares.release(tenant: TenantKey("borrower"), priority: .normal)
                #expect(ask("borrower", after: 2) == .concurrencyLimited, "call \(ended)")
                #expect(ask("lender", after: 2) == .own, "call \(ended)")
            }
            #expect(ask("lender", after: 3) == .concurrencyLimited)
            #expect(shares.inFlight == 20)
        }
    }

    @Test("Low priority that holds all of a tenant's places gives way to high")
    func priorities() throws {
        var shares = try shares()
        var traffic = ShareTraffic(
            [.init("t", 2_000, .low), .init("t", 40, .high), .init("other", 2_000)],
            places: 21, service: 0.1)
        _ = traffic.run(seconds: 10, &shares)
        let counts = traffic.run(seconds: 100, &shares)
        print("places: high gets \(counts[1].share), low \(Double(counts[0].granted) / 100)/s")
        // Of ten and a half places, high may have 16 parts of 17; it needs four on average.
        #expect(counts[1].share >= 0.97)
        // Low's own is the seventeenth, six calls a second, and what high did not use of late.
        #expect(Double(counts[0].granted) / 100 >= 8)
        #expect((95.0...115).contains(Double(counts[2].granted) / 100))
    }

    @Test("Rate and places both bind: the scarcer one decides, and says so")
    func both() throws {
        var shares = try shares { $0.rate = try? RateLimit(tokens: 100, burst: 100) }
        var fast = ShareTraffic([.init("a", 1_000), .init("b", 1_000)], places: 100, service: 0.1)
        _ = fast.run(seconds: 10, &shares)
        let byRate = fast.run(seconds: 50, &shares).map { Double($0.granted) / 50 }
        #expect(byRate.allSatisfy { (49.0...51).contains($0) }, "\(byRate)")
        var others = try self.shares { $0.rate = try? RateLimit(tokens: 1_000, burst: 1_000) }
        var slow = ShareTraffic([.init("a", 1_000), .init("b", 1_000)], places: 10, service: 0.1)
        _ = slow.run(seconds: 10, &others)
        let byPlaces = slow.run(seconds: 50, &others).map { Double($0.granted) / 50 }
        #expect(byPlaces.allSatisfy { (44.0...52).contains($0) }, "\(byPlaces)")
        let now = ShareTraffic.start + .seconds(61 as Int64)
        var last = ShareVerdict.own
        while last.isGranted {
            last = others.tryTake(
                tenant: TenantKey("a"), priority: .normal, places: 10, now: now)
        }
        #expect(last == .concurrencyLimited)
    }

    @Test("A call that began in shared accounts ends there, though its tenant has its own by now")
    func promoted() throws {
        var shares = try shares {
            $0.maximumTenants = 1
            $0.keepsIdle = .zero
        }
        let (first, second) = (TenantKey("first"), TenantKey("second"))
        let now = ShareTraffic.start
        for tenant in [first, second] {
            let verdict = shares.tryTake(tenant: tenant, priority: .low, places: 9, now: now)
            #expect(verdict.isGranted)
        }
        shares.release(tenant: first, priority: .low)
        // The first one's accounts are free, and the second takes them.
        _ = shares.tryTake(tenant: second, priority: .low, places: 9, now: now)
        #expect(shares.inFlight == 2)
        for _ in 0..<2 { shares.release(tenant: second, priority: .low) }
        #expect(shares.inFlight == 0)
        shares.release(tenant: second, priority: .low)
        #expect(shares.inFlight == 0)
    }

    @Test("A status that counts fewer calls in flight frees places, of each in proportion")
    func reconcile() throws {
        var shares = try shares()
        for call in 0..<30 {
            _ = shares.tryTake(
                tenant: TenantKey(call % 3 == 0 ? "a" : "b"), priority: .normal, places: 100,
                now: ShareTraffic.start)
        }
        #expect(shares.inFlight == 30)
        shares.reconcile(inFlight: 15)
        #expect(shares.inFlight == 15)
        let a = shares.prepare(
            tenant: TenantKey("a"), priority: .normal, places: 100, now: ShareTraffic.start)
        #expect(shares.placesHeld(a).inFlight == 5)
        // More than was admitted here is other instances' and changes nothing.
        shares.reconcile(inFlight: 100)
        #expect(shares.inFlight == 15)
    }
}
