import Determinism
import Glibc
import Policies
import Testing

@Suite("The wait forecaster")
struct WaitForecasterTests {
    struct Device: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let load: Double
        let service: @Sendable (inout RandomStream) -> Double

        static let all = [
            Device(testDescription: "M/M/1 at 0.5", load: 0.5) { -log(1 - $0.uniform()) },
            Device(testDescription: "M/M/1 at 0.9", load: 0.9) { -log(1 - $0.uniform()) },
            Device(testDescription: "M/D/1 at 0.8", load: 0.8) { _ in 1 },
            Device(testDescription: "Pareto 1.5 at 0.6", load: 0.6) {
                pow(1 - $0.uniform(), -1 / 1.5) / 3
            },
            Device(testDescription: "lognormal 1.5 at 0.7", load: 0.7) {
                let radius = (-2 * log(1 - $0.uniform())).squareRoot()
                return exp(1.5 * radius * cos(2 * .pi * $0.uniform()) - 1.125)
            },
        ]
    }

    private func trace(_ device: Device, seed: UInt64) -> QueueTrace {
        QueueTrace(seed: seed, gap: 1 / device.load, service: device.service)
    }

    @Test(
        "covers 87 to 93 % with its 90 % quantile in steady state, and the others likewise",
        arguments: Device.all)
    func coverage(device: Device) throws {
        var forecaster = try WaitForecaster()
        var trace = trace(device, seed: 1)
        _ = trace.run(1_000, &forecaster)
        let jobs = trace.run(12_000, &forecaster)
        #expect((0.87...0.93).contains(jobs.coverage(1)), "\(jobs.coverage(1))")
        #expect((0.45...0.55).contains(jobs.coverage(0)), "\(jobs.coverage(0))")
        #expect((0.97...1).contains(jobs.coverage(2)), "\(jobs.coverage(2))")
        let queued = jobs.filter(\.isQueued)
        #expect(queued.allSatisfy { $0.quantiles[0] <= $0.quantiles[1] })
    }

    @Test("covers as much where the device's own estimate is wrong by a factor")
    func announced() throws {
        var forecaster = try WaitForecaster()
        var trace = trace(Device.all[1], seed: 3)
        _ = trace.run(1_000, &forecaster, announces: true)
        let jobs = trace.run(8_000, &forecaster, announces: true)
        #expect((0.87...0.93).contains(jobs.coverage(1)), "\(jobs.coverage(1))")
        // The estimate knows the work, where the depth only counts jobs: quantiles are closer.
        let loss = forecaster.scores[1].pinballLoss
        var blind = try WaitForecaster()
        var same = self.trace(Device.all[1], seed: 3)
        _ = same.run(9_000, &blind)
        #expect(loss < 0.5 * blind.scores[1].pinballLoss)
    }

    @Test("recovers within 300 jobs when service becomes 5 times slower, or faster")
    func regimes() throws {
        for (factor, seed) in [(5.0, 4), (0.2, 5)] as [(Double, UInt64)] {
            var forecaster = try WaitForecaster()
            var trace = QueueTrace(seed: seed, gap: 1.25, service: QueueTrace.exponential(1))
            _ = trace.run(2_000, &forecaster)
            trace.service = QueueTrace.exponential(factor)
            trace.gap = 1.25 * factor
            _ = trace.run(300, &forecaster)
            let after = trace.run(1_000, &forecaster)
            #expect((0.85...0.95).contains(after.coverage(1)), "\(factor): \(after.coverage(1))")
        }
    }

    @Test("recovers within 300 jobs when a quiet device is flooded")
    func floods() throws {
        var forecaster = try WaitForecaster()
        var trace = QueueTrace(seed: 6, gap: 3, service: QueueTrace.exponential(1))
        _ = trace.run(2_000, &forecaster)
        trace.gap = 0.98
        trace.service = QueueTrace.pareto(0.8)
        _ = trace.run(300, &forecaster)
        let after = trace.run(1_500, &forecaster)
        #expect((0.84...0.96).contains(after.coverage(1)), "\(after.coverage(1))")
    }

    @Test("beats the best constant by its pinball loss, and says its coverage")
    func scores() throws {
        var forecaster = try WaitForecaster(levels: [0.9])
        var trace = trace(Device.all[1], seed: 7)
        let jobs = trace.run(6_000, &forecaster).filter(\.isQueued)
        let waits = jobs.map(\.wait).sorted()
        let constant = waits[waits.count * 9 / 10]
        let loss = waits.reduce(0) {
            $0 + ($1 > constant ? 0.9 * ($1 - constant) : 0.1 * (constant - $1))
        }
        let score = forecaster.scores[0]
        #expect(score.pinballLoss < 0.6 * loss / Double(waits.count))
        #expect(abs(score.coverage - jobs.coverage(0)) < 0.01)
        #expect(abs(score.count - jobs.count) < 100)
        #expect((0.8...1).contains(score.recentCoverage))
    }

    @Test("adds announced closures to the wait, and does not learn them as waiting")
    func calendar() throws {
        let closed = DeviceCalendar.Window(
            from: QueueTrace.instant(5_000), until: QueueTrace.instant(5_600))
        let calendar = try DeviceCalendar(windows: [closed])
        var (aware, blind) = (try WaitForecaster(calendar: calendar), try WaitForecaster())
        func run(_ forecaster: inout WaitForecaster) -> (QueueTrace, [QueueTrace.Job]) {
            var trace = QueueTrace(seed: 8, gap: 2, service: QueueTrace.exponential(1))
            trace.calendar = calendar
            return (trace, trace.run(2_800, &forecaster))
        }
        let (_, known) = run(&aware)
        let (_, unknown) = run(&blind)
        // The window comes at about job 2,500, and some 300 jobs wait in it.
        let during = known.indices.filter { known[$0].wait > 300 }
        #expect(during.count > 50)
        #expect(known.coverage(1) > unknown.coverage(1))
        #expect(aware.scores[1].pinballLoss < 0.5 * blind.scores[1].pinballLoss)
        let idle = aware.forecast(
            WaitSituation(now: QueueTrace.instant(5_100), queueDepth: 0))
        #expect(idle.quantiles == [TimeSpan](repeating: .seconds(Int64(500)), count: 3))
    }

    @Test("grows conservative without end while every wait is longer than said")
    func conservative() throws {
        var forecaster = try WaitForecaster(levels: [0.9])
        let situation = WaitSituation(now: QueueTrace.instant(0), queueDepth: 4)
        var (misses, wait) = (0, 1.0)
        for _ in 0..<200 {
            let forecast = forecaster.forecast(situation)
            wait *= 1.05
            if wait > forecast.quantiles[0].inSeconds { misses += 1 }
            forecaster.observe(forecast, wait: .seconds(wait))
        }
        // Waits grow by 17,000 in 200 jobs, and the forecast keeps up.
        #expect(misses < 40, "\(misses)")
    }

    @Test("gives equal forecasts for equal observations")
    func determinism() throws {
        let runs = try (0..<2).map { _ in
            var forecaster = try WaitForecaster()
            var trace = trace(Device.all[3], seed: 9)
            return trace.run(2_000, &forecaster).map(\.quantiles)
        }
        #expect(runs[0] == runs[1])
    }

    @Test("refuses settings that make no sense, naming them")
    func settings() {
        func refused(_ make: () throws -> Void) -> String? {
            let error = #expect(throws: PolicyError.self) { try make() }
            return error?.setting
        }
        for levels in [[], [0.9, 0.5], [0, 0.5], [0.5, 1]] as [[Double]] {
            #expect(refused { _ = try WaitForecaster(levels: levels) } == "levels")
        }
        var settings = WaitForecaster.Settings()
        settings.memory = 1
        #expect(refused { _ = try WaitForecaster(settings: settings) } == "memory")
        settings = WaitForecaster.Settings()
        settings.adaptationRate = .nan
        #expect(refused { _ = try WaitForecaster(settings: settings) } == "adaptationRate")
        #expect(
            refused {
                _ = try DeviceCalendar(
                    interval: .seconds(Int64(1)), duration: .seconds(Int64(1)))
            } == "duration")
    }
}
