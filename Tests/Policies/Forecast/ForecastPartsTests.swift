import Determinism
import Glibc
import Testing

@testable import Policies

@Suite("Parts of the wait forecaster")
struct ForecastPartsTests {
    private let start = Timestamp(milliseconds: 1_700_000_000_000)

    @Test("Adaptive levels follow αₜ₊₁ = αₜ + γ(α − errₜ)")
    func adaptive() {
        var level = AdaptiveLevel(level: 0.9, rate: 0.02)
        level.observe(isMissed: true)
        #expect(abs(level.miss - (0.1 - 0.02 * 0.9)) < 1e-15)
        level.observe(isMissed: false)
        #expect(abs(level.miss - 0.084) < 1e-15 && level.inflation == 1)
        for _ in 0..<30 { level.observe(isMissed: true) }
        #expect(level.level == 1 && level.inflation > 4 && level.inflation <= 1_024)
    }

    @Test("Adaptive levels bound the share of misses over any data")
    func adaptiveBound() {
        var level = AdaptiveLevel(level: 0.9, rate: 0.05)
        var random = RandomStream(seed: 1)
        var misses = 0
        // The scale of the data jumps about; below 0 everything is covered, as in the theorem.
        for step in 0..<2_000 {
            let isHard = step / 97 % 2 == 0
            let isMissed = level.miss > 0 && random.uniform() < (isHard ? 3 : 0.3) * level.miss
            if isMissed { misses += 1 }
            level.observe(isMissed: isMissed)
        }
        #expect(abs(Double(misses) / 2_000 - 0.1) <= (0.9 + 0.05) / (0.05 * 2_000))
    }

    @Test("Histograms give quantiles to a bin's width of 9 %", arguments: [0.1, 0.5, 0.9, 0.99])
    func quantiles(level: Double) throws {
        var histogram = FadingHistogram(memory: 1e6)
        var random = RandomStream(seed: 2)
        let values = (0..<20_000).map { _ in exp(3 * random.uniform() - 2) }
        for value in values { histogram.add(value) }
        let empty = FadingHistogram(memory: 10)
        let found = try #require(histogram.quantile(level, mixedWith: empty, prior: 5))
        let exact = values.sorted()[Int(level * 20_000)]
        #expect(abs(found / exact - 1) < 0.03)
        #expect(empty.quantile(level, mixedWith: empty, prior: 5) == nil)
    }

    @Test("Histograms forget: after three memories, 95 % of the weight is new")
    func fading() {
        var histogram = FadingHistogram(memory: 100)
        for _ in 0..<5_000 { histogram.add(0.1) }
        #expect(abs(histogram.evidence - 100) < 1e-6)
        for _ in 0..<300 { histogram.add(10) }
        let empty = FadingHistogram(memory: 10)
        #expect(histogram.quantile(0.04, mixedWith: empty, prior: 0) ?? 1 < 0.2)
        #expect(histogram.quantile(0.06, mixedWith: empty, prior: 0) ?? 0 > 5)
        // Weights are scaled down long before they overflow.
        for _ in 0..<20_000 { histogram.add(1) }
        #expect(abs(histogram.evidence - 100) < 1e-6)
    }

    @Test("Means follow a change and are not thrown by one huge number")
    func means() {
        var mean = FadingMean(memory: 50, first: 1)
        for _ in 0..<500 { mean.add(2) }
        #expect(abs(mean.value - 2) < 1e-9)
        mean.add(1e9)
        #expect(mean.value < 2 * 1.07)
        for _ in 0..<250 { mean.add(20) }
        #expect(abs(mean.value - 20) < 0.5)
    }

    @Test("Calendars stretch work over closures, and count back what was open")
    func calendar() throws {
        let at = { (seconds: Double) in start + .seconds(seconds) }
        let calendar = try DeviceCalendar(
            windows: [
                .init(from: at(500), until: at(560)), .init(from: at(550), until: at(600)),
                .init(from: at(90), until: at(95)),
            ], origin: start, interval: .seconds(Int64(100)), duration: .seconds(Int64(10)))
        // Calibrated at 0, 100, 200, … for 10 s each.
        #expect(calendar.closedUntil(start) == at(10) && calendar.closedUntil(at(50)) == nil)
        #expect(calendar.closedUntil(at(92)) == at(95))
        // The windows merge, and a calibration follows at once.
        #expect(calendar.closedUntil(at(500)) == at(610))
        #expect(calendar.stretched(.seconds(100.0), from: at(50)) == .seconds(115.0))
        #expect(calendar.stretched(.zero, from: at(505)) == .seconds(105.0))
        var random = RandomStream(seed: 3)
        for _ in 0..<200 {
            let from = at((random.uniform() * 900).rounded())
            let work = TimeSpan.seconds((random.uniform() * 400).rounded() + 1)
            let end = from + calendar.stretched(work, from: from)
            #expect(calendar.openTime(from: from, to: end) == work)
        }
        #expect(DeviceCalendar.open.openTime(from: start, to: at(7)) == .seconds(7.0))
    }
}
