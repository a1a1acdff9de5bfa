import ArgumentParser
import Foundation
import QuantumCircuit
import QuantumSimulator
import Terminal

/// `tandem circuit`: what is in an OpenQASM file, and what it does.
struct CircuitVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "circuit",
        abstract: "Draw, convert, estimate or run an OpenQASM file.",
        subcommands: [Show.self, Export.self, Estimate.self, Run.self])

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Draw the circuit as text.")

        @OptionGroup var file: CircuitFile
        @Option(help: "Columns before the drawing goes on below, 40 to 10000.") var width = 100

        func validate() throws {
            guard (40...10_000).contains(width) else {
                throw ValidationError("--width is \(width); it must be 40 to 10000")
            }
        }

        func run() throws {
            let circuit = try file.load()
            Console.print(circuit.drawing(width: width).trimmingCharacters(in: .newlines))
        }
    }

    struct Export: ParsableCommand {
        enum Form: String, ExpressibleByArgument, CaseIterable {
            case qasm, canonical
        }

        static let configuration = CommandConfiguration(
            abstract: "Write the circuit as OpenQASM 3, or in canonical form.",
            discussion: "Gates that a file defines are expanded where they are not known gates.")

        @OptionGroup var file: CircuitFile
        @Option(help: "qasm for OpenQASM 3, canonical for the text that the content hash is of.")
        var form = Form.qasm

        func run() throws {
            let circuit = try file.load()
            let text = form == .qasm ? circuit.openQASM : circuit.canonicalText
            Console.print(text.trimmingCharacters(in: .newlines))
        }
    }

    struct Estimate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Count gates, depth, and what a simulation would take.")

        @OptionGroup var file: CircuitFile
        @OptionGroup var outputOptions: OutputOptions

        func run() throws {
            let estimate = CircuitEstimate(try file.load())
            if outputOptions.isJSON { return try JSONOutput.print(estimate) }
            Console.print(estimate.text)
        }
    }

    struct Run: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Probabilities or counts of the measured bits.",
            discussion: """
                Without a measurement in the file, all qubits are read. Outcomes are numbered with \
                qubit 0 (or classical bit 0) as the least significant bit.
                """)

        @OptionGroup var file: CircuitFile
        @OptionGroup var outputOptions: OutputOptions
        @Flag(help: "Exact probabilities instead of shots.") var exact = false
        @Option(help: "Shots, 1 to 100000000.") var shots = 1_024
        @Option(help: "Seed of the shots.") var seed: UInt64 = 1

        func validate() throws {
            guard OutcomeDistribution.shotLimits.contains(shots) else {
                let limit = OutcomeDistribution.shotLimits.upperBound
                throw ValidationError("--shots is \(shots); it must be 1 to \(limit)")
            }
        }

        func run() throws {
            let circuit = try file.bound()
            let distribution: OutcomeDistribution
            let counts: [Int]
            do {
                distribution = try OutcomeDistribution(of: circuit, on: DenseStatevector.self)
                counts = exact ? [] : try distribution.counts(shots: shots, seed: seed)
            } catch { throw CommandFailure("'\(file.path)': \(error)") }
            let report = CircuitRunReport(distribution, counts: exact ? nil : counts, seed: seed)
            if outputOptions.isJSON { return try JSONOutput.print(report) }
            Console.print(report.text)
        }
    }
}

/// The file that every circuit verb reads, and values for its parameters.
struct CircuitFile: ParsableArguments {
    @Argument(help: ArgumentHelp("OpenQASM 2 or 3.", valueName: "file.qasm"))
    var path: String

    @Option(
        name: .customLong("bind"),
        help: ArgumentHelp(
            "The value of an input, such as theta=0.5; repeatable.", valueName: "name=value"))
    var bindings: [String] = []

    /// The circuit; bound when every input has a value, as it is when none has.
    func load() throws -> Circuit {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure("cannot read the circuit file '\(path)'")
        }
        let circuit: Circuit
        do throws(QASMError) {
            circuit = try Circuit(openQASM: String(decoding: data, as: UTF8.self))
        } catch { throw CommandFailure("'\(path)', \(error)") }
        return bindings.isEmpty ? circuit : try bind(circuit)
    }

    /// The circuit with all inputs bound.
    func bound() throws -> Circuit {
        let circuit = try load()
        guard circuit.isBound || circuit.parameters == 0 else {
            let names = circuit.parameterNames.joined(separator: ", ")
            throw missing(names)
        }
        return circuit
    }

    private func missing(_ names: String) -> CommandFailure {
        CommandFailure(
            "'\(path)' has inputs without a value (\(names)); give each one by --bind name=value")
    }

    private func bind(_ circuit: Circuit) throws -> Circuit {
        var values: [String: Double] = [:]
        for binding in bindings {
            let parts = binding.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let value = Double(parts[1]), value.isFinite else {
                throw CommandFailure(
                    "--bind is '\(binding)'; it must be name=value, a finite number")
            }
            guard circuit.parameterNames.contains(parts[0]) else {
                let names = circuit.parameterNames
                let known = names.isEmpty ? "none" : names.joined(separator: ", ")
                throw CommandFailure("'\(path)' has no input '\(parts[0])'; it has \(known)")
            }
            values[parts[0]] = value
        }
        let missing = circuit.parameterNames.filter { values[$0] == nil }
        guard missing.isEmpty else {
            throw self.missing(missing.joined(separator: ", "))
        }
        do throws(CircuitError) {
            return try circuit.bound(to: circuit.parameterNames.map { values[$0] ?? 0 })
        } catch { throw CommandFailure("'\(path)': \(error)") }
    }
}
