import Determinism
import QuantumCircuit
import QuantumPrimitives
import QuantumSimulator
import Testing

@testable import QuantumBackends

@Suite("Noise of the simulated QPU")
struct DeviceNoiseTests {
    private let start = BackendUnderTest.start

    private func bench(
        _ noise: DeviceNoise, _ change: (inout SimulatedQPUConfiguration) -> Void = { _ in }
    ) throws -> Bench {
        var configuration = SimulatedQPUConfiguration()
        configuration.qubits = 5
        configuration.target = try .named("line-5")
        configuration.noise = noise
        change(&configuration)
        return try Bench(SimulatedQPU(configuration, start: start))
    }

    private func estimates(_ bench: Bench, shots: Int) throws -> ZEstimates {
        try bench.backend.submit(bench.job("a", records: 0..<12, shots: shots), at: start)
        return try #require(bench.drain(from: start).first).validated(strings: 10).get()
    }

    @Test("in full is the noisy backend's, shot for shot")
    func full() throws {
        let noisy = try Bench(
            NoisyBackend(NoisyBackendConfiguration(device: .named("line-5"))))
        #expect(try estimates(bench(.full), shots: 300) == estimates(noisy, shots: 300))
    }

    @Test("by one depolarisation is near the density matrix's, and far from none")
    func approximate() throws {
        let shots = 1 << 14
        let exact = try estimates(bench(.full), shots: shots).expectations
        let near = try estimates(bench(.approximate), shots: shots).expectations
        let ideal = try estimates(bench(.off), shots: shots).expectations
        func distance(_ values: [Double]) -> Double {
            let squares = zip(values, exact).reduce(0) {
                $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
            }
            return (squares / Double(exact.count)).squareRoot()
        }
        #expect(distance(near) < 0.03, "\(distance(near))")
        #expect(distance(near) < 0.6 * distance(ideal), "\(distance(ideal))")
    }

    @Test("by one depolarisation has a closed form on a single gate")
    func closedForm() throws {
        var circuit = try Circuit(qubits: 1)
        try circuit.append(.x, 0)
        var snapshot = try DeviceTarget.named("line-1").calibration
        snapshot.qubits[0].gateError = 0.03
        let survival = try DepolarizedShots.survival(circuit, snapshot)
        #expect(abs(survival - 0.94) < 1e-15)
        var outcome = [0.0, 1.0]
        DepolarizedShots.spoil(&outcome, survival: survival, readoutErrors: [0.1])
        // Depolarised to 0.03 and 0.97, then one in ten is misread.
        #expect(abs(outcome[0] - (0.9 * 0.03 + 0.1 * 0.97)) < 1e-15)
        #expect(abs(outcome[0] + outcome[1] - 1) < 1e-15)
    }

    @Test(
        "does not depend on how records are grouped", arguments: [DeviceNoise.approximate, .full])
    func grouping(noise: DeviceNoise) throws {
        let (whole, parts) = (try bench(noise), try bench(noise))
        try whole.backend.submit(whole.job("a", records: 0..<70), at: start)
        for first in stride(from: 0, to: 70, by: 7) {
            try parts.backend.submit(
                parts.job("\(first)", records: first..<first + 7), at: start)
        }
        let together = try whole.drain(from: start)[0].outcome.get()
        var apart = ZEstimates()
        for result in parts.drain(from: start) { apart.append(try result.outcome.get()) }
        #expect(together == apart)
    }

