import Configuration
import Determinism
import QuantumBackends
import QuantumCircuit

/// How the simulated QPU behaves, from the configuration.
enum SimulatedDevice {
    /// - Throws: for a target's name that means nothing.
    static func configuration(_ source: DeviceConfiguration) throws -> SimulatedQPUConfiguration {
        var device = SimulatedQPUConfiguration()
        device.name = source.name
        device.servicePerRecord = .seconds(source.serviceTimeMs / 1e3)
        device.jitter = source.jitter
        device.queueCapacity = source.capacity
        device.servers = source.servers
        device.seed = UInt64(source.seed)
        device.price = DevicePrice(perTask: source.pricePerTask, perShot: source.pricePerShot)
        device.priceBook = source.prices.preset?.book
        device.outagesCountFromFirstJob = true
        device.outages = source.outages.map(OutageWindow.init)
        if source.timing == .circuit { device.shotTiming = ShotTiming() }
        if let name = source.target {
            let target = try target(name)
            device.target = target
            device.qubits = min(device.qubits, target.qubits)
        }
        device.overheads.load = .seconds(source.loadMs / 1e3)
        device.overheads.compile = .seconds(source.compileMs / 1e3)
        device.overheads.retrieve = .seconds(source.retrieveMs / 1e3)
        applyQueue(source, to: &device)
        applyNoise(source, to: &device)
        applyFaults(source, to: &device)
        return device
    }

    private static func target(_ name: String) throws -> DeviceTarget {
        do throws(TargetError) { return try .named(name) } catch {
            throw CommandFailure("enrichment.device.target: \(error)")
        }
    }

    private static func applyQueue(
        _ source: DeviceConfiguration, to device: inout SimulatedQPUConfiguration
    ) {
        let outages = device.outages
        source.queue.preset.apply(to: &device)
        if source.queue != .outage { device.outages = outages }
        guard let count = source.tenants else { return }
        let mean = TimeSpan.seconds(source.tenantJobMs / 1e3)
        let load = source.tenantLoad * Double(source.servers)
        let rate = load / mean.inSeconds / Double(max(count, 1))
        let tenant = BackgroundTenant(
            arrivals: source.tenantArrivals.process(rate),
            sizes: JobSizes(mean: mean, shape: source.tenantJobSizes.shape))
        device.tenants = [BackgroundTenant](repeating: tenant, count: count)
        device.warmUp = min(mean * 300, .seconds(86_400))
    }

    private static func applyNoise(
        _ source: DeviceConfiguration, to device: inout SimulatedQPUConfiguration
    ) {
        device.noise = source.noise.noise
        device.calibrationInterval = .seconds(source.calibrationMinutes * 60)
        device.calibrationDuration = .seconds(source.calibrationSeconds)
        device.drift.jump = source.calibrationJump
        device.drift.spread = source.calibrationDrift
    }

    private static func applyFaults(
        _ source: DeviceConfiguration, to device: inout SimulatedQPUConfiguration
    ) {
        device.failureProbability = source.failureRate
        device.faults.maintenance = source.maintenance.map(OutageWindow.init)
        device.faults.submissionsPerSecond = source.submissionsPerSecond
        device.faults.cancelProbability = source.cancelRate
        device.faults.lateProbability = source.lateRate
        device.faults.lateDelay = JobSizes(
            mean: .seconds(source.lateSeconds), shape: .exponential)
        device.faults.duplicateProbability = source.duplicateRate
        device.faults.garbledProbability = source.garbledRate
        device.faults.lostProbability = source.lostRate
    }
}

extension OutageWindow {
    fileprivate init(_ outage: PlannedOutage) {
        self.init(
            from: .seconds(outage.startSeconds),
            until: .seconds(outage.startSeconds + outage.durationSeconds))
    }
}

extension DeviceQueueChoice {
    fileprivate var preset: QueuePreset {
        switch self {
        case .dedicated: .dedicated
        case .reserved: .reserved
        case .busyPublic: .busyPublic
        case .outage: .outage
        }
    }
}

extension DevicePriceChoice {
    fileprivate var preset: PricePreset? {
        switch self {
        case .custom: nil
        case .awsBraket: .awsBraket
        case .ionQ: .ionQ
        case .ibm: .ibm
        }
    }
}

extension DeviceNoiseChoice {
    fileprivate var noise: DeviceNoise {
        switch self {
        case .off: .off
        case .approximate: .approximate
        case .full: .full
        }
    }
}

extension TenantArrivals {
    /// - Parameter rate: arrivals per second in the long run.
    fileprivate func process(_ rate: Double) -> ArrivalProcess {
        switch self {
        case .poisson: .poisson(perSecond: rate)
        // (9·1 + 1·11)/10 = 2 calm rates on average.
        case .bursty:
            .bursty(
                calmPerSecond: rate / 2, burstPerSecond: 5.5 * rate, calm: .seconds(540.0),
                burst: .seconds(60.0))
        }
    }
}

extension TenantJobSizes {
    fileprivate var shape: JobSizes.Shape {
        switch self {
        case .fixed: .fixed
        case .exponential: .exponential
        case .lognormal: .lognormal(sigma: 1)
        case .pareto: .pareto(exponent: 1.5)
        }
    }
}
