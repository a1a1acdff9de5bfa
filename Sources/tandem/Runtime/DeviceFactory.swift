import Configuration
import Determinism
import Policies
import QuantumBackends
import QuantumCircuit
import QuantumCompiler
import QuantumPrimitives
import QuantumSimulator
import Stages

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

    /// The one that runs circuits, and the further ones among which admission chooses.
    static func backends(
        _ configuration: TandemConfiguration, start: Timestamp
    ) throws -> [any QuantumBackend] {
        [try backend(configuration, start: start)]
            + (try further(configuration, start: start))
    }

    private static func further(
        _ configuration: TandemConfiguration, start: Timestamp
    ) throws -> [any QuantumBackend] {
        try configuration.enrichment.devices.map { device in
            switch device.kind {
            case .simulatedQPU: try simulatedQPU(device, start: start)
            case .ideal: IdealBackend(name: device.name)
            }
        }
    }

    /// The devices as admission chooses among them, in the order of `backends`.
    static func choices(_ configuration: TandemConfiguration) throws -> [AdmissionDevice] {
        let enrichment = configuration.enrichment
        var main = AdmissionDevice(name: name(configuration))
        main.trustZone = enrichment.device.trustZone
        if enrichment.backend == .simulatedQPU { try describe(enrichment.device, &main) }
        return [main]
            + (try enrichment.devices.map { device in
                var choice = AdmissionDevice(name: device.name)
                choice.trustZone = device.trustZone
                choice.isStandIn = device.kind == .ideal
                if device.kind == .simulatedQPU { try describe(device, &choice) }
                return choice
            })
    }

    private static func describe(
        _ device: DeviceConfiguration, _ choice: inout AdmissionDevice
    ) throws {
        let simulated = try SimulatedDevice.configuration(device)
        // A preset's gates and seconds are known only when the device has compiled the circuit: it
        // tells them in its heartbeats.
        choice.price = CallPrice(
            perTask: simulated.taskPrice.perTask, perShot: simulated.taskPrice.perShot)
        choice.maximumShots = simulated.maxShots
        choice.shotShare = device.timing == .circuit ? 1 : 0
    }

    /// The name under which results and heartbeats of the configured backend come.
    static func name(_ configuration: TandemConfiguration) -> String {
        configuration.enrichment.deviceName
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
            try own.map { $0.description(at: now) }
                + [DeviceDescription(topicDevice: enrichment.device.name)]
                + further(configuration, start: now).map { $0.description(at: now) })
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
