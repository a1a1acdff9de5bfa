import Determinism
import QuantumCircuit
import QuantumSimulator

/// A template under `DeviceNoise.approximate`: exact distributions from the batched simulator,
/// spoiled, then sampled.
final class DepolarizedExecution: TemplateExecution {
    private static let chunk = 64
    private let circuit: Circuit
    private let reader: OutcomeReader
    private let survival: Double
    private let readoutErrors: [Double]
    private var simulator: BatchSimulator

    init(
        _ circuit: Circuit, _ readout: ZReadout, _ snapshot: CalibrationSnapshot
    ) throws(BackendError) {
        let circuit = try NoisyExecution.withoutMeasurements(circuit)
        self.circuit = circuit
        reader = OutcomeReader(readout, correction: nil)
        survival = try DepolarizedShots.survival(circuit, snapshot)
        readoutErrors = snapshot.qubits.prefix(circuit.qubits).map(\.readoutError)
        do {
            simulator = BatchSimulator(try SimulationPlan.compile(circuit))
        } catch {
            throw BackendError(.invalidJob, error.description)
        }
    }

    func work(shots: Int) -> Int { 1 << circuit.qubits }

    var hasExactValues: Bool { false }

    func estimate(
        parameters: [Double], seeds: [UInt64], shots: Int
    ) throws(BackendError) -> ZEstimates {
        var estimates = ZEstimates()
        let (width, states) = (circuit.parameters, 1 << circuit.qubits)
        var distributions: [Double] = []
        for first in stride(from: 0, to: seeds.count, by: Self.chunk) {
            let end = min(first + Self.chunk, seeds.count)
            do {
                try simulator.probabilities(
                    parameters: Array(parameters[first * width..<end * width]),
                    count: end - first, into: &distributions)
            } catch {
                throw BackendError(.failed, error.description)
            }
            for record in first..<end {
                let start = (record - first) * states
                var outcome = Array(distributions[start..<start + states])
                DepolarizedShots.spoil(
                    &outcome, survival: survival, readoutErrors: readoutErrors)
                let shares = Self.sample(outcome, shots: shots, seed: seeds[record])
                estimates.append(reader.estimates(shares, shots: shots))
            }
        }
        return estimates
    }

    /// Shares of outcomes: inverts the running sum, once for each shot.
    private static func sample(_ outcome: [Double], shots: Int, seed: UInt64) -> [Double] {
        var sums = outcome
        for index in sums.indices.dropFirst() { sums[index] += sums[index - 1] }
        let total = sums[sums.count - 1]
        var counts = [Int](repeating: 0, count: outcome.count)
        var random = RandomStream(seed: seed)
        for _ in 0..<shots {
            let draw = random.uniform() * total
            var (low, high) = (0, sums.count - 1)
            while low < high {
                let middle = (low + high) / 2
                if sums[middle] > draw { high = middle } else { low = middle + 1 }
            }
            counts[low] += 1
        }
        return counts.map { Double($0) / Double(shots) }
    }
}
