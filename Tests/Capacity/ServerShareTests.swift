import Contracts
import Determinism
import Glibc
import Policies
import Testing

@testable import QuantumBackends

/// Poisson jobs of exponential sizes, mean 1 s, at a device of several servers; each wait as admission
/// forecasts it from the device's heartbeats, and as it comes.
private struct ForecastRun {
    private(set) var forecast = 0.0
    private(set) var measured = 0.0

    /// - Parameter heartbeat: seconds between two statuses.
    init(servers: Int, load: Double, heartbeat: Double, jobs: Int, seed: UInt64) {
        let start = Timestamp(milliseconds: 1_700_000_000_000)
        var settings = DeviceQueue.Settings(
            closures: ClosureCalendar(
                windows: [], origin: start, interval: .seconds(1 as Int64), duration: .zero))
        settings.servers = servers
        var queue = DeviceQueue(settings, start: start)
        var policy = AdmissionPolicy()
        policy.mode = .live
        policy.jobTransit = .zero
        var state = AdmissionState(policy: policy, now: start)
        var device = DeviceForecast.unknown
        device.serviceTime = .seconds(1 as Int64)
        device.servers = servers
        var draws = RandomStream(seed: seed)
        func exponential(_ mean: Double) -> TimeSpan { .seconds(-log(1 - draws.uniform()) * mean) }
        var (now, statusAt, waits) = (start, start, 0)
        var sum = 0.0
        for ticket in 0..<jobs {
            now = now + exponential(1 / (load * Double(servers)))
            queue.advance(to: now) { end in
                waits += 1
                sum += end.wait.inSeconds
            }
            if device.statusAge == nil || (now - statusAt).inSeconds >= heartbeat {
                statusAt = now
                device.predictedWait = queue.predictedWait(at: now)
                device.queueDepth = queue.depth
            }
            device.statusAge = now - statusAt
            let decision = AdmissionController.decide(
                AdmissionRequest(
                    classicalScore: 0.5, now: now, deadline: now + .seconds(86_400 as Int64),
                    idHash: 7),
                device, killSwitch: false, policy: policy, state: &state)
            #expect(decision.admitted)
            forecast += decision.inputs.predictedWait.inSeconds
            queue.submit(
                DeviceQueue.Entry(
                    ticket: ticket, entered: now, service: exponential(1),
                    expected: .seconds(1 as Int64), isFaulty: false),
                at: now)
        }
        queue.advance(to: now + .seconds(86_400 as Int64)) { end in
            waits += 1
            sum += end.wait.inSeconds
        }
        forecast /= Double(jobs)
        measured = sum / Double(waits)
    }
}

@Suite("Waits at a device of several servers, as admission forecasts them")
struct ServerShareTests {
    /// Erlang's C formula over c(1 − ρ): M/M/c's mean wait in services.
    private func theory(_ servers: Int, _ load: Double) -> Double {
        let offered = load * Double(servers)
        let blocking = (1...servers).reduce(1.0) { offered * $0 / (Double($1) + offered * $0) }
        let waiting = blocking / (1 - load * (1 - blocking))
        return waiting / (Double(servers) * (1 - load))
    }

    @Test(
        "agree on average with M/M/c, by Erlang's C, and with what comes",
        arguments: [(1, 0.7, 1.0), (4, 0.8, 0.5)])
    func agrees(servers: Int, load: Double, heartbeat: Double) {
        let run = ForecastRun(
            servers: servers, load: load, heartbeat: heartbeat, jobs: 15_000, seed: 31)
        let expected = theory(servers, load)
        #expect(abs(run.measured / expected - 1) < 0.2, "\(run.measured), not \(expected)")
        #expect(abs(run.forecast / run.measured - 1) < 0.2, "\(run.forecast), \(run.measured)")
    }

    @Test("do not run away between heartbeats that are ten services apart")
    func staysBounded() {
        let run = ForecastRun(servers: 4, load: 0.8, heartbeat: 10, jobs: 10_000, seed: 32)
        // The work of servers that share is that of one as fast, whose waits are shorter; with whole
        // service times it would grow by 2.2 s a second.
        let share = run.forecast / run.measured
        #expect(share > 0.5 && share < 1.2, "\(share)")
    }
}
