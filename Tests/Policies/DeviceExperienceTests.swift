import Contracts
import Determinism
import Policies
import Testing

@Suite("What outcomes teach admission")
struct DeviceExperienceTests {
    private let start = Timestamp(milliseconds: 1_700_000_000_000)

    private func outcome(
        _ index: Int, announced: Double, wait: Double, run: Double = 10, records: Int = 1,
        status: DeviceOutcome.Status = .ok
    ) -> DeviceOutcome {
        var outcome = DeviceOutcome()
        outcome.submittedAt = start + .seconds(Int64(index))
        outcome.queueDepth = 4
        outcome.announcedMilliseconds = announced
        outcome.waitMilliseconds = wait
        outcome.runMilliseconds = run
        outcome.records = records
        outcome.status = status
        return outcome
    }

    private func decide(
        _ state: inout AdmissionState, _ policy: AdmissionPolicy, wait: TimeSpan,
        budget: TimeSpan, at now: Timestamp
    ) -> AdmissionDecision {
        let forecast = DeviceForecast(
            predictedWait: wait, serviceTime: .milliseconds(10), queueDepth: 4, state: .online,
            statusAge: .zero)
        return AdmissionController.decide(
            AdmissionRequest(classicalScore: 0.5, now: now, deadline: now + budget, idHash: 3),
            forecast, killSwitch: false, policy: policy, state: &state)
    }

    private func live() -> AdmissionPolicy {
        var policy = AdmissionPolicy()
        policy.mode = .live
        policy.waitLevel = 0.9
        return policy
    }

    @Test("A device whose waits are three times what it announces is believed no longer")
    func correction() throws {
        let policy = live()
        var state = AdmissionState(policy: policy, now: start)
        let now = start + .seconds(Int64(60))
        let before = decide(
            &state, policy, wait: .milliseconds(100), budget: .milliseconds(200), at: now)
        #expect(before.admitted && before.inputs.cautiousWait == .milliseconds(100))
        var outcomes: [DeviceOutcome] = []
        for index in 0..<60 { outcomes.append(outcome(index, announced: 100, wait: 300)) }
        state.learn(
            outcomes[...], closures: [], service: .milliseconds(10), device: 0, policy: policy,
            now: now)
        let after = decide(
            &state, policy, wait: .milliseconds(100), budget: .milliseconds(200), at: now)
        #expect(after.reason == .queueTooLong)
        // Bins are 9 % wide; the record admitted before adds 10 ms, times three.
        let cautious = after.inputs.cautiousWait.inMilliseconds
        #expect((270...400).contains(cautious), "\(cautious)")
        let roomy = decide(
            &state, policy, wait: .milliseconds(100), budget: .milliseconds(500), at: now)
        #expect(roomy.admitted)
    }

    @Test("Fewer outcomes than count as evidence change nothing, nor do failed jobs")
    func evidence() {
        let policy = live()
        var state = AdmissionState(policy: policy, now: start)
        var outcomes = (0..<15).map { outcome($0, announced: 100, wait: 900) }
        for index in 0..<100 {
            outcomes.append(outcome(index, announced: 100, wait: 9_000, status: .failed))
        }
        state.learn(
            outcomes[...], closures: [], service: .milliseconds(10), device: 0, policy: policy,
            now: start)
        let decision = decide(
            &state, policy, wait: .milliseconds(100), budget: .milliseconds(200), at: start)
        #expect(decision.admitted && decision.inputs.cautiousWait == .milliseconds(100))
    }

    @Test("A closure ahead lengthens the waits that reach into it")
    func closures() throws {
        let policy = live()
        var state = AdmissionState(policy: policy, now: start)
        let now = start + .seconds(Int64(60))
        let outcomes = (0..<60).map { outcome($0, announced: 100, wait: 100) }
        let closure = DeviceClosure(
            .calibration, from: now + .milliseconds(50), until: now + .milliseconds(1_050))
        state.learn(
            outcomes[...], closures: [closure], service: .milliseconds(10), device: 0,
            policy: policy, now: now)
        // Announced with the closure: 100 ms of work and a second closed.
        let decision = decide(
            &state, policy, wait: .milliseconds(1_100), budget: .milliseconds(500), at: now)
        #expect(decision.reason == .queueTooLong)
        let cautious = decision.inputs.cautiousWait.inMilliseconds
        #expect((1_080...1_130).contains(cautious), "\(cautious)")
    }

    @Test("Overheads of the run count until they are old, the job's other records do not")
    func runs() {
        let policy = live()
        var state = AdmissionState(policy: policy, now: start)
        // 50 ms overhead and 20 records of 10 ms.
        let outcomes = (0..<60).map {
            outcome($0, announced: 0, wait: 0, run: 250, records: 20)
        }
        state.learn(
            outcomes[...], closures: [], service: .milliseconds(10), device: 0, policy: policy,
            now: start)
        let now = start + .seconds(Int64(60))
        let soon = decide(&state, policy, wait: .zero, budget: .seconds(Int64(1)), at: now)
        let predicted = soon.predictedCompletion.inMilliseconds
        #expect((59...70).contains(predicted), "\(predicted)")
        let later = decide(
            &state, policy, wait: .zero, budget: .seconds(Int64(1)),
            at: now + .seconds(Int64(120)))
        #expect(later.predictedCompletion == .milliseconds(10))
    }

    @Test("Nine in ten waits are covered though the announcements are noise", arguments: 0..<4)
    func coverage(seed: UInt64) throws {
        var experience = try DeviceExperience(level: 0.9)
        var random = RandomStream(seed: seed)
        var covered = 0
        for index in 0..<4_000 {
            let announced = 50 + 400 * random.uniform()
            let wait = announced * (0.2 + 3 * random.uniform() * random.uniform())
            if index >= 1_000 {
                let bound = experience.cautiousWait(
                    .seconds(announced / 1e3), depth: 4, now: start + .seconds(Int64(index)))
                covered += TimeSpan.seconds(wait / 1e3) <= bound ? 1 : 0
            }
            experience.learn(
                outcome(index, announced: announced, wait: wait), service: .milliseconds(10))
        }
        let share = Double(covered) / 3_000
        #expect((0.87...0.93).contains(share), "\(share)")
        #expect(abs(experience.score.coverage - 0.9) < 0.02)
    }
}
