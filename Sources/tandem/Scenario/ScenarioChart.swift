import Contracts
import Determinism
import Plots
import SimulatedChaos

/// A scenario's time as a chart: decisions, scores, waits, spend, accuracy.
enum ScenarioChart {
    static func chart(_ outcome: ScenarioOutcome) -> Chart {
        let seconds = outcome.slice.inSeconds
        let count = outcome.slices.count
        let verdict = outcome.holds ? "every promise held" : "a promise did not hold"
        var panels = [decisions(outcome), scores(outcome), waits(outcome), spend(outcome)]
        if outcome.name == .calibrationDrift { panels.append(accuracy(outcome)) }
        return Chart(
            title: outcome.name.rawValue,
            subtitle:
                "\(outcome.summary); \(outcome.records) records, seed \(outcome.seed): \(verdict)",
            instants: (0..<count).map { (Double($0) + 0.5) * seconds },
            axis: "time since the start",
            windows: outcome.windows.map {
                ChartWindow($0.name, from: $0.from.inSeconds, until: $0.until.inSeconds)
            },
            panels: panels)
    }

    /// Places in the palette that a reason keeps in every chart.
    static let colors: [ReasonCode: Int] = [
        .accepted: 0, .certain: 4, .queueTooLong: 1, .backendFailed: 3, .budgetExhausted: 5,
        .rateLimited: 5, .concurrencyLimited: 6, .sampledOut: 7, .breakerOpen: 2, .lowValue: 8,
        .restrictedData: 9, .modeOff: 10, .killSwitch: 11, .ineligible: 12,
    ]

    /// Admitted first, so that what falls back lies above it; `certain` last.
    static func order(_ reasons: [ReasonCode]) -> [ReasonCode] {
        func rank(_ reason: ReasonCode) -> Int {
            reason == .accepted ? -1 : reason == .certain ? 100 : reason.ordinal
        }
        return reasons.sorted { rank($0) < rank($1) }
    }

    private static func decisions(_ outcome: ScenarioOutcome) -> ChartPanel {
        let seconds = outcome.slice.inSeconds
        let series = order(Array(outcome.decisions.keys)).map { reason in
            ChartSeries(
                reason == .accepted ? "admitted" : reason.rawValue, .area,
                outcome.slices.map { Double($0.decisions[reason.ordinal]) / seconds },
                color: colors[reason] ?? 13)
        }
        return ChartPanel(title: "admission decides", unit: "records/s", series: series)
    }

    private static func scores(_ outcome: ScenarioOutcome) -> ChartPanel {
        let shares = outcome.slices.map { slice in
            let all = slice.classical + slice.quantum
            return all > 0 ? Double(slice.quantum) / Double(all) * 100 : .nan
        }
        return ChartPanel(
            title: "scores that rest on the QPU", unit: "%",
            series: [ChartSeries("quantum or blended", .line, shares, color: 0)])
    }

    private static func waits(_ outcome: ScenarioOutcome) -> ChartPanel {
        let budget = outcome.latencyBudget.inSeconds
        let waits = outcome.slices.map { ($0.waitMilliseconds ?? .nan) / 1e3 }
        // An outage's wait is all of its rest: the axis ends where admission has long refused.
        let isCut = waits.contains { $0 > 2.5 * budget }
        let title = isCut ? "queue wait, cut off at \(2.5 * budget) s" : "queue wait"
        return ChartPanel(
            title: title, unit: "s",
            series: [
                ChartSeries(
                    "foretold by the device", .line, waits.map { min($0, 2.5 * budget) }, color: 3),
                ChartSeries("latency budget", .dashed, waits.map { _ in budget }, color: 7),
            ])
    }

    private static func spend(_ outcome: ScenarioOutcome) -> ChartPanel {
        var series = [ChartSeries("spent", .line, outcome.slices.map(\.spent), color: 2)]
        if let cap = outcome.cap {
            series.append(
                ChartSeries("budget", .dashed, outcome.slices.map { _ in cap }, color: 7))
        }
        return ChartPanel(title: "spend", unit: "$", series: series)
    }

    /// Over eight slices at a time: a slice alone has few scores.
    private static func accuracy(_ outcome: ScenarioOutcome) -> ChartPanel {
        let values = outcome.slices.indices.map { index in
            let part = outcome.slices[max(0, index - 7)...index]
            let all = part.reduce(0) { $0 + $1.quantumScored }
            let right = part.reduce(0) { $0 + $1.quantumRight }
            return all >= 20 ? Double(right) / Double(all) * 100 : .nan
        }
        return ChartPanel(
            title: "quantum scores right", unit: "%",
            series: [ChartSeries("of eight slices", .line, values, color: 5)], top: 100)
    }
}
