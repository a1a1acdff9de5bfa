import Capacity
import Contracts
import Determinism
import Plots
import Terminal

/// The answer to a question of capacity.
struct CapacityReport {
    let question: CapacityQuestion
    let devices: [String]
    let points: [CapacityPoint]
    /// Nil where no rate is carried, infinite where every rate is.
    let capacity: Double?
    let target: Double

    /// Rates from far below to far above the capacity and the rates asked for.
    func sweep() -> [Double] {
        let known = points.map(\.rate) + [capacity].compactMap { $0 }.filter(\.isFinite)
        var (low, high) = (known.min() ?? 1, known.max() ?? 1)
        low = max(0.001, low / 10)
        high = min(1e9, high * 10)
        return CapacityChart.geometric(from: low, to: high, count: CapacityChart.points)
    }

    func text(style: Style) -> String {
        var table = TextTable(columns: [
            .init("offered", .trailing), .init("worthwhile", .trailing),
            .init("admitted", .trailing), .init("in time", .trailing), .init("late", .trailing),
            .init("falls back for", maximumWidth: 60), .init("wait p50", .trailing),
            .init("p90", .trailing), .init("p99", .trailing), .init("spend/h", .trailing),
            .init("busy", maximumWidth: 40),
        ])
        for point in points { table.addRow(row(point, style)) }
        let methods = Set(points.map(\.method)).sorted { $0.rawValue < $1.rawValue }
        return table.rendered(style: style) + "\n" + answer(style) + "\n"
            + methods.map { note($0) }.joined(separator: "\n")
    }

    private func row(_ point: CapacityPoint, _ style: Style) -> [String] {
        let worth = max(point.worthwhile, 1e-12)
        let reasons = CapacityChart.reasons(of: [point]).map { reason in
            "\(reason.rawValue) \(Format.percentage((point.refused[reason] ?? 0) / worth))"
        }
        return [
            Format.rate(point.offered), Format.rate(point.worthwhile),
            Format.percentage(point.admitted / worth), Format.percentage(point.carried),
            Format.percentage(point.lateShare, decimals: 2),
            reasons.isEmpty ? Format.missing : reasons.joined(separator: ", "),
        ]
            + [point.waitP50, point.waitP90, point.waitP99].map {
                Format.duration(milliseconds: $0.inMilliseconds, style: style)
            }
            + [
                ScenarioText.money(point.spendPerHour),
                point.utilisation.map { Format.percentage($0) }.joined(separator: " "),
            ]
    }

    private func answer(_ style: Style) -> String {
        let share = Format.percentage(target)
        let what = "of the worthwhile records in time"
        guard let capacity else {
            return style.apply(.bold, "carries no rate") + " with \(share) \(what)"
        }
        let rate = capacity.isFinite ? Format.rate(capacity) : "any rate up to 1,000,000,000/s"
        let calls =
            capacity.isFinite ? ": \(Format.rate(capacity * question.worthwhile)) calls" : ""
        let budget =
            question.budgetMicros.map {
                let money = ScenarioText.money(Double($0) / 1e6)
                let window = Format.duration(milliseconds: question.window.inMilliseconds)
                return ", \(money) for \(window)"
            } ?? ""
        return style.apply(.bold, "carries \(rate)") + " with \(share) \(what)\(calls)\n"
            + "on \(devices.joined(separator: ", "))\(budget), latency budget "
            + Format.duration(milliseconds: question.latencyBudget.inMilliseconds)
    }

    private func note(_ method: CapacityMethod) -> String {
        switch method {
        case .everyRecord: "decided record by record"
        case .worthwhile:
            "decided record by record; records not worth a call are counted, not decided"
        case .slots:
            "where more is offered than can be carried, in slots of 5 ms: waits are exact to a slot"
        }
    }
}

/// The answer for machines; rates are of records a second.
struct CapacityDocument: Encodable {
    struct Point: Encodable {
        let rate: Double
        let method: String
        let simulatedSeconds: Double
        let offered: Double
        let worthwhile: Double
        let admitted: Double
        let inTime: Double
        let late: Double
        let failed: Double
        let refused: [String: Double]
        let waitMs: [String: Double]
        let spendPerHour: Double
        let utilisation: [String: Double]
    }

    let devices: [String]
    let budget: Double?
    let windowSeconds: Double
    let latencyBudgetMs: Double
    let worthwhileShare: Double
    let target: Double
    /// Left out where no rate, or every rate, is carried.
    let carriesPerSecond: Double?
    let carriesAnyRate: Bool
    let points: [Point]

    init(_ report: CapacityReport) {
        devices = report.devices
        budget = report.question.budgetMicros.map { Double($0) / 1e6 }
        windowSeconds = report.question.window.inSeconds
        latencyBudgetMs = report.question.latencyBudget.inMilliseconds
        worthwhileShare = report.question.worthwhile
        target = report.target
        carriesPerSecond = report.capacity.flatMap { $0.isFinite ? $0 : nil }
        carriesAnyRate = report.capacity == .infinity
        points = report.points.map { point in
            Point(
                rate: point.rate, method: point.method.rawValue,
                simulatedSeconds: point.span.inSeconds, offered: point.offered,
                worthwhile: point.worthwhile, admitted: point.admitted, inTime: point.inTime,
                late: point.late, failed: point.failed,
                refused: Dictionary(
                    point.refused.map { ($0.key.rawValue, $0.value) }, uniquingKeysWith: +),
                waitMs: [
                    "mean": point.meanWait.inMilliseconds, "p50": point.waitP50.inMilliseconds,
                    "p90": point.waitP90.inMilliseconds, "p99": point.waitP99.inMilliseconds,
                ],
                spendPerHour: point.spendPerHour,
                utilisation: Dictionary(
                    zip(report.devices, point.utilisation), uniquingKeysWith: { first, _ in first })
            )
        }
    }
}
