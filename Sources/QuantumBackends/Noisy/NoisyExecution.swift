import QuantumCircuit
import QuantumSimulator

/// A template with the noise of its device, run one record after another.
final class NoisyExecution: TemplateExecution {
    private let circuit: Circuit
    private let noise: NoiseModel
    private let isDense: Bool
    private let reader: CountReader

    /// - Throws: `invalidJob` for what the device or the simulator cannot run.
    init(
        _ circuit: Circuit, _ readout: ZReadout, _ configuration: NoisyBackendConfiguration
    ) throws(BackendError) {
        self.circuit = try Self.withoutMeasurements(circuit)
        isDense = circuit.qubits <= configuration.densityMatrixQubits
        reader = CountReader(readout, correction: configuration.readoutCorrection)
        let calibration = try CalibratedNoise.deviceCalibration(
            configuration.device.calibration, for: circuit)
        do throws(NoiseError) {
            noise = try NoiseModel(calibration: calibration)
            // One trajectory finds whatever else the simulator would refuse in each job.
            _ = try TrajectorySimulator().counts(
                self.circuit, parameters: [Double](repeating: 0, count: circuit.parameters),
                noise: noise, shots: 1, seed: 0)
        } catch {
            throw BackendError(.invalidJob, error.description)
        }
    }

    /// All qubits are read at the end, so measurements say nothing more.
    static func withoutMeasurements(_ circuit: Circuit) throws(BackendError) -> Circuit {
        var (kept, measured) = ([Operation](), Set<Int>())
        for (position, operation) in circuit.operations.enumerated() {
            if case .barrier = operation.gate { continue }
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
            let counts: [Int]
            do throws(NoiseError) { counts = try run(own, shots, seed) } catch {
                throw BackendError(.failed, error.description)
            }
            estimates.append(reader.estimates(counts, shots: shots))
        }
        return estimates
    }

    private func run(
        _ parameters: [Double], _ shots: Int, _ seed: UInt64
    ) throws(NoiseError) -> [Int] {
        if isDense {
            let state = try DensityMatrixSimulator().run(
                circuit, parameters: parameters, noise: noise)
            return try state.counts(shots: shots, seed: seed)
        }
        return try TrajectorySimulator().counts(
            circuit, parameters: parameters, noise: noise, shots: shots, seed: seed)
    }
}
