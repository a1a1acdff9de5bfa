import Configuration
import Determinism
import QuantumBackends
import QuantumCircuit
import QuantumCompiler
import QuantumPrimitives
import QuantumSimulator

/// Backends from the configuration.
enum DeviceFactory {
    /// Routing attempts for a template: it is compiled while the enrichment stage holds up its loop.
    private static let attempts = 4

    /// The one that runs circuits.
    static func backend(
        _ configuration: TandemConfiguration, start: Timestamp
    ) throws -> any QuantumBackend {
        switch configuration.enrichment.backend {
        case .simulatedQPU: return try simulatedQPU(configuration.enrichment.device, start: start)
        case .noisy: return try noisy(configuration.enrichment.noisy)
        // The stage of a topic backend is somebody else's; nothing here runs.
        case .ideal, .topic: return IdealBackend()
        }
    }

    /// The name under which results and heartbeats of the configured backend come.
    static func name(_ configuration: TandemConfiguration) -> String {
        switch configuration.enrichment.backend {
        case .simulatedQPU, .topic: configuration.enrichment.device.name
        case .ideal: "ideal"
        case .noisy: "noisy"
        }
    }

    /// Every device that the configuration describes, whichever is in use.
    static func catalog(
        _ configuration: TandemConfiguration, at now: Timestamp
    ) throws -> DeviceCatalog {
        let enrichment = configuration.enrichment
        let own: [any QuantumBackend] = [
            try simulatedQPU(enrichment.device, start: now), IdealBackend(),
            try noisy(enrichment.noisy),
        ]
        // The topic's device goes by the name of the simulated one, whose place it takes.
        return DeviceCatalog(
            own.map { $0.description(at: now) }
                + [DeviceDescription(topicDevice: enrichment.device.name)])
    }

    private static func noisy(_ source: NoisyConfiguration) throws -> NoisyBackend {
        let coupling = try CouplingMap.allToAll(BatchSimulator.maximumQubits)
        var calibration = CalibrationSnapshot.uniform(coupling, .cx)
        for qubit in calibration.qubits.indices {
            calibration.qubits[qubit] = CalibrationSnapshot.Qubit(
                t1Microseconds: source.t1Microseconds, t2Microseconds: source.t2Microseconds,
                gateError: source.oneQubitError, readoutError: source.readoutError)
        }
        for pair in calibration.pairs.indices {
            calibration.pairs[pair].error = source.twoQubitError
        }
        var noisy = NoisyBackendConfiguration(
            device: try DeviceTarget(
                name: "noisy", coupling: coupling, gates: .cx, calibration: calibration))
        if source.mitigateReadout {
            let error = try ConfusionMatrix(
                falseOne: source.readoutError, falseZero: source.readoutError)
            let mitigation = try ReadoutMitigation(
                [ConfusionMatrix](repeating: error, count: coupling.qubits))
            noisy.readoutCorrection = ReadoutCorrection(
                shares: { mitigation.undone($0) }, values: { mitigation.corrected($0) })
        }
        return try NoisyBackend(noisy)
    }

    static func simulatedQPU(
        _ source: DeviceConfiguration, start: Timestamp
    ) throws -> SimulatedQPU {
        let device = try SimulatedDevice.configuration(source)
        let isCompiled = device.target != nil || device.needsFootprint
        return try SimulatedQPU(device, start: start, compilation: isCompiled ? compiler : nil)
    }

    static let compiler = DeviceCompilation { circuit, target in
        try Compiler(readout: .zBasis, attempts: attempts).compile(circuit, for: target).circuit
    }
}