    @Test("drifts, and each result's record says by how much")
    func drift() throws {
        let bench = try bench(.approximate) {
            $0.drift.spread = 0.5
            $0.drift.step = .seconds(Int64(60))
            $0.drift.correlation = .seconds(Int64(600))
            $0.calibrationInterval = .seconds(Int64(7_200))
        }
        func run(_ name: String, _ seconds: Int64) throws -> BackendResult {
            let now = start + .seconds(seconds)
            var job = bench.job(name, records: 0..<3)
            job.shots = 1 << 14
            try bench.backend.submit(job, at: now)
            return try #require(bench.drain(from: now).first)
        }
        let (first, soon) = (try run("a", 0), try run("b", 50))
        let (later, next) = (try run("c", 7_000), try run("d", 7_201))
        let drift = try [first, soon, later, next].map { try #require($0.drift) }
        #expect(drift.map(\.snapshot) == [0, 0, 0, 1].map { "simulated-qpu/\($0)" })
        #expect(drift[0].currentTwoQubitError == drift[0].twoQubitError)
        #expect(drift[2].currentTwoQubitError != drift[2].twoQubitError)
        #expect(drift[2].sinceCalibration == .seconds(Int64(7_000)))
        #expect(drift[3].sinceCalibration == .seconds(Int64(1)))
        // Equal seeds and equal noise give equal results; other noise gives others.
        #expect(try first.outcome.get() == soon.outcome.get())
        #expect(try first.outcome.get() != later.outcome.get())
        #expect(try first.outcome.get() == next.outcome.get())
    }

    @Test("refuses gates on three qubits when a template is prepared")
    func wideGates() throws {
        let device = try bench(.approximate).backend
        var circuit = try Circuit(qubits: 3)
        try circuit.append(.ccx, 0, 1, 2)
        // However often somebody tries.
        for _ in 0..<2 {
            let error = #expect(throws: BackendError.self) {
                _ = try device.prepare(circuit, strings: [])
            }
            #expect(error?.kind == .invalidJob)
        }
    }
}

@Suite("Circuit durations on the simulated QPU")
struct CircuitDurationTests {
    private let start = BackendUnderTest.start

    @Test("follow the gates as written, each as soon as its qubits are free")
    func asWritten() throws {
        var circuit = try Circuit(qubits: 3)
        try circuit.append(.h, 0)
        try circuit.append(.cx, 0, 1)
        try circuit.append(.rz(.constant(0.3)), 1)
        try circuit.append(.x, 2)
        try circuit.append(.cx, 1, 2)
        try circuit.append(.sx, 0)
        let target = try DeviceTarget.named("line-3")
        let footprint = try CircuitFootprint(circuit, on: target)
        #expect(footprint.nanoseconds == 635)
        #expect(footprint.oneQubitGates == 3 && footprint.twoQubitGates == 2)
    }

    @Test("make a job's time: shots × (circuit + readout + reset)")
    func service() throws {
        var configuration = SimulatedQPUConfiguration()
        configuration.shotTiming = ShotTiming(
            circuitNanoseconds: 2_000, readoutNanoseconds: 1_000, resetNanoseconds: 7_000)
        configuration.servicePerJob = .milliseconds(1)
        let bench = try Bench(SimulatedQPU(configuration, start: start))
        try bench.backend.submit(bench.job("a", records: 0..<3, shots: 500), at: start)
        #expect(bench.backend.nextEvent == start + .milliseconds(16))
        #expect(bench.backend.deviceStatus(at: start).serviceTime == .milliseconds(6))
    }

    @Test("come from the compiled circuit where a layer above compiles it")
    func compiled() throws {
        let target = try DeviceTarget.named("line-4")
        var configuration = SimulatedQPUConfiguration()
        configuration.qubits = 4
        configuration.target = target
        configuration.shotTiming = ShotTiming()
        configuration.priceBook = PricePreset.ionQ.book
        let bench = try Bench(
            SimulatedQPU(configuration, start: start, compilation: .testCompiler))
        try bench.backend.submit(bench.job("a", records: 0..<2, shots: 10_000), at: start)
        let result = try #require(bench.drain(from: start).first)
        let circuit = try ZZFeatureMap.circuit(qubits: 4, repetitions: 2)
        let native = try DeviceCompilation.testCompiler.compile(circuit, target)
        let footprint = try CircuitFootprint(native, on: target)
        let shot = footprint.nanoseconds + 1_000 + 1_000
        #expect(result.phases?.execute == .seconds(shot * 1e-9 * 10_000) * 2)
        let gates = Int64(220 * footprint.oneQubitGates + 975 * footprint.twoQubitGates)
        #expect(result.costMicros == 2 * (12_416_600 + 10_000 * gates))
        // Routing on a line costs gates that the template alone does not have.
        #expect(result.circuit == ExecutedCircuit(native, isCompiled: true))
        #expect(try footprint != CircuitFootprint(circuit, on: target))
    }
}
