import ArgumentParser
import Configuration
import Contracts
import Foundation
import SimulatedChaos

/// `tandem demo`: the whole pipeline on real records, in this process.
struct Demo: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run all seven stages on real records and report what came out.",
        discussion: """
            Starts the embedded cluster (or uses --brokers), trains a model on the training split, \
            publishes the test split as records, reads scores and comparisons as a downstream user \
            would, and ends with a report. Exit code 0 only if every accepted record has exactly one \
            score.
            """)

    @OptionGroup var configurationOptions: ConfigurationOptions
    @OptionGroup var httpOptions: HTTPOptions
    @OptionGroup var outputOptions: OutputOptions
    @OptionGroup var circuitOptions: CircuitOptions

    @Option(
        help: ArgumentHelp(
            "Let something go wrong, in live mode; see 'tandem scenario list'.", valueName: "name"),
        transform: { try ScenarioRunVerb.name($0) })
    var scenario: ScenarioName?

    @Option(help: "Records to publish (10000); the test split recurs with fresh ids.")
    var records: Int?

    @Option(help: "shadow answers classically at once, live waits for quantum verdicts; off.")
    var mode: ModeArgument?

    @Option(help: "Qubits, 2 to 12: principal components used.")
    var qubits = 4

    @Option(help: "Records a second; as many as go through unless given.")
    var rate: Double?

    @Option(help: "Seed of training and of the device.")
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Latency budget of each record.", valueName: "ms"))
    var latencyBudget: Int?

    @Option(help: ArgumentHelp("Device time of one circuit.", valueName: "ms"))
    var qpuServiceTime: Double?

    @Option(
        help: ArgumentHelp(
            "Take the device down, in seconds after its first job; repeatable.",
            valueName: "start:duration"))
    var qpuOutage: [String] = []

    @Option(help: ArgumentHelp("Training data, CSV.", valueName: "file"))
    var train: String?

    @Option(help: ArgumentHelp("Records to publish, CSV with labels.", valueName: "file"))
    var test: String?

    @Option(help: "Label column of both; the last column unless given.")
    var label: String?

    @Flag(help: "Keep cluster and stages running after the report, until Ctrl-C.")
    var hold = false

    func validate() throws {
        if let records, !(1...10_000_000).contains(records) {
            throw ValidationError("--records is \(records); it must be 1 to 10000000")
        }
        guard (2...12).contains(qubits) else {
            throw ValidationError("--qubits is \(qubits); it must be 2 to 12")
        }
        if let rate, !(rate > 0 && rate <= 1e7) {
            throw ValidationError(
                "--rate is \(rate); it must be above 0, at most 1e7 records a second")
        }
        for outage in qpuOutage { _ = try Self.outage(outage) }
        if let scenario, DemoScenario.overrides(scenario) == nil {
            throw ValidationError(
                "--scenario \(scenario.rawValue) needs brokers and groups that fail on command, which "
                    + "only virtual time has: use tandem scenario run \(scenario.rawValue)")
        }
    }

    func run() throws {
        let configuration = try configurationOptions.load(overrides: overrides()).configuration
        StopSignal.shared.install()
        let script = scenario.flatMap { DemoScenario.overrides($0) }
        if let scenario { Console.note("scenario \(scenario.rawValue)") }
        var demo = try DemoRun(
            configuration, records: records ?? script?.records ?? 10_000, qubits: qubits,
            rate: rate ?? script?.rate, seed: seed,
            train: train ?? DemoData.fixture("train.csv"),
            test: test ?? DemoData.fixture("test.csv"), label: label, hold: hold)
        demo.training = circuitOptions.configuration
        demo.invalidEvery = script?.invalidEvery
        let report = try demo.run { report in
            if outputOptions.isJSON {
                try JSONOutput.print(report)
            } else {
                Console.print(report.text(style: Console.outputStyle))
            }
        }
        if !report.isComplete { throw ExitCode(1) }
    }

    private func overrides() throws -> [String] {
        var list = httpOptions.overrides
        if let scenario, let script = DemoScenario.overrides(scenario) {
            list += ["mode=\(Mode.live.rawValue)"] + script.settings
        }
        if let mode { list.append("mode=\(mode.mode.rawValue)") }
        if let latencyBudget { list.append("latencyBudgetMs=\(latencyBudget)") }
        if let qpuServiceTime { list.append("enrichment.device.serviceTimeMs=\(qpuServiceTime)") }
        if !qpuOutage.isEmpty {
            let windows = try qpuOutage.map { text in
                let (start, duration) = try Self.outage(text)
                return "{startSeconds: \(start), durationSeconds: \(duration)}"
            }
            list.append("enrichment.device.outages=[\(windows.joined(separator: ", "))]")
        }
        return list
    }

    private static func outage(_ text: String) throws -> (Double, Double) {
        let parts = text.split(separator: ":").compactMap { Double($0) }
        guard parts.count == 2, parts[0] >= 0, parts[1] > 0 else {
            throw ValidationError(
                "--qpu-outage is '\(text)'; it must be start:duration in seconds, such as 2:1.5")
        }
        return (parts[0], parts[1])
    }
}

/// A mode on the command line.
struct ModeArgument: ExpressibleByArgument {
    let mode: Mode

    init?(argument: String) {
        guard let mode = Mode(rawValue: argument) else { return nil }
        self.mode = mode
    }

    static var allValueStrings: [String] { Mode.allCases.map(\.rawValue) }
}
