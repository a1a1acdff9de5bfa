import QuantumCircuit
import QuantumSimulator

/// A template with the noise of its device, run one record after another.
final class NoisyExecution: TemplateExecution {
    private let circuit: Circuit
    private let readout: ZReadout
    private let noise: NoiseModel
    private let isDense: Bool
    private let correction: ReadoutCorrection?
    /// What each reported outcome counts for in the functional.
    private let table: [Double]

    /// - Throws: `invalidJob` for what the device or the simulator cannot run.
    init(
        _ circuit: Circuit, _ readout: ZReadout, _ configuration: NoisyBackendConfiguration
    ) throws(BackendError) {
        self.circuit = try Self.withoutMeasurements(circuit)
        self.readout = readout
        isDense = circuit.qubits <= configuration.densityMatrixQubits
        correction = configuration.readoutCorrection
        table = correction?.values(readout.table) ?? readout.table
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
    private static func withoutMeasurements(_ circuit: Circuit) throws(BackendError) -> Circuit {
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
        var (expectations, means, errors) = ([Double](), [Double](), [Double]())
        for (record, seed) in seeds.enumerated() {
            let width = circuit.parameters
            let own = Array(parameters[record * width..<(record + 1) * width])
            let counts: [Int]
            do throws(NoiseError) { counts = try run(own, shots, seed) } catch {
                throw BackendError(.failed, error.description)
            }
            expectations += self.expectations(counts, shots)
            let (mean, variance) = functional(counts, shots)
            means.append(mean)
            errors.append((variance / Double(shots)).squareRoot())
        }
        return ZEstimates(expectations: expectations, means: means, standardErrors: errors)
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

    /// Means of all Z strings are the Walsh–Hadamard transform of the shares.
    private func expectations(_ counts: [Int], _ shots: Int) -> [Double] {
        var values = counts.map { Double($0) / Double(shots) }
        if let correction { values = correction.shares(values) }
        for bit in 0..<circuit.qubits {
            let half = 1 << bit
            for low in values.indices where low & half == 0 {
                let (zero, one) = (values[low], values[low | half])
                values[low] = zero + one
                values[low | half] = zero - one
            }
        }
        return readout.strings.map { values[Int($0.mask)] }
    }

    /// Sample mean and variance; the variance of a single shot counts as 0.
    private func functional(_ counts: [Int], _ shots: Int) -> (mean: Double, variance: Double) {
        func total(_ term: (Double) -> Double) -> Double {
            zip(counts, table).reduce(0) {
                $1.0 == 0 ? $0 : $0 + Double($1.0) * term($1.1)
            }
        }
        let mean = total { $0 } / Double(shots)
        let squares = total { ($0 - mean) * ($0 - mean) }
        return (mean, shots > 1 ? squares / Double(shots - 1) : 0)
    }
}
