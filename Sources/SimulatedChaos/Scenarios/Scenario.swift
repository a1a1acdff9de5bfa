public import Determinism
public import QuantumBackends

/// A name of the scenario library.
public enum ScenarioName: String, Sendable, CaseIterable {
    case queueStorm = "queue-storm"
    case outage
    case calibrationDrift = "calibration-drift"
    case throttling
    case budgetExhausted = "budget-exhausted"
    case poison
    case brokerFlap = "broker-flap"
    case rebalanceStorm = "rebalance-storm"
}

/// A part of a scenario's time, relative to its start.
public struct ScenarioWindow: Sendable, Equatable {
    public let name: String
    public let from: TimeSpan
    public let until: TimeSpan

    public init(_ name: String, from: TimeSpan, until: TimeSpan) {
        self.name = name
        self.from = from
        self.until = until
    }
}

/// What happens to the instances of a scenario again and again, within its windows.
public enum ScenarioStrike: Sendable, Equatable {
    /// One instance cannot reach its broker for a while.
    case broker(every: TimeSpan, for: TimeSpan)
    /// One group is told to rebalance.
    case rebalance(every: TimeSpan)
}

/// Something that goes wrong around the pipeline, as a value: who sends how much when, what the
/// device does, and what else fails.
///
/// Sizes are relative: `load` and `factor` say what share of the device the worthwhile records ask
/// for, so that runs of few records and of many go through the same.
public struct Scenario: Sendable {
    public let name: ScenarioName
    /// One sentence: what goes wrong.
    public let summary: String
    /// How long records are published.
    public var duration: TimeSpan
    /// Share of the device's time that worthwhile records ask for at the base rate.
    public var load = 0.7
    /// How much more than the base rate is published within the windows.
    public var factor = 1.0
    public var latencyBudget = TimeSpan.milliseconds(2_000)
    /// Parts of the time in which it goes wrong: shaded in the plot.
    public var windows: [ScenarioWindow] = []
    public var strike: ScenarioStrike?
    /// Share of the records that break the feature contract.
    public var invalidShare = 0.0
    /// One record in so many kills each stage that meets it, twice; nil for none.
    public var poisonRarity: UInt64?
    /// Most that may be spent, as a share of what all worthwhile records would cost; nil for any.
    public var budgetShare: Double?
    public var instances = 1
    /// Sets what the device does, given its time for one record, and the windows.
    public var device:
        @Sendable (inout SimulatedQPUConfiguration, TimeSpan, [ScenarioWindow]) -> Void = {
            _, _, _ in
        }

    init(_ name: ScenarioName, _ summary: String, duration: TimeSpan) {
        self.name = name
        self.summary = summary
        self.duration = duration
    }

    /// The same in a part of the time.
    ///
    /// - Parameter factor: above 0; 4 takes a quarter of the time.
    public func compressed(by factor: Double) -> Scenario {
        var other = self
        other.duration = .seconds(duration.inSeconds / factor)
        other.windows = windows.map { window in
            ScenarioWindow(
                window.name, from: .seconds(window.from.inSeconds / factor),
                until: .seconds(window.until.inSeconds / factor))
        }
        return other
    }

    /// Whether scores may be late for a while after a disturbance: its instances die or are cut off.
    var isDisturbing: Bool { strike != nil || poisonRarity != nil }

    func isStruck(at instant: TimeSpan) -> Bool {
        windows.contains { $0.from <= instant && instant < $0.until }
    }

    /// The base rate's share of `duration`: what `factor` adds within the windows included.
    var weight: Double {
        let struck = windows.reduce(0.0) { $0 + ($1.until - $1.from).inSeconds }
        return duration.inSeconds + struck * (factor - 1)
    }

    /// Records published by an instant, of so many in all.
    public func published(_ records: Int, at instant: TimeSpan) -> Int {
        guard instant < duration else { return records }
        let seconds = windows.reduce(instant.inSeconds) { sum, window in
            let struck = min(instant, window.until) - window.from
            return struck > .zero ? sum + struck.inSeconds * (factor - 1) : sum
        }
        return min(records, Int(Double(records) * seconds / weight))
    }
}
