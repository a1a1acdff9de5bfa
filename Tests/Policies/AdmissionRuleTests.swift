import Contracts
import Determinism
import Policies
import Testing

@Suite("Admission rules")
struct AdmissionRuleTests {
    private let now = Timestamp(milliseconds: 1_700_000_000_000)
    private let idle = DeviceForecast(
        predictedWait: .zero, serviceTime: .milliseconds(2), queueDepth: 0, state: .online,
        statusAge: .zero)

    private func request(
        score: Double = 0.5, dataClass: DataClass = .internal, value: Double? = nil,
        budget: TimeSpan = .seconds(Int64(1)), idHash: UInt64 = 1
    ) -> AdmissionRequest {
        AdmissionRequest(
            classicalScore: score, now: now, deadline: now + budget, dataClass: dataClass,
            valueAtStake: value, idHash: idHash)
    }

    private func decide(
        _ request: AdmissionRequest, _ forecast: DeviceForecast? = nil, killSwitch: Bool = false,
        _ edit: (inout AdmissionPolicy) throws -> Void = { _ in }
    ) throws -> AdmissionDecision {
        var policy = AdmissionPolicy()
        policy.mode = .live
        try edit(&policy)
        try policy.validate()
        var state = AdmissionState(policy: policy, now: now)
        return AdmissionController.decide(
            request, forecast ?? idle, killSwitch: killSwitch, policy: policy, state: &state)
    }

    @Test("By default a record is admitted, with propensity 1 and the numbers that decided")
    func admits() throws {
        var forecast = idle
        forecast.predictedWait = .milliseconds(30)
        forecast.queueDepth = 15
        let decision = try decide(request(), forecast)
        #expect(decision.admitted && decision.reason == .accepted && decision.propensity == 1)
        #expect(decision.predictedCompletion == .milliseconds(32))
        #expect(decision.inputs.predictedWait == .milliseconds(30))
        #expect(decision.inputs.queueDepth == 15)
        #expect(decision.inputs.remainingBudget == .seconds(Int64(1)))
        #expect(decision.inputs.statusAge == .zero)
    }

    @Test("Kill switch, mode and data class refuse by name")
    func eligibility() throws {
        #expect(try decide(request(), killSwitch: true).reason == .killSwitch)
        #expect(try decide(request()) { $0.mode = .off }.reason == .modeOff)
        let restricted = request(dataClass: .restricted)
        #expect(try decide(restricted).reason == .restrictedData)
        #expect(try decide(restricted) { $0.allowsRestricted = true }.admitted)
        #expect(try decide(request(dataClass: .public)).admitted)
    }

    @Test("Records outside the uncertainty band are certain, its ends belong to it")
    func band() throws {
        for (score, reason) in [
            (0.39, ReasonCode.certain), (0.4, .accepted), (0.6, .accepted), (0.61, .certain),
        ] {
            let decision = try decide(request(score: score)) { $0.uncertaintyBand = 0.4...0.6 }
            #expect(decision.reason == reason)
            #expect(decision.propensity == (reason == .accepted ? 1 : 0))
        }
        #expect(try decide(request(score: 0)).admitted && decide(request(score: 1)).admitted)
    }

    @Test("The shares drawn inside and outside the band are what the policy says")
    func sampling() throws {
        var (inside, outside) = (0, 0)
        for id in 0..<UInt64(4000) {
            let hash = StableHash.mix(id)
            let near = try decide(request(score: 0.5, idHash: hash)) {
                $0.uncertaintyBand = 0.4...0.6
                $0.insideFraction = 0.25
            }
            #expect(near.propensity == 0.25)
            #expect(near.reason == (near.admitted ? .accepted : .sampledOut))
            inside += near.admitted ? 1 : 0
            let far = try decide(request(score: 0.9, idHash: hash)) {
                $0.uncertaintyBand = 0.4...0.6
                $0.outsideFraction = 0.1
            }
            #expect(far.propensity == 0.1)
            #expect(far.reason == (far.admitted ? .accepted : .certain))
            outside += far.admitted ? 1 : 0
        }
        // Four standard errors of a binomial share of 4,000.
        #expect(abs(Double(inside) / 4000 - 0.25) < 0.028)
        #expect(abs(Double(outside) / 4000 - 0.1) < 0.019)
    }

    @Test("The same id is always drawn alike under one seed, and differently under another")
    func samplingIsStable() throws {
        func drawn(_ seed: UInt64) throws -> [Bool] {
            try (0..<UInt64(200)).map { id in
                try decide(request(idHash: StableHash.mix(id))) {
                    $0.insideFraction = 0.5
                    $0.samplingSeed = seed
                }.admitted
            }
        }
        #expect(try drawn(1) == drawn(1))
        #expect(try drawn(1) != drawn(2))
    }

    @Test("A record that lost its lot but would have been refused anyway has propensity 0")
    func propensityLooksAhead() throws {
        var sawLoser = false
        for id in 0..<UInt64(50) {
            let decision = try decide(
                request(budget: .milliseconds(1), idHash: StableHash.mix(id))
            ) { $0.insideFraction = 0.5 }
            #expect(!decision.admitted && decision.propensity == 0)
            #expect([.sampledOut, .queueTooLong].contains(decision.reason))
            sawLoser = sawLoser || decision.reason == .sampledOut
        }
        #expect(sawLoser)
    }

