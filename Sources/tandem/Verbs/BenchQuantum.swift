import ArgumentParser
import Foundation
import QuantumCircuit
import Terminal

extension Bench {
    /// `tandem bench quantum`: the simulator's work, beside other simulators.
    struct Quantum: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The quantum simulator's rates, side by side with other simulators.",
            discussion: """
                Each figure is the best of three windows. With --peers the same circuits run in \
                qulacs, PennyLane-Lightning, Qiskit Aer, qsim and NumPy, one thread each, right \
                after; their numbers must agree with Tandem's.
                """)

        @OptionGroup var outputOptions: OutputOptions
        @Flag(help: "Measure other simulators too (Python; made ready on first use).")
        var peers = false
        @Option(help: "Seconds for each figure.") var seconds = 1.0
        @Option(help: ArgumentHelp("Work whose name contains this only.", valueName: "text"))
        var only: String?
        @Option(help: ArgumentHelp("Python environment of the peers.", valueName: "folder"))
        var environment = PeerBench.folder + "/.venv"

        func validate() throws {
            guard seconds > 0, seconds <= 600 else {
                throw ValidationError("--seconds is \(seconds); it must be above 0, at most 600")
            }
        }

        func run() throws {
            let works = try QuantumWork.all().filter { only.map($0.name.contains) ?? true }
            let large = LargeWork.all.filter { only.map($0.name.contains) ?? true }
            guard !works.isEmpty || !large.isEmpty else {
                throw CommandFailure("no work has a name with '\(only ?? "")' in it")
            }
            var measured: [(work: QuantumWork, outcome: QuantumBench.Outcome)] = []
            for work in works {
                Console.note("measuring \(work.name), \(work.circuit.qubits) qubits")
                measured.append((work, try QuantumBench.measure(work, seconds: seconds)))
            }
            var rows = measured.map { work, outcome in
                BenchRow(
                    work: work.name, qubits: work.circuit.qubits, threads: work.threads,
                    rate: outcome.rate)
            }
            for work in large {
                Console.note("measuring \(work.name), \(work.qubits) qubits")
                rows.append(
                    BenchRow(
                        work: work.name, qubits: work.qubits, threads: work.threads,
                        rate: try work.rate(seconds)))
            }
            var wrong: [PeerBench.Result] = []
            if peers, !measured.isEmpty {
                // Peers run on one thread: the same work on two is compared with nobody.
                let single = measured.filter { $0.work.threads == 1 }
                Console.note("measuring other simulators")
                let results = try PeerBench.measure(
                    single, environment: environment, seconds: seconds)
                wrong = results.filter { !$0.agrees }
                rows = Self.merge(rows, results)
            }
            if outputOptions.isJSON {
                try JSONOutput.print(rows)
            } else {
                Console.print(Self.text(rows))
            }
            guard wrong.isEmpty else {
                let names = wrong.map { "\($0.peer) on \($0.work) by \($0.difference)" }
                throw CommandFailure("numbers disagree: \(names.joined(separator: "; "))")
            }
        }

        /// One row per peer; a row without any stays.
        private static func merge(
            _ rows: [BenchRow], _ results: [PeerBench.Result]
        ) -> [BenchRow] {
            rows.flatMap { row -> [BenchRow] in
                let own = results.filter {
                    $0.work == row.work && $0.qubits == row.qubits && row.threads == 1
                }
                guard !own.isEmpty else { return [row] }
                return own.map { result in
                    var beside = row
                    (beside.peer, beside.peerRate) = (result.peer, result.rate)
                    return beside
                }
            }
        }

        private static func text(_ rows: [BenchRow]) -> String {
            var table = TextTable(columns: [
                .init("work"), .init("qubits", .trailing), .init("threads", .trailing),
                .init("a second", .trailing), .init("peer"), .init("its rate", .trailing),
                .init("ratio", .trailing),
            ])
            for row in rows {
                table.addRow([
                    row.work, "\(row.qubits)", "\(row.threads)", number(row.rate),
                    row.peer ?? "", row.peerRate.map(number) ?? "",
                    row.ratio.map { Format.number($0, decimals: 1) } ?? "",
                ])
            }
            return table.rendered(style: Console.outputStyle)
        }

        private static func number(_ rate: Double) -> String {
            rate < 1_000 ? Format.number(rate, decimals: 1) : Format.count(Int(rate))
        }
    }
}
