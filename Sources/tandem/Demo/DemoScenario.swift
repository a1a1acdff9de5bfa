import SimulatedChaos

/// A scenario as the demo runs it: in real time, on the embedded cluster.
struct DemoScenario {
    /// Settings of the device and of admission.
    let settings: [String]
    /// Records a second.
    let rate: Double
    /// Long enough for what goes wrong to begin, and to pass where it passes.
    let seconds: Double
    /// One record in so many lacks features; nil for none.
    var invalidEvery: Int?

    var records: Int { Int(rate * seconds) }

    /// Nil for what only virtual time can show: real brokers that flap, groups that rebalance.
    static func overrides(_ name: ScenarioName) -> DemoScenario? {
        switch name {
        case .queueStorm:
            // 400 records a second, 2.5 ms each on half of a device: ten times what it can do with
            // heavy-tailed tenants beside.
            DemoScenario(
                settings: [
                    "enrichment.device.serviceTimeMs=12.5", "enrichment.device.jitter=0.5",
                    "enrichment.device.tenants=4", "enrichment.device.tenantLoad=0.5",
                    "enrichment.device.tenantArrivals=bursty",
                    "enrichment.device.tenantJobSizes=pareto",
                    "enrichment.device.tenantJobMs=100",
                ], rate: 400, seconds: 20)
        case .outage:
            DemoScenario(
                settings: [
                    "enrichment.device.serviceTimeMs=1",
                    "enrichment.device.outages=[{startSeconds: 5, durationSeconds: 12}]",
                ], rate: 300, seconds: 25)
        case .throttling:
            DemoScenario(
                settings: [
                    "enrichment.device.serviceTimeMs=1",
                    "enrichment.device.submissionsPerSecond=4",
                ], rate: 300, seconds: 15)
        case .calibrationDrift:
            DemoScenario(
                settings: [
                    "enrichment.device.serviceTimeMs=1", "enrichment.device.noise=approximate",
                    "enrichment.device.calibrationMinutes=0.05",
                    "enrichment.device.calibrationSeconds=0.2",
                    "enrichment.device.calibrationJump=0.8",
                    "enrichment.device.calibrationDrift=0.8",
                ], rate: 300, seconds: 20)
        case .budgetExhausted:
            // A thousand calls of 1,024 shots, at 1.2216 each.
            DemoScenario(
                settings: [
                    "enrichment.device.serviceTimeMs=0.5",
                    "admission.budgets=[{name: scenario, cap: 1221.6, window: total}]",
                ], rate: 300, seconds: 15)
        case .poison:
            DemoScenario(
                settings: [
                    "enrichment.device.serviceTimeMs=1", "enrichment.device.failureRate=0.05",
                    "enrichment.device.garbledRate=0.1", "enrichment.device.duplicateRate=0.1",
                    "enrichment.device.lateRate=0.05", "enrichment.device.lateSeconds=2",
                ], rate: 300, seconds: 15, invalidEvery: 10)
        case .brokerFlap, .rebalanceStorm: nil
        }
    }
}
