import Determinism
import QuantumBackends
import QuantumSimulator
import Testing

@Suite("Price books")
struct PriceTests {
    private let start = BackendUnderTest.start

    @Test("add up tasks, shots, gates and time in whole millionths")
    func sums() {
        var book = PriceBook()
        book.perTask = 300_000
        book.perShot = 7
        book.perOneQubitGateShot = 3
        book.perTwoQubitGateShot = 11
        book.perSecond = 1_600_000
        let usage = DeviceUsage(
            tasks: 10, shots: 100, microseconds: 3, oneQubitGates: 5, twoQubitGates: 2)
        // 10·(300000 + 700 + 1500 + 2200) + ⌈4.8⌉.
        #expect(book.cost(of: usage) == 3_044_005)
    }

    @Test("charge no less than the minimum, for each task")
    func minimum() {
        var book = PriceBook()
        book.perShot = 1
        book.minimumPerTask = 500
        #expect(book.cost(of: DeviceUsage(tasks: 3, shots: 100)) == 1_500)
        #expect(book.cost(of: DeviceUsage(tasks: 3, shots: 501)) == 1_503)
    }

    @Test("stop at the largest number instead of overflowing")
    func overflow() {
        var book = PriceBook()
        book.perShot = 1_000_000_000_000
        #expect(book.cost(of: DeviceUsage(tasks: 1 << 30, shots: 1 << 30)) == .max)
        book = PriceBook()
        book.perSecond = .max
        #expect(book.cost(of: DeviceUsage(tasks: 1, shots: 1, microseconds: .max)) == .max)
    }

    @Test("come in presets whose prices are the published ones")
    func presets() {
        func cost(_ preset: PricePreset, _ usage: DeviceUsage) -> Double {
            Double(preset.book.cost(of: usage)) / 1e6
        }
        let usage = DeviceUsage(
            tasks: 1, shots: 1_000, microseconds: 2_500_000, oneQubitGates: 200,
            twoQubitGates: 100)
        #expect(cost(.awsBraket, usage) == 1.2)
        // The worked example of the formula: 12.4166 + 44 + 97.5.
        #expect(cost(.ionQ, usage) == 153.9166)
        #expect(cost(.ibm, usage) == 4)
    }

    @Test("charge a device's jobs by what they used")
    func jobs() throws {
        var configuration = SimulatedQPUConfiguration()
        configuration.servicePerRecord = .milliseconds(250)
        configuration.priceBook = PricePreset.ibm.book
        let bench = try Bench(SimulatedQPU(configuration, start: start))
        try bench.backend.submit(bench.job("a", records: 0..<4), at: start)
        try bench.backend.submit(bench.job("b", records: 0..<4), at: start)
        bench.backend.cancel(BackendJobID("b"), at: start + .milliseconds(1_500))
        let results = bench.drain(from: start + .milliseconds(1_500))
        #expect(results.map(\.costMicros) == [1_600_000, 0])
        #expect(results[0].cost == 1.6)
    }

    @Test("charge nobody for the time of others")
    func others() throws {
        var configuration = SimulatedQPUConfiguration()
        configuration.servicePerRecord = .milliseconds(250)
        configuration.backgroundLoad = 0.75
        configuration.priceBook = PricePreset.ibm.book
        let bench = try Bench(SimulatedQPU(configuration, start: start))
        try bench.backend.submit(bench.job("a", records: 0..<4), at: start)
        let result = try #require(bench.drain(from: start).first)
        #expect(result.completed - start == .seconds(4 as Int64))
        #expect(result.costMicros == 1_600_000)
    }

    @Test(
        "say how long a job may take for its limit, to the microsecond",
        arguments: [0, 1, 4_999, 5_000, 1_234_567, 999_999_999_999] as [Int64])
    func affordable(rest: Int64) throws {
        var book = PriceBook()
        book.perTask = 1_000
        book.perSecond = 1_600_001
        book.minimumPerTask = 2_000
        var usage = DeviceUsage(tasks: 3, shots: 10)
        // Three minimum charges: 3,000 of them for tasks, 3,000 for time.
        #expect(book.affordable(usage, maximum: 5_999) == nil)
        let maximum = 6_000 + rest
        usage.microseconds = try #require(book.affordable(usage, maximum: maximum))
        #expect(book.cost(of: usage) <= maximum)
        usage.microseconds += 1
        #expect(book.cost(of: usage) > maximum)
    }

