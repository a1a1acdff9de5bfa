import Contracts
import Determinism
import Testing

@testable import Policies

@Suite("The simpler circuit, as a step of the ladder,")
struct SimplerCircuitTests {
    private let now = Timestamp(milliseconds: 1_700_000_000_000)

    /// A record takes 100 ms and 1 + 0.01 a shot of it; of the simpler circuit 20 ms and 0.001.
    private func device(
        wait: Int64 = 0, _ edit: (inout DeviceForecast) -> Void = { _ in }
    ) -> DeviceForecast {
        var device = DeviceForecast(
            predictedWait: .milliseconds(wait), serviceTime: .milliseconds(100), queueDepth: 0,
            state: .online, statusAge: .zero)
        device.price = CallPrice(perTask: 1, perShot: 0.01)
        device.fidelity = 0.6
        device.simpler = SimplerCall(
            price: CallPrice(perTask: 1, perShot: 0.001), serviceTime: .milliseconds(20),
            fidelity: 0.95)
        edit(&device)
        return device
    }

    private func decide(
        _ devices: [DeviceForecast], request edit: (inout AdmissionRequest) -> Void = { _ in },
        _ change: (inout AdmissionPolicy) -> Void = { _ in }
    ) throws -> AdmissionDecision {
        var policy = AdmissionPolicy()
        policy.mode = .live
        policy.safetyMargin = .zero
        policy.ladder.allowsSimplerCircuit = true
        change(&policy)
        try policy.validate()
        var request = AdmissionRequest(
            classicalScore: 0.5, now: now, deadline: now + .milliseconds(200), idHash: 7)
        request.hasSimplerCircuit = true
        request.shots = 1_000
        edit(&request)
        var state = AdmissionState(policy: policy, now: now)
        return AdmissionController.decide(
            request, devices: devices, killSwitch: false, policy: policy, state: &state)
    }

    @Test("is taken when the model's own does not fit the deadline, at its own time and price")
    func deadline() throws {
        #expect(try decide([device(wait: 100)]).offer?.downgrade == Downgrade.none)
        let offer = try #require(try decide([device(wait: 150)]).offer)
        #expect(offer.downgrade == .simplerCircuit && offer.shots == 1_000)
        // 1 + 0.001 · 1,000; 150 ms of wait and 20 on the device.
        #expect(offer.priceMicros == 2_000_000 && offer.completion == .milliseconds(170))
        #expect(offer.service == .milliseconds(20) && offer.fidelity == 0.95)
        let late = try decide([device(wait: 181)])
        #expect(late.offer == nil && late.reason == .queueTooLong)
    }

    @Test("is taken when the model's own is too dear, or the budget has no room for it")
    func price() throws {
        let limited = try decide([device()]) { $0.maximumPriceMicros = 2_000_000 }
        #expect(limited.offer?.downgrade == .simplerCircuit)
        let short = try decide([device()]) { $0.maximumPriceMicros = 1_999_999 }
        #expect(short.offer == nil && short.reason == .lowValue)
        var policy = AdmissionPolicy()
        policy.ladder.allowsSimplerCircuit = true
        let book = try BudgetBook(
            [BudgetLimits(name: "all", cap: try Money(parsing: "5.5"))], partitions: 1, now: now)
        var state = AdmissionState(policy: policy, now: now, budgets: book)
        state.budgets?.own([0], now: now)
        let decisions = (0..<UInt64(3)).map { number in
            var request = AdmissionRequest(
                classicalScore: 0.5, now: now, deadline: now + .milliseconds(200), idHash: number)
            request.hasSimplerCircuit = true
            request.shots = 1_000
            return AdmissionController.decide(
                request, devices: [device()], killSwitch: false, policy: policy, state: &state)
        }
        // 11 for the model's own; 5.5 pay for two of the others.
        #expect(decisions.map(\.offer?.downgrade) == [.simplerCircuit, .simplerCircuit, nil])
        #expect(decisions[2].reason == .budgetExhausted)
    }

    @Test("comes after fewer shots and before a device of less fidelity")
    func order() throws {
        func step(_ wait: Int64) throws -> Downgrade? {
            let coarse = device {
                $0.fidelity = 0.3
                $0.simpler = nil
            }
            let own = device(wait: wait) {
                $0.shotShare = 1
                $0.simpler?.serviceTime = .milliseconds(40)
            }
            return try decide([own, coarse]) { _ in
            } _: {
                $0.ladder.shotShares = [0.5]
                $0.ladder.minimumFidelity = 0.5
            }
            .offer?.downgrade
        }
        #expect(try step(100) == Downgrade.none)
        #expect(try step(150) == .fewerShots)
        #expect(try step(160) == .simplerCircuit)
        #expect(try step(161) == .cheaperDevice)
    }

