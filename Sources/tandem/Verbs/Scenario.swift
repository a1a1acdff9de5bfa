import ArgumentParser
import Configuration
import Determinism
import Foundation
import Plots
import SimulatedChaos
import Terminal

/// `tandem scenario`: what goes wrong in production, rehearsed.
struct ScenarioVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scenario",
        abstract: "Rehearse what goes wrong: queues, outages, drift, budgets, poison, brokers.",
        subcommands: [ScenarioList.self, ScenarioRunVerb.self])
}

/// `tandem scenario list`.
struct ScenarioList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the scenarios, and where each can run.")

    @OptionGroup var outputOptions: OutputOptions

    private struct Row: Encodable {
        let name: String
        let summary: String
        let seconds: Double
        let inDemo: Bool
    }

    func run() throws {
        let rows = SimulatedChaos.Scenario.library.map { scenario in
            Row(
                name: scenario.name.rawValue, summary: scenario.summary,
                seconds: scenario.duration.inSeconds,
                inDemo: DemoScenario.overrides(scenario.name) != nil)
        }
        if outputOptions.isJSON { return try JSONOutput.print(rows) }
        var table = TextTable(columns: [
            .init("scenario"), .init("what goes wrong", maximumWidth: 84),
            .init("virtual time", .trailing), .init("demo"),
        ])
        let style = Console.outputStyle
        for row in rows {
            table.addRow([
                row.name, row.summary,
                Format.duration(milliseconds: row.seconds * 1e3, style: style),
                row.inDemo ? "yes" : "no",
            ])
        }
        Console.print(
            table.rendered(style: style)
                + "\ntandem scenario run NAME runs one in virtual time; where demo says yes, "
                + "tandem demo --scenario NAME\nruns it on the embedded cluster in real time.")
    }
}

/// `tandem scenario run NAME`.
struct ScenarioRunVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a scenario in virtual time, and say what held.",
        discussion: """
            The real seven stages run on a simulated cluster with a simulated QPU, once with the \
            quantum path on and once with it off. The same name, seed and records give the same \
            report, to the byte. Exit code 1 when a promise did not hold.
            """)

    @Argument(
        help: ArgumentHelp(
            "One of: \(ScenarioName.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "name"),
        transform: { try Self.name($0) })
    var name: ScenarioName
    @Option(help: "Decides records, device and faults.") var seed: UInt64 = 1
    @Option(help: "Records to publish within the scenario's time, 200 to 10000000.")
    var records = 20_000
    @Option(help: ArgumentHelp("Write what happened over time as SVG.", valueName: "file"))
    var plot: String?
    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
        let limits = ScenarioSuite.recordLimits
        guard limits.contains(records) else {
            throw ValidationError(
                "--records is \(records); it must be \(limits.lowerBound) to \(limits.upperBound)")
        }
    }

    static func name(_ text: String) throws -> ScenarioName {
        guard let name = ScenarioName(rawValue: text) else {
            throw ValidationError(
                Suggestion.unknown(
                    "scenario", text, among: ScenarioName.allCases.map(\.rawValue)))
        }
        return name
    }

    func run() throws {
        if let plot { try OutputPlace.check(plot) }
        let time = SystemTimeSource()
        let begin = time.now()
        let outcome = try ScenarioSuite.run(.named(name), seed: seed, records: records) {
            progress in
            Console.progress(
                ProgressLine(width: 100).rendered(
                    ProgressLine.Snapshot(
                        label: progress.what, completed: progress.done, total: progress.total,
                        elapsedSeconds: (time.now() - begin).inSeconds),
                    style: Console.errorStyle))
        }
        Console.endProgress()
        if let plot { try PlotFile.write(ScenarioChart.chart(outcome), to: plot) }
        if outputOptions.isJSON {
            try JSONOutput.print(ScenarioDocument(outcome))
        } else {
            Console.print(ScenarioText.rendered(outcome, style: Console.outputStyle))
        }
        guard let broken = outcome.promises.first(where: { !$0.held }) else { return }
        Console.note("tandem: seed \(seed): '\(broken.name)' did not hold: \(broken.found)")
        throw ExitCode(1)
    }
}

/// Where plots go.
enum PlotFile {
    static func write(_ chart: Chart, to path: String) throws {
        do {
            try Data(ChartRenderer.svg(chart).utf8).write(
                to: URL(filePath: path), options: .atomic)
        } catch {
            throw CommandFailure("cannot write the plot '\(path)': \(error.localizedDescription)")
        }
        Console.note("plot written to \(path)")
    }
}
