import Contracts
import Determinism
import QuantumBackends
import Testing

@Suite("The simulated QPU among others")
struct SharedDeviceTests {
    private let start = BackendUnderTest.start

    private func bench(
        _ change: (inout SimulatedQPUConfiguration) -> Void = { _ in }
    ) throws -> Bench {
        var configuration = SimulatedQPUConfiguration()
        configuration.servicePerRecord = .milliseconds(10)
        change(&configuration)
        return try Bench(SimulatedQPU(configuration, start: start))
    }

    private func at(_ milliseconds: Int64) -> Timestamp { start + .milliseconds(milliseconds) }

    private func kind(_ result: BackendResult) -> BackendError.Kind? {
        if case .failure(let error) = result.outcome { error.kind } else { nil }
    }

    private func tenant(_ perSecond: Double, _ milliseconds: Int64, weight: Double = 1)
        -> BackgroundTenant
    {
        BackgroundTenant(
            arrivals: .poisson(perSecond: perSecond),
            sizes: JobSizes(mean: .milliseconds(milliseconds)), weight: weight)
    }

    @Test("runs as many jobs at a time as it has servers")
    func servers() throws {
        let bench = try bench { $0.servers = 3 }
        for number in 0..<7 {
            let job = bench.job("\(number)", records: number..<number + 1)
            try bench.backend.submit(job, at: start)
        }
        #expect(bench.backend.deviceStatus(at: start).predictedWait == .microseconds(23_333))
        let results = bench.drain(from: start)
        #expect(results.map(\.completed) == [10, 10, 10, 20, 20, 20, 30].map { at($0) })
        #expect(results.allSatisfy { $0.phases?.execute == .milliseconds(10) })
    }

    @Test("gives a tenant its share however much another sends", arguments: [1.0, 4.0])
    func fairShare(weight: Double) throws {
        // The others alone would keep three devices busy.
        let bench = try bench {
            $0.tenants = [tenant(300, 10)]
            $0.ownWeight = weight
            $0.warmUp = .seconds(Int64(10))
        }
        for number in 0..<200 {
            let job = bench.job("\(number)", records: number..<number + 1)
            try bench.backend.submit(job, at: start)
        }
        let results = bench.drain(from: start)
        let seconds = (results[199].completed - start).inSeconds
        // 2 s of work at a share of w/(w + 1).
        #expect(abs(seconds - 2 * (weight + 1) / weight) < 0.05)
    }

    @Test("serves as they came where the discipline says so: a flood delays everybody")
    func firstCome() throws {
        let bench = try bench {
            $0.tenants = [tenant(300, 10)]
            $0.discipline = .firstCome
            $0.warmUp = .seconds(Int64(10))
        }
        try bench.backend.submit(bench.job("a", records: 0..<1), at: start)
        let result = bench.drain(from: start)[0]
        // 10 s × 3 of work came before, a third of which is done.
        #expect(abs(result.queueWait.inSeconds - 20) < 2)
    }

    @Test("predicts waits that come true on average")
    func predictions() throws {
        let bench = try bench {
            $0.tenants = [tenant(30, 20), tenant(5, 40)]
            $0.discipline = .firstCome
            $0.warmUp = .seconds(Int64(60))
        }
        var (predicted, met) = (0.0, 0.0)
        for number in 0..<400 {
            let now = at(Int64(number) * 1_000)
            predicted += bench.backend.deviceStatus(at: now).predictedWait.inSeconds
            let job = bench.job("\(number)", records: number..<number + 1)
            try bench.backend.submit(job, at: now)
            met += bench.drain(from: now)[0].queueWait.inSeconds
        }
        #expect(met > 4 && abs(predicted / met - 1) < 0.01)
    }