    @Test("is not offered where it is not allowed, not there, unknown, no gain, or not good enough")
    func notOffered() throws {
        let request: (inout AdmissionRequest) -> Void = { _ in }
        #expect(
            try decide([device(wait: 150)], request: request) {
                $0.ladder.allowsSimplerCircuit = false
            }.reason == .queueTooLong)
        let none = try decide([device(wait: 150)]) { $0.hasSimplerCircuit = false }
        #expect(none.reason == .queueTooLong)
        #expect(try decide([device(wait: 150) { $0.simpler = nil }]).reason == .queueTooLong)
        // As long and as dear as the model's own: nothing to go down to.
        let same = device(wait: 50) {
            $0.simpler = SimplerCall(price: $0.price, serviceTime: $0.serviceTime)
        }
        let allowed = AdmissionRequest(
            classicalScore: 0.5, now: now, deadline: now, idHash: 0)
        var asked = allowed
        asked.hasSimplerCircuit = true
        var ladder = DowngradeLadder()
        ladder.allowsSimplerCircuit = true
        func offers(_ device: DeviceForecast) -> [Downgrade] {
            let set = OfferSet(asked, [device], ladder)
            var found: [Downgrade] = []
            var index = set.next(from: 0)
            while let current = index {
                found.append(OfferSet.downgrade(current))
                index = set.next(from: current + 1)
            }
            return found
        }
        #expect(offers(same) == [.none])
        var quicker = same
        quicker.simpler?.serviceTime = .microseconds(99_999)
        #expect(offers(quicker) == [.none, .simplerCircuit])
        var cheaper = same
        cheaper.simpler?.price.perShot = 0.009
        #expect(offers(cheaper) == [.none, .simplerCircuit])
        // A device too coarse for the model's own may be good enough for fewer gates.
        ladder.minimumFidelity = 0.9
        #expect(offers(device()) == [.simplerCircuit, .cheaperDevice])
        ladder.minimumFidelity = 0.96
        #expect(offers(device()) == [.cheaperDevice])
        #expect(offers(device { $0.isStandIn = true }) == [.simulator])
    }

    @Test("adds its own time, not that of the model's own, to the queue that later records meet")
    func queue() throws {
        var policy = AdmissionPolicy()
        policy.mode = .live
        policy.safetyMargin = .zero
        policy.ladder.allowsSimplerCircuit = true
        var state = AdmissionState(policy: policy, now: now)
        let steps = (0..<UInt64(12)).map { number in
            var request = AdmissionRequest(
                classicalScore: 0.5, now: now, deadline: now + .milliseconds(200), idHash: number)
            request.hasSimplerCircuit = true
            return AdmissionController.decide(
                request, devices: [device()], killSwitch: false, policy: policy, state: &state
            ).offer?.downgrade
        }
        // Two of 100 ms fill the budget: the second ends at 200. None is left for 20 ms.
        #expect(steps.prefix(3) == [Downgrade.none, Downgrade.none, nil])
        var busy = AdmissionState(policy: policy, now: now)
        let waiting = device(wait: 101)
        let simpler = (0..<12).count { number in
            var request = AdmissionRequest(
                classicalScore: 0.5, now: now, deadline: now + .milliseconds(200),
                idHash: UInt64(number))
            request.hasSimplerCircuit = true
            return AdmissionController.decide(
                request, devices: [waiting], killSwitch: false, policy: policy, state: &busy
            ).offer?.downgrade == .simplerCircuit
        }
        // 101 + 4 · 20 = 181: a fifth would end at 201.
        #expect(simpler == 4)
    }

    @Test("teaches waits and run times as a job of the model's own would")
    func experience() throws {
        func cautious(_ downgrade: Downgrade, run: Int64) throws -> TimeSpan {
            var experience = try DeviceExperience(level: 0.9)
            for number in 0..<40 {
                var outcome = DeviceOutcome()
                outcome.submittedAt = now + .milliseconds(Int64(number) * 1_000)
                outcome.runMilliseconds = Double(run)
                outcome.records = 3
                outcome.downgrade = downgrade
                experience.learn(
                    outcome, service: .milliseconds(100), simpler: .milliseconds(20))
            }
            return experience.cautiousRun(
                atLeast: .milliseconds(100), now: now + .seconds(Int64(41)))
        }
        // 30 ms above what three records of either circuit take; the deviation has worn off.
        let own = try cautious(.none, run: 330)
        let simpler = try cautious(.simplerCircuit, run: 90)
        #expect(own == simpler)
        #expect(abs(own.inMilliseconds - 130) < 1)
    }

    @Test("teaches run times on one server, however many share the work")
    func serverExperience() throws {
        var experience = try DeviceExperience(level: 0.9)
        for number in 0..<40 {
            var outcome = DeviceOutcome()
            outcome.submittedAt = now + .milliseconds(Int64(number) * 1_000)
            outcome.runMilliseconds = 50
            outcome.records = 1
            outcome.downgrade = .simplerCircuit
            // A fourth of 100 ms and of 20 ms.
            experience.learn(
                outcome, service: .milliseconds(25), simpler: .milliseconds(5),
                spared: .milliseconds(80))
        }
        let run = experience.cautiousRun(
            atLeast: .milliseconds(100), now: now + .seconds(Int64(41)))
        #expect(abs(run.inMilliseconds - 130) < 1)
    }
}
