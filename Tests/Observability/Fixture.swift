import Contracts
import Observability

/// A process that hosts everything, with a value in every field: what tests alter.
enum Fixture {
    static func full() -> PipelineSnapshot {
        var snapshot = PipelineSnapshot(mode: .shadow)
        snapshot.uptimeSeconds = 12.5
        snapshot.model = ModelIdentity(
            name: "default", version: "1f", circuit: "zz-feature-map@1.0.0", qubits: 4)
        snapshot.stages = StageName.allCases.map(stage)
        snapshot.devices = [device()]
        snapshot.latencies = [latency()]
        snapshot.deadlineMisses = 3
        snapshot.process = ProcessUse(cpuSeconds: 3.25, residentBytes: 64_000_000)
        return snapshot
    }

    static func stage(_ name: StageName) -> StageSnapshot {
        var stage = StageSnapshot(stage: name)
        stage.received = 1_000
        stage.emitted = 990
        stage.rejected = 10
        stage.ignored = 2
        stage.held = 7
        stage.unacknowledged = 5
        stage.partitions = 8
        stage.cpuSeconds = 0.75
        return stage
    }

    static func device() -> DeviceSnapshot {
        var device = DeviceSnapshot(device: "simulated-qpu")
        device.state = .outage
        device.queueDepth = 3
        device.waitSeconds = 0.0015
        device.serviceSeconds = 0.00002
        device.calibration = "epoch-1"
        device.submitted = 900
        device.completed = 890
        device.failed = 7
        device.cacheHits = 120
        device.cacheMisses = 780
        device.ageSeconds = 0.05
        return device
    }

    static func latency() -> LatencySnapshot {
        var latency = LatencySnapshot(source: .classical)
        latency.count = 4
        latency.sum = 0.5
        latency.p50 = 0.1
        latency.p95 = 0.2
        latency.p99 = 0.21
        latency.maximum = 0.25
        return latency
    }
}
