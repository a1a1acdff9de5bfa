import Contracts
import Determinism
import Testing

@testable import Policies

@Suite("Admission over time")
struct AdmissionStateTests {
    private let start = Timestamp(milliseconds: 1_700_000_000_000)

    private func forecast(
        wait: TimeSpan = .zero, service: TimeSpan = .milliseconds(10), age: TimeSpan? = .zero
    ) -> DeviceForecast {
        DeviceForecast(
            predictedWait: wait, serviceTime: service, queueDepth: 0, state: .online,
            statusAge: age)
    }

    private func decide(
        at now: Timestamp, _ forecast: DeviceForecast, _ policy: AdmissionPolicy,
        _ state: inout AdmissionState, budget: TimeSpan = .seconds(Int64(1))
    ) -> AdmissionDecision {
        AdmissionController.decide(
            AdmissionRequest(
                classicalScore: 0.5, now: now, deadline: now + budget, idHash: 7),
            forecast, killSwitch: false, policy: policy, state: &state)
    }

    private func live() -> AdmissionPolicy {
        var policy = AdmissionPolicy()
        policy.mode = .live
        return policy
    }

    @Test("Records admitted since the status lengthen the predicted wait, one service time each")
    func countsSinceStatus() {
        let policy = live()
        var state = AdmissionState(policy: policy, now: start)
        for admitted in 0..<20 {
            let decision = decide(at: start, forecast(wait: .milliseconds(50)), policy, &state)
            #expect(decision.inputs.admittedSinceStatus == admitted)
            #expect(decision.inputs.predictedWait == .milliseconds(50 + 10 * Int64(admitted)))
        }
    }

    @Test("Servers share what was admitted since the status, and a record's own time stays whole")
    func sharesWork() {
        let policy = live()
        var state = AdmissionState(policy: policy, now: start)
        var device = forecast(wait: .milliseconds(50), service: .microseconds(10_003))
        device.servers = 4
        for admitted in 0..<400 {
            let decision = decide(at: start, device, policy, &state)
            guard decision.admitted else { break }
            // To the microsecond, whatever the division leaves.
            let shared = Int64(admitted) * 10_003 / 4
            #expect(decision.inputs.predictedWait == .microseconds(50_000 + shared))
            #expect(decision.predictedCompletion == .microseconds(60_003 + shared))
        }
        // 990 ms before the margin, of which 60 are the wait and the record's own.
        #expect(state.inFlight == 930_000 / 2_501 + 1)
        // The next status that has not seen them counts them alike.
        device.statusAge = .zero
        let next = decide(
            at: start + .milliseconds(10), device, policy, &state, budget: .seconds(Int64(9)))
        let unseen = Int64(state.inFlight - 1) * 10_003 / 4
        #expect(next.inputs.predictedWait == .microseconds(50_000 + unseen))
    }

    @Test("A burst between two statuses stops where the deadline would be missed")
    func stopsBurst() {
        let policy = live()
        var state = AdmissionState(policy: policy, now: start)
        let admitted = (0..<200).filter { _ in
            decide(at: start, forecast(), policy, &state).admitted
        }
        // 990 ms before the margin, 10 ms each.
        #expect(admitted.count == 99)
    }

    @Test("A status tells what came after it from what came before, to some milliseconds")
    func resolution() {
        var policy = live()
        policy.jobTransit = .zero
        policy.concurrencyLimit = nil
        var free = DeviceForecast(
            predictedWait: .zero, serviceTime: .zero, queueDepth: 0, state: .online,
            statusAge: .zero)
        var state = AdmissionState(policy: policy, now: start)
        for millisecond in 0..<300 {
            free.statusAge = .milliseconds(Int64(millisecond))
            _ = decide(at: start + .milliseconds(Int64(millisecond)), free, policy, &state)
        }
        free.statusAge = .milliseconds(100)
        let decision = decide(at: start + .milliseconds(300), free, policy, &state)
        #expect((100...117).contains(decision.inputs.admittedSinceStatus))
    }

    @Test("Between statuses the queue drains as time goes by, never below empty")
    func drains() {
        let policy = live()
        var state = AdmissionState(policy: policy, now: start)
        _ = decide(at: start, forecast(wait: .milliseconds(50)), policy, &state)
        let soon = start + .milliseconds(20)
        let next = decide(
            at: soon, forecast(wait: .milliseconds(50), age: .milliseconds(20)), policy, &state)
        #expect(next.inputs.predictedWait == .milliseconds(40))
        let later = start + .milliseconds(500)
        let last = decide(
            at: later, forecast(wait: .milliseconds(50), age: .milliseconds(500)), policy, &state)
        #expect(last.inputs.predictedWait == .zero)
    }

    @Test("A newer status replaces the forecast, but records still on their way are kept")
    func newStatus() {
        let policy = live()
        var state = AdmissionState(policy: policy, now: start)
        _ = decide(at: start, forecast(), policy, &state)
        let later = start + .seconds(Int64(2))
        for _ in 0..<3 {
            _ = decide(at: later, forecast(age: .seconds(Int64(2))), policy, &state)
        }
        // The status was taken as the three were on their way: none of them is in its wait.
        let seen = later + .milliseconds(5)
        let decision = decide(
            at: seen, forecast(wait: .milliseconds(100), age: .milliseconds(5)), policy, &state)
        #expect(decision.inputs.admittedSinceStatus == 3)
        #expect(decision.inputs.predictedWait == .milliseconds(125))
        let fresh = later + .seconds(Int64(3))
        let settled = decide(at: fresh, forecast(wait: .milliseconds(100)), policy, &state)
        #expect(settled.inputs.admittedSinceStatus == 0)
        #expect(settled.inputs.predictedWait == .milliseconds(100))
    }

