import Capacity
import Contracts
import Determinism
import Foundation
import Plots

/// A sweep over rates as a chart.
enum CapacityChart {
    static let points = 25

    /// Rates of equal ratio, both ends included.
    static func geometric(from low: Double, to high: Double, count: Int) -> [Double] {
        (0..<count).map { low * pow(high / low, Double($0) / Double(count - 1)) }
    }

    /// Why worthwhile records fall back, in the order of the enumeration.
    static func reasons(of points: [CapacityPoint]) -> [ReasonCode] {
        ReasonCode.allCases.filter { reason in
            reason != .certain && points.contains { ($0.refused[reason] ?? 0) > 0 }
        }
    }

    static func chart(_ report: CapacityReport, _ points: [CapacityPoint]) -> Chart {
        let rates = points.map(\.rate)
        let capacity = report.capacity.flatMap { $0.isFinite ? $0 : nil }
        let most = rates.last ?? 1
        let beyond = capacity.map { [ChartWindow("beyond what is carried", from: $0, until: most)] }
        let devices =
            report.devices.count > 3
            ? "\(report.devices.count) devices" : report.devices.joined(separator: ", ")
        return Chart(
            title: "What \(devices) can carry",
            subtitle: "latency budget \(report.question.latencyBudget.inSeconds) s, "
                + "\(report.question.worthwhile * 100) % of the records worth a call",
            instants: rates, scale: .logarithmic, axis: "records a second",
            windows: beyond ?? [],
            panels: [
                shares(points), waits(report, points), spend(report, points),
                utilisation(report, points),
            ])
    }

    private static func shares(_ points: [CapacityPoint]) -> ChartPanel {
        func series(
            _ name: String, _ color: Int, _ value: (CapacityPoint) -> Double
        ) -> ChartSeries {
            ChartSeries(
                name, .area, points.map { 100 * value($0) / max($0.worthwhile, 1e-12) },
                color: color)
        }
        var all = [series("result in time", 0) { $0.inTime }]
        all.append(series("late or failed", 2) { $0.late + $0.failed })
        for reason in reasons(of: points) {
            all.append(
                series(reason.rawValue, ScenarioChart.colors[reason] ?? 13) {
                    $0.refused[reason] ?? 0
                })
        }
        return ChartPanel(title: "worthwhile records", unit: "%", series: all, top: 100)
    }

    private static func waits(_ report: CapacityReport, _ points: [CapacityPoint]) -> ChartPanel {
        let budget = report.question.latencyBudget.inMilliseconds
        func series(
            _ name: String, _ color: Int, _ wait: (CapacityPoint) -> TimeSpan
        ) -> ChartSeries {
            ChartSeries(name, .line, points.map { wait($0).inMilliseconds }, color: color)
        }
        return ChartPanel(
            title: "wait for the device", unit: "ms",
            series: [
                series("p50", 4) { $0.waitP50 }, series("p90", 1) { $0.waitP90 },
                series("p99", 3) { $0.waitP99 },
                ChartSeries("latency budget", .dashed, points.map { _ in budget }, color: 7),
            ])
    }

    private static func spend(_ report: CapacityReport, _ points: [CapacityPoint]) -> ChartPanel {
        var series = [ChartSeries("spent", .line, points.map(\.spendPerHour), color: 2)]
        if let budget = report.question.budgetMicros {
            let hourly = Double(budget) / 1e6 / report.question.window.inSeconds * 3_600
            series.append(ChartSeries("budget", .dashed, points.map { _ in hourly }, color: 7))
        }
        return ChartPanel(title: "spend an hour", unit: "$", series: series)
    }

    /// Of the first eight devices; more would not be told apart.
    private static func utilisation(
        _ report: CapacityReport, _ points: [CapacityPoint]
    ) -> ChartPanel {
        let series = report.devices.prefix(8).enumerated().map { index, name in
            ChartSeries(name, .line, points.map { 100 * $0.utilisation[index] }, color: index)
        }
        return ChartPanel(title: "device time used", unit: "%", series: Array(series), top: 100)
    }
}
