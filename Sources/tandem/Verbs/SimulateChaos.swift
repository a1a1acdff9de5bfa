import ArgumentParser
import Determinism
import SimulatedChaos
import SimulatedTransport
import Terminal

/// `tandem simulate`: the pipeline in memory, under a virtual clock and one seed.
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run the whole pipeline in memory, under a virtual clock and one seed.",
        subcommands: [SimulateChaos.self, SimulateCapacity.self])
}

/// `tandem simulate chaos`: faults between any two steps, and checks of everything promised.
struct SimulateChaos: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaos",
        abstract: "Inject faults between any two steps, and check everything that is promised.",
        discussion: """
            All seven stages run on a simulated cluster with transactions. The same seed and \
            options give the same run, to the byte. Exit code 1 when a promise is broken; the seed \
            is printed.
            """)

    @Option(help: "Decides the whole run; a fresh one is drawn and printed when none is given.")
    var seed: UInt64?
    @Option(help: "Distinct records to publish, 100 to 100000000.") var records = 20_000
    @Option(help: "Instances of each stage, 1 to 8.") var instances = 2
    @Option(
        help: ArgumentHelp(
            "What goes wrong, of: \(ChaosFault.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "names"),
        transform: { try Self.faults($0) })
    var faults = Set(ChaosFault.allCases)
    @Option(
        help: ArgumentHelp(
            "A bug that must be caught: "
                + "\(PlantedFault.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "bug"),
        transform: { try Self.plant($0) })
    var plant: PlantedFault?
    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
        guard (100...100_000_000).contains(records) else {
            throw ValidationError("--records is \(records); it must be 100 to 100000000")
        }
        guard (1...8).contains(instances) else {
            throw ValidationError("--instances is \(instances); it must be 1 to 8")
        }
    }

    private static func faults(_ text: String) throws -> Set<ChaosFault> {
        Set(
            try text.split(separator: ",").map { name in
                guard let fault = ChaosFault(rawValue: String(name)) else {
                    let known = ChaosFault.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("--faults names '\(name)'; there are \(known)")
                }
                return fault
            })
    }

    private static func plant(_ text: String) throws -> PlantedFault {
        guard let plant = PlantedFault(rawValue: text) else {
            let known = PlantedFault.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--plant is '\(text)'; there are \(known)")
        }
        return plant
    }

    func run() throws {
        let seed = seed ?? UInt64.random(in: 0..<1_000_000_000)
        Console.note("seed \(seed)")
        let configuration = ChaosConfiguration(
            seed: seed, records: records, instances: instances, faults: faults, plant: plant)
        let time = SystemTimeSource()
        let begin = time.now()
        var mainRun = TimeSpan.zero
        let report = try ChaosSuite.run(configuration) { progress in
            let elapsed = time.now() - begin
            if progress.isMainRun { mainRun = elapsed }
            Console.progress(
                ProgressLine(width: 100).rendered(
                    ProgressLine.Snapshot(
                        label: progress.what, completed: progress.published,
                        total: progress.records, elapsedSeconds: elapsed.inSeconds),
                    style: Console.errorStyle))
        }
        Console.endProgress()
        let seconds = max(mainRun.inSeconds, 1e-6)
        let rate = Double(report.steps) / seconds * 60
        if outputOptions.isJSON {
            try JSONOutput.print(ChaosDocument(report, rate: rate, seconds: seconds))
        } else {
            Console.print(ChaosText.rendered(report, rate: rate, style: Console.outputStyle))
        }
        guard let first = report.violations.first else { return }
        Console.note("tandem: seed \(seed) breaks a promise: \(first)")
        throw ExitCode(1)
    }
}

/// The report for machines.
private struct ChaosDocument: Encodable {
    struct Check: Encodable {
        let check: String
        let examined: Int
        let violations: [String]
    }

    let seed: UInt64
    let records: Int
    let published: Int
    let recordSteps: Int
    let recordStepsPerMinute: Double
    let seconds: Double
    let virtualSeconds: Double
    let injected: [String: Int]
    let checks: [Check]
    let holds: Bool
    let hash: String
    let late: Int
    let latestMs: Double

    init(_ report: SimulatedChaos.ChaosReport, rate: Double, seconds: Double) {
        seed = report.seed
        records = report.records
        published = report.published
        recordSteps = report.steps
        recordStepsPerMinute = rate.rounded()
        self.seconds = seconds
        virtualSeconds = report.virtualTime.inSeconds
        injected = Dictionary(
            report.injected.map { ($0.name, $0.count) }, uniquingKeysWith: { first, _ in first })
        checks = report.checks.map { check in
            Check(
                check: check.rawValue, examined: report.examined[check] ?? 0,
                violations: report.violations.filter { $0.check == check }.map(\.text))
        }
        holds = report.holds
        hash = String(report.hash, radix: 16)
        late = report.late.count
        latestMs = report.late.most.inMilliseconds
    }
}

/// The report for people.
private enum ChaosText {
    static func rendered(_ report: SimulatedChaos.ChaosReport, rate: Double, style: Style) -> String
    {
        var injected = TextTable(columns: [.init("injected"), .init("times", .trailing)])
        for (name, count) in report.injected { injected.addRow([name, Format.count(count)]) }
        var held = TextTable(columns: [
            .init("promise"), .init("cases", .trailing), .init("held"),
        ])
        for check in report.checks {
            let wrong = report.violations.count { $0.check == check }
            held.addRow([
                .init(check.rawValue), .init(Format.count(report.examined[check] ?? 0)),
                wrong == 0 ? .init("yes", look: .green) : .init("no", look: .red),
            ])
        }
        let scores = report.scores
        var text = injected.rendered(style: style) + "\n" + held.rendered(style: style) + "\n"
        text += "seed \(report.seed), \(Format.count(report.records)) records, "
        text += "\(Format.number(report.virtualTime.inSeconds, decimals: 1)) s of virtual time\n"
        text += "scores: \(Format.count(scores.classical)) classical, "
        text += "\(Format.count(scores.quantum)) quantum, \(Format.count(scores.blend)) blended; "
        text += "\(Format.count(report.late.count)) late for a fault, by "
        text += "\(Format.duration(milliseconds: report.late.most.inMilliseconds, style: style)) "
        text += "at most\n"
        text += "transactions: \(Format.count(report.transactions.committed)) committed, "
        text += "\(Format.count(report.transactions.aborted)) aborted; "
        text += "\(Format.count(Int(report.restoredEntries))) changelog entries restored\n"
        text += "\(Format.count(report.steps)) record-steps, "
        text += "\(Format.count(Int(rate))) a minute; topics \(String(report.hash, radix: 16))"
        return text
    }
}
