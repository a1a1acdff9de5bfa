import Contracts
import Determinism
import Glibc
import Policies
import Statistics

/// What admission's decision and its parts cost, each operation timed by itself and all together.
struct AdmissionBench {
    struct Row: Encodable {
        let work: String
        let operations: Int
        /// Of single operations, a reading of the clock included: see the first row.
        let p50Ns: Int64
        let p99Ns: Int64
        let maximumNs: Int64
        /// Of the same number of operations without readings in between.
        let perSecond: Double
        /// Share of the operations that were granted, found or answered.
        let yes: Double
        /// Resident memory that an entry takes, where entries are kept.
        var bytesPerEntry: Double?

        /// - Parameter times: of each operation, in nanoseconds.
        init(_ work: String, _ times: QuantileSketch, perSecond: Double, yes: Double) {
            self.work = work
            operations = times.count
            p50Ns = times.p50 ?? 0
            p99Ns = times.p99 ?? 0
            maximumNs = times.maximum ?? 0
            self.perSecond = perSecond
            self.yes = yes
        }
    }

    /// Timed operations, and as many untimed.
    var operations: Int
    /// Deadlines pending at once.
    var pending: Int

    static let start = Timestamp(milliseconds: 1_700_000_000_000)

    func run() throws -> [Row] {
        var rows = [measure("clock, a reading", 0) { _, _ in Self.nanoseconds > 0 }]
        rows.append(try decision())
        rows.append(breaker())
        rows.append(contentsOf: limits())
        for tenants in [20, 64] { rows.append(try shares(tenants)) }
        rows.append(contentsOf: cache())
        rows.append(contentsOf: try FallbackBench(pending: pending).run())
        return rows
    }

    /// Times each operation, then all of them; `body` is given the state and the operation's number.
    func measure<State>(
        _ work: String, _ state: State, _ body: (inout State, Int) -> Bool
    ) -> Row {
        var state = state
        var times = QuantileSketch()
        var yes = 0
        for index in 0..<operations {
            let before = Self.nanoseconds
            if body(&state, index) { yes += 1 }
            // The sketch's unit is whatever it is given.
            times.add(microseconds: Self.nanoseconds - before)
        }
        let before = Self.nanoseconds
        for index in operations..<2 * operations where body(&state, index) { yes += 1 }
        let seconds = Double(max(1, Self.nanoseconds - before)) / 1e9
        return Row(
            work, times, perSecond: Double(operations) / seconds,
            yes: Double(yes) / Double(2 * operations))
    }

