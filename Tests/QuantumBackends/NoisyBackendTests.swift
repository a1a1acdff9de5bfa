import Determinism
import QuantumBackends
import QuantumCircuit
import QuantumPrimitives
import QuantumSimulator
import Testing

@Suite("The noisy backend")
struct NoisyBackendTests {
    private let start = BackendUnderTest.start
    private let device: DeviceTarget

    init() throws { device = try .named("line-5") }

    private func backend(
        _ change: (inout NoisyBackendConfiguration) -> Void = { _ in }
    ) throws -> NoisyBackend {
        var configuration = NoisyBackendConfiguration(device: device)
        change(&configuration)
        return try NoisyBackend(configuration)
    }

    private func estimates(
        _ backend: NoisyBackend, shots: Int, records: Int = 2
    ) throws -> ZEstimates {
        let bench = try Bench(backend)
        try backend.submit(bench.job("a", records: 0..<records, shots: shots), at: start)
        return try #require(bench.drain(from: start).first).outcome.get()
    }

    /// Exact noisy values of the conformance bench's records, readout errors included.
    private func exact(record: Int, withReadout: Bool) throws -> [Double] {
        let circuit = try ZZFeatureMap.circuit(qubits: 4, repetitions: 2)
        let noise = try NoiseModel(calibration: device.calibration, for: circuit)
        let parameters = (4 * record..<4 * record + 4).map { Double($0 * 7 % 41) * 0.15 - 3 }
        let state = try DensityMatrixSimulator().run(
            circuit, parameters: parameters, noise: noise)
        let probabilities =
            try withReadout
            ? state.measuredProbabilities() : state.probabilities(of: [0, 1, 2, 3])
        return MeasuredStrings.upToPairs(qubits: 4).map { string in
            probabilities.enumerated().reduce(0) {
                $0 + Double(string.value(on: UInt32($1.offset))) * $1.element
            }
        }
    }

    @Test("draws from the noisy distribution, as a density matrix and by trajectories")
    func distribution() throws {
        let shots = 40_000
        for limit in [0, 8] {
            let backend = try backend { $0.densityMatrixQubits = limit }
            let estimates = try estimates(backend, shots: shots)
            for record in 0..<2 {
                let exact = try exact(record: record, withReadout: true)
                for (index, value) in exact.enumerated() {
                    let error = ((1 - value * value) / Double(shots)).squareRoot()
                    let measured = estimates.expectations[record * 10 + index]
                    #expect(abs(measured - value) < 5 * error + 1e-9, "\(limit) \(index)")
                }
            }
        }
    }

