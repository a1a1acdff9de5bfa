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
    struct Row: Encodable {
        let work: String
        let qubits: Int
        let threads: Int
        /// Records a second.
        let rate: Double
    }

    static let trajectories = 1_024

    /// Binding, channels and fusion are inside the measured time.
    static func densityMatrix(
        qubits: Int, threads: Int, depolarizing p: Double = 0.01, seconds: Double
    ) throws -> Row {
        let (circuit, noise, strings) = try work(qubits: qubits, p)
        let simulator = DensityMatrixSimulator(threads: threads)
        let rate = try rate(qubits: qubits, seconds) { angles, _ in
            let state = try simulator.run(circuit, parameters: angles, noise: noise)
            return try state.expectations(of: strings)[0]
        }
        return Row(work: "density-matrix", qubits: qubits, threads: threads, rate: rate)
    }

    static func trajectories(
        qubits: Int, threads: Int, depolarizing p: Double = 0.01, seconds: Double
    ) throws -> Row {
        let (circuit, noise, strings) = try work(qubits: qubits, p)
        let simulator = TrajectorySimulator(threads: threads)
        let rate = try rate(qubits: qubits, seconds) { angles, record in
            try simulator.estimate(
                strings, of: circuit, parameters: angles, noise: noise,
                trajectories: trajectories, seed: UInt64(record)
            ).means[0]
        }
        return Row(
            work: "trajectories-\(trajectories)", qubits: qubits, threads: threads, rate: rate)
    }

    /// What the pipeline gets of the configured noisy backend, in jobs of 64 records.
    ///
    /// - Parameter shots: 0 for exact expectations.
    static func backend(qubits: Int, shots: Int, seconds: Double) throws -> Row {
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
        return Row(
            work: backendWork(shots), qubits: qubits, threads: 1,
            rate: Double(records) / Date().timeIntervalSince(begin))
    }

    static func backendWork(_ shots: Int) -> String {
        shots == 0 ? "noisy-backend-exact" : "noisy-backend-\(shots)"
    }

    private static func work(
        qubits: Int, _ p: Double
    ) throws -> (Circuit, NoiseModel, [PauliString]) {
        let circuit = try ZZFeatureMap.circuit(qubits: qubits, repetitions: 2)
        var noise = NoiseModel()
        noise.add(try .depolarizing(p, qubits: 2), after: .operands(2))
        let strings = MeasuredStrings.upToPairs(qubits: qubits).map { PauliString($0) }
        return (circuit, noise, strings)
    }

    private static func rate(
        qubits: Int, _ seconds: Double, _ work: ([Double], Int) throws -> Double
    ) throws -> Double {
        var random = RandomStream(seed: 1)
        let records = (0..<64).map { _ in (0..<qubits).map { _ in random.uniform() * 2 - 1 } }
        var (count, checksum) = (0, try work(records[0], 0))
        let begin = Date()
        repeat {
            checksum += try work(records[count % records.count], count)
            count += 1
        } while Date().timeIntervalSince(begin) < seconds
        precondition(checksum.isFinite)
        return Double(count) / Date().timeIntervalSince(begin)
    }
}
