import Capacity
import Contracts
import Determinism
import Foundation
import QuantumBackends
import Testing

@Suite("The capacity of devices and budgets")
struct CapacityTests {
    /// A device of one price, whose jobs last 10 ms a record.
    private func device(
        service: TimeSpan = .milliseconds(10), servers: Int = 1, jitter: Double = 0,
        price: Double = 0, _ change: (inout SimulatedQPUConfiguration) -> Void = { _ in }
    ) throws -> QueueModel {
        var configuration = SimulatedQPUConfiguration()
        configuration.servicePerRecord = service
        configuration.servers = servers
        configuration.jitter = jitter
        configuration.price = DevicePrice(perTask: price)
        configuration.queueCapacity = 1_000_000
        change(&configuration)
        return try QueueModel(
            configuration, circuit: nil, shots: 100, start: CapacityQuestion.start)
    }

    private func question(
        _ devices: [QueueModel], budget: Double? = nil, seconds: Int64 = 3_600
    ) -> CapacityQuestion {
        var question = CapacityQuestion(
            devices: devices, budgetMicros: budget.map { Int64($0 * 1e6) },
            window: .seconds(seconds))
        question.decisions = 60_000
        return question
    }

    /// Everything is worth a call, nothing is grouped, and nobody is in a hurry: a plain queue.
    private func plain(_ device: QueueModel) -> CapacityQuestion {
        var question = question([device])
        question.worthwhile = 1
        question.grouping = .zero
        question.latencyBudget = .seconds(3_600 as Int64)
        return question
    }

    private func run(
        _ question: CapacityQuestion, _ rate: Double, _ method: CapacityMethod
    ) -> CapacityPoint {
        var run = CapacityRun(question, rate: rate, method: method)
        return run.run()
    }

    /// Decisions simulated for a second of the span that counts.
    private func decisionRate(_ point: CapacityPoint) -> Double {
        Double(point.decided) / point.span.inSeconds
    }

    // MARK: Theory

    @Test("waits as M/D/1 does: ρ/(2(1 − ρ)) services", arguments: [0.5, 0.8])
    func deterministicService(load: Double) throws {
        let point = run(plain(try device()), load * 100, .worthwhile)
        let expected = load / (2 * (1 - load)) * 10
        #expect(abs(point.meanWait.inMilliseconds / expected - 1) < 0.08)
        #expect(abs(point.utilisation[0] / load - 1) < 0.02)
        #expect(point.carried == 1 && point.refused.isEmpty)
    }

    @Test("waits as M/G/1 does, by Pollaczek and Khinchine, where services vary")
    func variableService() throws {
        // E[S²] = e^σ² for a lognormal of mean 1.
        let point = run(plain(try device(jitter: 0.6)), 60, .worthwhile)
        let expected = 0.6 * exp(0.36) / (2 * 0.4) * 10
        #expect(abs(point.meanWait.inMilliseconds / expected - 1) < 0.1)
    }

    @Test("waits as M/D/c does where servers share: between M/M/c's half and its whole")
    func servers() throws {
        let point = run(plain(try device(servers: 4)), 340, .worthwhile)
        // Erlang's C for 4 servers at 0.85, over c(1 − ρ); Cosmetatos' M/D/c is close to half.
        let offered = 3.4
        var blocking = 1.0
        for server in 1...4 {
            blocking = offered * blocking / (Double(server) + offered * blocking)
        }
        let waiting = blocking / (1 - 0.85 * (1 - blocking))
        let exponential = waiting / (4 * 0.15) * 10
        let share = point.meanWait.inMilliseconds / exponential
        #expect(share > 0.45 && share < 0.65, "\(share)")
    }

    @Test("carries what one server can do, and two servers or devices twice that")
    func serviceBound() throws {
        for (devices, expected) in [
            ([try device()], 1_000.0), ([try device(servers: 2)], 2_000),
            ([try device(), try device()], 2_000),
        ] {
            // A tenth of the records is worth a call, and a call takes 10 ms.
            let found = try #require(CapacityAnswer.carrying(question(devices), share: 0.95))
            // A twentieth may be turned away.
            #expect(abs(found * 0.95 / expected - 1) < 0.05, "\(found), not \(expected)")
        }
    }

    // MARK: Budgets

    @Test("carries what the budget pays, and never spends more")
    func budgetBound() throws {
        // $36 an hour at 1 ¢: one call a second, of ten records a second.
        let asked = question([try device(price: 0.01)], budget: 36)
        let found = try #require(CapacityAnswer.carrying(asked, share: 0.9))
        #expect(found > 9 && found < 12, "\(found)")
        for rate in [1.0, 20, 1_000, 1_000_000] {
            let point = CapacityAnswer.point(asked, rate: rate)
            #expect(point.spendPerHour <= 36.1, "\(rate): \(point.spendPerHour)")
        }
        let over = CapacityAnswer.point(asked, rate: 1_000)
        #expect(over.refused[.budgetExhausted] ?? 0 > 0.9 * over.worthwhile)
        #expect(over.spendPerHour > 0.97 * 36)
    }

