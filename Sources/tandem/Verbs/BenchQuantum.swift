import ArgumentParser
import Foundation
import Terminal

extension Bench {
    /// `tandem bench quantum`: the simulator's work, beside other simulators.
    struct Quantum: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The quantum simulator's rates, side by side with other simulators.",
            discussion: """
                Each figure is the best of three windows. With --peers the same circuits run in \
                qulacs, PennyLane-Lightning, Qiskit Aer, qsim, QPanda3 and NumPy, one thread each, \
                right after; their numbers must agree with Tandem's: to 1e-10, in single precision \
                to 1e-5 (expectations) or 1e-4 (amplitudes times √2ⁿ), sampled means to five \
                standard errors.
                """)

        @OptionGroup var outputOptions: OutputOptions
        @Flag(help: "Measure other simulators too (Python; made ready on first use).")
        var peers = false
        @Option(help: "Seconds for each figure.") var seconds = 1.0
        @Option(
            help: ArgumentHelp(
                "Only work with this in its name, such as W6 or '20 qubits'.", valueName: "text"))
        var only: String?
        @Option(
            help: ArgumentHelp(
                "Python environment of the peers (default: tandem/peers in your cache folder).",
                valueName: "folder"))
        var environment: String?

        func validate() throws {
            guard seconds > 0, seconds <= 600 else {
                throw ValidationError("--seconds is \(seconds); it must be above 0, at most 600")
            }
        }

        func run() throws {
            let every: [any BenchWork] = try QuantumWork.all() + LargeWork.all
            let works = every.filter { work in only.map(work.label.contains) ?? true }
            guard !works.isEmpty else {
                throw CommandFailure("no work has a name with '\(only ?? "")' in it")
            }
            let bench = peers ? try PeerBench(environment: environment) : nil
            var measured = QuantumRows()
            for work in works {
                Console.note("measuring \(work.label)" + (work.threads > 1 ? ", 2 threads" : ""))
                let outcome = try work.measure(seconds: seconds)
                // Peers run on one thread: the same work on two is compared with nobody.
                let beside = work.threads == 1 ? bench : nil
                let peerWork = try work.peerWork(outcome, seconds: seconds)
                let results = try peerWork.flatMap { try beside?.measure($0) } ?? []
                measured.add(work, outcome, results)
            }
            if outputOptions.isJSON {
                try JSONOutput.print(measured.rows)
            } else {
                Console.print(measured.text)
            }
            for line in bench?.absent ?? [] { Console.note("not measured: \(line)") }
            guard measured.problems.isEmpty else {
                throw CommandFailure(measured.problems.joined(separator: "; "))
            }
        }
    }
}
