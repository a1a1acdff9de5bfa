import Determinism
import QuantumBackends

extension Scenario {
    /// The scenarios by name; each with a calm beginning and end, so that the plot shows what the
    /// fault changed and whether it passed.
    public static func named(_ name: ScenarioName) -> Scenario {
        switch name {
        case .queueStorm: queueStorm
        case .outage: outage
        case .calibrationDrift: calibrationDrift
        case .throttling: throttling
        case .budgetExhausted: budgetExhausted
        case .poison: poison
        case .brokerFlap: brokerFlap
        case .rebalanceStorm: rebalanceStorm
        }
    }

    public static let library = ScenarioName.allCases.map { named($0) }

    private static func window(
        _ name: String, _ from: Int64, _ until: Int64
    ) -> ScenarioWindow {
        ScenarioWindow(name, from: .seconds(from), until: .seconds(until))
    }

    /// Both sides of the queue: ten times the records, while others send heavy-tailed jobs.
    private static var queueStorm: Scenario {
        var scenario = Scenario(
            .queueStorm,
            "ten times the records, while other tenants' jobs are heavy-tailed and come in bursts",
            duration: .seconds(Int64(120)))
        scenario.load = 0.5
        scenario.factor = 10
        scenario.windows = [window("10× records", 30, 80)]
        scenario.device = { device, service, _ in
            // Four others that together ask for a quarter of the device; infinite variance.
            let mean = service * 4
            let tenant = BackgroundTenant(
                arrivals: .bursty(
                    calmPerSecond: 0.0347 / mean.inSeconds, burstPerSecond: 0.312 / mean.inSeconds,
                    calm: .seconds(Int64(18)), burst: .seconds(Int64(2))),
                sizes: JobSizes(mean: mean, shape: .pareto(exponent: 1.5)))
            device.tenants = [BackgroundTenant](repeating: tenant, count: 4)
            device.warmUp = .seconds(Int64(60))
            device.jitter = 0.5
        }
        return scenario
    }

    private static var outage: Scenario {
        var scenario = Scenario(
            .outage, "the device is down for five minutes, and fails what it holds",
            duration: .seconds(Int64(480)))
        scenario.windows = [window("outage", 90, 390)]
        scenario.device = { device, _, windows in
            device.outages = windows.map { OutageWindow(from: $0.from, until: $0.until) }
        }
        return scenario
    }

    /// A day of calibrations in four minutes.
    private static var calibrationDrift: Scenario {
        var scenario = Scenario(
            .calibrationDrift,
            "the device's errors drift between calibrations and jump at them: hours in minutes",
            duration: .seconds(Int64(240)))
        scenario.load = 0.4
        scenario.windows = [window("drift", 60, 240)]
        scenario.device = { device, _, _ in
            device.noise = .approximate
            device.calibrationInterval = .seconds(Int64(60))
            device.calibrationDuration = .seconds(Int64(3))
            device.drift.jump = 0.6
            device.drift.spread = 0.8
            device.drift.correlation = .seconds(Int64(30))
            device.drift.step = .seconds(Int64(5))
        }
        return scenario
    }

    private static var throttling: Scenario {
        var scenario = Scenario(
            .throttling, "the device refuses submissions for 20 s at a time, with retry-after",
            duration: .seconds(Int64(180)))
        scenario.windows = [window("throttled", 40, 60), window("throttled", 90, 110)]
        scenario.device = { device, _, windows in
            device.faults.throttles = windows.map {
                OutageWindow(from: $0.from, until: $0.until)
            }
        }
        return scenario
    }

    private static var budgetExhausted: Scenario {
        var scenario = Scenario(
            .budgetExhausted, "the budget pays for a third of the worthwhile records",
            duration: .seconds(Int64(120)))
        scenario.budgetShare = 1.0 / 3
        scenario.windows = [window("3× records", 60, 90)]
        scenario.factor = 3
        scenario.load = 0.3
        return scenario
    }

    private static var poison: Scenario {
        var scenario = Scenario(
            .poison,
            "invalid records, records that kill the stage that reads them, and damaged results",
            duration: .seconds(Int64(120)))
        scenario.invalidShare = 0.1
        scenario.poisonRarity = 1_501
        scenario.windows = [window("poison", 20, 100)]
        scenario.instances = 2
        scenario.device = { device, _, _ in
            device.failureProbability = 0.03
            device.faults.garbledProbability = 0.05
            device.faults.duplicateProbability = 0.05
            device.faults.duplicateDelay = JobSizes(mean: .milliseconds(300), shape: .exponential)
        }
        return scenario
    }

    private static var brokerFlap: Scenario {
        var scenario = Scenario(
            .brokerFlap, "instances lose their broker for a moment, one after another",
            duration: .seconds(Int64(120)))
        scenario.windows = [window("flapping", 30, 90)]
        scenario.strike = .broker(every: .milliseconds(1_900), for: .milliseconds(250))
        scenario.instances = 2
        return scenario
    }

    private static var rebalanceStorm: Scenario {
        var scenario = Scenario(
            .rebalanceStorm, "consumer groups rebalance again and again",
            duration: .seconds(Int64(120)))
        scenario.windows = [window("rebalancing", 30, 90)]
        scenario.strike = .rebalance(every: .milliseconds(700))
        scenario.instances = 3
        return scenario
    }
}