    @Test("spends on the cheaper device first")
    func cheapest() throws {
        let devices = [try device(price: 1), try device(price: 0.1)]
        let point = run(question(devices), 100, .worthwhile)
        #expect(point.utilisation[0] == 0 && point.utilisation[1] > 0.08)
        let more = run(question(devices), 5_000, .worthwhile)
        #expect(more.utilisation.allSatisfy { $0 > 0.9 })
    }

    // MARK: Methods

    @Test(
        "counting the records not worth a call gives what deciding them gives",
        arguments: [500.0, 3_000])
    func thinning(rate: Double) throws {
        let asked = question([try device()])
        let every = run(asked, rate, .everyRecord)
        let counted = run(asked, rate, .worthwhile)
        #expect(abs(every.worthwhile / counted.worthwhile - 1) < 0.06)
        #expect(abs(every.carried - counted.carried) < 0.05)
        #expect(abs((every.refused[.certain] ?? 0) / (counted.refused[.certain] ?? 1) - 1) < 0.06)
        #expect(decisionRate(every) > 5 * decisionRate(counted))
    }

    @Test(
        "slots give what record by record gives, beyond the capacity",
        arguments: [20_000.0, 80_000])
    func slots(rate: Double) throws {
        let asked = question([try device()])
        let (exact, slotted) = (run(asked, rate, .worthwhile), run(asked, rate, .slots))
        #expect(abs(slotted.admitted / exact.admitted - 1) < 0.03)
        #expect(abs(slotted.inTime / exact.inTime - 1) < 0.03)
        #expect(abs(slotted.carried / exact.carried - 1) < 0.05)
        let difference = slotted.waitP50 - exact.waitP50
        #expect(max(difference, .zero - difference) <= .milliseconds(20))
        #expect(decisionRate(slotted) < decisionRate(exact) / 3)
    }

    @Test("a million records a second are answered from a few thousand decisions")
    func million() throws {
        let asked = question([try device()])
        let point = CapacityAnswer.point(asked, rate: 1_000_000)
        #expect(point.method == .slots)
        #expect(abs(point.worthwhile / 100_000 - 1) < 0.01)
        #expect(abs(point.admitted / 100 - 1) < 0.05)
        #expect(point.refused[.queueTooLong] ?? 0 > 0.99 * point.worthwhile)
        #expect(point.decided < 200_000)
    }

    @Test("every record has one fate", arguments: [300.0, 5_000, 400_000])
    func conservation(rate: Double) throws {
        let asked = question(
            [try device(price: 0.001) { $0.failureProbability = 0.1 }], budget: 500)
        let point = CapacityAnswer.point(asked, rate: rate)
        let refused = point.refused.filter { $0.key != .certain }.values.reduce(0, +)
        #expect(abs(point.admitted + refused - point.worthwhile) < 1e-6 * point.worthwhile)
        let fates = point.inTime + point.late + point.failed
        #expect(abs(fates - point.admitted) < 1e-6 * point.admitted)
        #expect(point.failed > 0.03 * point.admitted)
        #expect(abs(point.offered / rate - 1) < 0.05)
    }

    @Test("an outage refuses what comes while it lasts")
    func outage() throws {
        let down = try device {
            $0.outages = [OutageWindow(from: .seconds(Int64(1_000)), until: .seconds(Int64(2_000)))]
        }
        var asked = question([down], seconds: 4_000)
        asked.decisions = 40_000
        let point = run(asked, 100, .worthwhile)
        // 1,000 of the 3,600 s that count.
        #expect(abs((point.refused[.backendFailed] ?? 0) / point.worthwhile - 1_000 / 3_600) < 0.03)
    }

    @Test("equal questions have equal answers, other seeds others")
    func determinism() throws {
        var asked = question([try device(jitter: 0.5)])
        let (first, second) = (run(asked, 900, .worthwhile), run(asked, 900, .worthwhile))
        #expect(first.waitP99 == second.waitP99 && first.admitted == second.admitted)
        asked.seed = 2
        #expect(run(asked, 900, .worthwhile).waitP99 != first.waitP99)
    }

    @Test("names the first setting out of range")
    func validation() throws {
        var asked = question([try device()])
        #expect(throws: Never.self) { try asked.validate() }
        asked.worthwhile = 0
        #expect(throws: CapacityError.self) { try asked.validate() }
        asked.worthwhile = 0.5
        asked.latencyBudget = .milliseconds(5)
        #expect(throws: CapacityError.self) { try asked.validate() }
        asked = question([])
        #expect(throws: CapacityError.self) { try asked.validate() }
    }
}
