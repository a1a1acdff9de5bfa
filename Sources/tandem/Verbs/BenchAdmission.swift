import ArgumentParser
import Terminal

extension Bench {
    struct AdmissionVerb: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "admission",
            abstract: "What a decision of admission costs, and each of its parts.",
            discussion: """
                A stream of records made up from a fixed seed, all rules on, each operation timed by \
                itself and then all without a clock between them. The first row is the clock's own \
                cost, which is in the others' quantiles.
                """)

        @OptionGroup var outputOptions: OutputOptions
        @Option(help: "Operations timed for each row.") var decisions = 1_000_000
        @Option(help: "Records that wait for their deadline at once.") var pending = 1_000_000

        func validate() throws {
            guard (1_000...100_000_000).contains(decisions) else {
                throw ValidationError(
                    "--decisions is \(decisions); it must be 1000 to 100000000")
            }
            guard (1_000...10_000_000).contains(pending) else {
                throw ValidationError("--pending is \(pending); it must be 1000 to 10000000")
            }
        }

        func run() throws {
            let rows = try AdmissionBench(operations: decisions, pending: pending).run()
            if outputOptions.isJSON { return try JSONOutput.print(rows) }
            var table = TextTable(columns: [
                .init("work"), .init("p50 ns", .trailing), .init("p99 ns", .trailing),
                .init("most ns", .trailing),
                .init("a second", .trailing), .init("yes", .trailing),
                .init("bytes an entry", .trailing),
            ])
            for row in rows {
                table.addRow([
                    row.work, Format.count(Int(row.p50Ns)), Format.count(Int(row.p99Ns)),
                    Format.count(Int(row.maximumNs)), Format.count(Int(row.perSecond)),
                    Format.percentage(row.yes),
                    row.bytesPerEntry.map { Format.count(Int($0)) } ?? "",
                ])
            }
            Console.print(table.rendered(style: Console.outputStyle))
        }
    }
}
