import Configuration
import Determinism
import Foundation
import QuantumBackends
import QuantumCircuit
import QuantumPrimitives
import QuantumSimulator

/// ZZ feature map, two repetitions, full entanglement, depolarising after each two-qubit gate: all
/// ⟨Zᵢ⟩ and ⟨ZᵢZⱼ⟩ of one record after another.
enum NoiseBench {
    static let repetitions = 2
    static let trajectories = 1_024
    static let depolarizing = 0.01

    static func circuit(qubits: Int) throws -> Circuit {
        try ZZFeatureMap.circuit(qubits: qubits, repetitions: repetitions)
    }

    static func strings(qubits: Int) -> [PauliString] {
        MeasuredStrings.upToPairs(qubits: qubits).map { PauliString($0) }
    }

    /// Features of the records, in −1…1.
    static func records(qubits: Int) -> [[Double]] {
        var random = RandomStream(seed: 1)
        return (0..<64).map { _ in (0..<qubits).map { _ in random.uniform() * 2 - 1 } }
    }

    /// Binding, channels and fusion are inside the measured time.
    static func densityMatrix(
        qubits: Int, threads: Int, seconds: Double
    ) throws -> BenchOutcome {
        let (circuit, noise) = (try circuit(qubits: qubits), try noise())
        let strings = strings(qubits: qubits)
        let simulator = DensityMatrixSimulator(threads: threads)
        func expectations(_ record: [Double]) throws -> [Double] {
            let state = try simulator.run(circuit, parameters: record, noise: noise)
            return try state.expectations(of: strings)
        }
        let records = records(qubits: qubits)
        let rate = try rate(records, seconds) { record, _ in try expectations(record)[0] }
        let sample = try records.prefix(BenchOutcome.compared).map(expectations)
        return BenchOutcome(rate: rate, sample: sample)
    }

    static func trajectories(
        qubits: Int, threads: Int, seconds: Double
    ) throws -> BenchOutcome {
        let (circuit, noise) = (try circuit(qubits: qubits), try noise())
        let strings = strings(qubits: qubits)
        let simulator = TrajectorySimulator(threads: threads)
        func estimate(_ record: [Double], _ number: Int) throws -> TrajectoryEstimates {
            try simulator.estimate(
                strings, of: circuit, parameters: record, noise: noise,
                trajectories: trajectories, seed: UInt64(number))
        }
        let records = records(qubits: qubits)
        let rate = try rate(records, seconds) { try estimate($0, $1).means[0] }
        let sample = try records.prefix(BenchOutcome.compared).enumerated().map {
            try estimate($0.element, $0.offset)
        }
        return BenchOutcome(
            rate: rate, sample: sample.map(\.means),
            standardErrors: sample.map(\.standardErrors))
    }

    /// What the pipeline gets of the configured noisy backend, in jobs of 64 records.
    ///
    /// - Parameter shots: 0 for exact expectations.
    static func backend(qubits: Int, shots: Int, seconds: Double) throws -> BenchOutcome {
        var configuration = TandemConfiguration()
        configuration.enrichment.backend = .noisy
        let now = SystemTimeSource().now()
        let backend = try DeviceFactory.backend(configuration, start: now)
        let executable = try backend.prepare(
            ZZFeatureMap.circuit(qubits: qubits, repetitions: 2),
            strings: MeasuredStrings.upToPairs(qubits: qubits))
        var random = RandomStream(seed: 1)
        var (records, number) = (0, 0)
        let begin = Date()
        repeat {
            let job = BackendJob(
                id: BackendJobID("\(number)"), executable: executable,
                parameters: (0..<64 * qubits).map { _ in random.uniform() * 2 - 1 },
                seeds: (0..<64).map { UInt64($0) }, shots: shots)
            try backend.submit(job, at: now)
            while backend.nextEvent != nil {
                for result in backend.poll(at: now) {
                    records += try result.outcome.get().means.count
                }
            }
            number += 1
        } while Date().timeIntervalSince(begin) < seconds
        return BenchOutcome(
            rate: Double(records) / Date().timeIntervalSince(begin), sample: [])
    }

    private static func noise() throws -> NoiseModel {
        var noise = NoiseModel()
        noise.add(try .depolarizing(depolarizing, qubits: 2), after: .operands(2))
        return noise
    }

    private static func rate(
        _ records: [[Double]], _ seconds: Double, _ work: ([Double], Int) throws -> Double
    ) throws -> Double {
        var (count, checksum) = (0, 0.0)
        let rate = try BenchTimer.rate(seconds: seconds, pieces: 1) {
            checksum += try work(records[count % records.count], count)
            count += 1
        }
        precondition(checksum.isFinite)
        return rate
    }
}
