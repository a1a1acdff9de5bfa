import ArgumentParser
import Foundation
import QuantumCircuit
import QuantumCompiler
import Terminal

/// `tandem circuit compile`: a circuit in a device's gates on its qubits, pass by pass.
struct CircuitCompile: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compile",
        abstract: "Compile an OpenQASM file for a device and print what each pass did.",
        discussion: """
            Targets are named by shape, size and gates: \(DeviceTarget.nameForms). Examples: \
            \(DeviceTarget.examples.joined(separator: ", ")).
            """)

    enum Readout: String, ExpressibleByArgument, CaseIterable {
        case circuit, zBasis

        var kept: Compiler.Readout { self == .circuit ? .circuit : .zBasis }
    }

    @OptionGroup var file: CircuitFile

    @Option(help: ArgumentHelp("The device, such as falcon-27-ecr.", valueName: "name"))
    var target: String

    @Option(help: ArgumentHelp("Calibration of the device (JSON).", valueName: "file"))
    var calibration: String?

    @Option(
        help: "circuit keeps what the file measures, zBasis measures every qubit at the end.")
    var readout = Readout.circuit

    @Option(help: "Seed of routing: the same seed gives the same circuit.")
    var seed: UInt64 = 1

    @Option(help: "Routing attempts, 1 to 1000; the best one stays.")
    var attempts = 32

    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
        guard (1...1_000).contains(attempts) else {
            throw ValidationError("--attempts is \(attempts); it must be 1 to 1000")
        }
    }

    func run() throws {
        let source = try file.load()
        let device = try device()
        let compiled: CompiledCircuit
        do throws(CompileError) {
            compiled = try Compiler(readout: readout.kept, seed: seed, attempts: attempts)
                .compile(source, for: device)
        } catch { throw CommandFailure("'\(file.path)': \(error)") }
        let report = CompileReport(source, compiled)
        if outputOptions.isJSON { return try JSONOutput.print(report) }
        Console.print(report.text)
    }

    private func device() throws -> DeviceTarget {
        do {
            let device = try DeviceTarget.named(target)
            guard let calibration else { return device }
            guard let data = FileManager.default.contents(atPath: calibration) else {
                throw CommandFailure("cannot read the calibration file '\(calibration)'")
            }
            return try device.calibrated(
                try JSONDecoder().decode(CalibrationSnapshot.self, from: data))
        } catch let error as TargetError {
            throw CommandFailure("\(error)")
        } catch let error as DecodingError {
            throw CommandFailure("'\(calibration ?? "")' is no calibration: \(error)")
        }
    }
}

/// What `tandem circuit compile` prints.
struct CompileReport: Encodable {
    let target: String
    let nativeGates: NativeGateSet
    /// Entry q: the device's qubit on which the source's qubit q starts, and where it ends.
    let initialLayout: [Int]
    let finalLayout: [Int]
    let estimatedFidelity: Double
    let source: CircuitSize
    let compiled: CircuitSize
    let passes: [PassReport]
    let hash: String
    let qasm: String

    init(_ source: Circuit, _ result: CompiledCircuit) {
        target = result.target.name
        nativeGates = result.target.gates
        initialLayout = result.initialLayout
        finalLayout = result.finalLayout
        estimatedFidelity = result.estimatedFidelity
        self.source = CircuitSize(source)
        compiled = CircuitSize(result.circuit)
        passes = result.passes
        hash = result.circuit.contentHash
        qasm = result.circuit.openQASM
    }

    var text: String {
        var table = TextTable(columns: [
            .init("pass"), .init("gates", .trailing), .init("two-qubit gates", .trailing),
            .init("depth", .trailing),
        ])
        for report in passes {
            table.addRow([
                report.pass, Self.change(report.before.gates, report.after.gates),
                Self.change(report.before.twoQubitGates, report.after.twoQubitGates),
                Self.change(report.before.depth, report.after.depth),
            ])
        }
        table.addRow([
            "all", Self.change(source.gates, compiled.gates),
            Self.change(source.twoQubitGates, compiled.twoQubitGates),
            Self.change(source.depth, compiled.depth),
        ])
        return """
            \(table.rendered(style: Console.outputStyle))
            target \(target), native gates \(nativeGates.rawValue)
            source qubits start on \(Self.list(initialLayout)) and end on \(Self.list(finalLayout))
            estimated fidelity by the calibration: \
            \(Format.number(estimatedFidelity, decimals: 4))

            \(qasm)
            """
    }

    private static func change(_ before: Int, _ after: Int) -> String {
        before == after
            ? Format.count(after) : "\(Format.count(before)) → \(Format.count(after))"
    }

    private static func list(_ places: [Int]) -> String {
        places.map(String.init).joined(separator: ", ")
    }
}
