import Determinism
import QuantumCircuit
import QuantumSimulator

/// A device's noise over time, and templates simulated under it.
struct DriftingNoise {
    struct Key: Hashable {
        let epoch: Int
        let steps: Int
    }

    /// Simulations kept: the latest states of the noise, for several templates.
    private static let kept = 16

    private struct Simulation {
        let executable: ExecutableID
        let key: Key
        let execution: any TemplateExecution
    }

    private let noise: DeviceNoise
    private let target: DeviceTarget
    private var calibration: DriftingCalibration
    private var simulations: [Simulation] = []

    init(_ configuration: SimulatedQPUConfiguration, target: DeviceTarget) {
        noise = configuration.noise
        self.target = target
        calibration = DriftingCalibration(
            nominal: target.calibration, drift: configuration.drift,
            interval: configuration.calibrationInterval, seed: configuration.seed)
    }

    /// - Throws: `invalidJob` for what cannot be simulated with this noise.
    func check(_ circuit: Circuit, _ readout: ZReadout) throws(BackendError) {
        guard noise != .off else { return }
        _ = try make(circuit, readout, calibration.nominal)
    }

    mutating func reading(at elapsed: TimeSpan) -> CalibrationReading {
        calibration.reading(at: elapsed)
    }

    mutating func key(at elapsed: TimeSpan) -> Key { reading(at: elapsed).key }

    mutating func execution(
        _ executable: ExecutableID, _ circuit: Circuit, _ readout: ZReadout,
        _ reading: CalibrationReading
    ) throws(BackendError) -> any TemplateExecution {
        let key = reading.key
        let known = simulations.first { $0.executable == executable && $0.key == key }
        if let known { return known.execution }
        let execution = try make(circuit, readout, reading.current)
        if simulations.count == Self.kept { simulations.removeFirst() }
        simulations.append(Simulation(executable: executable, key: key, execution: execution))
        return execution
    }

    private func make(
        _ circuit: Circuit, _ readout: ZReadout, _ snapshot: CalibrationSnapshot
    ) throws(BackendError) -> any TemplateExecution {
        guard noise == .full else {
            return try DepolarizedExecution(circuit, readout, snapshot)
        }
        let device: DeviceTarget
        do { device = try target.calibrated(snapshot) } catch {
            throw BackendError(.failed, error.description)
        }
        return try NoisyExecution(circuit, readout, NoisyBackendConfiguration(device: device))
    }
}

extension CalibrationReading {
    var key: DriftingNoise.Key { DriftingNoise.Key(epoch: epoch, steps: steps) }
}
