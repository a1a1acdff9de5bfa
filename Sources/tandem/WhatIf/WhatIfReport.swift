import Contracts
import Determinism
import Policies
import Terminal

/// What another policy would have changed, for people and machines.
struct WhatIfReport: Encodable {
    struct Side: Encodable {
        let admitted: Int
        /// Share of the decisions that admitted.
        let coverage: Double
        let spend: Double
        let predictedWaitMs: Quantiles?
        let reasons: [String: Int]
    }

    struct Quantiles: Encodable {
        let p50: Double
        let p90: Double
        let p99: Double

        init?(_ quantile: (Double) -> Double?) {
            guard let half = quantile(0.5), let most = quantile(0.9), let all = quantile(0.99)
            else { return nil }
            (p50, p90, p99) = (half, most, all)
        }
    }

    struct Move: Encodable {
        let from: String
        let to: String
        let records: Int
    }

    struct Flips: Encodable {
        let recorded: Int
        let recordedVerdicts: Int
        let expected: Double
        let standardError: Double
        /// Share of the new policy's admissions of which nothing is known: records that the recorded
        /// policy never admits.
        let unknownShare: Double
    }

    let from: String
    let until: String
    let keys: [String]
    let decisions: Int
    /// Verdicts that do not say by what they were decided, left out.
    let unrecorded: Int
    /// Decisions without an expected price: their spend counts as nothing.
    let unpriced: Int
    /// Shares of the decisions that the replay of the present policy gives as recorded: with the
    /// reason, and admitted or not alone.
    let reproduced: Double
    let reproducedAdmissions: Double
    /// Share of the decisions that the present configuration made.
    let decidedByPresent: Double
    let recorded: Side
    let replayed: Side
    let new: Side
    let measuredWaitMs: Quantiles?
    let flips: Flips
    let moves: [Move]

    init(
        _ report: ReplayReport, history: DecisionHistory, keys: [String], from: Timestamp,
        until: Timestamp
    ) {
        self.from = from.rfc3339
        self.until = until.rfc3339
        self.keys = keys
        decisions = report.decisions
        unrecorded = history.unrecorded
        unpriced = report.unpriced
        reproduced = report.share(report.reproduced)
        reproducedAdmissions = report.share(report.reproducedAdmissions)
        decidedByPresent = report.share(report.decidedByOld)
        let side = { (side: ReplayReport.Side) in
            Side(
                admitted: side.admitted, coverage: report.share(side.admitted), spend: side.spend,
                predictedWaitMs: Quantiles { side.wait(quantile: $0) },
                reasons: Dictionary(
                    uniqueKeysWithValues: side.reasons.map { ($0.key.rawValue, $0.value) }))
        }
        recorded = side(report.recorded)
        replayed = side(report.old)
        new = side(report.new)
        measuredWaitMs = Quantiles { report.measuredWait(quantile: $0) }
        flips = Flips(
            recorded: report.flips.recorded, recordedVerdicts: report.flips.outcomes,
            expected: report.flips.expected, standardError: report.flips.standardError,
            unknownShare: report.flips.unknownShare)
        moves = report.moves.map {
            Move(from: $0.from.rawValue, to: $0.to.rawValue, records: $0.count)
        }
    }

    // MARK: For people

    func text(style: Style) -> String {
        var lines = [
            "\(Format.count(decisions)) decisions from \(from) to \(until), under "
                + (keys.isEmpty ? "an empty policy file" : keys.joined(separator: ", "))
        ]
        if unrecorded > 0 {
            lines.append(
                "\(Format.count(unrecorded)) verdicts of older versions do not say by what they "
                    + "were decided: left out")
        }
        lines.append(calibration)
        lines.append(figures.rendered(style: style))
        lines.append(flipText)
        if unpriced > 0 {
            lines.append("\(Format.count(unpriced)) decisions have no price: the spend is too low")
        }
        lines.append(
            "Queues are as recorded: a policy that admits far more would have met longer ones.")
        let changed = moves.filter { $0.from != $0.to }
        lines.append(changed.isEmpty ? "no record changes its reason" : reasons(changed, style))
        return lines.joined(separator: "\n")
    }

    private var calibration: String {
        let share = Format.percentage(reproduced, decimals: 2)
        let admissions = Format.percentage(reproducedAdmissions, decimals: 2)
        var text =
            "calibration: replaying the present policy gives \(share) of the decisions as recorded, "
            + "\(admissions) of the admissions"
        if decidedByPresent < 1 {
            text +=
                "; it made \(Format.percentage(decidedByPresent)) of them, others were made under "
                + "other settings"
        }
        return text
    }

    private var figures: TextTable {
        var table = TextTable(columns: [
            .init("figure"), .init("recorded", .trailing), .init("replayed", .trailing),
            .init("new policy", .trailing), .init("change", .trailing),
        ])
        func row(
            _ name: String, _ value: (Side) -> Double?, _ format: (Double) -> String
        ) {
            let change = value(new).flatMap { after in value(replayed).map { after - $0 } }
            let cells = [value(recorded), value(replayed), value(new)].map {
                $0.map(format) ?? Format.missing
            }
            let sign = (change ?? 0) > 0 ? "+" : ""
            table.addRow([name] + cells + [change.map { sign + format($0) } ?? Format.missing])
        }
        let time = { (value: Double) in Format.duration(milliseconds: value) }
        row("admitted", { Double($0.admitted) }, { Format.count(Int($0)) })
        row("coverage", { $0.coverage }, { Format.percentage($0, decimals: 2) })
        row("spend", { $0.spend }, { Format.number($0, decimals: 2) })
        row("predicted wait p50", { $0.predictedWaitMs?.p50 }, time)
        row("predicted wait p90", { $0.predictedWaitMs?.p90 }, time)
        row("predicted wait p99", { $0.predictedWaitMs?.p99 }, time)
        if let measuredWaitMs {
            table.addRow(["measured wait p50", time(measuredWaitMs.p50)])
            table.addRow(["measured wait p99", time(measuredWaitMs.p99)])
        }
        return table
    }

    private var flipText: String {
        let known =
            "flips: \(Format.count(flips.recorded)) among "
            + "\(Format.count(flips.recordedVerdicts)) recorded quantum verdicts; expected under the "
            + "new policy \(Format.number(flips.expected, decimals: 1)) ± "
            + Format.number(flips.standardError, decimals: 1)
        guard flips.unknownShare > 0 else { return known }
        let share = Format.percentage(flips.unknownShare)
        return known + " and those among \(share) of its admissions, "
            + "of which nothing is known (the recorded policy never admits such records)"
    }

    private func reasons(_ changed: [Move], _ style: Style) -> String {
        var table = TextTable(columns: [
            .init("reason, replayed"), .init("under the new policy"), .init("records", .trailing),
            .init("share", .trailing),
        ])
        for move in changed {
            table.addRow([
                move.from, move.to, Format.count(move.records),
                Format.percentage(Double(move.records) / Double(max(1, decisions)), decimals: 2),
            ])
        }
        return table.rendered(style: style)
    }
}