    @Test("are never exceeded where a job has a limit")
    func limits() throws {
        var configuration = SimulatedQPUConfiguration()
        configuration.servicePerRecord = .milliseconds(100)
        configuration.jitter = 0.5
        configuration.backgroundLoad = 0.3
        configuration.priceBook = PricePreset.ibm.book
        configuration.seed = 7
        let bench = try Bench(SimulatedQPU(configuration, start: start))
        let profile = try #require(
            bench.backend.profile(of: bench.executable, shots: 256, at: start))
        let limit = Int64(2 * profile.pricePerTask * 1e6)
        for index in 0..<2_000 {
            var job = bench.job("job \(index)", records: 0..<2)
            job.maximumMicros = limit
            try bench.backend.submit(job, at: start)
        }
        let results = bench.drain(from: start)
        #expect(results.count == 2_000)
        #expect(results.allSatisfy { $0.costMicros <= limit })
        let stopped = results.filter { (try? $0.validated().get()) == nil }
        // What is set aside covers 99 jobs in 100; three standard deviations of 2,000 draws.
        #expect((7...34).contains(stopped.count), "\(stopped.count) of 2,000 were stopped")
        // A stopped job has used up its limit, but for the microsecond that it could not buy.
        #expect(stopped.allSatisfy { limit - $0.costMicros < 4 })
    }

    @Test("set aside enough for any number of shots where times do not vary")
    func shares() throws {
        var draws = RandomStream(seed: 5)
        for round in 0..<60 {
            var configuration = SimulatedQPUConfiguration()
            configuration.shotTiming = ShotTiming(
                circuitNanoseconds: 200 + 4_000 * draws.uniform())
            configuration.servicePerJob = round % 2 == 0 ? .zero : .microseconds(777)
            configuration.priceBook = PricePreset.ibm.book
            let bench = try Bench(SimulatedQPU(configuration, start: start))
            let profile = try #require(
                bench.backend.profile(of: bench.executable, shots: 1_024, at: start))
            for shots in [1, 64, 333, 512, 1_024, 8_192] {
                let price = profile.pricePerTask + profile.pricePerShot * Double(shots)
                for records in [1, 7] {
                    var job = bench.job("\(shots) \(records)", records: 0..<records, shots: shots)
                    job.maximumMicros = Int64((price * 1e6).rounded(.up)) * Int64(records)
                    try bench.backend.submit(job, at: start)
                }
            }
            for result in bench.drain(from: start) {
                #expect(throws: Never.self) { try result.validated().get() }
            }
        }
    }

    @Test("are paid once for a job that was stopped, whoever submits it again")
    func stoppedOnce() throws {
        var configuration = SimulatedQPUConfiguration()
        configuration.servicePerRecord = .milliseconds(100)
        configuration.priceBook = PricePreset.ibm.book
        let archive = ResultArchive(try SimulatedQPU(configuration, start: start))
        let bench = try Bench(archive)
        var job = bench.job("a", records: 0..<1)
        job.maximumMicros = 16_000
        try archive.submit(job, at: start)
        #expect(bench.drain(from: start).map(\.costMicros) == [16_000])
        let later = start + .seconds(1 as Int64)
        try archive.submit(job, at: later)
        #expect(archive.nextEvent == nil && archive.status(job.id, at: later) == .done)
        let kept = try #require(archive.result(of: job.id, at: later))
        #expect(kept.costMicros == 16_000)
        #expect(throws: BackendError.self) { try kept.validated().get() }
    }

    @Test("are above some limits from the start, and nothing is charged")
    func refusals() throws {
        var configuration = SimulatedQPUConfiguration()
        configuration.price = DevicePrice(perTask: 0.3)
        let bench = try Bench(SimulatedQPU(configuration, start: start))
        var job = bench.job("a", records: 0..<2)
        job.maximumMicros = 599_999
        let error = #expect(throws: BackendError.self) {
            try bench.backend.submit(job, at: start)
        }
        #expect(error?.kind == .invalidJob)
        #expect(error?.detail.contains("0.6") == true && error?.detail.contains("0.599999") == true)
        job.maximumMicros = 600_000
        try bench.backend.submit(job, at: start)
        #expect(bench.drain(from: start).map(\.cost) == [0.6])
    }
}

@Suite("Fleets of devices")
struct DeviceFleetTests {
    private let start = BackendUnderTest.start

    @Test("make one backend of each device, by name")
    func backends() throws {
        let fleet = try DeviceFleet.mixed()
        let backends = try fleet.backends(start: start)
        #expect(backends.map(\.target.name) == ["ions", "transmons", "transmons-reserved"])
        #expect(fleet["ions"]?.name == "ions" && fleet["none"] == nil)
        var seconds: [Double] = []
        var costs: [Double] = []
        for backend in backends {
            let bench = try Bench(backend)
            try bench.backend.submit(bench.job("a", records: 0..<1, shots: 1_000), at: start)
            let result = try #require(bench.drain(from: start).first)
            #expect(try result.validated(strings: 10).get().means.count == 1)
            seconds.append(try #require(result.phases).execute.inSeconds)
            costs.append(result.cost)
        }
        // Ions are slow and dear; the same chip takes the same time at another price.
        #expect(seconds[0] > 1_000 * seconds[1] && seconds[1] == seconds[2])
        #expect(costs[0] > costs[2] && costs[2] > costs[1])
        #expect(costs[2] == 1.2)
    }

    @Test("refuse two devices of one name")
    func names() throws {
        let device = SimulatedQPUConfiguration()
        let error = #expect(throws: BackendConfigurationError.self) {
            _ = try DeviceFleet([device, device])
        }
        #expect(error?.description.contains("'simulated-qpu'") == true)
    }
}
