import Determinism
import Glibc
import Policies

/// Waits at one server, first come, first served, by Lindley's recursion; and what a forecaster
/// that learns of each wait when the job starts made of them.
struct QueueTrace {
    var random: RandomStream
    /// Seconds between arrivals, mean; exponential.
    var gap: Double
    /// A job's seconds on the device.
    var service: (inout RandomStream) -> Double
    var calendar = DeviceCalendar.open
    private(set) var now = 0.0
    private var free = 0.0
    private var departures: [Double] = []
    private var pending: [(start: Double, forecast: WaitForecast, wait: Double)] = []

    struct Job {
        let depth: Int
        let wait: Double
        let quantiles: [Double]
        var isQueued: Bool { depth > 0 }
    }

    init(seed: UInt64, gap: Double, service: @escaping (inout RandomStream) -> Double) {
        random = RandomStream(seed: seed)
        self.gap = gap
        self.service = service
    }

    static func exponential(_ mean: Double) -> (inout RandomStream) -> Double {
        { -mean * log(1 - $0.uniform()) }
    }

    /// Pareto with infinite variance.
    static func pareto(_ mean: Double, exponent: Double = 1.5) -> (inout RandomStream) -> Double {
        { mean * (exponent - 1) / exponent * pow(1 - $0.uniform(), -1 / exponent) }
    }

    static func instant(_ seconds: Double) -> Timestamp {
        Timestamp(milliseconds: 1_700_000_000_000) + .seconds(seconds)
    }

    mutating func run(
        _ jobs: Int, _ forecaster: inout WaitForecaster, announces: Bool = false
    ) -> [Job] {
        (0..<jobs).map { _ in next(&forecaster, announces) }
    }

    private mutating func next(_ forecaster: inout WaitForecaster, _ announces: Bool) -> Job {
        now += -gap * log(1 - random.uniform())
        while let first = pending.first, first.start <= now {
            forecaster.observe(first.forecast, wait: .seconds(first.wait))
            pending.removeFirst()
        }
        departures.removeAll { $0 <= now }
        let depth = departures.count
        // An estimate that is wrong by a factor, as devices' are.
        let announced: TimeSpan? = announces ? .seconds(0.4 * max(free - now, 0)) : nil
        let forecast = forecaster.forecast(
            WaitSituation(
                now: Self.instant(now), queueDepth: depth, announced: announced))
        let soonest = Self.instant(max(now, free))
        let start =
            max(now, free)
            + (calendar.closedUntil(soonest).map {
                ($0 - soonest).inSeconds
            } ?? 0)
        let wait = start - now
        free = start + service(&random)
        departures.append(free)
        pending.append((start, forecast, wait))
        return Job(depth: depth, wait: wait, quantiles: forecast.quantiles.map(\.inSeconds))
    }
}

extension [QueueTrace.Job] {
    /// Share of the jobs that met a queue whose wait was at most the quantile.
    func coverage(_ level: Int) -> Double {
        let queued = filter(\.isQueued)
        let covered = queued.count { $0.wait <= $0.quantiles[level] + 1e-6 }
        return Double(covered) / Double(queued.count)
    }
}
