import Contracts
import Determinism
import QuantumBackends
import QuantumCircuit
import QuantumSimulator
import Testing

@Suite("Faults of the simulated QPU")
struct DeviceFaultTests {
    private let start = BackendUnderTest.start

    private func bench(
        _ change: (inout SimulatedQPUConfiguration) -> Void = { _ in }
    ) throws -> Bench {
        var configuration = SimulatedQPUConfiguration()
        configuration.servicePerRecord = .milliseconds(10)
        configuration.priceBook = PricePreset.awsBraket.book
        change(&configuration)
        return try Bench(SimulatedQPU(configuration, start: start))
    }

    private func at(_ milliseconds: Int64) -> Timestamp { start + .milliseconds(milliseconds) }

    private func submit(_ count: Int, _ bench: Bench) throws {
        for number in 0..<count {
            let job = bench.job("\(number)", records: number..<number + 2)
            try bench.backend.submit(job, at: start)
        }
    }

    private func kind(_ outcome: Result<ZEstimates, BackendError>) -> BackendError.Kind? {
        if case .failure(let error) = outcome { error.kind } else { nil }
    }

    @Test("throttles above a rate and says exactly when to come back")
    func throttling() throws {
        let bench = try bench {
            $0.faults.submissionsPerSecond = 4
            $0.faults.submissionBurst = 2
        }
        try submit(2, bench)
        let job = bench.job("c", records: 0..<1)
        let error = #expect(throws: BackendError.self) {
            try bench.backend.submit(job, at: at(100))
        }
        #expect(error?.kind == .throttled && error?.retryAfter == .milliseconds(150))
        #expect(error?.isTransient == true && error?.isBackpressure == true)
        #expect(throws: BackendError.self) {
            try bench.backend.submit(job, at: at(250) - .microseconds(1))
        }
        try bench.backend.submit(job, at: at(250))
        // A known job costs no token.
        try bench.backend.submit(job, at: at(250))
    }

    @Test("refuses everything in a throttled window, and says when it ends")
    func throttledWindows() throws {
        let window = OutageWindow(from: .milliseconds(5), until: .milliseconds(65))
        let bench = try bench { $0.faults.throttles = [window] }
        try bench.backend.submit(bench.job("a", records: 0..<1), at: start)
        let error = #expect(throws: BackendError.self) {
            try bench.backend.submit(bench.job("b", records: 0..<1), at: at(5))
        }
        #expect(error?.retryAfter == .milliseconds(60))
        #expect(bench.backend.poll(at: at(20)).count == 1)
        try bench.backend.submit(bench.job("b", records: 0..<1), at: at(65))
    }

    @Test("says in an outage when it ends")
    func outageRetry() throws {
        let window = OutageWindow(from: .zero, until: .milliseconds(80))
        let bench = try bench { $0.outages = [window] }
        let error = #expect(throws: BackendError.self) {
            try bench.backend.submit(bench.job("a", records: 0..<1), at: at(30))
        }
        #expect(error?.kind == .unavailable && error?.retryAfter == .milliseconds(50))
    }

    @Test("returns some results late, unchanged and charged once")
    func late() throws {
        let bench = try bench {
            $0.faults.lateProbability = 0.3
            $0.faults.lateDelay = JobSizes(mean: .seconds(Int64(5)))
        }
        let punctual = try self.bench()
        try submit(200, bench)
        try submit(200, punctual)
        let expected = punctual.drain(from: start)
        let results = bench.drain(from: start)
        let late = results.filter { $0.phases?.retrieve == .seconds(Int64(5)) }
        #expect(abs(late.count - 60) < 30)
        #expect(
            results.count == 200
                && zip(results, results.dropFirst()).allSatisfy {
                    $0.completed <= $1.completed
                })
        for result in results {
            let same = try #require(expected.first { $0.id == result.id })
            #expect(try result.validated().get() == same.outcome.get())
            #expect(result.costMicros == same.costMicros && result.started == same.started)
        }
    }

    @Test("returns some results twice, the same both times")
    func twice() throws {
        let bench = try bench { $0.faults.duplicateProbability = 0.25 }
        try submit(200, bench)
        let results = Dictionary(grouping: bench.drain(from: start), by: \.id)
        let copies = results.values.filter { $0.count == 2 }
        #expect(results.count == 200 && abs(copies.count - 50) < 30)
        #expect(results.values.allSatisfy { $0.count <= 2 })
        for pair in copies {
            #expect(try pair[0].outcome.get() == pair[1].outcome.get())
            #expect(pair[0].completed < pair[1].completed)
        }
        #expect(bench.backend.deviceStatus(at: at(1_000_000)).completed == 200)
    }

    @Test("damages results so that validation finds every one, and no sound one")
    func garbled() throws {
        let bench = try bench { $0.faults.garbledProbability = 0.5 }
        let sound = try self.bench()
        try submit(300, bench)
        try submit(300, sound)
        let expected = sound.drain(from: start)
        var words: Set<String> = []
        for (result, same) in zip(bench.drain(from: start), expected) {
            #expect(result.id == same.id)
            let isWhole = try result.outcome.get() == same.outcome.get()
            #expect((kind(result.validated(strings: 10)) == .garbled) == !isWhole)
            if case .failure(let error) = result.validated() {
                let last = error.detail.split(separator: " ").last.map(String.init)
                words.insert(last ?? "")
            }
            #expect(try same.validated(strings: 10).get() == same.outcome.get())
            #expect(kind(same.validated(strings: 11)) == .garbled)
        }
        // A record missing, not finite, and numbers that only the checksum tells.
        #expect(words == ["sent", "finite", "checksum"])
    }

    @Test("never returns some results; the job seems to run until it is cancelled, and costs")
    func lost() throws {
        let bench = try bench { $0.faults.lostProbability = 0.2 }
        try submit(100, bench)
        let came = Set(bench.drain(from: start).map(\.id))
        #expect(bench.backend.nextEvent == nil && came.count > 60 && came.count < 95)
        let missing = (0..<100).map { BackendJobID("\($0)") }.filter { !came.contains($0) }
        for id in missing { #expect(bench.backend.status(id, at: at(60_000)) == .running) }
        // Submitting it again is no way out.
        let number = try #require(Int(missing[0].rawValue))
        let again = bench.job("\(number)", records: number..<number + 2)
        try bench.backend.submit(again, at: at(60_000))
        #expect(bench.backend.nextEvent == nil)
        for id in missing { #expect(bench.backend.cancel(id, at: at(60_000))) }
        #expect(!bench.backend.cancel(missing[0], at: at(60_000)))
        let results = bench.backend.poll(at: at(60_000))
        #expect(results.map(\.id) == missing)
        #expect(results.allSatisfy { kind($0.outcome) == .cancelled })
        // 2 tasks of $0.30 and 256 shots of $0.0009.
        #expect(results.allSatisfy { $0.costMicros == 2 * (300_000 + 256 * 900) })
    }

    @Test("cancels some jobs by its operator, without charge")
    func cancelledByOperator() throws {
        let bench = try bench { $0.faults.cancelProbability = 0.3 }
        try submit(200, bench)
        let results = bench.drain(from: start)
        let cancelled = results.filter { kind($0.outcome) == .cancelled }
        #expect(results.count == 200 && abs(cancelled.count - 60) < 30)
        #expect(cancelled.allSatisfy { $0.cost == 0 && $0.costMicros == 0 })
        #expect(bench.backend.status(cancelled[0].id, at: at(1_000_000)) != .done)
    }

    @Test("refuses settings of faults, tenants and drift that make no sense, naming them")
    func configurations() throws {
        let changes: [(String, (inout SimulatedQPUConfiguration) -> Void)] = [
            ("servers", { $0.servers = 0 }), ("ownWeight", { $0.ownWeight = 0 }),
            ("lostProbability", { $0.faults.lostProbability = -0.1 }),
            ("submissionsPerSecond", { $0.faults.submissionsPerSecond = 0 }),
            ("lateDelay mean", { $0.faults.lateDelay = JobSizes(mean: .zero) }),
            ("drift spread", { $0.drift.spread = 2 }),
            ("drift step", { $0.drift.step = .zero }),
            ("calibrationDuration", { $0.calibrationDuration = .seconds(Int64(3_600)) }),
            ("sharedCapacity", { $0.sharedCapacity = 0 }),
            ("overhead", { $0.overheads.load = .milliseconds(-1) }),
            ("warmUp", { $0.warmUp = .seconds(Int64(-1)) }),
            ("target qubits", { $0.target = try? .named("line-5") }),
            ("session maximum", { $0.session = .batch(maximum: .zero) }),
            (
                "tenant job exponent",
                {
                    $0.tenants = [
                        BackgroundTenant(
                            arrivals: .poisson(perSecond: 1),
                            sizes: JobSizes(
                                mean: .seconds(Int64(1)), shape: .pareto(exponent: 1)))
                    ]
                }
            ),
            (
                "tenant arrivals",
                {
                    $0.tenants = [
                        BackgroundTenant(
                            arrivals: .poisson(perSecond: .infinity),
                            sizes: JobSizes(mean: .seconds(Int64(1))))
                    ]
                }
            ),
        ]
        for (setting, change) in changes {
            let error = #expect(throws: BackendConfigurationError.self) { _ = try bench(change) }
            #expect(error?.setting == setting)
        }
    }
}
