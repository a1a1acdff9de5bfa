import ArgumentParser
import Configuration
import Foundation
import Terminal

/// `tandem bench`: what the pipeline and the simulator do on this machine.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure: the whole stream, admission, or the simulator alone.",
        subcommands: [
            Stream.self, Enrich.self, Quantum.self, DeliveryVerb.self, AdmissionVerb.self,
            WorthVerb.self,
        ])

    struct Stream: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Records a second and CPU a record through all seven stages.",
            discussion: """
                One process, embedded cluster included, shadow mode, every record admitted, device time \
                zero. CPU counts the whole process: stages, Kafka clients, embedded cluster, publisher \
                and reader.
                """)

        @OptionGroup var configurationOptions: ConfigurationOptions
        @OptionGroup var outputOptions: OutputOptions
        @Option(help: "Records.") var records = 200_000
        @Option(help: "Qubits, 2 to 12.") var qubits = 4
        @Option(help: "Seed of training and of the device.") var seed: UInt64 = 1

        func validate() throws {
            guard (1...10_000_000).contains(records) else {
                throw ValidationError("--records is \(records); it must be 1 to 10000000")
            }
            guard (2...12).contains(qubits) else {
                throw ValidationError("--qubits is \(qubits); it must be 2 to 12")
            }
        }

        func run() throws {
            let configuration = try configurationOptions.load(overrides: [
                "mode=shadow", "enrichment.device.serviceTimeMs=0", "latencyBudgetMs=60000",
                "admission.maximumInFlight=1000000",
            ]).configuration
            StopSignal.shared.install()
            var run = DemoRun(
                configuration, records: records, qubits: qubits, rate: nil, seed: seed,
                train: try DemoData.fixture("train.csv"), test: try DemoData.fixture("test.csv"),
                label: nil, hold: false)
            run.publishesLabels = false
            let report = try run.run { _ in }
            if outputOptions.isJSON {
                try JSONOutput.print(report)
            } else {
                Console.print(Self.text(report))
            }
            if !report.isComplete { throw ExitCode(1) }
        }

        private static func text(_ report: DemoReport) -> String {
            var table = TextTable(columns: [
                .init("stage"), .init("in", .trailing), .init("out", .trailing),
                .init("messages a turn", .trailing), .init("CPU µs a record", .trailing),
            ])
            for stage in report.resources.stages {
                table.addRow([
                    stage.stage, Format.count(stage.received), Format.count(stage.emitted),
                    Format.number(stage.messagesPerTurn, decimals: 0),
                    Format.number(stage.cpuMicrosPerRecord, decimals: 2),
                ])
            }
            let own = report.resources.stages.reduce(0) { $0 + $1.cpuMicrosPerRecord }
            table.addRow([
                "Kafka clients, cluster, publisher, reader", "", "", "",
                Format.number(report.resources.cpuMicrosPerRecord - own, decimals: 2),
            ])
            table.addRow([
                "all", "", "", "", Format.number(report.resources.cpuMicrosPerRecord, decimals: 2),
            ])
            let memory = report.resources.memory.map { Format.number($0.residentMB, decimals: 0) }
            return """
                \(Format.count(report.scoresOut)) scores and \(Format.count(report.comparisons)) \
                comparisons at \(Format.rate(report.recordsPerSecond)); \(report.missing) missing, \
                \(report.duplicated) doubled
                \(table.rendered(style: Console.outputStyle))
                resident MB over the run: \(memory.joined(separator: " "))
                """
        }
    }

    struct Enrich: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Feature-map records a second on one core, exact and with shots.")

        @OptionGroup var outputOptions: OutputOptions
        @Option(help: "Seconds for each figure.") var seconds = 1.0
        @Option(help: "Shots of each record.") var shots = 1_024

        func validate() throws {
            guard seconds > 0, seconds <= 600 else {
                throw ValidationError("--seconds is \(seconds); it must be above 0, at most 600")
            }
            guard (1...1_000_000).contains(shots) else {
                throw ValidationError("--shots is \(shots); it must be 1 to 1000000")
            }
        }

        func run() throws {
            var rows: [EnrichBench.Row] = []
            for qubits in [4, 6, 8, 10, 12] {
                Console.note("measuring \(qubits) qubits")
                rows.append(
                    try EnrichBench.measure(qubits: qubits, shots: shots, seconds: seconds))
            }
            if outputOptions.isJSON { return try JSONOutput.print(rows) }
            var table = TextTable(columns: [
                .init("qubits", .trailing), .init("exact records/s", .trailing),
                .init("\(shots) shots records/s", .trailing),
            ])
            for row in rows {
                table.addRow([
                    "\(row.qubits)", Format.count(Int(row.exactPerSecond)),
                    Format.count(Int(row.shotsPerSecond)),
                ])
            }
            Console.print(table.rendered(style: Console.outputStyle))
        }
    }
}
