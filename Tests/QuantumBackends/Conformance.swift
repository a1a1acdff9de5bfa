import Contracts
import Determinism
import QuantumBackends
import QuantumCircuit
import QuantumCompiler
import QuantumPrimitives
import QuantumSimulator
import Testing

/// One behaviour for every backend: each test body is written once and run for each of them.
enum BackendUnderTest: String, CaseIterable, Sendable {
    case ideal
    case simulatedQPU
    /// Behind a service that keeps results.
    case archivedQPU
    /// With a target that templates are compiled for.
    case compilingQPU
    /// As density matrices.
    case noisy
    case noisyMitigated
    case noisyTrajectories

    static let start = Timestamp(milliseconds: 1_700_000_000_000)

    func make() throws -> any QuantumBackend {
        switch self {
        case .ideal: return IdealBackend(maxBatch: 1_000)
        case .simulatedQPU: return try simulatedQPU(nil)
        case .archivedQPU: return ResultArchive(try simulatedQPU(nil))
        case .compilingQPU:
            return try simulatedQPU(.testCompiler) {
                $0.qubits = 7
                $0.target = try .named("falcon-7-ecr")
            }
        case .noisy: return try noisy { _ in }
        case .noisyTrajectories: return try noisy { $0.densityMatrixQubits = 0 }
        case .noisyMitigated:
            let error = try ConfusionMatrix(falseOne: 0.015, falseZero: 0.015)
            let mitigation = try ReadoutMitigation([error, error, error, error])
            return try noisy {
                $0.readoutCorrection = ReadoutCorrection(
                    shares: mitigation.undone, values: mitigation.corrected)
            }
        }
    }

    private func simulatedQPU(
        _ compilation: DeviceCompilation?,
        _ change: (inout SimulatedQPUConfiguration) throws -> Void = { _ in }
    ) throws -> any QuantumBackend {
        var configuration = SimulatedQPUConfiguration()
        configuration.maxBatch = 1_000
        configuration.jitter = 0.3
        configuration.servicePerJob = .milliseconds(1)
        configuration.price = DevicePrice(perTask: 0.5, perShot: 0.25)
        try change(&configuration)
        return try SimulatedQPU(configuration, start: Self.start, compilation: compilation)
    }

    /// Polls take a few records each, so that jobs span several.
    private func noisy(
        _ change: (inout NoisyBackendConfiguration) -> Void
    ) throws -> any QuantumBackend {
        var configuration = NoisyBackendConfiguration(device: try .named("line-5"))
        configuration.maxBatch = 1_000
        configuration.amplitudesPerPoll = 700
        change(&configuration)
        return try NoisyBackend(configuration)
    }
}

extension DeviceCompilation {
    static let testCompiler = DeviceCompilation { circuit, target in
        try Compiler(readout: .zBasis, attempts: 2).compile(circuit, for: target).circuit
    }
}

/// A backend with the 4-qubit ZZ feature map prepared, and jobs for it.
struct Bench {
    let backend: any QuantumBackend
    let executable: ExecutableID
    let strings = MeasuredStrings.upToPairs(qubits: 4)

    init(_ backend: any QuantumBackend) throws {
        self.backend = backend
        executable = try backend.prepare(
            ZZFeatureMap.circuit(qubits: 4, repetitions: 2), strings: strings,
            weights: strings.map { _ in 0.25 })
    }

    /// Records are numbered: a record's parameters and seed depend on its number alone.
    func job(_ id: String, records: Range<Int>, shots: Int = 256) -> BackendJob {
        let parameters = (4 * records.lowerBound..<4 * records.upperBound).map { index in
            Double(index * 7 % 41) * 0.15 - 3
        }
        return BackendJob(
            id: BackendJobID(id), executable: executable, parameters: parameters,
            seeds: records.map { StableHash.mix(UInt64($0)) }, shots: shots)
    }

    /// Advances the clock from event to event until nothing is left.
    func drain(from now: Timestamp) -> [BackendResult] {
        var (results, now) = ([BackendResult](), now)
        results += backend.poll(at: now)
        while let event = backend.nextEvent {
            now = max(now, event)
            results += backend.poll(at: now)
        }
        return results
    }
}

@Suite("Every backend")
struct Conformance {
    private let start = BackendUnderTest.start

    @Test("returns one estimate per record and string", arguments: BackendUnderTest.allCases)
    func shapes(kind: BackendUnderTest) throws {
        let bench = try Bench(kind.make())
        try bench.backend.submit(bench.job("a", records: 0..<13), at: start)
        let results = bench.drain(from: start)
        #expect(results.count == 1)
        let estimates = try results[0].outcome.get()
        #expect(estimates.expectations.count == 13 * 10)
        #expect(estimates.means.count == 13 && estimates.standardErrors.count == 13)
        #expect(estimates.expectations.allSatisfy { abs($0) <= 1 })
        #expect(estimates.standardErrors.allSatisfy { $0 >= 0 && $0 < 0.2 })
        #expect(bench.backend.poll(at: start + .seconds(3_600 as Int64)).isEmpty)
        #expect(bench.backend.nextEvent == nil)
    }

