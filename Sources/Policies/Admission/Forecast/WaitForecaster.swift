public import Determinism
import Glibc

/// Forecasts quantiles of the wait for a device, scores itself, and grows conservative when its
/// coverage is off.
///
/// A wait, less the time in which the calendar closes the device, is compared with a scale: the
/// depth of the queue times the lately observed wait per job ahead (or the device's own estimate,
/// corrected likewise). The ratios' distribution is learnt apart for bands of depth (1, 2–3, 4–7, …)
/// since a long queue's wait varies less, with all bands' as a start; both fade, so that they follow
/// a change. Each band reads it at the level that adaptive conformal inference says.
///
/// An idle device (depth 0, nothing announced) is forecast to start at once, outside the calendar,
/// and such jobs are not scored. A value: the same observations in the same order give the same
/// forecasts. An observation is O(1) on average, a forecast O(levels), each with a constant of some
/// hundred bins.
public struct WaitForecaster: Sendable {
    /// Ascending, within 0…1 exclusive.
    public let levels: [Double]
    /// One for each level.
    public private(set) var scores: [ForecastScore]
    public var calendar: DeviceCalendar

    private static let bands = 16
    private static let recent = 200.0
    /// Jobs' worth of evidence that a band takes from all of them.
    private static let prior = 20.0
    private let settings: Settings
    private var perJob: FadingMean
    private var correction: FadingMean
    private var histograms: [FadingHistogram]
    private var pooled: FadingHistogram
    /// Row-major bands × levels.
    private var adaptive: [AdaptiveLevel]

    public struct Settings: Hashable, Sendable {
        /// Ratios after which one counts 1/e, per band.
        public var memory = 500.0
        /// The same for the wait per job ahead.
        public var scaleMemory = 50.0
        /// γ of adaptive conformal inference: 0.01 forgets in some hundred jobs.
        public var adaptationRate = 0.01
        /// What is assumed of a job's time before the first is known, and of its spread: the first
        /// forecasts are so many times this for each job ahead.
        public var firstService = TimeSpan.seconds(Int64(1))
        public var firstFactor = 4.0

        public init() {}
    }

    /// - Throws: `PolicyError` for levels or settings out of range.
    public init(
        levels: [Double] = [0.5, 0.9, 0.99], calendar: DeviceCalendar = .open,
        settings: Settings = Settings()
    ) throws(PolicyError) {
        let ascending = zip(levels, levels.dropFirst()).allSatisfy { $0 < $1 }
        try PolicyError.require(
            !levels.isEmpty && ascending && levels.allSatisfy { $0 > 0 && $0 < 1 }, "levels",
            "\(levels)", "one or more, ascending, between 0 and 1")
        for (name, memory) in [
            ("memory", settings.memory), ("scaleMemory", settings.scaleMemory),
        ] {
            try PolicyError.require(
                memory >= 2 && memory <= 1e6, name, memory, "2 to 1000000 jobs")
        }
        try PolicyError.require(
            settings.adaptationRate > 0 && settings.adaptationRate <= 0.5, "adaptationRate",
            settings.adaptationRate, "above 0 and at most 0.5")
        try PolicyError.require(
            settings.firstService > .zero, "firstService", settings.firstService.microseconds,
            "above 0 µs")
        try PolicyError.require(
            settings.firstFactor >= 1 && settings.firstFactor <= 1e3, "firstFactor",
            settings.firstFactor, "1 to 1000")
        self.levels = levels
        self.calendar = calendar
        self.settings = settings
        scores = levels.map { _ in ForecastScore() }
        perJob = FadingMean(memory: settings.scaleMemory, first: settings.firstService.inSeconds)
        correction = FadingMean(memory: settings.scaleMemory, first: 1)
        pooled = FadingHistogram(memory: settings.memory)
        histograms = [FadingHistogram](repeating: pooled, count: Self.bands)
        let row = levels.map { AdaptiveLevel(level: $0, rate: settings.adaptationRate) }
        adaptive = (0..<Self.bands).flatMap { _ in row }
    }