    @Test("gives for 0 shots the density matrix's expectations, readout errors included")
    func exactValues() throws {
        let found = try estimates(try backend(), shots: 0)
        for record in 0..<2 {
            let expected = try exact(record: record, withReadout: true)
            for (index, value) in expected.enumerated() {
                #expect(abs(found.expectations[record * 10 + index] - value) < 1e-12)
            }
            #expect(abs(found.means[record] - 0.25 * expected.reduce(0, +)) < 1e-12)
        }
        let backend = try backend { $0.densityMatrixQubits = 3 }
        let bench = try Bench(backend)
        let error = #expect(throws: BackendError.self) {
            try backend.submit(bench.job("a", records: 0..<1, shots: 0), at: start)
        }
        #expect(
            error?.description
                == "invalidJob: job a: 0 shots: noisy has no exact values for 4 qubits, 1 to 1048576 "
                + "are allowed")
    }

    @Test("lets qubits that wait relax: a longer gate elsewhere costs coherence")
    func waiting() throws {
        func plus(waitingFor gates: Int) throws -> Double {
            var circuit = try Circuit(qubits: 2)
            try circuit.append(.h, 0)
            for _ in 0..<gates { try circuit.append(.y, 1) }
            try circuit.append(Operation(.barrier(2), [0, 1]))
            try circuit.append(.h, 0)
            let backend = try backend()
            let executable = try backend.prepare(circuit, strings: [ZString(qubits: 0)])
            let job = BackendJob(
                id: BackendJobID("a"), executable: executable, parameters: [], seeds: [1], shots: 0)
            try backend.submit(job, at: start)
            return try #require(backend.poll(at: start).first).outcome.get().expectations[0]
        }
        let (short, long) = (try plus(waitingFor: 1), try plus(waitingFor: 101))
        // 100 gates of 35 ns; T2 is 100 µs: e^(−3.5/100).
        let lost = 0.965_605_416_257_566_5
        #expect(short > 0.9)
        #expect(abs(long / short - lost) < 1e-3)
    }

    @Test("is noisy: its values are not those of the ideal device")
    func noise() throws {
        let ideal = IdealBackend()
        let bench = try Bench(ideal)
        try ideal.submit(bench.job("a", records: 0..<1, shots: 0), at: start)
        let clean = try #require(ideal.poll(at: start).first).outcome.get().expectations
        let noisy = try exact(record: 0, withReadout: true)
        let difference = zip(clean, noisy).reduce(0) { max($0, abs($1.0 - $1.1)) }
        #expect(difference > 0.02)
    }

    @Test("undoes readout errors when given a correction, in expectations and the functional")
    func correction() throws {
        let error = try ConfusionMatrix(falseOne: 0.015, falseZero: 0.015)
        let mitigation = try ReadoutMitigation([ConfusionMatrix](repeating: error, count: 5))
        let shots = 200_000
        let plain = try estimates(try backend(), shots: shots)
        let backend = try backend {
            $0.readoutCorrection = ReadoutCorrection(
                shares: mitigation.undone, values: mitigation.corrected)
        }
        let mitigated = try estimates(backend, shots: shots)
        let truth = try exact(record: 0, withReadout: false)
        for (index, value) in truth.enumerated() {
            #expect(abs(mitigated.expectations[index] - value) < 5 * 1.1 / 447)
        }
        // Every string has weight 0.25 in the functional.
        let sum = mitigated.expectations[..<10].reduce(0, +) * 0.25
        #expect(abs(mitigated.means[0] - sum) < 1e-12)
        #expect(mitigated.standardErrors[0] > plain.standardErrors[0])
        #expect(abs(plain.means[0] - mitigated.means[0]) > 5 * mitigated.standardErrors[0])
    }

    @Test("gives equal results however much each poll simulates")
    func polls() throws {
        let runs = try [1, 700, 1 << 20].map { budget in
            try estimates(
                try backend { $0.amplitudesPerPoll = budget }, shots: 64, records: 9)
        }
        #expect(runs[0] == runs[1] && runs[1] == runs[2])
        #expect(runs[0].means.count == 9)
    }

    @Test("reports a job as running between polls, and cancels it there")
    func progress() throws {
        let backend = try backend { $0.amplitudesPerPoll = 1 }
        let bench = try Bench(backend)
        let job = bench.job("a", records: 0..<3)
        try backend.submit(job, at: start)
        #expect(backend.status(job.id, at: start) == .queued)
        let later = start + .milliseconds(5)
        #expect(backend.poll(at: later).isEmpty)
        #expect(backend.status(job.id, at: later) == .running)
        #expect(backend.deviceStatus(at: later).queueDepth == 1)
        #expect(backend.cancel(job.id, at: later + .milliseconds(5)))
        let result = try #require(backend.poll(at: later + .milliseconds(9)).first)
        #expect(throws: BackendError.self) { try result.outcome.get() }
        #expect(result.started == later && result.completed == later + .milliseconds(5))
        #expect(backend.nextEvent == nil)
    }

    @Test("names its calibration by what is in it")
    func calibration() throws {
        var other = device.calibration
        other.qubits[3].readoutError = 0.02
        let names = try [device, device, device.calibrated(other)].map { device in
            try NoisyBackend(NoisyBackendConfiguration(device: device)).calibration(at: start)
        }
        #expect(names[0] == names[1] && names[0] != names[2])
        #expect(names[0].hasPrefix("noisy/"))
    }

    @Test("refuses what it cannot run: wide gates and gates after a measurement")
    func wrongCircuits() throws {
        let backend = try backend()
        let wide = try Circuit(qubits: 3, operations: [Operation(.ccx, [0, 1, 2])])
        let late = try Circuit(
            qubits: 1, bits: 1,
            operations: [Operation(.measure(bit: 0), [0]), Operation(.x, [0])])
        for circuit in [wide, late] {
            let error = #expect(throws: BackendError.self) {
                _ = try backend.prepare(circuit, strings: [ZString(qubits: 0)])
            }
            #expect(error?.kind == .invalidJob)
        }
        var configuration = NoisyBackendConfiguration(device: device)
        configuration.densityMatrixQubits = 13
        let error = #expect(throws: BackendConfigurationError.self) {
            _ = try NoisyBackend(configuration)
        }
        #expect(error?.setting == "densityMatrixQubits")
    }
}