    static var nanoseconds: Int64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }

    // MARK: The decision

    /// A stream of 100,000 records a second of all kinds, the device's status every 100 ms, every
    /// rule with something to refuse.
    private func decision() throws -> Row {
        var policy = AdmissionPolicy()
        policy.mode = .live
        policy.uncertaintyBand = 0.2...0.8
        policy.insideFraction = 0.9
        policy.outsideFraction = 0.05
        policy.minimumValue = 1
        policy.rateLimit = try RateLimit(tokens: 30_000, burst: 5_000)
        policy.concurrencyLimit = 4_000
        policy.takesInFlightFromStatus = true
        try policy.validate()
        let (requests, rules) = (Self.requests(65_536), policy)
        let state = AdmissionState(policy: policy, now: Self.start)
        return measure("decide, all rules", state) { state, index in
            var request = requests[index & 65_535]
            let elapsed = TimeSpan(microseconds: Int64(index) * 10)
            request.now = Self.start + elapsed
            request.deadline = request.deadline + elapsed
            let forecast = DeviceForecast(
                predictedWait: .milliseconds(Int64(index / 10_000 % 7) * 5),
                serviceTime: .microseconds(20), queueDepth: index / 10_000 % 13 * 200,
                state: .online, statusAge: .microseconds(Int64(index % 10_000) * 10))
            return AdmissionController.decide(
                request, forecast, killSwitch: false, policy: rules, state: &state
            ).admitted
        }
    }

    private static func requests(_ count: Int) -> [AdmissionRequest] {
        var random = RandomStream(seed: 1)
        return (0..<count).map { _ in
            let budget = Int64.random(in: 5...200, using: &random)
            return AdmissionRequest(
                classicalScore: random.uniform(), now: start,
                deadline: start + .milliseconds(budget),
                priority: Priority.allCases.randomElement(using: &random) ?? .normal,
                dataClass: Int.random(in: 0..<20, using: &random) == 0 ? .restricted : .internal,
                valueAtStake: random.uniform() < 0.5 ? 20 * random.uniform() : nil,
                idHash: random.next())
        }
    }

    // MARK: Limits

    private func breaker() -> Row {
        var policy = BreakerPolicy()
        policy.openWait = .milliseconds(10)
        let breaker = CircuitBreaker(policy: policy, now: Self.start)
        return measure("breaker, permit and outcome", breaker) { breaker, index in
            let now = Self.start + .microseconds(Int64(index) * 10)
            guard breaker.tryAcquire(now: now) else { return false }
            // Now and then nothing works for a while.
            let isDown = index % 100_000 < 500
            breaker.record(isDown ? .failed : .ok, acquiredAt: now, now: now)
            return true
        }
    }

    private func limits() -> [Row] {
        [ConcurrencyPolicy.Algorithm.aimd, .vegas, .gradient2].map { algorithm in
            var policy = ConcurrencyPolicy()
            policy.algorithm = algorithm
            policy.window = .zero
            let limit = ConcurrencyLimit(policy: policy)
            return measure("concurrency, sample of \(algorithm.rawValue)", limit) { limit, index in
                let noise = Int64(StableHash.mix(UInt64(index)) & 0xFFFF)
                limit.observe(
                    ConcurrencySample(
                        roundTrip: .microseconds(50_000 + noise), inFlight: limit.limit,
                        at: Self.start + .microseconds(Int64(index) * 10)))
                return limit.permits(inFlight: 15)
            }
        }
    }

    /// Tenants of three priorities, every record at an instant of its own.
    private func shares(_ count: Int) throws -> Row {
        let tenants = (0..<count).map { TenantKey("tenant \($0)") }
        var policy = SharePolicy()
        policy.rate = try RateLimit(tokens: 30_000, burst: 30_000)
        let shares = FairShares(policy: policy, now: Self.start)
        return measure("shares, \(count) tenants, rate and places", shares) { shares, index in
            let draw = StableHash.mix(UInt64(index))
            let tenant = tenants[Int(draw % UInt64(count))]
            let priority = Priority.allCases[Int(draw >> 32) % 3]
            let verdict = shares.tryTake(
                tenant: tenant, priority: priority, places: 400,
                now: Self.start + .microseconds(Int64(index) * 10))
            // As many calls end as begin, once there are 300.
            if shares.inFlight > 300 { shares.release(tenant: tenant, priority: priority) }
            return verdict.isGranted
        }
    }

    // MARK: The cache

    private func cache() -> [Row] {
        let limits = CacheLimits(entries: 50_000, bytes: 64 << 20)
        let (model, circuit) = (RecordKey(id: "model@1"), RecordKey(id: "circuit"))
        let result = CachedResult(
            measuredAt: Self.start, headValue: 0.1, headStandardError: 0.01,
            expectations: [Double](repeating: 0.5, count: 36))
        func key(_ number: Int) -> ComputationKey {
            ComputationKey(
                model: model, circuit: circuit, shots: 1_024,
                components: [Double(number), 1, 2, 3, 4, 5, 6, 7])
        }
        var warm = ResultCache(limits: limits)
        for number in 0..<50_000 {
            warm.insert(result, for: key(number), epoch: 1)
        }
        return [
            measure("cache, key of 8 components and hit", warm) { cache, index in
                cache.find(key(index % 50_000), epoch: 1, now: Self.start) != nil
            },
            measure("cache, miss and insertion into a full one", warm) { cache, index in
                let key = key(50_000 + index)
                let found = cache.find(key, epoch: 1, now: Self.start) != nil
                cache.insert(result, for: key, epoch: 1)
                return found
            },
        ]
    }
}
