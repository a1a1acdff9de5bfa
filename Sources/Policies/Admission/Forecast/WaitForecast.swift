public import Determinism

/// What is known of a device when a wait is forecast.
public struct WaitSituation: Hashable, Sendable {
    public var now: Timestamp
    /// Jobs that wait or run, everybody's; 0 for an idle device.
    public var queueDepth: Int
    /// The device's own estimate of the wait, where it gives one: it counts as one more depth of the
    /// queue, and is corrected by experience.
    public var announced: TimeSpan?

    public init(now: Timestamp, queueDepth: Int, announced: TimeSpan? = nil) {
        self.now = now
        self.queueDepth = queueDepth
        self.announced = announced
    }
}

/// Quantiles of one job's wait, to be kept until the wait is known.
public struct WaitForecast: Hashable, Sendable {
    public let situation: WaitSituation
    /// One for each of the forecaster's levels, ascending.
    public let quantiles: [TimeSpan]
    /// The wait that the distribution is scaled by, in open time.
    let scale: Double
    let band: Int
}

/// How one level's forecasts did.
public struct ForecastScore: Hashable, Sendable {
    /// Forecasts whose wait became known, idle devices aside.
    public internal(set) var count = 0
    /// Share of waits at most the quantile, since the beginning and lately; 1 before the first.
    public var coverage: Double { count == 0 ? 1 : Double(covered) / Double(count) }
    public internal(set) var recentCoverage = 1.0
    /// Mean pinball loss in seconds: level·(wait − quantile) where the wait was longer, else
    /// (1 − level)·(quantile − wait) (Koenker and Bassett, "Regression quantiles", 1978). The lower
    /// the better; a proper score.
    public var pinballLoss: Double { count == 0 ? 0 : loss / Double(count) }
    var covered = 0
    var loss = 0.0
}
