import Contracts
import Terminal

/// The demo's report for people.
extension DemoReport {
    func text(style: Style) -> String {
        var sections = [heading(style), flow(style), scorers(style), latency(style), device(style)]
        sections.append(verdict(style))
        return sections.joined(separator: "\n")
    }

    private func heading(_ style: Style) -> String {
        let state =
            isComplete
            ? style.apply(.green, "every accepted record has exactly one score")
            : style.apply(
                .red,
                "\(missing) scores are missing, \(duplicated) doubled, \(stageRejects) lost on the way"
            )
        return """
            \(style.apply(.bold, "Tandem demo")): mode \(mode), \(qubits) qubits, seed \(seed), model \(model)
            \(Format.count(recordsIn)) records in, \(Format.count(scoresOut)) scores out, \
            \(Format.count(rejected)) rejected: \(state)
            \(Format.rate(recordsPerSecond)) over \(Format.duration(milliseconds: wallSeconds * 1e3)), \
            \(Format.count(deadlineMisses)) deadline misses\(late(style))

            """
    }

    /// The share of late scores, where there are any, and by how much.
    private func late(_ style: Style) -> String {
        guard deadlineMisses > 0 else { return "" }
        let share = Format.percentage(lateShare, decimals: 3)
        let worst = Format.duration(milliseconds: worstLatenessMs, style: style)
        return " (\(share) of the scores, the worst \(worst) after its deadline)"
    }

    private func flow(_ style: Style) -> String {
        var table = TextTable(columns: [
            .init("scores by"), .init(""), .init("records", .trailing), .init("share", .trailing),
        ])
        for source in ScoreSource.allCases {
            add("source", source.rawValue, bySource[source.rawValue] ?? 0, to: &table)
        }
        for reason in ReasonCode.allCases {
            guard let count = byReason[reason.rawValue], count > 0 else { continue }
            add("reason", reason.rawValue, count, to: &table)
        }
        return table.rendered(style: style)
    }

    private func add(_ group: String, _ name: String, _ count: Int, to table: inout TextTable) {
        let share = Double(count) / Double(max(1, scoresOut))
        table.addRow([group, name, Format.count(count), Format.percentage(share)])
    }

    private func scorers(_ style: Style) -> String {
        var table = TextTable(columns: [
            .init("scorer"), .init("accuracy", .trailing), .init("AUC", .trailing),
            .init("Brier", .trailing),
        ])
        let rows = [
            ("classical", classical), ("quantum", quantum),
            ("surrogate: RBF kernel on the same inputs", surrogate),
            ("blend (what live mode serves)", blend),
            ("served", served),
        ]
        for (name, scorer) in rows {
            table.addRow([
                name, scorer.accuracy.map { Format.percentage($0, decimals: 2) } ?? Format.missing,
                scorer.auc.map { Format.number($0, decimals: 4) } ?? Format.missing,
                scorer.brier.map { Format.number($0, decimals: 4) } ?? Format.missing,
            ])
        }
        let share = agreement.map { Format.percentage($0, decimals: 2) } ?? Format.missing
        return table.rendered(style: style) + "\nagreement of the two scorers: \(share)\n"
    }

    private func latency(_ style: Style) -> String {
        var table = TextTable(columns: [
            .init("latency"), .init("p50", .trailing), .init("p95", .trailing),
            .init("p99", .trailing), .init("max", .trailing),
        ])
        for source in ScoreSource.allCases {
            guard let quantiles = latencyMs[source.rawValue] else { continue }
            table.addRow([source.rawValue] + cells(quantiles, style))
        }
        table.addRow(["QPU queue wait"] + cells(queueWaitMs, style))
        return table.rendered(style: style)
    }

    private func cells(_ quantiles: Quantiles, _ style: Style) -> [String] {
        [quantiles.p50, quantiles.p95, quantiles.p99, quantiles.max].map { value in
            value.map { Format.duration(milliseconds: $0, style: style) } ?? Format.missing
        }
    }

    private func device(_ style: Style) -> String {
        """
        device \(device): \(Format.count(quantumCalls)) calls, \(Format.count(failedCalls)) failed, \
        \(Format.count(shots)) shots, simulated cost \(Format.number(cost, decimals: 2))

        """
    }

    /// What the numbers say, without selling anything.
    private func verdict(_ style: Style) -> String {
        guard let classical = classical.auc, let quantum = quantum.auc else {
            return "No record was scored by both: nothing to compare.\n"
        }
        let warning = circuitWarning.map { "Circuit: \($0)\n" } ?? ""
        let difference = Format.number(quantum - classical, decimals: 4)
        return warning
            + (quantum > classical
                ? "Quantum AUC minus classical: \(difference) on this sample; no test of significance.\n"
                : "Quantum AUC minus classical: \(difference): no better than the classical scorer here.\n")
    }
}
