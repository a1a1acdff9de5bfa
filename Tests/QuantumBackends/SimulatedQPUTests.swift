import Contracts
import Determinism
import QuantumBackends
import Testing

@Suite("The simulated QPU")
struct SimulatedQPUTests {
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

    @Test("serves jobs one after another and reports each wait")
    func queueing() throws {
        let bench = try bench { $0.price = DevicePrice(perTask: 0.5, perShot: 0.001) }
        for number in 0..<3 {
            try bench.backend.submit(bench.job("\(number)", records: 0..<4), at: start)
        }
        let status = bench.backend.deviceStatus(at: at(10))
        #expect(status.queueDepth == 3 && status.predictedWait == .milliseconds(110))
        #expect(status.serviceTime == .milliseconds(10))
        #expect(bench.backend.status(BackendJobID("0"), at: at(10)) == .running)
        #expect(bench.backend.status(BackendJobID("1"), at: at(10)) == .queued)
        #expect(bench.backend.nextEvent == at(40))
        #expect(bench.backend.poll(at: at(39)).isEmpty)
        let results = bench.backend.poll(at: at(200))
        #expect(results.map(\.queueWait) == [.zero, .milliseconds(40), .milliseconds(80)])
        #expect(results.map(\.completed) == [at(40), at(80), at(120)])
        #expect(results.allSatisfy { abs($0.cost - 4 * (0.5 + 0.256)) < 1e-12 })
    }

    @Test("tells one record's time and how many are served at once: a burst waits by both")
    func servers() throws {
        let bench = try bench { $0.servers = 4 }
        for number in 0..<40 {
            try bench.backend.submit(bench.job("\(number)", records: 0..<1), at: start)
        }
        let status = bench.backend.deviceStatus(at: start)
        #expect(status.serviceTime == .milliseconds(10) && status.servers == 4)
        // D/D/4: the 41st starts when the first forty are done, ten rounds of 10 ms later.
        let share = status.serviceTime.microseconds / Int64(status.servers)
        #expect(status.predictedWait == .microseconds(40 * share))
        try bench.backend.submit(bench.job("next", records: 0..<1), at: start)
        let last = bench.drain(from: start).first { $0.id == BackendJobID("next") }
        #expect(last?.queueWait == status.predictedWait)
    }

    @Test("does not depend on how often it is looked at")
    func lookingChangesNothing() throws {
        func run(lookEvery step: Int64) throws -> [[String]] {
            let bench = try bench {
                $0.jitter = 0.5
                $0.failureProbability = 0.2
                $0.queueTimeout = .milliseconds(20)
                $0.outages = [OutageWindow(from: .milliseconds(300), until: .milliseconds(350))]
            }
            var results: [BackendResult] = []
            for number in 0..<60 {
                let first = Int64(number) * 12
                for tick in stride(from: first, to: first + 12, by: Int(step)) {
                    results += bench.backend.poll(at: at(tick))
                }
                let job = bench.job("\(number)", records: number..<number + 1)
                _ = try? bench.backend.submit(job, at: at(Int64(number + 1) * 12))
            }
            results += bench.drain(from: at(2_000))
            return results.map { ["\($0.id)", "\($0.completed)", kind($0)?.rawValue ?? "done"] }
        }
        let (seldom, often) = (try run(lookEvery: 12), try run(lookEvery: 1))
        #expect(seldom == often)
        #expect(Set(seldom.map { $0[2] }) == ["done", "failed", "timeout"])
    }

    @Test("with no service time is done at once")
    func instant() throws {
        let bench = try bench { $0.servicePerRecord = .zero }
        for number in 0..<50 {
            let job = bench.job("\(number)", records: number..<number + 1)
            try bench.backend.submit(job, at: start)
        }
        let results = bench.backend.poll(at: start)
        #expect(results.count == 50 && results.allSatisfy { $0.latency == .zero })
    }