    @Test("lets a session's jobs follow one another past the line")
    func sessions() throws {
        func run(_ session: DeviceSession?) throws -> [TimeSpan] {
            let bench = try bench {
                $0.tenants = [tenant(80, 20)]
                $0.session = session
                $0.warmUp = .seconds(Int64(20))
            }
            var (waits, now) = ([TimeSpan](), start)
            for number in 0..<20 {
                let job = bench.job("\(number)", records: number..<number + 1)
                try bench.backend.submit(job, at: now)
                let result = bench.drain(from: now)[0]
                waits.append(result.queueWait)
                // The next job is sent 3 ms after each result.
                now = result.completed + .milliseconds(3)
            }
            return waits
        }
        let alone = try run(nil)
        #expect(alone.dropFirst().allSatisfy { $0 > .zero })
        let session = DeviceSession(idleTimeout: .milliseconds(5), maximum: .seconds(Int64(60)))
        #expect(try run(session).dropFirst().allSatisfy { $0 == .zero })
        // Too short to bridge the gaps; and long enough, but over after half of the jobs.
        let short = DeviceSession(idleTimeout: .milliseconds(2), maximum: .seconds(Int64(60)))
        #expect(try run(short).dropFirst().allSatisfy { $0 > .zero })
        let half = DeviceSession(idleTimeout: .milliseconds(5), maximum: .milliseconds(130))
        #expect(try run(half).dropFirst().count { $0 > .zero } == 1)
    }

    @Test("runs a batch back to back once its first job has started")
    func batches() throws {
        let bench = try bench {
            $0.tenants = [tenant(80, 20)]
            $0.session = .batch(maximum: .seconds(Int64(60)))
            $0.warmUp = .seconds(Int64(20))
        }
        for number in 0..<20 {
            let job = bench.job("\(number)", records: number..<number + 1)
            try bench.backend.submit(job, at: start)
        }
        let starts = bench.drain(from: start).compactMap(\.started)
        #expect(zip(starts, starts.dropFirst()).allSatisfy { $1 - $0 == .milliseconds(10) })
    }

