import Determinism
import Glibc
import Testing

@testable import QuantumBackends

/// A queue of one tenant's Poisson jobs, and what came of them.
struct TheoryRun {
    private(set) var waits: [Double] = []
    private(set) var dropped = 0
    let mean: Double
    let halfWidth: Double

    /// Jobs of mean size 1 s; mean wait and 99 % interval from 30 batch means.
    init(
        load: Double, servers: Int = 1, shape: JobSizes.Shape, jobs: Int, capacity: Int? = nil,
        discipline: QueueDiscipline = .firstCome, seed: UInt64
    ) {
        var settings = DeviceQueue.Settings(
            closures: ClosureCalendar(
                windows: [], origin: BackendUnderTest.start, interval: .seconds(Int64(1)),
                duration: .zero))
        settings.servers = servers
        settings.capacity = capacity
        settings.discipline = discipline
        settings.seed = seed
        settings.tenants = [
            BackgroundTenant(
                arrivals: .poisson(perSecond: load * Double(servers)),
                sizes: JobSizes(mean: .seconds(Int64(1)), shape: shape))
        ]
        var queue = DeviceQueue(settings, start: BackendUnderTest.start)
        let span = TimeSpan.seconds(Double(jobs) / (load * Double(servers)))
        var (skip, found) = (jobs / 20, [Double]())
        queue.advance(to: BackendUnderTest.start + span) { end in
            if skip > 0 { skip -= 1 } else { found.append(end.wait.inSeconds) }
        }
        waits = found
        dropped = queue.dropped
        let size = found.count / 30
        let batches = (0..<30).map { batch in
            found[batch * size..<(batch + 1) * size].reduce(0, +) / Double(size)
        }
        let average = batches.reduce(0, +) / 30
        let variance = batches.reduce(0) { $0 + ($1 - average) * ($1 - average) } / 29
        mean = average
        // Student's t with 29 degrees of freedom, 99.5 %: 2.756.
        halfWidth = 2.756 * (variance / 30).squareRoot()
    }
}

@Suite("The device's queue and queueing theory")
struct QueueTheoryTests {
    /// Erlang's C formula: the chance to wait, for an offered load of a = cρ.
    private func erlangC(_ servers: Int, load: Double) -> Double {
        let blocking = erlangB(servers, load: load)
        return blocking / (1 - load * (1 - blocking))
    }

    /// Erlang's B formula by its recursion, for an offered load of cρ.
    private func erlangB(_ servers: Int, load: Double) -> Double {
        let offered = load * Double(servers)
        return (1...servers).reduce(1.0) { offered * $0 / (Double($1) + offered * $0) }
    }

    private func agree(_ run: TheoryRun, _ expected: Double) {
        #expect(abs(run.mean - expected) <= run.halfWidth, "\(run.mean) ± \(run.halfWidth)")
        #expect(run.halfWidth < 0.25 * expected, "the run says too little")
    }

    @Test("agree on M/M/1: a mean wait of ρ/(1 − ρ) services", arguments: [0.5, 0.8])
    func mm1(load: Double) {
        agree(
            TheoryRun(load: load, shape: .exponential, jobs: 40_000, seed: 11), load / (1 - load))
    }

    @Test("agree on M/D/1: half of M/M/1's wait", arguments: [0.5, 0.8])
    func md1(load: Double) {
        agree(
            TheoryRun(load: load, shape: .fixed, jobs: 40_000, seed: 12), load / (2 * (1 - load)))
    }

    @Test("agree on M/M/c: Erlang's C over c(1 − ρ)", arguments: [(2, 0.7), (5, 0.8)])
    func mmc(servers: Int, load: Double) {
        let run = TheoryRun(
            load: load, servers: servers, shape: .exponential, jobs: 40_000, seed: 13)
        agree(run, erlangC(servers, load: load) / (Double(servers) * (1 - load)))
    }

    @Test("agree on M/G/1 by Pollaczek and Khinchine, with lognormal sizes")
    func mg1() {
        let load = 0.6
        // E[S²] of a lognormal with mean 1 is e^σ².
        agree(
            TheoryRun(load: load, shape: .lognormal(sigma: 0.8), jobs: 40_000, seed: 14),
            load * exp(0.64) / (2 * (1 - load)))
    }

    @Test("agree that the order of service, blind to size, does not change M/M/1's mean wait")
    func fairShareOfOne() {
        let fair = TheoryRun(
            load: 0.7, shape: .exponential, jobs: 20_000, discipline: .fairShare, seed: 15)
        let first = TheoryRun(load: 0.7, shape: .exponential, jobs: 20_000, seed: 15)
        #expect(fair.waits == first.waits)
    }

    @Test("agree on M/M/c/c: a full device refuses Erlang's B of the jobs")
    func losses() {
        let run = TheoryRun(
            load: 0.9, servers: 4, shape: .exponential, jobs: 40_000, capacity: 4, seed: 16)
        let share = Double(run.dropped) / Double(run.dropped + run.waits.count + 2_000)
        #expect(abs(share - erlangB(4, load: 0.9)) < 0.02)
        #expect(run.waits.allSatisfy { $0 == 0 })
    }

    @Test("agree on Little's law for a bursty, heavy-tailed device")
    func bursty() {
        let tenant = BackgroundTenant(
            arrivals: .bursty(
                calmPerSecond: 0.2, burstPerSecond: 2, calm: .seconds(Int64(90)),
                burst: .seconds(Int64(10))),
            sizes: JobSizes(mean: .seconds(Int64(1)), shape: .pareto(exponent: 2.5)))
        #expect(abs(tenant.arrivals.meanPerSecond - 0.38) < 1e-12)
        var settings = DeviceQueue.Settings(
            closures: ClosureCalendar(
                windows: [], origin: BackendUnderTest.start, interval: .seconds(Int64(1)),
                duration: .zero))
        settings.tenants = [tenant]
        settings.seed = 17
        var queue = DeviceQueue(settings, start: BackendUnderTest.start)
        var (jobs, service, presence, seen) = (0, 0.0, 0.0, 0.0)
        let seconds = 20_000
        for second in 1...seconds {
            queue.advance(to: BackendUnderTest.start + .seconds(Int64(second))) { end in
                jobs += 1
                service += end.entry.service.inSeconds
                presence += end.wait.inSeconds + end.entry.service.inSeconds
            }
            seen += Double(queue.depth)
        }
        let rate = Double(jobs) / Double(seconds)
        #expect(abs(rate - 0.38) < 0.03)
        #expect(abs(service / Double(jobs) - 1) < 0.08)
        // Mean number present = rate × mean time present.
        #expect(abs(seen / Double(seconds) - rate * presence / Double(jobs)) < 0.05)
    }

    @Test("simulate a day of 100,000 jobs")
    func day() {
        var settings = DeviceQueue.Settings(
            closures: ClosureCalendar(
                windows: [], origin: BackendUnderTest.start, interval: .seconds(Int64(1)),
                duration: .zero))
        let tenant = BackgroundTenant(
            arrivals: .poisson(perSecond: 100_000 / 86_400 / 8.0),
            sizes: JobSizes(mean: .milliseconds(700), shape: .lognormal(sigma: 1)))
        settings.tenants = [BackgroundTenant](repeating: tenant, count: 8)
        var queue = DeviceQueue(settings, start: BackendUnderTest.start)
        var ended = 0
        queue.advance(to: BackendUnderTest.start + .seconds(Int64(86_400))) { _ in ended += 1 }
        // 100,000 ± 5 standard deviations, less what is still there.
        #expect(abs(ended + queue.depth - 100_000) < 1_600)
    }
}
