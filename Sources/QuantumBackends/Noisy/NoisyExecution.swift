import QuantumCircuit
import QuantumSimulator

/// A template with the noise of its device, run one record after another.
final class NoisyExecution: TemplateExecution {
    private let template: NoisyTemplate
    private let readout: ZReadout
    private let isDense: Bool
    private let correction: ReadoutCorrection?
    /// What each reported outcome counts for in the functional.
    private let table: [Double]

    private var circuit: Circuit { template.circuit }

    /// - Throws: `invalidJob` for what the device or the simulator cannot run.
    init(
        _ circuit: Circuit, _ readout: ZReadout, _ configuration: NoisyBackendConfiguration
    ) throws(BackendError) {
        let unread = try Self.withoutMeasurements(circuit)
        self.readout = readout
        isDense = circuit.qubits <= configuration.densityMatrixQubits
        correction = configuration.readoutCorrection
        table = correction?.values(readout.table) ?? readout.table
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
    private static func withoutMeasurements(_ circuit: Circuit) throws(BackendError) -> Circuit {
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
        var (expectations, means, errors) = ([Double](), [Double](), [Double]())
        for (record, seed) in seeds.enumerated() {
            let width = circuit.parameters
            let own = Array(parameters[record * width..<(record + 1) * width])
            let shares: [Double]
            do throws(NoiseError) { shares = try run(own, shots, seed) } catch {
                throw BackendError(.failed, error.description)
            }
            expectations += self.expectations(shares)
            let (mean, variance) = functional(shares)
            means.append(mean)
            // The unbiased variance over the shots; that of a single one counts as 0.
            errors.append(shots > 1 ? (variance / Double(shots - 1)).squareRoot() : 0)
        }
        return ZEstimates(expectations: expectations, means: means, standardErrors: errors)
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

    /// Means of all Z strings are the Walsh–Hadamard transform of the shares.
    private func expectations(_ shares: [Double]) -> [Double] {
        var values = correction?.shares(shares) ?? shares
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

    /// Mean and variance of the table's values over the shares.
    private func functional(_ shares: [Double]) -> (mean: Double, variance: Double) {
        func total(_ term: (Double) -> Double) -> Double {
            zip(shares, table).reduce(0) { $1.0 == 0 ? $0 : $0 + $1.0 * term($1.1) }
        }
        let mean = total { $0 }
        return (mean, total { ($0 - mean) * ($0 - mean) })
    }
}
