public import Contracts
public import Determinism

/// What the outcomes of a device's jobs have taught: quantiles of its waits, and how long its jobs
/// run.
///
/// Waits come from a `WaitForecaster` of one level; each outcome is first forecast from what stood
/// before it, so that the forecaster's scores are honest. Run times are smoothed as TCP smooths round
/// trips (RFC 6298): mean, and mean deviation, of which four are added.
public struct DeviceExperience: Sendable {
    private var forecaster: WaitForecaster
    /// Of the time on the device beyond the other records of the same job, in seconds.
    private var runMean = 0.0
    private var runDeviation = 0.0
    private var runs = 0
    private var lastEnd = Timestamp(microseconds: 0)

    /// Outcomes below which the device's own figures stand as they are.
    static let leastEvidence = 20.0
    /// Run times are believed for so long: a device that was slow once and is not asked any more
    /// would never be asked again.
    static let runMemory = TimeSpan.seconds(60 as Int64)

    /// - Parameter level: of the waits' quantile, above 0 and below 1.
    /// - Throws: `PolicyError` for a level out of range.
    public init(level: Double) throws(PolicyError) {
        forecaster = try WaitForecaster(levels: [level])
    }

    public var level: Double { forecaster.levels[0] }
    /// How the quantile did.
    public var score: ForecastScore { forecaster.scores[0] }
    /// When the device is known to start no jobs.
    public var calendar: DeviceCalendar {
        get { forecaster.calendar }
        set { forecaster.calendar = newValue }
    }

    /// Learns how a job ended; one that never started says nothing of waits.
    ///
    /// - Parameters:
    ///   - service: device time of one record: that of the others in the job is in the wait that a
    ///     record is told, and taken off here.
    ///   - simpler: that of one record of the model's simpler circuit. Its jobs count as if they had
    ///     run the model's own: an offer takes off what the simpler circuit spares.
    ///   - spared: what the simpler circuit takes less, on one server; the difference of the two where
    ///     those are whole times themselves.
    public mutating func learn(
        _ outcome: DeviceOutcome, service: TimeSpan, simpler: TimeSpan? = nil,
        spared: TimeSpan? = nil
    ) {
        guard outcome.status == .ok else { return }
        let situation = situation(
            wait: outcome.announced, depth: outcome.queueDepth, now: outcome.submittedAt)
        forecaster.observe(forecaster.forecast(situation), wait: outcome.wait)
        let isSimpler = outcome.downgrade == .simplerCircuit
        let own = isSimpler ? simpler ?? service : service
        let less = isSimpler ? spared ?? service - own : .zero
        let others = own.inSeconds * Double(max(outcome.records - 1, 0))
        let run = max(outcome.run.inSeconds - others, 0) + less.inSeconds
        if runs == 0 {
            (runMean, runDeviation) = (run, run / 2)
        } else {
            runDeviation += (abs(run - runMean) - runDeviation) / 4
            runMean += (run - runMean) / 8
        }
        runs += 1
        lastEnd = max(lastEnd, outcome.submittedAt + outcome.wait + outcome.run)
    }

    /// The wait to count on, given the device's own estimate, announced closures included, and its
    /// queue. That estimate while too little is known.
    public func cautiousWait(_ wait: TimeSpan, depth: Int, now: Timestamp) -> TimeSpan {
        guard forecaster.evidence >= Self.leastEvidence else { return wait }
        return forecaster.quantile(0, situation(wait: wait, depth: depth, now: now))
    }

    /// The time on the device to count on: not below `least`.
    public func cautiousRun(atLeast least: TimeSpan, now: Timestamp) -> TimeSpan {
        guard Double(runs) >= Self.leastEvidence, now - lastEnd < Self.runMemory else {
            return least
        }
        return max(least, .seconds(runMean + 4 * runDeviation))
    }

    /// The forecaster counts in open time and adds closures itself.
    private func situation(wait: TimeSpan, depth: Int, now: Timestamp) -> WaitSituation {
        guard wait > .zero else { return WaitSituation(now: now, queueDepth: depth) }
        let open = forecaster.calendar.openTime(from: now, to: now + wait)
        return WaitSituation(now: now, queueDepth: depth, announced: open)
    }
}
