import Determinism
import Foundation
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
