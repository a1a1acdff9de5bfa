import ArgumentParser
import QuantumCircuit
import QuantumCompiler
import QuantumPrimitives
import QuantumSimulator
import Terminal

/// `tandem circuit mitigate`: what error mitigation does for an observable, and what it costs.
struct CircuitMitigate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mitigate",
        abstract: "Show what each error mitigation does for an observable on the noisy simulator.",
        discussion: """
            Each method meets the noise that it is for. Errors are against the noise-free value, \
            without shot noise; the last column is from shots, the same number for every method. \
            Shots × is how many times the shots keep the standard error of the unmitigated value.
            """)

    @OptionGroup var file: CircuitFile
    @OptionGroup var outputOptions: OutputOptions

    @Option(help: "Sum of Z strings, such as 'Z0Z1 + 0.5*Z2'.") var observable: String
    @Option(help: "Depolarising strength of each CX, 0 to 0.2.") var depolarizing = 0.02
    @Option(help: "Chance to read 0 as 1 (twice that: 1 as 0), 0 to 0.2.") var readoutError = 0.03
    @Option(help: "Over-rotation of each CX in radians, -1 to 1.") var overRotation = 0.1
    @Option(help: "Rotation while idle, in radians per µs, -100 to 100.") var idleRotation = 1.0
    @Option(help: "Shots of each method, 1000 to 10000000.") var shots = 100_000
    @Option(help: "Circuits that an ensemble of twirls has, 1 to 1000.") var twirls = 32
    @Option(help: "Samples that cancel errors, 1 to 100000.") var samples = 4_000
    @Option(help: "Seed of everything random.") var seed: UInt64 = 1

    func validate() throws {
        try check("--depolarizing", depolarizing, 0...0.2)
        try check("--readout-error", readoutError, 0...0.2)
        try check("--over-rotation", overRotation, -1...1)
        try check("--idle-rotation", idleRotation, -100...100)
        try check("--shots", shots, 1_000...10_000_000)
        try check("--twirls", twirls, 1...1_000)
        try check("--samples", samples, 1...100_000)
    }

    private func check<Value: Comparable & CustomStringConvertible>(
        _ name: String, _ value: Value, _ allowed: ClosedRange<Value>
    ) throws {
        guard allowed.contains(value) else {
            throw ValidationError(
                "\(name) is \(value); it must be \(allowed.lowerBound) to \(allowed.upperBound)")
        }
    }

    func run() throws {
        let (rows, refusals) = try rows()
        for refusal in refusals { Console.note("left out: \(refusal)") }
        if outputOptions.isJSON { return try JSONOutput.print(rows) }
        Console.print(Self.text(rows))
    }

    private func rows() throws -> (rows: [MitigationStudy.Row], refusals: [String]) {
        let circuit = try file.bound()
        guard circuit.qubits <= MitigationStudy.maximumQubits else {
            throw CommandFailure(
                "'\(file.path)' has \(circuit.qubits) qubits: "
                    + "up to \(MitigationStudy.maximumQubits) are allowed here")
        }
        var settings = MitigationStudy.Settings()
        settings.depolarizing = depolarizing
        settings.readoutError = readoutError
        settings.overRotation = overRotation
        settings.idleRotation = idleRotation
        settings.shots = shots
        settings.twirls = twirls
        settings.samples = samples
        settings.seed = seed
        do {
            let sum = try PauliSum(observable, qubits: circuit.qubits)
            return try MitigationStudy(circuit, sum, settings).rows()
        } catch let error as ObservableError {
            throw CommandFailure("--observable '\(observable)': \(error)")
        } catch let failure as CommandFailure {
            throw failure
        } catch { throw CommandFailure("'\(file.path)': \(error)") }
    }

    private static func text(_ rows: [MitigationStudy.Row]) -> String {
        var table = TextTable(columns: [
            .init("noise"), .init("mitigation"), .init("error", .trailing),
            .init("error left", .trailing), .init("less by", .trailing),
            .init("shots ×", .trailing), .init("circuits", .trailing),
            .init("from shots", .trailing),
        ])
        for row in rows {
            table.addRow([
                row.noise, row.mitigation, Format.number(row.errorBefore, decimals: 5),
                Format.number(row.errorAfter, decimals: 5),
                row.reduction > 1e6 ? "all" : "\(Format.number(row.reduction, decimals: 1)) ×",
                Format.number(row.shotsFactor, decimals: 1), Format.count(row.circuits),
                Format.number(row.sampled, decimals: 4) + " ± "
                    + Format.number(row.standardError, decimals: 4),
            ])
        }
        let ideal = rows.first.map { Format.number($0.ideal, decimals: 5) } ?? ""
        return table.rendered(style: Console.outputStyle) + "noise-free value: \(ideal)"
    }
}
