import Contracts
import Determinism
import Policies
import Testing

@Suite("Budgets and limits of a fleet of three instances")
struct FleetTests {
    /// Two and a half minutes before a full hour, so that hourly budgets begin anew on the way.
    static let start = Timestamp(milliseconds: 1_764_550_650_000)

    static func budgets(_ scale: Int64 = 1) throws -> [BudgetLimits] {
        var hourly = BudgetLimits(name: "hourly", cap: Money(millionths: 150_000_000 * scale))
        hourly.window = .hour
        var tenant = BudgetLimits(name: "tenant-a", cap: Money(millionths: 80_000_001 * scale))
        tenant.scope = BudgetScope(tenant: "a")
        var device = BudgetLimits(name: "device-q", cap: Money(millionths: 99_999_999 * scale))
        device.scope = BudgetScope(device: "q")
        device.window = .total
        return [hourly, tenant, device]
    }

    @Test(
        "never exceed a cap by a millionth, nor take a transfer twice, whoever dies",
        arguments: 0..<8)
    func caps(seed: Int) throws {
        var simulation = try FleetSimulation(
            Self.budgets(), FleetSimulation.Workload(), seed: UInt64(seed), start: Self.start)
        try simulation.run(steps: 1_000)
        #expect(simulation.checker.problems == [])
        #expect(
            simulation.counts.kills > 0 && simulation.counts.kills + simulation.counts.zombies > 2)
        #expect(simulation.counts.aborts > 0 && simulation.counts.commits > 100)
        #expect(simulation.counts.refused > 100, "the caps were never reached")
        #expect(simulation.log.leases.contains { $0.message.kind == .credit })
    }

    @Test("never exceed the rate by a call over any stretch of time", arguments: 100..<104)
    func rate(seed: Int) throws {
        var workload = FleetSimulation.Workload()
        workload.rate = try RateLimit(tokens: 20, burst: 24)
        workload.hot = [Int(seed) % 8, (Int(seed) + 3) % 8]
        workload.intensity = 12
        var simulation = try FleetSimulation(
            Self.budgets(1_000), workload, seed: UInt64(seed), start: Self.start)
        try simulation.run(steps: 800)
        simulation.finish()
        #expect(simulation.checker.problems == [])
        #expect(simulation.log.leases.contains { $0.message.kind == .cession })
        // Two of eight partitions have all the traffic; their own part would be a quarter.
        let seconds = (simulation.now - Self.start).inSeconds
        #expect(Double(simulation.log.calls.count) > 0.26 * 20 * seconds)
    }

    @Test(
        "let a partition with all the traffic use 95 % of every cap, through deaths",
        arguments: 200..<203)
    func progress(seed: Int) throws {
        var workload = FleetSimulation.Workload()
        workload.hot = [Int(seed) % 8]
        workload.changesCaps = false
        workload.intensity = 12
        var total = BudgetLimits(name: "total", cap: Money(millionths: 100_000_000))
        total.window = .total
        var simulation = try FleetSimulation(
            [total], workload, seed: UInt64(seed), start: Self.start)
        try simulation.run(steps: 1_500)
        #expect(simulation.checker.problems == [])
        // With the last settled: estimates that were too high are free again.
        let spent = simulation.checker.spent(0)[0] ?? .zero
        #expect(spent.units >= 95 && spent.units <= 100, "spent \(spent)")
    }

    @Test(
        "are checked by checkers that see a planted fault", arguments: PlantedFault.allCases)
    func planted(fault: PlantedFault) throws {
        var caught = 0
        for seed in 300..<305 {
            var workload = FleetSimulation.Workload()
            workload.changesCaps = false
            if fault == .cessionForgotten {
                workload.rate = try RateLimit(tokens: 20, burst: 24)
                workload.hot = [seed % 8]
                workload.intensity = 12
            }
            let scale: Int64 = fault == .cessionForgotten ? 1_000 : 1
            var simulation = try FleetSimulation(
                Self.budgets(scale), workload, seed: UInt64(seed), start: Self.start, fault: fault)
            try simulation.run(steps: 1_000)
            simulation.finish()
            if !simulation.checker.problems.isEmpty { caught += 1 }
        }
        #expect(caught >= 2, "caught under \(caught) of 5 seeds")
    }
}
