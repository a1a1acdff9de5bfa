import Contracts
import Determinism
import QuantumBackends
import SimulatedChaos
import Testing

/// The scenario library: the real stages, device and faults in virtual time.
@Suite struct ScenarioTests {
    private static let records = 600

    private func promises(_ outcome: ScenarioOutcome) -> [String] {
        outcome.promises.filter { !$0.held }.map { "\($0.name): \($0.found)" }
    }

    @Test("every promise holds in each scenario", arguments: ScenarioName.allCases)
    func holds(name: ScenarioName) throws {
        let outcome = try ScenarioSuite.run(
            .named(name).compressed(by: 8), seed: 1, records: Self.records)
        #expect(promises(outcome) == [])
        #expect(outcome.scores + outcome.rejected == Self.records)
        #expect(outcome.servedAccuracy.count == outcome.scores)
        let decided = outcome.decisions.values.reduce(0, +)
        #expect(decided == outcome.scores)
        #expect(outcome.slices.reduce(0) { $0 + $1.published } == Self.records)
    }

    @Test("a tenfold overload is refused for the queue, and scores keep their deadlines")
    func overload() throws {
        let scenario = SimulatedChaos.Scenario.named(.queueStorm).compressed(by: 4)
        let outcome = try ScenarioSuite.run(scenario, seed: 7, records: 1_500)
        #expect(promises(outcome) == [])
        #expect(outcome.decisions[.queueTooLong] ?? 0 > outcome.decisions[.accepted] ?? 0)
    }

    @Test("heavy-tailed waits alone make no score late")
    func heavyTails() throws {
        var scenario = SimulatedChaos.Scenario.named(.queueStorm)
        scenario.duration = .seconds(Int64(25))
        scenario.windows = []
        scenario.device = { device, _, _ in
            let tenant = BackgroundTenant(
                arrivals: .poisson(perSecond: 0.3),
                sizes: JobSizes(mean: .seconds(Int64(2)), shape: .pareto(exponent: 1.5)))
            device.tenants = [tenant]
            device.warmUp = .seconds(Int64(60))
        }
        let outcome = try ScenarioSuite.run(scenario, seed: 3, records: 600)
        #expect(outcome.late == 0)
        #expect(outcome.waitedInVain.maximum > .milliseconds(1_900), "some must have waited")
    }

    @Test("five minutes without a device refuse what comes, and end")
    func outage() throws {
        var scenario = SimulatedChaos.Scenario.named(.outage)
        scenario.duration = .seconds(Int64(330))
        scenario.windows = [
            ScenarioWindow("outage", from: .seconds(Int64(15)), until: .seconds(Int64(315)))
        ]
        let outcome = try ScenarioSuite.run(scenario, seed: 5, records: Self.records)
        #expect(promises(outcome) == [])
        let width = outcome.slice.inSeconds
        let inside = outcome.slices.indices.filter {
            let begin = Double($0) * width
            return begin > 18 && begin + width < 312
        }
        let accepted = ReasonCode.accepted.ordinal
        let admitted = inside.reduce(0) { $0 + outcome.slices[$1].decisions[accepted] }
        #expect(admitted == 0, "nothing is admitted while the device is down")
        #expect(outcome.slices.suffix(10).contains { $0.decisions[accepted] > 0 }, "back again")
    }

    @Test("the budget is spent to the last few calls and not beyond")
    func budget() throws {
        let outcome = try ScenarioSuite.run(
            .named(.budgetExhausted).compressed(by: 4), seed: 2, records: Self.records)
        let cap = try #require(outcome.cap)
        #expect(outcome.spent <= cap)
        // Each of four partitions may be left with less than a call of some fifty cents.
        #expect(outcome.spent > 0.95 * cap)
    }

    @Test("a fallback whose timers never fire is caught")
    func plantedTimer() throws {
        let scenario = SimulatedChaos.Scenario.named(.throttling).compressed(by: 6)
        let outcome = try ScenarioSuite.run(
            scenario, seed: 1, records: 600, plant: .noTimer)
        #expect(outcome.lateShare > 0.001)
        #expect(!outcome.holds)
    }

    @Test("the same seed gives the same bytes, another one others")
    func determinism() throws {
        func run(_ seed: UInt64) throws -> ScenarioOutcome {
            let scenario = SimulatedChaos.Scenario.named(.poison).compressed(by: 12)
            return try ScenarioSuite.run(scenario, seed: seed, records: 300)
        }
        let (first, second, other) = (try run(4), try run(4), try run(9))
        #expect(first.hash == second.hash)
        #expect(first.slices == second.slices)
        #expect(first.promises == second.promises)
        #expect(first.hash != other.hash)
    }

    @Test("records come at the base rate, and so much faster within the windows")
    func schedule() {
        let scenario = SimulatedChaos.Scenario.named(.queueStorm)
        func count(_ seconds: Double) -> Int { scenario.published(46_000, at: .seconds(seconds)) }
        // 30 s, 50 s tenfold, 40 s: 570 base seconds for 46,000 records.
        #expect(count(0) == 0)
        #expect(abs(count(30) - 46_000 * 30 / 570) <= 1)
        #expect(abs(count(80) - 46_000 * 530 / 570) <= 1)
        #expect(count(120) == 46_000)
        #expect(count(500) == 46_000)
    }

    @Test("each scenario has a sentence, a window within its time, and a name that lists it")
    func library() {
        #expect(SimulatedChaos.Scenario.library.map(\.name) == ScenarioName.allCases)
        for scenario in SimulatedChaos.Scenario.library {
            #expect(!scenario.summary.isEmpty)
            #expect(!scenario.windows.isEmpty)
            for window in scenario.windows {
                #expect(window.from < window.until && window.until <= scenario.duration)
            }
        }
    }
}