    @Test("refuses jobs above its capacity, and takes them later")
    func capacity() throws {
        let bench = try bench { $0.queueCapacity = 2 }
        try bench.backend.submit(bench.job("a", records: 0..<1), at: start)
        try bench.backend.submit(bench.job("b", records: 0..<1), at: start)
        let error = #expect(throws: BackendError.self) {
            try bench.backend.submit(bench.job("c", records: 0..<1), at: start)
        }
        #expect(error?.kind == .queueFull && error?.isTransient == true)
        try bench.backend.submit(bench.job("c", records: 0..<1), at: at(10))
        #expect(bench.drain(from: at(10)).count == 3)
    }

    @Test("fails what it holds when an outage opens, and refuses until it ends")
    func outages() throws {
        let bench = try bench {
            $0.outages = [OutageWindow(from: .milliseconds(15), until: .milliseconds(50))]
        }
        for name in ["a", "b", "c"] {
            try bench.backend.submit(bench.job(name, records: 0..<1), at: start)
        }
        #expect(bench.backend.nextEvent == at(10))
        let results = bench.backend.poll(at: at(20))
        #expect(results.map(kind) == [nil, .failed, .failed])
        #expect(results.map(\.completed) == [at(10), at(15), at(15)])
        #expect(results[1].started == at(10) && results[2].started == nil)
        let status = bench.backend.deviceStatus(at: at(20))
        #expect(status.state == .outage && status.predictedWait == .milliseconds(30))
        #expect(status.completed == 1 && status.failed == 2)
        let error = #expect(throws: BackendError.self) {
            try bench.backend.submit(bench.job("d", records: 0..<1), at: at(49))
        }
        #expect(error?.kind == .unavailable)
        // A failed job may be submitted again under its id.
        try bench.backend.submit(bench.job("b", records: 0..<1), at: at(50))
        let again = bench.drain(from: at(50))
        #expect(again.map(kind) == [nil] && again[0].completed == at(60))
    }

    @Test("ends a job that waits too long, at that instant")
    func timeouts() throws {
        let bench = try bench { $0.queueTimeout = .milliseconds(15) }
        for name in ["a", "b", "c"] {
            try bench.backend.submit(bench.job(name, records: 0..<1), at: start)
        }
        let results = bench.drain(from: start)
        #expect(results.map(\.id.rawValue) == ["a", "c", "b"])
        #expect(results.map(kind) == [nil, .timeout, nil])
        #expect(results[1].completed == at(15) && results[1].queueWait == .milliseconds(15))
    }

    @Test("lets the next job start when the running one is cancelled")
    func cancelRunning() throws {
        let bench = try bench()
        try bench.backend.submit(bench.job("a", records: 0..<1), at: start)
        try bench.backend.submit(bench.job("b", records: 0..<1), at: start)
        #expect(bench.backend.cancel(BackendJobID("a"), at: at(4)))
        let results = bench.drain(from: at(4))
        #expect(results.map(kind) == [.cancelled, nil])
        #expect(results.map(\.completed) == [at(4), at(14)])
    }

    @Test("keeps its mean service time under jitter and stretches it under background load")
    func serviceTimes() throws {
        let jittered = try bench { $0.jitter = 0.5 }
        for number in 0..<2_000 {
            try jittered.backend.submit(jittered.job("\(number)", records: 0..<1), at: start)
        }
        let results = jittered.drain(from: start)
        let mean = (results[results.count - 1].completed - start).inMilliseconds / 2_000
        // Standard deviation of one service is 10·√(e^¼ − 1) = 5.3 ms: five standard errors are 0.6
        // ms.
        #expect(abs(mean - 10) < 0.6)
        #expect(Set(results.map { ($0.completed - ($0.started ?? start)) }).count > 1_500)
        let loaded = try bench { $0.backgroundLoad = 0.75 }
        try loaded.backend.submit(loaded.job("a", records: 0..<2), at: start)
        #expect(loaded.backend.nextEvent == at(80))
    }

    @Test("changes its calibration on schedule and stamps jobs with the one they started under")
    func calibrations() throws {
        let bench = try bench { $0.calibrationInterval = .milliseconds(25) }
        for name in ["a", "b", "c", "d"] {
            try bench.backend.submit(bench.job(name, records: 0..<1), at: start)
        }
        let results = bench.drain(from: start)
        let stamps = results.map(\.calibration)
        #expect(
            stamps == [
                "simulated-qpu/0", "simulated-qpu/0", "simulated-qpu/0", "simulated-qpu/1",
            ])
    }

    @Test("leaves part of a large backlog for the next poll")
    func boundedPolls() throws {
        let bench = try bench {
            $0.servicePerRecord = .zero
            $0.recordsPerPoll = 10
        }
        for number in 0..<25 {
            try bench.backend.submit(bench.job("\(number)", records: 0..<1), at: start)
        }
        #expect(bench.backend.poll(at: start).count == 10)
        #expect(bench.backend.nextEvent == start)
        #expect(bench.backend.poll(at: start).count == 10)
        #expect(bench.backend.poll(at: start).count == 5)
        #expect(bench.backend.nextEvent == nil)
    }

    @Test("refuses settings that make no sense, naming them")
    func configurations() throws {
        let changes: [(String, (inout SimulatedQPUConfiguration) -> Void)] = [
            ("qubits", { $0.qubits = 17 }), ("jitter", { $0.jitter = .nan }),
            ("backgroundLoad", { $0.backgroundLoad = 1 }),
            ("queueCapacity", { $0.queueCapacity = 0 }),
            ("failureProbability", { $0.failureProbability = 1.1 }),
            ("service time", { $0.servicePerRecord = .milliseconds(-1) }),
            ("price", { $0.price = DevicePrice(perTask: -1) }),
            ("outage", { $0.outages = [OutageWindow(from: .milliseconds(2), until: .zero)] }),
        ]
        for (setting, change) in changes {
            let error = #expect(throws: BackendConfigurationError.self) { _ = try bench(change) }
            #expect(error?.setting == setting)
        }
    }
}
