import ArgumentParser
import Configuration
import Contracts
import Determinism
import KafkaTransport
import Terminal

extension Control {
    struct KillSwitch: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "kill-switch",
            abstract: "Stop all quantum calls everywhere, or allow them.",
            discussion: """
                After 'on' it looks at the verdicts until no partition admits any more, and tells how \
                long that took. Times are by this machine's clock, from before the setting was sent: \
                they hold the way to the cluster and back, and so are upper bounds. A partition without \
                records in that time tells nothing. 'on --drill' measures the same and turns the switch \
                off again.
                """)
        @Argument(help: "on or off.") var value: String
        @Flag(help: "Practise: turn it on, measure, turn it off.") var drill = false
        @Option(help: ArgumentHelp("How long to look at most, 0 to 600.", valueName: "seconds"))
        var wait = 5.0
        @OptionGroup var change: ControlChangeOptions
        @OptionGroup var configurationOptions: ConfigurationOptions
        @OptionGroup var outputOptions: OutputOptions

        func validate() throws {
            guard ["on", "off"].contains(value) else {
                throw ValidationError("the kill switch is '\(value)'; allowed: on, off")
            }
            guard (0...600).contains(wait) else {
                throw ValidationError("--wait is \(wait); it must be 0 to 600")
            }
            guard !drill || value == "on" else {
                throw ValidationError("--drill turns the kill switch on, and off by itself")
            }
            guard !drill || wait > 0 else {
                throw ValidationError("--wait is 0; a drill has to look")
            }
        }

        func run() throws {
            let session = try Topics.session(try configurationOptions.load().configuration)
            let writer = try ControlLog.writer(session.address)
            guard value == "on", wait > 0 else {
                try set(value, with: writer)
                return try report(KillSwitchReport(value, drill: false, effect: nil))
            }
            StopSignal.shared.install()
            if drill { try requireOff(session.address) }
            let watch = try VerdictWatch(session.address)
            let setAt = SystemTimeSource().now()
            try set("on", with: writer)
            let seen = Result { try watch.effect(since: setAt, limit: .seconds(wait)) }
            // Whatever became of looking: a drill leaves nothing switched off.
            if drill { try endDrill(with: writer) }
            try report(
                KillSwitchReport(drill ? "off" : "on", drill: drill, effect: try seen.get()))
        }

        private func set(_ value: String, with writer: KafkaWriter) throws {
            var message = change.message(.killSwitch, value)
            message.drill = drill
            try ControlLog.write(message, with: writer)
        }

        private func requireOff(_ address: ClusterAddress) throws {
            guard let now = try ControlLog(address).current["kill-switch"], now.value == "on" else {
                return
            }
            throw CommandFailure(
                "the kill switch is on already, by \(now.by) since \(now.at.rfc3339): a drill would "
                    + "turn it off")
        }

        private func endDrill(with writer: KafkaWriter) throws {
            do {
                try set("off", with: writer)
            } catch {
                throw CommandFailure(
                    "THE KILL SWITCH IS STILL ON: it could not be turned off after the drill "
                        + "(\(error)); run 'tandem control kill-switch off'")
            }
        }

        private func report(_ report: KillSwitchReport) throws {
            if outputOptions.isJSON { return try JSONOutput.print(report) }
            Console.print(report.text)
        }
    }
}

/// What a turn of the kill switch did, for people and machines.
struct KillSwitchReport: Encodable {
    /// The switch as it is now.
    let killSwitch: String
    let drill: Bool
    /// Whether any record came by while it was looked.
    let measured: Bool
    /// Until no partition admitted any more; left out when that was not seen.
    let effectiveMs: Double?
    /// Records that were admitted after the switch was set, by the instances' clocks.
    let admittedAfter: Int
    let partitions: [KillSwitchEffect.Partition]

    init(_ value: String, drill: Bool, effect: KillSwitchEffect?) {
        killSwitch = value
        self.drill = drill
        partitions = effect?.rows ?? []
        measured = !partitions.isEmpty
        effectiveMs = effect?.effectiveMs
        admittedAfter = effect?.admittedDecided ?? 0
    }

    var text: String {
        let now = "kill-switch is \(killSwitch)" + (drill ? " again after the drill" : "")
        guard killSwitch == "on" || drill else { return now }
        guard measured else {
            return now + "\nno record came by while it was looked: nothing was measured"
        }
        let summary =
            effectiveMs.map {
                "no partition admitted after \(Format.duration(milliseconds: $0)); "
                    + "\(Format.count(admittedAfter)) records were admitted meanwhile"
            } ?? "NOT every partition was seen to stop"
        return [now, summary, table.rendered(style: Console.outputStyle)].joined(separator: "\n")
    }

    private var table: TextTable {
        var table = TextTable(columns: [
            .init("partition", .trailing), .init("verdicts", .trailing),
            .init("admitted after", .trailing), .init("last admitted: decided", .trailing),
            .init("seen", .trailing), .init("first stopped: decided", .trailing),
            .init("seen", .trailing),
        ])
        for row in partitions {
            let times = [
                row.lastAdmittedDecidedMs, row.lastAdmittedMs, row.firstStoppedDecidedMs,
                row.firstStoppedMs,
            ].map { $0.map { Format.duration(milliseconds: $0) } ?? Format.missing }
            table.addRow(
                [
                    "\(row.partition)", Format.count(row.verdicts),
                    Format.count(row.admittedDecided),
                ] + times)
        }
        return table
    }
}
