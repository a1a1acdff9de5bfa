import Contracts
import Determinism
import Policies
import QuantumBackends
import Stages
import TestSupport
import Testing

@Suite("Two devices")
struct TwoDeviceTests {
    private func device(
        _ name: String, _ change: (inout SimulatedQPUConfiguration) -> Void = { _ in }
    ) throws -> SimulatedQPU {
        var device = SimulatedQPUConfiguration()
        device.name = name
        device.servicePerRecord = .milliseconds(10)
        device.price = DevicePrice(perTask: 0.25, perShot: 0.001)
        change(&device)
        return try SimulatedQPU(device, start: Clock.start)
    }

    private func job(_ number: UInt64, on device: String) -> Input {
        var job = Sample.job("r\(number)", number: number)
        job.device = kept(device)
        return Input(.jobs, job, offset: Int64(number))
    }

    private func bench(_ backends: [any QuantumBackend]) -> Bench<Enrichment> {
        Bench(
            Enrichment(
                EnrichmentSettings(batchSize: 1, heartbeat: .milliseconds(100)),
                backends: backends))
    }

    @Test("each run the jobs that name them, and report apart")
    func routing() throws {
        var bench = bench([try device("a"), try device("b")])
        let taken = bench.process([
            job(1, on: "a"), job(2, on: "b"), job(3, on: "b"), job(4, on: "c"),
        ])
        // Nobody waits for a device that is not there.
        var found = try taken.decoded(.measurements, MeasurementMessage.self)
        var statuses: [QPUStatusMessage] = []
        for _ in 0..<20 {
            let turn = bench.tick(after: 10)
            found += try turn.decoded(.measurements, MeasurementMessage.self)
            statuses += try turn.decoded(.qpuStatus, QPUStatusMessage.self)
        }
        let places = Dictionary(
            uniqueKeysWithValues: found.map { ($0.id.string, $0.device.string) })
        #expect(places["r1"] == "a" && places["r2"] == "b" && places["r3"] == "b")
        #expect(found.filter { $0.status == .failed }.map(\.id.string) == ["r4"])
        #expect(bench.stage.heldCount == 0)
        let ended = { (name: String) in
            statuses.filter { $0.device == name }.flatMap(\.outcomes).map(\.status)
        }
        #expect(ended("a") == [.ok] && ended("b") == [.ok, .ok])
        #expect(statuses.last { $0.device == "b" }?.completed == 2)
    }

    @Test("go on apart: one that dies fails its own jobs and no other's")
    func death() throws {
        let dying = try device("a") {
            $0.outages = [OutageWindow(from: .milliseconds(15), until: .seconds(Int64(3_600)))]
        }
        var bench = bench([dying, try device("b")])
        var found: [MeasurementMessage] = []
        var states: [String: DeviceState] = [:]
        for number in 1...UInt64(40) {
            _ = bench.process([job(number, on: number.isMultiple(of: 2) ? "a" : "b")])
            let turn = bench.tick(after: 10)
            found += try turn.decoded(.measurements, MeasurementMessage.self)
            for status in try turn.decoded(.qpuStatus, QPUStatusMessage.self) {
                states[status.device] = status.state
            }
        }
        for _ in 0..<20 {
            found += try bench.tick(after: 10).decoded(.measurements, MeasurementMessage.self)
        }
        #expect(found.count == 40 && bench.stage.heldCount == 0)
        #expect(found.filter { $0.device.string == "b" }.allSatisfy { $0.status == .ok })
        #expect(found.filter { $0.device.string == "a" }.allSatisfy { $0.status == .failed })
        #expect(states == ["a": .outage, "b": .online])
    }

    @Test("do not both run one job")
    func onlyOnce() throws {
        var bench = bench([try device("a"), try device("b")])
        _ = bench.process([job(1, on: "a")])
        var copy = Sample.job("r1", number: 1)
        copy.device = kept("b")
        _ = bench.process([Input(.jobs, copy, offset: 9)])
        var found: [MeasurementMessage] = []
        for _ in 0..<10 {
            found += try bench.tick(after: 10).decoded(.measurements, MeasurementMessage.self)
        }
        #expect(found.map(\.device.string) == ["a"] && bench.stage.counters.ignored == 1)
    }

