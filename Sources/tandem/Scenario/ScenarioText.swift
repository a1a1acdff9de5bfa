import Contracts
import Determinism
import SimulatedChaos
import Terminal

/// The report of a scenario for people.
enum ScenarioText {
    static func rendered(_ outcome: ScenarioOutcome, style: Style) -> String {
        var text = style.apply(.bold, outcome.name.rawValue) + ": \(outcome.summary)\n"
        text += "\(Format.count(outcome.records)) records in "
        text += Format.duration(milliseconds: outcome.virtualTime.inMilliseconds, style: style)
        text += " of virtual time, seed \(outcome.seed)\n\n"
        text += plot(outcome, style) + "\n"
        text += decisions(outcome, style) + "\n"
        text += latency(outcome, style) + "\n"
        text += figures(outcome, style) + "\n"
        return text + promises(outcome, style)
    }

    // MARK: Over time

    /// Slices that one character stands for.
    private static let step = 2

    private static func plot(_ outcome: ScenarioOutcome, _ style: Style) -> String {
        let starts = stride(from: 0, to: outcome.slices.count, by: step)
        func row(_ value: (ArraySlice<ScenarioSlice>) -> Double) -> [Double] {
            starts.map { value(outcome.slices[$0..<min($0 + step, outcome.slices.count)]) }
        }
        var table = TextTable(columns: [
            .init("over time"), .init("", maximumWidth: 90), .init("most", .trailing),
        ])
        func add(_ name: String, _ values: [Double], _ most: (Double) -> String) {
            let largest = values.filter(\.isFinite).max() ?? 0
            table.addRow([name, Sparkline.rendered(values, style: style), most(largest)])
        }
        let seconds = outcome.slice.inSeconds * Double(step)
        add("published", row { Double($0.reduce(0) { $0 + $1.published }) / seconds }) {
            Format.rate($0)
        }
        for reason in ScenarioChart.order(Array(outcome.decisions.keys)) {
            add(
                reason == .accepted ? "admitted" : reason.rawValue,
                row { part in
                    Double(part.reduce(0) { $0 + $1.decisions[reason.ordinal] }) / seconds
                }
            ) { Format.rate($0) }
        }
        add("queue wait", row { $0.compactMap(\.waitMilliseconds).max() ?? .nan }) {
            Format.duration(milliseconds: $0, style: style)
        }
        add("spent", row { $0.map(\.spent).max() ?? .nan }) { money($0) }
        let marks = starts.map { index in
            let from = outcome.slice * Int64(index)
            let isStruck = outcome.windows.contains {
                $0.from < from + outcome.slice * Int64(step) && from < $0.until
            }
            return isStruck ? "^" : " "
        }.joined()
        var names: [String] = []
        for window in outcome.windows where !names.contains(window.name) {
            names.append(window.name)
        }
        table.addRow([names.joined(separator: ", "), marks, ""])
        return table.rendered(style: style)
    }

    // MARK: Tables

    private static func decisions(_ outcome: ScenarioOutcome, _ style: Style) -> String {
        var table = TextTable(columns: [
            .init("admission"), .init("records", .trailing), .init("share", .trailing),
        ])
        let all = outcome.decisions.values.reduce(0, +)
        for reason in ScenarioChart.order(Array(outcome.decisions.keys)) {
            let count = outcome.decisions[reason] ?? 0
            table.addRow([
                reason == .accepted ? "admitted" : reason.rawValue, Format.count(count),
                Format.percentage(Double(count) / Double(max(1, all))),
            ])
        }
        var scores = TextTable(columns: [
            .init("scores"), .init("records", .trailing), .init("share", .trailing),
        ])
        for reason in ReasonCode.allCases {
            guard let count = outcome.byReason[reason] else { continue }
            scores.addRow([
                reason.rawValue, Format.count(count),
                Format.percentage(Double(count) / Double(max(1, outcome.scores))),
            ])
        }
        return table.rendered(style: style) + "\n" + scores.rendered(style: style)
    }

    private static func latency(_ outcome: ScenarioOutcome, _ style: Style) -> String {
        var table = TextTable(columns: [
            .init("latency"), .init("records", .trailing), .init("p50", .trailing),
            .init("p99", .trailing), .init("max", .trailing),
        ])
        for (name, summary) in [
            ("classical, quantum path off", outcome.classicalOff),
            ("classical, quantum path on", outcome.classicalOn),
            ("admitted, no usable verdict", outcome.waitedInVain),
            ("quantum or blended", outcome.quantumLatency),
        ] where summary.count > 0 {
            table.addRow(
                [name, Format.count(summary.count)]
                    + [summary.p50, summary.p99, summary.maximum].map {
                        Format.duration(milliseconds: $0.inMilliseconds, style: style)
                    })
        }
        return table.rendered(style: style)
    }

    private static func figures(_ outcome: ScenarioOutcome, _ style: Style) -> String {
        func share(_ accuracy: ScenarioAccuracy) -> String {
            accuracy.share.map { Format.percentage($0, decimals: 2) } ?? Format.missing
        }
        let worst = Format.duration(
            milliseconds: outcome.worstLateness.inMilliseconds, style: style)
        let decided = Format.duration(
            milliseconds: outcome.worstDecision.inMilliseconds, style: style)
        let budget = outcome.cap.map { " of \(money($0))" } ?? ""
        return """
            deadlines: \(Format.count(outcome.late)) late \
            (\(Format.percentage(Double(outcome.late) / Double(max(1, outcome.scores)), decimals: 3))), \
            the worst seen \(worst) from its deadline and decided \(decided); \
            allowed \(Format.duration(milliseconds: outcome.commitInterval.inMilliseconds, style: style))
            spend: \(money(outcome.spent))\(budget) for \(Format.count(outcome.jobs)) jobs, \
            \(Format.count(outcome.releasedJobs)) released unpaid; \
            \(Format.count(outcome.deviceFailures)) refusals and failures of the device
            accuracy: classical \(share(outcome.classicalAccuracy)), served \
            \(share(outcome.servedAccuracy)); on \(Format.count(outcome.quantumAccuracy.count)) \
            records with both: classical \(share(outcome.classicalBeside)), quantum \
            \(share(outcome.quantumAccuracy))

            """
    }

    private static func promises(_ outcome: ScenarioOutcome, _ style: Style) -> String {
        var table = TextTable(columns: [
            .init("promise", maximumWidth: 90), .init("found", maximumWidth: 60), .init("verdict"),
        ])
        for promise in outcome.promises {
            table.addRow([
                .init(promise.name), .init(promise.found),
                promise.held ? .init("held", look: .green) : .init("did not hold", look: .red),
            ])
        }
        return table.rendered(style: style)
    }

    static func money(_ value: Double) -> String { "$" + Format.number(value, decimals: 2) }
}
