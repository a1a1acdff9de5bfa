import ArgumentParser
import Configuration
import Contracts
import Terminal

extension Bench {
    struct DeliveryVerb: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delivery",
            abstract: "What exactly-once costs beside at-least-once, on your cluster.",
            discussion: """
                The same records through all seven stages in this process, with either delivery in \
                turns: paced for latency, then as fast as they go. Latency counts until a \
                read_committed consumer has the score. The cluster needs transactions.
                """)

        @OptionGroup var configurationOptions: ConfigurationOptions
        @OptionGroup var outputOptions: OutputOptions
        @Option(help: "Records of a run as fast as they go.") var records = 50_000
        @Option(help: "Records a second of a paced run.") var rate = 500.0
        @Option(help: "Repetitions of the four runs.") var rounds = 2
        @Option(help: "Replicas of each partition; the declared 3 unless given.")
        var replication: Int?

        func validate() throws {
            guard (100...10_000_000).contains(records) else {
                throw ValidationError("--records is \(records): 100 to 10000000 are allowed")
            }
            guard rate >= 1, rate <= 100_000 else {
                throw ValidationError("--rate is \(rate): 1 to 100000 are allowed")
            }
            guard (1...20).contains(rounds) else {
                throw ValidationError("--rounds is \(rounds): 1 to 20 are allowed")
            }
        }

        func run() throws {
            let configuration = try configurationOptions.load(overrides: [
                "mode=shadow", "enrichment.device.serviceTimeMs=0", "latencyBudgetMs=60000",
                "admission.maximumInFlight=1000000",
            ]).configuration
            guard !configuration.brokers.isEmpty else {
                throw CommandFailure("name a cluster: --brokers host:port")
            }
            StopSignal.shared.install()
            let rows = try DeliveryBench(
                configuration, records: records, rate: rate, replication: replication
            ).run(rounds: rounds)
            if outputOptions.isJSON { return try JSONOutput.print(rows) }
            Console.print(Self.text(rows, configuration))
        }

        private static func text(
            _ rows: [DeliveryBench.Row], _ configuration: TandemConfiguration
        ) -> String {
            var table = TextTable(columns: [
                .init("delivery"), .init("published"), .init("records/s", .trailing),
                .init("p50", .trailing), .init("p99", .trailing),
                .init("CPU µs a record", .trailing),
            ])
            for row in rows {
                table.addRow([
                    row.delivery, row.rate.map { "\(Int($0)) a second" } ?? "unpaced",
                    Format.count(Int(row.recordsPerSecond)),
                    Format.duration(milliseconds: row.p50Ms),
                    Format.duration(milliseconds: row.p99Ms),
                    Format.number(row.cpuMicrosPerRecord, decimals: 1),
                ])
            }
            let latency = difference(rows.filter { $0.rate != nil }, \.p50Ms)
            let plain = mean(rows.filter { $0.rate == nil && $0.delivery == "at-least-once" })
            let once = mean(rows.filter { $0.rate == nil && $0.delivery == "exactly-once" })
            let interval = configuration.pipeline.commitIntervalMs
            return """
                \(table.rendered(style: Console.outputStyle))
                exactly-once adds \(Format.number(latency, decimals: 1)) ms to the median at a commit \
                interval of \(interval) ms, and carries \
                \(Format.percentage(once / max(plain, 1))) of the records
                """
        }

        private static func mean(_ rows: [DeliveryBench.Row]) -> Double {
            rows.map(\.recordsPerSecond).reduce(0, +) / Double(max(1, rows.count))
        }

        private static func difference(
            _ rows: [DeliveryBench.Row], _ value: (DeliveryBench.Row) -> Double
        ) -> Double {
            let once = rows.filter { $0.delivery == "exactly-once" }.map(value)
            let plain = rows.filter { $0.delivery == "at-least-once" }.map(value)
            return once.reduce(0, +) / Double(max(1, once.count))
                - plain.reduce(0, +) / Double(max(1, plain.count))
        }
    }
}
