import Determinism
import Foundation
import Models
import QuantumCircuit
import QuantumSimulator
import Stages

/// The simulator alone, by the state: ZZ feature map, two repetitions, full entanglement; all ⟨Zᵢ⟩
/// and ⟨ZᵢZⱼ⟩.
enum EnrichBench {
    struct Row: Encodable {
        let qubits: Int
        let shots: Int
        let exactPerSecond: Double
        let shotsPerSecond: Double
    }

    /// Records of one call: enough that setting up does not count.
    private static let batch = 1_024

    static func measure(qubits: Int, shots: Int, seconds: Double) throws -> Row {
        let specification = try CircuitSpecification(
            name: CircuitSpecification.zzFeatureMap, version: "1.0.0", qubits: qubits,
            repetitions: 2, entanglement: .full, bandwidth: 0.05, shots: shots)
        let circuit = try CircuitTemplates.circuit(for: specification)
        let readout = try ZReadout(
            qubits: qubits, strings: CircuitTemplates.strings(qubits: qubits))
        var simulator = BatchSimulator(try SimulationPlan.compile(circuit), path: .general)
        var random = RandomStream(seed: 1)
        let angles = (0..<batch * qubits).map { _ in random.uniform() * 2 - 1 }
        let seeds = (0..<batch).map { UInt64($0) }
        var estimates = ZEstimates()
        let exact = try rate(seconds) {
            try simulator.estimate(readout, parameters: angles, count: batch, into: &estimates)
        }
        let sampled = try rate(seconds) {
            try simulator.estimate(
                readout, parameters: angles, count: batch, shots: shots, seeds: seeds,
                into: &estimates)
        }
        return Row(
            qubits: qubits, shots: shots, exactPerSecond: exact, shotsPerSecond: sampled)
    }

    private static func rate(_ seconds: Double, _ work: () throws -> Void) throws -> Double {
        try work()
        let begin = Date()
        var records = 0
        while Date().timeIntervalSince(begin) < seconds {
            try work()
            records += batch
        }
        return Double(records) / Date().timeIntervalSince(begin)
    }
}
