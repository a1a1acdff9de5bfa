import Contracts
import Terminal

/// What happened and what held, for people and machines.
struct ChaosReport: Encodable {
    let seed: UInt64
    let published: Int
    let scored: Int
    let lost: Int
    let doubled: Int
    let late: Int
    let worstLatenessMs: Double
    let rejected: Int
    let kills: [String: Int]
    let longestSilenceSeconds: Double
    /// A consumer's session, after which the partitions of a dead process find a new owner.
    let sessionSeconds: Double
    let seconds: Double
    let bySource: [String: Int]
    let byReason: [String: Int]
    let ledger: LedgerSummary
    /// Processes that ended by themselves.
    let deaths: [String]

    var totalKills: Int { kills.values.reduce(0, +) }
    /// From a kill until the first score: the session, and two seconds for everything else.
    var isRecovered: Bool { longestSilenceSeconds <= sessionSeconds + 2 }
    /// Lateness is told, not judged: how late a score may be while its stage is dead is the
    /// operator's choice of instances and timeouts.
    var holds: Bool { lost == 0 && doubled == 0 && ledger.isReconciled && isRecovered }

    var text: String {
        let style = Console.outputStyle
        var table = TextTable(columns: [.init("promise"), .init("", .trailing), .init("")])
        table.addRow(["records published", Format.count(published), ""])
        table.addRow(["scores, each record once", Format.count(scored), ""])
        table.addRow(["lost", Format.count(lost), lost == 0 ? "held" : "BROKEN"])
        table.addRow(["doubled", Format.count(doubled), doubled == 0 ? "held" : "BROKEN"])
        table.addRow([
            "later than deadline + commit interval", Format.count(late),
            late == 0
                ? "" : "by up to " + Format.duration(milliseconds: worstLatenessMs, style: style),
        ])
        table.addRow([
            "jobs that do not reconcile", Format.count(ledger.problems.count),
            ledger.isReconciled ? "held" : "BROKEN",
        ])
        table.addRow([
            "longest time without a score, at most \(Format.number(sessionSeconds + 2, decimals: 0)) s",
            Format.duration(milliseconds: longestSilenceSeconds * 1e3, style: style),
            isRecovered ? "held" : "BROKEN",
        ])
        table.addRow(["rejects", Format.count(rejected), ""])
        var kill = TextTable(columns: [.init("killed"), .init("times", .trailing)])
        for stage in StageName.allCases {
            if let count = kills[stage.rawValue] { kill.addRow([stage.rawValue, "\(count)"]) }
        }
        kill.addRow(["together", "\(totalKills)"])
        var lines = [
            kill.rendered(style: style), "", table.rendered(style: style), "",
            "seed \(seed)",
        ]
        lines += deaths.prefix(10).map { "ended by itself: \($0)" }
        return lines.joined(separator: "\n")
    }
}
