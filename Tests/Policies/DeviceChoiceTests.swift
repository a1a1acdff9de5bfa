import Contracts
import Determinism
import Testing

@testable import Policies

@Suite("The choice among devices")
struct DeviceChoiceTests {
    private let now = Timestamp(milliseconds: 1_700_000_000_000)

    private func device(
        wait: TimeSpan = .zero, price: Double = 0, fidelity: Double = 0.9,
        _ edit: (inout DeviceForecast) -> Void = { _ in }
    ) -> DeviceForecast {
        var device = DeviceForecast(
            predictedWait: wait, serviceTime: .milliseconds(10), queueDepth: 3, state: .online,
            statusAge: .zero)
        device.price = CallPrice(perTask: price)
        device.fidelity = fidelity
        edit(&device)
        return device
    }

    private func decide(
        _ devices: [DeviceForecast], request edit: (inout AdmissionRequest) -> Void = { _ in },
        _ change: (inout AdmissionPolicy) -> Void = { _ in }
    ) throws -> AdmissionDecision {
        var policy = AdmissionPolicy()
        policy.mode = .live
        change(&policy)
        try policy.validate()
        var request = AdmissionRequest(
            classicalScore: 0.5, now: now, deadline: now + .milliseconds(200), idHash: 7)
        edit(&request)
        var state = AdmissionState(policy: policy, now: now)
        return AdmissionController.decide(
            request, devices: devices, killSwitch: false, policy: policy, state: &state)
    }

    @Test("Without weights the cheapest device that fits is taken, and of equals the first")
    func cheapest() throws {
        let dear = device(price: 2)
        let cheap = device(price: 1)
        #expect(try decide([dear, cheap]).offer?.device == 1)
        #expect(try decide([cheap, cheap]).offer?.device == 0)
        let decision = try decide([dear, device(wait: .milliseconds(300), price: 1)])
        #expect(decision.offer?.device == 0 && decision.offer?.priceMicros == 2_000_000)
        #expect(decision.offer?.downgrade == Downgrade.none && decision.offer?.shots == 1_024)
    }