    @Test("gives equal results for equal jobs", arguments: BackendUnderTest.allCases)
    func determinism(kind: BackendUnderTest) throws {
        let runs = try (0..<2).map { _ in
            let bench = try Bench(kind.make())
            for number in 0..<5 {
                let job = bench.job("job-\(number)", records: number..<number + 3)
                try bench.backend.submit(job, at: start + .milliseconds(Int64(number)))
            }
            return bench.drain(from: start + .milliseconds(5))
        }
        #expect(runs[0].map(\.id) == runs[1].map(\.id))
        #expect(runs[0].map(\.completed) == runs[1].map(\.completed))
        for (left, right) in zip(runs[0], runs[1]) {
            #expect(try left.outcome.get() == right.outcome.get())
        }
    }

    @Test("gives a record the same result in any job", arguments: BackendUnderTest.allCases)
    func batchIndependence(kind: BackendUnderTest) throws {
        var flat: [[Double]] = []
        for size in [1, 3, 8, 24] {
            let bench = try Bench(kind.make())
            for first in stride(from: 0, to: 24, by: size) {
                let job = bench.job("from-\(first)", records: first..<first + size)
                try bench.backend.submit(job, at: start)
            }
            flat.append(
                try bench.drain(from: start).flatMap {
                    let estimates = try $0.outcome.get()
                    return estimates.expectations + estimates.means + estimates.standardErrors
                }.sorted())
        }
        #expect(flat.allSatisfy { $0 == flat[0] })
    }

    @Test("accounts for every job completely", arguments: BackendUnderTest.allCases)
    func metadata(kind: BackendUnderTest) throws {
        let bench = try Bench(kind.make())
        let job = bench.job("a", records: 0..<4, shots: 100)
        #expect(try bench.backend.submit(job, at: start) == job.id)
        let later = start + .seconds(5 as Int64)
        let result = try #require(bench.drain(from: later).first)
        #expect(result.id == job.id && result.executable == job.executable)
        #expect(result.records == 4 && result.shots == 100)
        #expect(result.device == bench.backend.target.name)
        #expect(result.calibration == bench.backend.calibration(at: start))
        #expect(result.submitted == start)
        let begun = try #require(result.started)
        #expect(begun >= start && result.completed >= begun && result.completed <= later)
        #expect(result.queueWait >= .zero && result.latency >= result.queueWait)
        #expect(try result.latency == result.queueWait + #require(result.runTime))
        let price = bench.backend.price
        #expect(abs(result.cost - 4 * (price.perTask + 100 * price.perShot)) < 1e-12)
        let status = bench.backend.deviceStatus(at: later)
        #expect(status.state == .online && status.queueDepth == 0)
        #expect(status.completed == 1 && status.failed == 0)
        #expect(status.predictedWait == .zero)
        #expect(bench.backend.status(job.id, at: later) == .done)
        #expect(bench.backend.status(BackendJobID("never"), at: later) == nil)
    }

    @Test(
        "reports the circuit that ran: the template's size, or what its compiler made of it",
        arguments: BackendUnderTest.allCases)
    func executedCircuit(kind: BackendUnderTest) throws {
        let bench = try Bench(kind.make())
        try bench.backend.submit(bench.job("a", records: 0..<1), at: start)
        let circuit = try #require(bench.drain(from: start).first).circuit
        let template = try ZZFeatureMap.circuit(qubits: 4, repetitions: 2)
        #expect(circuit.isCompiled == (kind == .compilingQPU))
        if circuit.isCompiled {
            let device = try #require(bench.backend.device)
            let compiled = try Compiler(readout: .zBasis, attempts: 2)
                .compile(template, for: device).circuit
            #expect(circuit.qubits == 7)
            #expect(circuit.depth == compiled.depth && circuit.depth != template.depth)
            #expect(circuit.twoQubitGates == compiled.entanglingGates)
        } else {
            #expect(circuit == ExecutedCircuit(template, isCompiled: false))
            #expect(circuit.twoQubitGates == 24 && circuit.depth == template.depth)
        }
    }