    /// Quantiles of the wait of a job that came now.
    public func forecast(_ situation: WaitSituation) -> WaitForecast {
        let (scale, band) = (scale(situation), Self.band(situation))
        var quantiles: [TimeSpan] = []
        quantiles.reserveCapacity(levels.count)
        for index in levels.indices {
            let factor = scale == 0 ? 0 : factor(band, adaptive[band * levels.count + index])
            let wait = calendar.stretched(
                .seconds(min(scale * factor, 1e9)), from: situation.now)
            quantiles.append(max(wait, quantiles.last ?? .zero))
        }
        return WaitForecast(
            situation: situation, quantiles: quantiles, scale: scale, band: band)
    }

    /// One of `forecast`'s quantiles, without the others and without allocating.
    ///
    /// Where a lower level's quantile is larger, as may be after a change, `forecast` gives that.
    public func quantile(_ index: Int, _ situation: WaitSituation) -> TimeSpan {
        let scale = scale(situation)
        guard scale > 0 else { return calendar.stretched(.zero, from: situation.now) }
        let band = Self.band(situation)
        let factor = factor(band, adaptive[band * levels.count + index])
        return calendar.stretched(.seconds(min(scale * factor, 1e9)), from: situation.now)
    }

    /// How many waits the forecasts rest on, the older counting less.
    public var evidence: Double { pooled.evidence }

    /// Takes in how long a job waited.
    ///
    /// - Parameters:
    ///   - forecast: made by this forecaster when the job came; in any order, each once.
    ///   - wait: until it started; 0 or more.
    public mutating func observe(_ forecast: WaitForecast, wait: TimeSpan) {
        let situation = forecast.situation
        guard forecast.scale > 0 else { return }
        score(forecast, wait)
        let open = calendar.openTime(from: situation.now, to: situation.now + wait).inSeconds
        if let announced = situation.announced, announced > .zero {
            correction.add(open / announced.inSeconds)
        } else {
            perJob.add(open / Double(situation.queueDepth))
        }
        let ratio = open / forecast.scale
        histograms[forecast.band].add(ratio)
        pooled.add(ratio)
    }

    private mutating func score(_ forecast: WaitForecast, _ wait: TimeSpan) {
        for (index, level) in levels.enumerated() where index < forecast.quantiles.count {
            let quantile = forecast.quantiles[index]
            let isCovered = wait <= quantile
            let difference = (wait - quantile).inSeconds
            scores[index].count += 1
            scores[index].covered += isCovered ? 1 : 0
            scores[index].loss +=
                difference > 0 ? level * difference : (level - 1) * difference
            let weight = max(1 / Double(scores[index].count), 1 / Self.recent)
            scores[index].recentCoverage +=
                weight * ((isCovered ? 1 : 0) - scores[index].recentCoverage)
            adaptive[forecast.band * levels.count + index].observe(isMissed: !isCovered)
        }
    }

    /// Expected wait in open time, in seconds; 0 for an idle device.
    private func scale(_ situation: WaitSituation) -> Double {
        if let announced = situation.announced, announced > .zero {
            return announced.inSeconds * max(correction.value, 1e-3)
        }
        return Double(max(situation.queueDepth, 0)) * max(perJob.value, 1e-6)
    }

    private func factor(_ band: Int, _ level: AdaptiveLevel) -> Double {
        let learnt = histograms[band].quantile(
            level.level, mixedWith: pooled, prior: Self.prior)
        guard let learnt, pooled.evidence >= Self.prior else {
            return max(settings.firstFactor, learnt ?? 0) * level.inflation
        }
        return learnt * level.inflation
    }

    /// ⌊log₂ depth⌋.
    private static func band(_ situation: WaitSituation) -> Int {
        let depth = max(situation.queueDepth, 1)
        return min(Int.bitWidth - 1 - depth.leadingZeroBitCount, bands - 1)
    }
}

/// A geometric mean of positive numbers that follows its data: older ones count less, and one that
/// is beyond a factor of 20 counts as that far off, so that heavy tails do not throw it.
struct FadingMean: Hashable, Sendable {
    private(set) var value: Double
    private let memory: Double
    private var count = 0.0

    /// - Parameter first: the value before any number.
    init(memory: Double, first: Double) {
        value = first
        self.memory = memory
    }

    mutating func add(_ number: Double) {
        count = min(count + 1, memory)
        let ratio = min(max(number / value, 0.05), 20)
        value *= exp(log(ratio) / count)
    }
}