    @Test("The rate limit refuses by name, and refused records take no token")
    func rate() throws {
        var policy = live()
        policy.rateLimit = try RateLimit(tokens: 10, burst: 2)
        policy.concurrencyLimit = 1
        var state = AdmissionState(policy: policy, now: start)
        #expect(decide(at: start, forecast(), policy, &state).admitted)
        #expect(decide(at: start, forecast(), policy, &state).reason == .concurrencyLimited)
        policy.concurrencyLimit = nil
        #expect(decide(at: start, forecast(), policy, &state).admitted)
        #expect(decide(at: start, forecast(), policy, &state).reason == .rateLimited)
        #expect(decide(at: start + .milliseconds(100), forecast(), policy, &state).admitted)
    }

    @Test("Results free their slots, once each")
    func concurrency() {
        var policy = live()
        policy.concurrencyLimit = 2
        var state = AdmissionState(policy: policy, now: start)
        let other = start + .seconds(Int64(20))
        #expect(decide(at: start, forecast(), policy, &state).admitted)
        #expect(decide(at: other, forecast(), policy, &state).admitted)
        #expect(decide(at: other, forecast(), policy, &state).reason == .concurrencyLimited)
        state.completed(admittedAt: start, now: other)
        state.completed(admittedAt: start, now: other)
        #expect(state.inFlight == 1)
        #expect(decide(at: other, forecast(), policy, &state).admitted)
        #expect(decide(at: other, forecast(), policy, &state).reason == .concurrencyLimited)
    }

    @Test("A lost result frees its slot after the expiry, however busy the others are")
    func lostResults() {
        var policy = live()
        policy.concurrencyLimit = 10
        policy.jobExpiry = .seconds(Int64(60))
        var state = AdmissionState(policy: policy, now: start)
        for _ in 0..<10 { #expect(decide(at: start, forecast(), policy, &state).admitted) }
        // One in ten results is lost; the others come after half a second.
        var (refused, now) = (0, start)
        for step in 0..<5_000 {
            now = start + .milliseconds(Int64(step) * 1_000)
            let decision = decide(at: now, forecast(), policy, &state)
            refused += decision.admitted ? 0 : 1
            if decision.admitted, step % 10 != 0 {
                state.completed(admittedAt: now, now: now + .milliseconds(500))
            }
        }
        // Blocked for the first minute by the ten that were lost at the start, never again.
        #expect((60...62).contains(refused))
        #expect(state.inFlight <= 7)
    }

    @Test("The policy may change between decisions without losing what is in flight")
    func changesPolicy() throws {
        var policy = live()
        var state = AdmissionState(policy: policy, now: start)
        for _ in 0..<5 { _ = decide(at: start, forecast(), policy, &state) }
        policy.jobExpiry = .seconds(Int64(30))
        policy.statusStaleness = .seconds(Int64(5))
        policy.rateLimit = try RateLimit(tokens: 1, burst: 1)
        let decision = decide(at: start, forecast(), policy, &state)
        #expect(decision.inputs.inFlight == 5 && decision.inputs.admittedSinceStatus == 5)
        #expect(decision.admitted)
        #expect(decide(at: start, forecast(), policy, &state).reason == .rateLimited)
    }

    @Test("An absurd service time saturates the forecast, it does not overflow")
    func saturates() {
        var policy = live()
        policy.mode = .shadow
        policy.shadowWaitLimit = nil
        var state = AdmissionState(policy: policy, now: start)
        let slow = forecast(service: .seconds(Int64(86_400 * 365 * 1000)))
        for step in 0..<1000 {
            let decision = decide(at: start + .milliseconds(Int64(step)), slow, policy, &state)
            #expect(decision.inputs.predictedWait >= .zero)
        }
    }
}

@Suite("Sliding count")
struct SlidingCountTests {
    @Test("Counts agree with a list of events, within one slot of the horizon")
    func agreesWithList() {
        let start = Timestamp(milliseconds: 1_700_000_000_000)
        var random = RandomStream(seed: 11)
        var count = SlidingCount(horizon: .milliseconds(630), now: start)
        var events: [Timestamp] = []
        var now = start
        for _ in 0..<5_000 {
            now = now + .microseconds(Int64(random.next() % 20_000))
            if random.next() % 50 == 0 { now = now + .seconds(Int64(1)) }
            count.advance(to: now)
            if random.next() % 3 != 0 {
                count.add()
                events.append(now)
            }
            // Remembered for 63 slots of 10 ms at least, 64 at most.
            let surely = events.filter { now - $0 <= .milliseconds(630) }.count
            let perhaps = events.filter { now - $0 < .milliseconds(640) }.count
            #expect((surely...perhaps).contains(count.total))
            let recent = events.filter { now - $0 <= .milliseconds(100) }.count
            let slack = events.filter { now - $0 < .milliseconds(110) }.count
            #expect((recent...slack).contains(count.count(since: now - .milliseconds(100))))
            events.removeAll { now - $0 > .seconds(Int64(2)) }
        }
    }
}
