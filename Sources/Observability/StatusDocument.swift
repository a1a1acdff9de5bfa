import Contracts

/// A snapshot as the JSON object that `/status` answers with; keys are stable.
///
/// Counts are since the stage's start: a reader that wants rates takes differences over
/// `uptimeSeconds`.
public struct StatusDocument: Encodable, Sendable {
    private let snapshot: PipelineSnapshot

    public init(_ snapshot: PipelineSnapshot) { self.snapshot = snapshot }

    private enum Key: String, CodingKey {
        case uptimeSeconds, ready, reasons, mode, killSwitch, model, stages, devices, latencyMs
        case deadlineMisses
        case cpuSeconds, residentBytes
    }

    public func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        let readiness = snapshot.readiness
        try object.encode(snapshot.uptimeSeconds, forKey: .uptimeSeconds)
        try object.encode(readiness.isReady, forKey: .ready)
        try object.encode(readiness.reasons, forKey: .reasons)
        try object.encode(snapshot.mode, forKey: .mode)
        try object.encode(snapshot.killSwitch, forKey: .killSwitch)
        try object.encode(snapshot.model, forKey: .model)
        try object.encode(snapshot.stages.map(StageStatus.init), forKey: .stages)
        try object.encode(snapshot.devices.map(DeviceStatus.init), forKey: .devices)
        try object.encode(
            Dictionary(
                snapshot.latencies.map { ($0.source.rawValue, LatencyStatus($0)) },
                uniquingKeysWith: { $1 }),
            forKey: .latencyMs)
        try object.encode(snapshot.deadlineMisses, forKey: .deadlineMisses)
        try object.encode(snapshot.process.cpuSeconds, forKey: .cpuSeconds)
        try object.encode(snapshot.process.residentBytes, forKey: .residentBytes)
    }
}

private struct StageStatus: Encodable {
    let stage: StageSnapshot

    private enum Key: String, CodingKey {
        case stage, state, received, emitted, rejected, ignored, held, unacknowledged, partitions
        case cpuSeconds, decisions, failure
    }

    func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        try object.encode(stage.stage, forKey: .stage)
        try object.encode(stage.state.rawValue, forKey: .state)
        try object.encode(stage.received, forKey: .received)
        try object.encode(stage.emitted, forKey: .emitted)
        try object.encode(stage.rejected, forKey: .rejected)
        try object.encode(stage.ignored, forKey: .ignored)
        try object.encode(stage.held, forKey: .held)
        try object.encode(stage.unacknowledged, forKey: .unacknowledged)
        try object.encode(stage.partitions, forKey: .partitions)
        try object.encode(stage.cpuSeconds, forKey: .cpuSeconds)
        let given = stage.reasons.filter { $0.value > 0 }
        try object.encode(
            Dictionary(uniqueKeysWithValues: given.map { ($0.key.rawValue, $0.value) }),
            forKey: .decisions)
        try object.encode(stage.failure, forKey: .failure)
    }
}

private struct DeviceStatus: Encodable {
    let device: String
    let state: DeviceState
    let queueDepth: Int
    let waitMs: Double
    let serviceTimeMs: Double
    let calibration: String
    let submitted: Int
    let completed: Int
    let failed: Int
    let cacheHits: Int
    let cacheMisses: Int
    let ageSeconds: Double

    init(_ snapshot: DeviceSnapshot) {
        device = snapshot.device
        state = snapshot.state
        queueDepth = snapshot.queueDepth
        waitMs = snapshot.waitSeconds * 1e3
        serviceTimeMs = snapshot.serviceSeconds * 1e3
        calibration = snapshot.calibration
        submitted = snapshot.submitted
        completed = snapshot.completed
        failed = snapshot.failed
        cacheHits = snapshot.cacheHits ?? 0
        cacheMisses = snapshot.cacheMisses ?? 0
        ageSeconds = snapshot.ageSeconds
    }
}

private struct LatencyStatus: Encodable {
    let count: Int
    let mean: Double
    let p50: Double
    let p95: Double
    let p99: Double
    let max: Double

    init(_ snapshot: LatencySnapshot) {
        count = snapshot.count
        mean = snapshot.sum / Double(Swift.max(1, snapshot.count)) * 1e3
        p50 = snapshot.p50 * 1e3
        p95 = snapshot.p95 * 1e3
        p99 = snapshot.p99 * 1e3
        max = snapshot.maximum * 1e3
    }
}
