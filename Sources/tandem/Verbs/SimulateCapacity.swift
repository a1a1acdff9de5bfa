import ArgumentParser
import Capacity
import Configuration
import Contracts
import Determinism
import QuantumBackends
import Terminal

/// `tandem simulate capacity`: what rate devices and a budget can carry.
struct SimulateCapacity: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capacity",
        abstract: "How many records a second can these devices and this budget carry?",
        discussion: """
            Simulates arrivals, admission's decisions and the devices' queues, prices and calendars \
            for each rate, and searches for the largest rate at which enough of the records that \
            are worth a call have their result in time. Rates beyond what can be decided record by \
            record are simulated in slots: once a record is refused for want of room or money, the \
            rest of its 5 ms is refused unasked.
            """)

    @Option(
        help: ArgumentHelp(
            "Records a second, 0.001 to 1e9; several by commas.", valueName: "rate,…"),
        transform: { try Self.rates($0) })
    var rate: [Double]
    @Option(
        help: ArgumentHelp(
            "Devices, of: \(CapacityPreset.names.joined(separator: ", ")); several by commas.",
            valueName: "preset[:count],…"),
        transform: { try CapacityPreset.parse($0) })
    var devices = [CapacityPreset.Choice(preset: .simulated, count: 1)]
    @Option(help: "Money for the window, spent evenly; without it, any amount.")
    var budget: Double?
    @Option(
        help: ArgumentHelp("Time that the budget is for, such as 1h, 30m, 90s.", valueName: "time"),
        transform: { try Self.span($0, "--window") })
    var window = TimeSpan.seconds(3_600 as Int64)
    @Option(
        help: ArgumentHelp("Latency budget of each record.", valueName: "time"),
        transform: { try Self.span($0, "--latency-budget") })
    var latencyBudget = TimeSpan.seconds(1 as Int64)
    @Option(help: "Share of the records that are worth a call, above 0, at most 1.")
    var worthwhile = 0.1
    @Option(help: "Share of them that must come in time for a rate to count as carried, 0.5 to 1.")
    var target = 0.95
    @Option(help: "Shots of each record, 1 to 1000000.") var shots = 1_024
    @Option(help: "Qubits of the circuit, 2 to 11.") var qubits = 4
    @Option(help: "Decides arrivals, tenants and services.") var seed: UInt64 = 1
    @Option(help: ArgumentHelp("Write a sweep over rates as SVG.", valueName: "file"))
    var plot: String?
    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
        guard (0.5...1).contains(target) else {
            throw ValidationError("--target is \(target); it must be 0.5 to 1")
        }
        guard (1...1_000_000).contains(shots) else {
            throw ValidationError("--shots is \(shots); it must be 1 to 1000000")
        }
        guard (2...11).contains(qubits) else {
            throw ValidationError("--qubits is \(qubits); it must be 2 to 11")
        }
        if let budget, !(budget > 0 && budget <= 1e12) {
            throw ValidationError("--budget is \(budget); it must be above 0, at most 1e12")
        }
        guard worthwhile > 0, worthwhile <= 1 else {
            throw ValidationError("--worthwhile is \(worthwhile); it must be above 0, at most 1")
        }
    }

    static func rates(_ text: String) throws -> [Double] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            guard let rate = Double(part), (0.001...1e9).contains(rate) else {
                throw ValidationError(
                    "--rate has '\(part)'; each must be 0.001 to 1e9 records a second")
            }
            return rate
        }
    }

    /// `90s`, `30m`, `1h`, `250ms`.
    static func span(_ text: String, _ option: String) throws -> TimeSpan {
        for (unit, seconds) in [("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)] {
            guard text.hasSuffix(unit), let count = Double(text.dropLast(unit.count)),
                count > 0, count * seconds <= 31 * 86_400
            else { continue }
            return .seconds(count * seconds)
        }
        throw ValidationError(
            "\(option) is '\(text)'; it must be a time up to 31 days such as 250ms, 90s, 30m or 1h")
    }

    private func question() throws -> CapacityQuestion {
        var question = CapacityQuestion(
            devices: try CapacityPreset.models(devices, qubits: qubits, shots: shots, seed: seed),
            budgetMicros: budget.map { max(1, Int64(($0 * 1e6).rounded())) }, window: window)
        question.latencyBudget = latencyBudget
        question.worthwhile = worthwhile
        question.seed = seed
        do { try question.validate() } catch { throw CommandFailure(error.description) }
        return question
    }

    func run() throws {
        if let plot { try OutputPlace.check(plot) }
        let question = try question()
        let sweep = plot == nil ? 0 : CapacityChart.points
        let total = rate.count + sweep + CapacityAnswer.steps
        var done = 0
        let time = SystemTimeSource()
        let begin = time.now()
        func progress(_ what: String) {
            Console.progress(
                ProgressLine(width: 100).rendered(
                    ProgressLine.Snapshot(
                        label: what, completed: done, total: total,
                        elapsedSeconds: (time.now() - begin).inSeconds),
                    style: Console.errorStyle))
            done += 1
        }
        let points = rate.map { rate in
            progress("\(Format.rate(rate))")
            return CapacityAnswer.point(question, rate: rate)
        }
        let capacity = CapacityAnswer.carrying(question, share: target) { _, _ in
            progress("searching")
        }
        let report = CapacityReport(
            question: question, devices: devices.flatMap(\.names), points: points,
            capacity: capacity, target: target)
        if let plot {
            let swept = report.sweep().map { rate in
                progress("plotting")
                return CapacityAnswer.point(question, rate: rate)
            }
            Console.endProgress()
            try PlotFile.write(CapacityChart.chart(report, swept), to: plot)
        }
        Console.endProgress()
        if outputOptions.isJSON {
            try JSONOutput.print(CapacityDocument(report))
        } else {
            Console.print(report.text(style: Console.outputStyle))
        }
    }
}