    @Test("tell admission what a job met: queue, announced and actual wait, run time")
    func outcomes() throws {
        var bench = bench([try device("a")])
        _ = bench.process((1...4).map { job($0, on: "a") })
        var outcomes: [DeviceOutcome] = []
        var last: QPUStatusMessage?
        for _ in 0..<30 {
            for status in try bench.tick(after: 10).decoded(.qpuStatus, QPUStatusMessage.self) {
                outcomes += status.outcomes
                last = status
            }
        }
        #expect(outcomes.map(\.waitMilliseconds) == [0, 10, 20, 30])
        #expect(outcomes.map(\.announcedMilliseconds) == [0, 10, 20, 30])
        #expect(outcomes.allSatisfy { $0.runMilliseconds == 10 && $0.records == 1 })
        #expect(last?.pricePerTask == 0.25 && last?.pricePerShot == 0.001 && last?.fidelity == 1)
        #expect(last?.outcomes.isEmpty == true)
    }

    @Test("are left alone until the instant that a throttling device names, and admission is told")
    func throttled() throws {
        let throttling = try device("a") {
            $0.faults.throttles = [
                OutageWindow(from: .zero, until: .milliseconds(150))
            ]
        }
        var bench = bench([throttling])
        _ = bench.process([job(1, on: "a")])
        var statuses: [QPUStatusMessage] = []
        var found: [MeasurementMessage] = []
        for _ in 0..<30 {
            let turn = bench.tick(after: 10)
            statuses += try turn.decoded(.qpuStatus, QPUStatusMessage.self)
            found += try turn.decoded(.measurements, MeasurementMessage.self)
        }
        #expect(statuses.first?.throttledUntil == Clock.start + .milliseconds(150))
        #expect(statuses.last?.throttledUntil == nil && statuses.last?.throttled == 1)
        #expect(statuses.flatMap(\.outcomes).map(\.status) == [.throttled, .ok])
        #expect(found.map(\.status) == [.ok])
    }

    @Test("announce their closures, maintenance and calibrations")
    func closures() throws {
        let closing = try device("a") {
            $0.faults.maintenance = [
                OutageWindow(from: .seconds(Int64(60)), until: .seconds(Int64(90)))
            ]
            $0.calibrationInterval = .seconds(Int64(3_600))
            $0.calibrationDuration = .seconds(Int64(30))
        }
        let closures = closing.closures(at: Clock.start + .seconds(Int64(70)))
        #expect(closures.count == QPUStatusMessage.maximumClosures)
        #expect(closures.first?.kind == .maintenance)
        #expect(closures.first?.from == Clock.start + .seconds(Int64(60)))
        #expect(
            closures.dropFirst().map(\.from).elementsEqual(
                (1...15).map { Clock.start + .seconds(Int64(3_600 * $0)) }))
        #expect(closures.dropFirst().allSatisfy { $0.kind == .calibration })
    }

    @Test("are chosen by admission record by record, which leaves the dead one alone")
    func pipeline() throws {
        var policy = AdmissionPolicy()
        policy.mode = .live
        var devices = [AdmissionDevice(name: "a"), AdmissionDevice(name: "b")]
        devices[1].price = CallPrice(perTask: 9)
        var admission = Bench(
            Admission(
                AdmissionSettings(
                    policy: policy, latencyBudget: .milliseconds(250), devices: devices)))
        var enrichment = bench([
            try device("a") {
                $0.outages = [OutageWindow(from: .milliseconds(50), until: .seconds(Int64(60)))]
                $0.price = DevicePrice(perTask: 0.1)
            },
            try device("b") { $0.price = DevicePrice(perTask: 9) },
        ])
        var chosen: [String] = []
        for number in 0..<30 {
            for status in try enrichment.tick().decoded(.qpuStatus, QPUStatusMessage.self) {
                admission.control.take(status)
            }
            var record = Sample.reduced("r\(number)")
            record.receivedAt = admission.now
            let jobs = admission.process(Input(.reduced, record, offset: Int64(number)))
                .on(.jobs)
            chosen += try jobs.map { try $0.decoded(JobMessage.self).device.string }
            let inputs = try jobs.map { output in
                Input(.jobs, try output.decoded(JobMessage.self), offset: Int64(number))
            }
            _ = enrichment.process(inputs)
            admission.now = admission.now + .milliseconds(10)
            enrichment.now = admission.now
        }
        #expect(chosen.count == 30 && Set(chosen) == ["a", "b"])
        #expect(chosen.first == "a" && chosen.suffix(10).allSatisfy { $0 == "b" })
    }
}