    @Test(
        "gives the mean of many shots for none, where it takes such jobs",
        arguments: BackendUnderTest.allCases)
    func exactValues(kind: BackendUnderTest) throws {
        let bench = try Bench(kind.make())
        guard bench.backend.target.isExactAllowed else {
            #expect(
                [.simulatedQPU, .archivedQPU, .compilingQPU, .noisyTrajectories].contains(kind))
            return
        }
        var exact = bench.job("exact", records: 0..<2, shots: 0)
        try bench.backend.submit(exact, at: start)
        exact.id = BackendJobID("other seeds")
        exact.seeds = [5, 6]
        try bench.backend.submit(exact, at: start)
        let shots = bench.job("shots", records: 0..<2, shots: 40_000)
        try bench.backend.submit(shots, at: start)
        let results = bench.drain(from: start)
        let values = try results[0].outcome.get()
        #expect(results[0].shots == 0 && values.standardErrors == [0, 0])
        #expect(try results[1].outcome.get() == values)
        let sampled = try results[2].outcome.get()
        for (mean, expected) in zip(sampled.expectations, values.expectations) {
            #expect(abs(mean - expected) < 5 * 1.1 / 200)
        }
        for record in 0..<2 {
            let distance = abs(sampled.means[record] - values.means[record])
            #expect(distance < 5 * sampled.standardErrors[record])
        }
    }

    @Test("is discovered with its limits, target and state", arguments: BackendUnderTest.allCases)
    func discovery(kind: BackendUnderTest) throws {
        let backend = try kind.make()
        let found = backend.description(at: start)
        #expect(found.name == backend.target.name && found.kind == backend.kind)
        #expect(found.state == .online && found.calibration == backend.calibration(at: start))
        #expect(found.limits == DeviceDescription.Limits(backend.target))
        #expect(found.price == backend.price)
        #expect(found.target?.name == backend.device?.name)
        #expect((found.quality == nil) == (backend.device == nil))
    }

    @Test("refuses wrong jobs by class and leaves no trace", arguments: BackendUnderTest.allCases)
    func wrongJobs(kind: BackendUnderTest) throws {
        let bench = try Bench(kind.make())
        let backend = bench.backend
        let good = bench.job("a", records: 0..<2)
        var wrong = [BackendJob](repeating: good, count: 7)
        wrong[0].parameters.removeLast()
        wrong[1].parameters[5] = .nan
        wrong[2].parameters[5] = .infinity
        wrong[3].parameters[5] = 2e4
        wrong[4].shots = -1
        wrong[5].executable = ExecutableID(index: 9)
        wrong[6] = bench.job("a", records: 0..<0)
        wrong.append(bench.job("a", records: 0..<1_001))
        wrong.append(bench.job("a", records: 0..<1, shots: backend.target.maxShots + 1))
        if !backend.target.isExactAllowed { wrong.append(bench.job("a", records: 0..<1, shots: 0)) }
        for job in wrong {
            let error = #expect(throws: BackendError.self) { try backend.submit(job, at: start) }
            #expect(error?.kind == .invalidJob)
            #expect(error?.description.contains("\n") == false)
        }
        #expect(backend.nextEvent == nil && backend.status(good.id, at: start) == nil)
        let large = try Circuit(qubits: backend.target.qubits + 1)
        let error = #expect(throws: BackendError.self) {
            _ = try backend.prepare(large, strings: [])
        }
        #expect(error?.kind == .invalidJob)
    }

    @Test("runs a job once, however often it is submitted", arguments: BackendUnderTest.allCases)
    func idempotence(kind: BackendUnderTest) throws {
        let bench = try Bench(kind.make())
        let job = bench.job("a", records: 0..<2)
        for _ in 0..<3 { try bench.backend.submit(job, at: start) }
        #expect(bench.drain(from: start).count == 1)
        try bench.backend.submit(job, at: start + .seconds(60 as Int64))
        #expect(bench.drain(from: start + .seconds(60 as Int64)).isEmpty)
    }

    @Test("cancels what has not ended and nothing else", arguments: BackendUnderTest.allCases)
    func cancellation(kind: BackendUnderTest) throws {
        let bench = try Bench(kind.make())
        for name in ["a", "b", "c"] {
            try bench.backend.submit(bench.job(name, records: 0..<2), at: start)
        }
        let hadEnded = bench.backend.status(BackendJobID("b"), at: start) == .done
        #expect(bench.backend.cancel(BackendJobID("b"), at: start) == !hadEnded)
        #expect(!bench.backend.cancel(BackendJobID("b"), at: start))
        #expect(!bench.backend.cancel(BackendJobID("never"), at: start))
        let results = bench.drain(from: start)
        #expect(Set(results.map(\.id.rawValue)) == ["a", "b", "c"])
        for result in results where result.id.rawValue == "b" && !hadEnded {
            let error = #expect(throws: BackendError.self) { try result.outcome.get() }
            #expect(error?.kind == .cancelled)
            #expect(result.cost == 0)
        }
    }

    @Test("gives a template prepared twice one id", arguments: BackendUnderTest.allCases)
    func preparation(kind: BackendUnderTest) throws {
        let bench = try Bench(kind.make())
        let circuit = try ZZFeatureMap.circuit(qubits: 4, repetitions: 2)
        let weights = bench.strings.map { _ in 0.25 }
        let again = try bench.backend.prepare(circuit, strings: bench.strings, weights: weights)
        #expect(again == bench.executable)
        let other = try bench.backend.prepare(circuit, strings: bench.strings)
        #expect(other != bench.executable)
    }
}