    @Test("Time, fidelity and the shadow price weigh as the policy says")
    func weights() throws {
        let slow = device(wait: .milliseconds(100), price: 1, fidelity: 0.9)
        let fast = device(price: 1.5, fidelity: 0.8)
        func chosen(_ change: (inout DeviceWeights) -> Void) throws -> Int? {
            try decide([slow, fast], request: { _ in }) { change(&$0.weights) }.offer?.device
        }
        // 0.1 s against 0.5: worth it from 5 a second on.
        #expect(try chosen { $0.perSecond = 4.9 } == 0)
        #expect(try chosen { $0.perSecond = 5.1 } == 1)
        #expect(
            try chosen {
                $0.perSecond = 5.1
                $0.shadowPrice = 1
            } == 0)
        #expect(
            try chosen {
                $0.perSecond = 5.1
                $0.fidelity = 1
            } == 0)
    }

    @Test(
        "Data goes to devices of its trust zone, restricted to internal ones by leave",
        arguments: DataClass.allCases, DataClass.allCases)
    func trust(data: DataClass, zone: DataClass) throws {
        for leave in [false, true] {
            let decision = try decide([device { $0.trustZone = zone }]) {
                $0.dataClass = data
            } _: {
                $0.allowsRestricted = leave
            }
            let order: [DataClass] = [.public, .internal, .restricted]
            let isLeave = leave && data == .restricted && zone == .internal
            let fits = order.firstIndex(of: data) ?? 0 <= order.firstIndex(of: zone) ?? 0
            #expect(decision.admitted == (fits || isLeave))
            #expect(decision.reason == (fits || isLeave ? .accepted : .restrictedData))
        }
    }

    @Test("A device that may not, or cannot, leaves the record to the others")
    func filters() throws {
        let good = device(price: 9)
        let others: [(ReasonCode, DeviceForecast)] = [
            (.restrictedData, device { $0.trustZone = .public }),
            (.backendFailed, device { $0.state = .outage }),
            (.backendFailed, device { $0.statusAge = .seconds(Int64(11)) }),
            (.lowValue, device(price: 20)),
            (.queueTooLong, device(wait: .milliseconds(500))),
            (.queueTooLong, device { $0.throttledUntil = now + .milliseconds(500) }),
        ]
        for (reason, bad) in others {
            let edit: (inout AdmissionRequest) -> Void = { $0.maximumPriceMicros = 10_000_000 }
            #expect(try decide([bad, good], request: edit).offer?.device == 1)
            let alone = try decide([bad], request: edit)
            #expect(alone.reason == reason && alone.offer == nil && alone.propensity == 0)
        }
        // The rule that strikes out the last one names itself, whatever became of the others.
        let down = device { $0.state = .outage }
        #expect(try decide([down, device(wait: .seconds(Int64(1)))]).reason == .queueTooLong)
        #expect(try decide([]).reason == .backendFailed)
    }

    @Test("The ladder goes down step by step, and the decision says how far")
    func ladder() throws {
        let asked = device { $0.shotShare = 1 }
        let coarse = device(fidelity: 0.3)
        var standIn = device(fidelity: 1)
        standIn.isStandIn = true
        func step(_ wait: Int64, _ request: (inout AdmissionRequest) -> Void = { _ in }) throws
            -> (Downgrade?, Int?, Int?, ReasonCode)
        {
            var devices = [asked, coarse, standIn]
            devices[0].predictedWait = .milliseconds(wait)
            let decision = try decide(devices, request: request) {
                $0.ladder.shotShares = [0.5, 0.25]
                $0.ladder.minimumShots = 300
                $0.ladder.minimumFidelity = 0.5
                $0.safetyMargin = .zero
            }
            return (
                decision.offer?.downgrade, decision.offer?.device, decision.offer?.shots,
                decision.reason
            )
        }
        #expect(try step(190) == (Downgrade.none, 0, 1_024, .accepted))
        // 5 ms of 10 spared, then 7 by the least shots allowed.
        #expect(try step(195) == (.fewerShots, 0, 512, .accepted))
        #expect(try step(197) == (.fewerShots, 0, 300, .accepted))
        #expect(try step(200) == (.cheaperDevice, 1, 1_024, .accepted))
        #expect(
            try step(190) { $0.hasSimplerCircuit = true } == (Downgrade.none, 0, 1_024, .accepted))
        let late: (inout AdmissionRequest) -> Void = { $0.deadline = $0.now }
        #expect(try step(0, late) == (nil, nil, nil, .queueTooLong))
    }

    @Test("The simulator stands in when no device fits, and only then")
    func standIn() throws {
        var simulator = device(fidelity: 1)
        simulator.isStandIn = true
        let down = device(price: 5) { $0.state = .maintenance }
        #expect(try decide([device(price: 5), simulator]).offer?.device == 0)
        let decision = try decide([down, simulator])
        #expect(decision.offer?.device == 1 && decision.offer?.downgrade == .simulator)
        simulator.trustZone = .public
        #expect(try decide([down, simulator]).reason == .backendFailed)
    }

    @Test("A simpler circuit is tried after fewer shots, where the model has one")
    func simplerCircuit() throws {
        let dear = device {
            $0.price = CallPrice(perTask: 1, perShot: 0.01)
            $0.fidelity = 0.9
        }
        let decision = try decide([dear]) {
            $0.hasSimplerCircuit = true
            $0.maximumPriceMicros = 11_000_000
        } _: {
            $0.ladder.shotShares = [0.5]
        }
        // 1 + 0.01 · 512 = 6.12 units.
        #expect(decision.offer?.downgrade == .fewerShots)
        #expect(decision.offer?.priceMicros == 6_120_000)
        var set = OfferSet(
            AdmissionRequest(classicalScore: 0, now: now, deadline: now, idHash: 0), [dear],
            DowngradeLadder())
        set.remove(0)
        #expect(set.isEmpty)
    }

    @Test("Records admitted to one device lengthen its queue and not the others'")
    func separateQueues() throws {
        var policy = AdmissionPolicy()
        policy.mode = .live
        policy.weights.perSecond = 1
        var state = AdmissionState(policy: policy, now: now)
        var counts = [0, 0]
        let devices = [device(), device(wait: .milliseconds(50))]
        for id in 0..<UInt64(40) {
            let request = AdmissionRequest(
                classicalScore: 0.5, now: now, deadline: now + .milliseconds(200), idHash: id)
            let decision = AdmissionController.decide(
                request, devices: devices, killSwitch: false, policy: policy, state: &state)
            if let offer = decision.offer { counts[offer.device] += 1 }
        }
        // 190 ms before the margin: 19 and 14 records of 10 ms.
        #expect(counts == [19, 14])
        #expect(state.inFlight == 33 && state.inFlight(device: 1) == 14)
        state.completed(admittedAt: now, now: now, device: 1)
        #expect(state.inFlight(device: 1) == 13 && state.inFlight(device: 0) == 19)
    }

    @Test("Any devices and any policy: the offer taken holds what the rules say", arguments: 0..<20)
    func soundness(seed: UInt64) throws {
        var random = RandomStream(seed: seed)
        for _ in 0..<200 {
            var devices: [DeviceForecast] = []
            for _ in 0..<Int(random.next() % 10) {
                devices.append(
                    device(
                        wait: .milliseconds(Int64(random.next() % 300)),
                        price: random.uniform() * 3, fidelity: random.uniform()
                    ) {
                        $0.trustZone = DataClass.allCases[Int(random.next() % 3)]
                        $0.isStandIn = random.next() % 4 == 0
                        $0.state = random.next() % 4 == 0 ? .outage : .online
                        $0.shotShare = random.uniform()
                    })
            }
            let ceiling = Int64(random.uniform() * 3e6)
            let decision = try decide(devices) {
                $0.maximumPriceMicros = ceiling
            } _: {
                $0.ladder.shotShares = [0.6, 0.3]
                $0.ladder.minimumFidelity = 0.4
                $0.weights.perSecond = 3
            }
            guard let offer = decision.offer else {
                #expect(!decision.admitted && decision.reason != .accepted)
                continue
            }
            let chosen = devices[offer.device]
            #expect(offer.device < AdmissionController.maximumDevices)
            #expect(chosen.state == .online && chosen.trustZone != .public)
            #expect(offer.priceMicros <= ceiling && decision.admitted)
            #expect(offer.completion <= .milliseconds(190))
            #expect((offer.downgrade == .simulator) == chosen.isStandIn)
            let isCoarse = chosen.fidelity < 0.4 && !chosen.isStandIn
            #expect((offer.downgrade == .cheaperDevice) == isCoarse)
        }
    }

    @Test("Prices are rounded up to a millionth, never down, and exact ones stay")
    func prices() {
        #expect(CallPrice(perTask: 0.3, perShot: 0.0009).micros(shots: 1_024) == 1_221_600)
        #expect(CallPrice(perTask: 0, perShot: 0.1).micros(shots: 3) == 300_000)
        #expect(CallPrice(perTask: 0.000_000_1).micros(shots: 1) == 1)
        #expect(CallPrice().micros(shots: 1_024) == 0)
        #expect(CallPrice(perTask: 1e300).micros(shots: 1) == 1_000_000_000_000_000_000)
    }
}