    @Test("A stated value below the minimum is low, an unstated one is not held against a record")
    func value() throws {
        #expect(try decide(request(value: 4.99)) { $0.minimumValue = 5 }.reason == .lowValue)
        #expect(try decide(request(value: 5)) { $0.minimumValue = 5 }.admitted)
        #expect(try decide(request()) { $0.minimumValue = 5 }.admitted)
    }

    @Test(
        "A device that is down or silent gets nothing",
        arguments: [
            DeviceState.outage, .maintenance,
        ])
    func device(state: DeviceState) throws {
        var forecast = idle
        forecast.state = state
        #expect(try decide(request(), forecast).reason == .backendFailed)
        var stale = idle
        stale.statusAge = .seconds(Int64(10))
        #expect(try decide(request(), stale).admitted)
        stale.statusAge = .microseconds(10_000_001)
        #expect(try decide(request(), stale).reason == .backendFailed)
    }

    @Test("Before the first status the policy decides")
    func unknownDevice() throws {
        #expect(try decide(request(), .unknown).admitted)
        let cautious = try decide(request(), .unknown) { $0.admitsBeforeFirstStatus = false }
        #expect(cautious.reason == .backendFailed)
    }

    @Test("Live, the result must come the margin before the deadline, to the microsecond")
    func deadline() throws {
        var forecast = idle
        forecast.predictedWait = .milliseconds(88)
        let exact = try decide(request(budget: .milliseconds(100)), forecast)
        #expect(exact.admitted)
        forecast.predictedWait = .microseconds(88_001)
        let over = try decide(request(budget: .milliseconds(100)), forecast)
        #expect(over.reason == .queueTooLong)
        #expect(try decide(request(budget: .zero)).reason == .queueTooLong)
    }

    @Test("In shadow the deadline does not bind, only the wait limit does")
    func shadowWait() throws {
        var forecast = idle
        forecast.predictedWait = .seconds(Int64(60))
        let late = try decide(request(budget: .zero), forecast) { $0.mode = .shadow }
        #expect(late.admitted)
        let limited = try decide(request(), forecast) {
            $0.mode = .shadow
            $0.shadowWaitLimit = .seconds(Int64(60))
        }
        #expect(limited.reason == .queueTooLong)
        let unlimited = try decide(request(), forecast) {
            $0.mode = .shadow
            $0.shadowWaitLimit = nil
        }
        #expect(unlimited.admitted)
    }

    @Test("The first refusal wins, in the standard order")
    func order() throws {
        var forecast = idle
        forecast.state = .outage
        forecast.predictedWait = .seconds(Int64(100))
        let worst = request(score: 0.99, dataClass: .restricted, value: 1)
        let full: (inout AdmissionPolicy) -> Void = {
            $0.mode = .off
            $0.uncertaintyBand = 0.4...0.6
            $0.minimumValue = 5
        }
        #expect(try decide(worst, forecast, killSwitch: true, full).reason == .killSwitch)
        #expect(try decide(worst, forecast, full).reason == .modeOff)
        let steps: [(ReasonCode, (inout AdmissionPolicy) -> Void)] = [
            (.restrictedData, { $0.mode = .live }),
            (.certain, { $0.allowsRestricted = true }),
            (.lowValue, { $0.uncertaintyBand = 0...1 }),
            (.backendFailed, { $0.minimumValue = 0 }),
        ]
        for count in 1...steps.count {
            let decision = try decide(worst, forecast) { policy in
                full(&policy)
                for (_, step) in steps.prefix(count) { step(&policy) }
            }
            #expect(decision.reason == steps[count - 1].0)
        }
        forecast.state = .online
        let last = try decide(worst, forecast) { $0.allowsRestricted = true }
        #expect(last.reason == .queueTooLong)
    }

    @Test("A policy may leave rules out or order them anew")
    func customRules() throws {
        var forecast = idle
        forecast.predictedWait = .seconds(Int64(100))
        #expect(try decide(request(), forecast) { $0.rules = [.killSwitch, .rate] }.admitted)
        #expect(Set(AdmissionRule.standardOrder) == Set(AdmissionRule.allCases))
        #expect(AdmissionRule.standardOrder.count == AdmissionRule.allCases.count)
    }

    @Test("Settings out of range are refused by name")
    func validation() {
        let edits: [(String, (inout AdmissionPolicy) -> Void)] = [
            ("uncertaintyBand", { $0.uncertaintyBand = -1...0.5 }),
            ("insideFraction", { $0.insideFraction = 1.5 }),
            ("outsideFraction", { $0.outsideFraction = .nan }),
            ("canaryShare", { $0.canaryShare = 1.01 }),
            ("waitLevel", { $0.waitLevel = 1 }),
            ("shotShares", { $0.ladder.shotShares = [0.25, 0.5] }),
            ("minimumShots", { $0.ladder.minimumShots = 0 }),
            ("minimumFidelity", { $0.ladder.minimumFidelity = 2 }),
            ("weight fidelity", { $0.weights.fidelity = -1 }),
            ("minimumValue", { $0.minimumValue = -1 }),
            ("concurrencyLimit", { $0.concurrencyLimit = 0 }),
            ("jobExpiry", { $0.jobExpiry = .zero }),
            ("statusStaleness", { $0.statusStaleness = .zero }),
            ("safetyMargin", { $0.safetyMargin = .milliseconds(-1) }),
            ("shadowWaitLimit", { $0.shadowWaitLimit = .milliseconds(-1) }),
        ]
        for (name, edit) in edits {
            let error = #expect(throws: PolicyError.self) {
                var policy = AdmissionPolicy()
                edit(&policy)
                try policy.validate()
            }
            #expect(error?.setting == name)
        }
    }
}