    @Test("refuses jobs while others fill it")
    func sharedCapacity() throws {
        let bench = try bench {
            $0.tenants = [tenant(1_000, 20)]
            $0.sharedCapacity = 5
            $0.warmUp = .seconds(Int64(10))
        }
        let error = #expect(throws: BackendError.self) {
            try bench.backend.submit(bench.job("a", records: 0..<1), at: start)
        }
        #expect(error?.kind == .queueFull && error?.isBackpressure == true)
        #expect(bench.backend.deviceStatus(at: start).queueDepth == 5)
    }

    @Test("finishes the running job and starts none in maintenance, which it announces")
    func maintenance() throws {
        let window = OutageWindow(from: .milliseconds(15), until: .milliseconds(100))
        let bench = try bench { $0.faults.maintenance = [window] }
        for name in ["a", "b", "c"] {
            try bench.backend.submit(bench.job(name, records: 0..<1), at: start)
        }
        #expect(bench.backend.deviceStatus(at: at(10)).state == .online)
        let status = bench.backend.deviceStatus(at: at(16))
        #expect(status.state == .maintenance && status.queueDepth == 2)
        #expect(bench.backend.deviceStatus(at: at(30)).predictedWait == .milliseconds(80))
        try bench.backend.submit(bench.job("d", records: 0..<1), at: at(30))
        let results = bench.drain(from: at(30))
        #expect(results.map(\.id.rawValue) == ["a", "b", "c", "d"])
        #expect(results.map(\.completed) == [10, 20, 110, 120].map { at($0) })
    }

    @Test("starts no jobs while it calibrates")
    func calibrations() throws {
        let bench = try bench {
            $0.calibrationInterval = .milliseconds(25)
            $0.calibrationDuration = .milliseconds(6)
        }
        for number in 0..<5 {
            let job = bench.job("\(number)", records: number..<number + 1)
            try bench.backend.submit(job, at: start)
        }
        let results = bench.drain(from: start)
        // 20–30 runs into the calibration from 25 to 31; 41–51 into the one from 50 to 56.
        #expect(results.compactMap(\.started) == [0, 10, 20, 31, 41].map { at($0) })
        #expect(results[3].calibration == "simulated-qpu/1")
    }

    @Test("times every phase, and they add up")
    func phases() throws {
        let bench = try bench {
            $0.overheads.load = .milliseconds(3)
            $0.overheads.loadPerRecord = .milliseconds(1)
            $0.overheads.compile = .milliseconds(40)
            $0.overheads.retrieve = .milliseconds(7)
            $0.servicePerJob = .milliseconds(2)
        }
        try bench.backend.submit(bench.job("a", records: 0..<2), at: start)
        try bench.backend.submit(bench.job("b", records: 2..<4), at: start)
        #expect(bench.backend.deviceStatus(at: at(1)).queueDepth == 2)
        // "b" is loaded at once, since its template is known; "a" is compiled first.
        #expect(bench.backend.nextEvent == at(5))
        let results = bench.drain(from: start)
        #expect(results.map(\.id.rawValue) == ["b", "a"])
        let phases = try results.map { try #require($0.phases) }
        #expect(phases.map(\.load) == [.milliseconds(5), .milliseconds(5)])
        #expect(phases.map(\.compile) == [.zero, .milliseconds(40)])
        #expect(phases.map(\.wait) == [.zero, .zero])
        #expect(phases.map(\.execute) == [.milliseconds(22), .milliseconds(22)])
        #expect(phases.map(\.retrieve) == [.milliseconds(7), .milliseconds(7)])
        #expect(zip(phases, results).allSatisfy { $0.total == $1.latency })
        #expect(results.map(\.completed) == [at(34), at(74)])
    }

    @Test("does not depend on how often it is looked at, whatever goes on")
    func lookingChangesNothing() throws {
        func run(lookEvery step: Int) throws -> [[String]] {
            let bench = try bench {
                QueuePreset.reserved.apply(to: &$0)
                $0.tenants += [tenant(20, 10)]
                $0.jitter = 0.7
                $0.servers = 2
                $0.overheads.load = .milliseconds(2)
                $0.overheads.compile = .milliseconds(20)
                $0.overheads.retrieve = .milliseconds(3)
                $0.failureProbability = 0.1
                $0.queueTimeout = .milliseconds(600)
                $0.calibrationInterval = .milliseconds(400)
                $0.calibrationDuration = .milliseconds(20)
                $0.faults = everything
                $0.drift.spread = 0.3
                $0.drift.step = .milliseconds(10)
                $0.outages = [OutageWindow(from: .milliseconds(900), until: .milliseconds(950))]
            }
            var results: [BackendResult] = []
            for number in 0..<150 {
                let first = Int64(number) * 12
                for tick in stride(from: first, to: first + 12, by: step) {
                    results += bench.backend.poll(at: at(tick))
                    _ = bench.backend.deviceStatus(at: at(tick))
                }
                let job = bench.job("\(number)", records: number..<number + 1)
                _ = try? bench.backend.submit(job, at: at(Int64(number + 1) * 12))
            }
            results += bench.drain(from: at(3_000))
            return results.map {
                [
                    "\($0.id)", "\($0.completed)", "\(String(describing: $0.phases))",
                    "\(String(describing: $0.drift))", kind($0)?.rawValue ?? "done",
                ]
            }
        }
        let (seldom, often) = (try run(lookEvery: 12), try run(lookEvery: 1))
        #expect(seldom.sorted { $0[1] < $1[1] } == often.sorted { $0[1] < $1[1] })
        #expect(Set(seldom.map { $0[4] }).isSuperset(of: ["done", "failed", "cancelled"]))
    }

    private var everything: DeviceFaults {
        var faults = DeviceFaults()
        faults.maintenance = [
            OutageWindow(from: .milliseconds(200), until: .milliseconds(260))
        ]
        faults.submissionsPerSecond = 60
        faults.submissionBurst = 3
        faults.cancelProbability = 0.1
        faults.lateProbability = 0.2
        faults.lateDelay = JobSizes(mean: .milliseconds(50), shape: .exponential)
        faults.duplicateProbability = 0.2
        faults.garbledProbability = 0.2
        faults.lostProbability = 0.1
        return faults
    }

    @Test("has presets that wait as they say", arguments: QueuePreset.allCases)
    func presets(preset: QueuePreset) throws {
        let bench = try bench { preset.apply(to: &$0) }
        var waits: [Double] = []
        var refused = 0
        for number in 0..<40 {
            let now = at(Int64(number) * 30_000)
            let job = bench.job("\(number)", records: number..<number + 1)
            do { try bench.backend.submit(job, at: now) } catch {
                refused += 1
                continue
            }
            waits += bench.backend.poll(at: now + .seconds(Int64(29))).map(\.queueWait.inSeconds)
        }
        waits += bench.drain(from: at(1_200_000)).map(\.queueWait.inSeconds)
        let mean = waits.reduce(0, +) / Double(waits.count)
        switch preset {
        case .dedicated: #expect(mean == 0 && refused == 0)
        // The residual of half of the time spent on lognormal jobs.
        case .reserved: #expect(mean > 0.2 && mean < 10 && refused == 0)
        case .busyPublic: #expect(mean > 5 && waits.max() ?? 0 > 3 * mean)
        // From 60 s to 360 s, one submission every 30 s.
        case .outage: #expect(mean == 0 && refused == 10)
        }
    }
}
