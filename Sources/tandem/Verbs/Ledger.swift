import ArgumentParser
import Configuration
import Contracts
import Determinism
import KafkaTransport
import Policies
import Stages
import Terminal

/// `tandem ledger reconcile`: what was paid against what was measured.
struct Ledger: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check what quantum jobs were paid for.", subcommands: [Reconcile.self])

    struct Reconcile: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hold the ledger against the measurements: no job paid for twice.",
            discussion: """
                Reads both topics from their beginning. Exits with 1 when a job was billed twice, at \
                another price than its measurement's, or not at all.
                """)
        @OptionGroup var configurationOptions: ConfigurationOptions
        @OptionGroup var outputOptions: OutputOptions

        func run() throws {
            let configuration = try configurationOptions.load().configuration
            let session = try Topics.session(configuration)
            let report = try LedgerReader.audit(session.address).report
            if outputOptions.isJSON {
                try JSONOutput.print(LedgerSummary(report))
            } else {
                Console.print(LedgerSummary(report).text)
            }
            guard report.isReconciled else {
                throw CommandFailure("\(report.findings.count) jobs do not reconcile")
            }
        }
    }
}

/// Reads the ledger and the measurements of a cluster.
enum LedgerReader {
    /// - Throws: also for a message that cannot be read, since sums without it prove nothing.
    static func audit(_ address: ClusterAddress) throws -> LedgerAudit {
        var audit = LedgerAudit()
        var entry = LedgerMessage()
        try read(.ledger, address) { object throws(ContractViolation) in
            try entry.read(object)
            audit.take(entry)
        }
        var measurement = MeasurementMessage()
        try read(.measurements, address) { object throws(ContractViolation) in
            try measurement.read(object)
            audit.take(measurement)
        }
        return audit
    }

    private static func read(
        _ topic: Topic, _ address: ClusterAddress,
        _ body: (JSONValue) throws(ContractViolation) -> Void
    ) throws {
        let parser = JSONParser()
        let reader = try KafkaReader(
            address, topics: [topic], from: .beginning, clientID: "tandem-ledger",
            log: ClusterSession.log)
        var batch = InboundBatch()
        while !reader.isCaughtUp {
            batch.removeAll()
            try reader.poll(into: &batch, timeout: 100)
            for index in 0..<batch.count {
                guard let value = batch.value(index) else { continue }
                do throws(ContractViolation) {
                    try body(try parser.object(value))
                } catch {
                    let position = batch.messages[index].position
                    throw CommandFailure(
                        "\(address.topicPrefix)\(topic.rawValue)/\(position.partition)/"
                            + "\(position.offset) cannot be read, so that nothing can be proven: "
                            + error.message)
                }
            }
        }
    }
}

/// The audit for people and machines.
struct LedgerSummary: Encodable {
    struct Sum: Encodable {
        let jobs: Int
        let cost: Double
    }

    struct Problem: Encodable {
        let job: String
        let finding: String
    }

    let jobs: Int
    let reserved: Sum
    let submitted: Sum
    let settled: Sum
    let released: Int
    let measured: Sum
    /// Of the measured ones, those that the result cache answered.
    let cached: Int
    let isReconciled: Bool
    let problems: [Problem]

    init(_ report: LedgerAudit.Report) {
        jobs = report.jobs
        reserved = Sum(jobs: report.reserved.count, cost: report.reserved.cost)
        submitted = Sum(jobs: report.submitted.count, cost: report.submitted.cost)
        settled = Sum(jobs: report.settled.count, cost: report.settled.cost)
        released = report.released
        measured = Sum(jobs: report.measured.count, cost: report.measured.cost)
        cached = report.cached
        isReconciled = report.isReconciled
        problems = report.findings.map {
            Problem(job: Hex.digits($0.job), finding: $0.finding.rawValue)
        }
    }

    /// Problems shown to people; machines get all.
    private static let shown = 20

    var text: String {
        var table = TextTable(columns: [
            .init("state"), .init("jobs", .trailing), .init("cost", .trailing),
        ])
        let rows = [
            ("reserved, not submitted", reserved), ("submitted, not ended", submitted),
            ("settled", settled), ("measured", measured),
        ]
        for (name, sum) in rows {
            table.addRow([name, Format.count(sum.jobs), Format.number(sum.cost, decimals: 4)])
        }
        if cached > 0 {
            table.addRow(["  from the cache", Format.count(cached), Format.number(0, decimals: 4)])
        }
        table.addRow(["released", Format.count(released), Format.number(0, decimals: 4)])
        var lines = [table.rendered(style: Console.outputStyle)]
        lines += problems.prefix(Self.shown).map { "job \($0.job): \($0.finding)" }
        if problems.count > Self.shown { lines.append("… \(problems.count - Self.shown) more") }
        lines.append(
            isReconciled
                ? "reconciled: each of \(Format.count(jobs)) jobs is paid for at most once, at the "
                    + "price measured"
                : "NOT reconciled")
        return lines.joined(separator: "\n")
    }
}

/// Sixteen hexadecimal digits, as on the topics.
enum Hex {
    static func digits(_ word: UInt64) -> String {
        let text = String(word, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
