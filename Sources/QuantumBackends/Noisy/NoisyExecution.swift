import QuantumCircuit
import QuantumSimulator

/// A template with the noise of its device, run one record after another.
final class NoisyExecution: TemplateExecution {
    private let template: NoisyTemplate
    private let isDense: Bool
    private let reader: OutcomeReader

    private var circuit: Circuit { template.circuit }

    /// - Throws: `invalidJob` for what the device or the simulator cannot run.
    init(
        _ circuit: Circuit, _ readout: ZReadout, _ configuration: NoisyBackendConfiguration
    ) throws(BackendError) {
        let unread = try Self.withoutMeasurements(circuit)
        isDense = circuit.qubits <= configuration.densityMatrixQubits
        reader = OutcomeReader(readout, correction: configuration.readoutCorrection)
        do throws(NoiseError) {
            template = try NoisyTemplate(
                unread,
                noise: try NoiseModel(
                    calibration: configuration.device.calibration, for: circuit))
            // One trajectory finds whatever else the simulator would refuse in each job.
            _ = try TrajectorySimulator().counts(
                template, parameters: [Double](repeating: 0, count: circuit.parameters), shots: 1,
                seed: 0)
        } catch {
            throw BackendError(.invalidJob, error.description)
        }
    }

    /// All qubits are read at the end, so measurements say nothing more. Barriers stay: they make
    /// qubits wait.
    static func withoutMeasurements(_ circuit: Circuit) throws(BackendError) -> Circuit {
        var (kept, measured) = ([Operation](), Set<Int>())
        for (position, operation) in circuit.operations.enumerated() {
            if case .barrier = operation.gate {
                kept.append(operation)
                continue
            }
            if case .measure = operation.gate {
                measured.insert(operation.qubits[0])
                continue
            }
            guard measured.isDisjoint(with: operation.qubits) else {
                throw BackendError(
                    .invalidJob,
                    "gate \(operation.gate.name) at position \(position): its qubit is already "
                        + "measured")
            }
            kept.append(operation)
        }
        var result = Circuit(emptyLike: circuit)
        do throws(CircuitError) { try result.append(contentsOf: kept) } catch {
            throw BackendError(.invalidJob, error.description)
        }
        return result
    }

    /// Only the density matrix has them.
    var hasExactValues: Bool { isDense }

    /// Amplitudes (or coefficients) that one record's simulation holds, times its runs.
    func work(shots: Int) -> Int {
        isDense ? 1 << (2 * circuit.qubits) : shots << circuit.qubits
    }

    func estimate(
        parameters: [Double], seeds: [UInt64], shots: Int
    ) throws(BackendError) -> ZEstimates {
        var estimates = ZEstimates()
        for (record, seed) in seeds.enumerated() {
            let width = circuit.parameters
            let own = Array(parameters[record * width..<(record + 1) * width])
            let shares: [Double]
            do throws(NoiseError) { shares = try run(own, shots, seed) } catch {
                throw BackendError(.failed, error.description)
            }
            estimates.append(reader.estimates(shares, shots: shots))
        }
        return estimates
    }

    /// Shares of reported outcomes; of 0 shots, their probabilities.
    private func run(
        _ parameters: [Double], _ shots: Int, _ seed: UInt64
    ) throws(NoiseError) -> [Double] {
        let counts: [Int]
        if isDense {
            let state = try DensityMatrixSimulator().run(template, parameters: parameters)
            if shots == 0 { return try state.measuredProbabilities() }
            counts = try state.counts(shots: shots, seed: seed)
        } else {
            counts = try TrajectorySimulator().counts(
                template, parameters: parameters, shots: shots, seed: seed)
        }
        return counts.map { Double($0) / Double(shots) }
    }
}
