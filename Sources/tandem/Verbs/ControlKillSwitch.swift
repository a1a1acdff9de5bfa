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
                Waits until every stage instance says that it has the setting in force, and tells how \
                long that took in each. After 'on' it looks at the verdicts too, until no partition \
                admits any more; a partition without records in that time tells nothing. Times are by \
                this machine's clock, from before the setting was sent: they hold the way to the \
                cluster and back, and so are upper bounds. 'on --drill' measures the same and turns \
                the switch off again.
                """)
        @Argument(help: "on or off.") var value: String
        @Flag(help: "Practise: turn it on, measure, turn it off.") var drill = false
        @OptionGroup var change: ControlChangeOptions
        @OptionGroup var configurationOptions: ConfigurationOptions
        @OptionGroup var outputOptions: OutputOptions

        func validate() throws {
            guard ["on", "off"].contains(value) else {
                throw ValidationError("the kill switch is '\(value)'; allowed: on, off")
            }
            guard !drill || value == "on" else {
                throw ValidationError("--drill turns the kill switch on, and off by itself")
            }
            guard !drill || change.wait > 0 else {
                throw ValidationError("--wait is 0; a drill has to look")
            }
        }

        func run() throws {
            let session = try Topics.session(try configurationOptions.load().configuration)
            let writer = try ControlLog.writer(session.address)
            StopSignal.shared.install()
            guard change.wait > 0 else {
                try ControlLog.write(message(value), with: writer)
                return try report(KillSwitchReport(value, drill: false))
            }
            let watch: ControlWatch
            let verdicts: VerdictWatch?
            do {
                watch = try ControlWatch(session.address)
                verdicts = value == "on" ? try VerdictWatch(session.address) : nil
            } catch {
                guard !drill else { throw error }
                throw try ControlLog.writeUnwatched(message(value), with: writer, because: error)
            }
            if drill { try requireOff(watch.state.log) }
            let sentAt = try watch.send(message(value), with: writer)
            let seen = Result { try look(watch, verdicts, since: sentAt) }
            // Whatever became of looking: a drill leaves nothing switched off.
            let rows = watch.rows
            let end = drill ? try endDrill(watch, writer) : nil
            let measured = AcknowledgementReport(
                rows, members: watch.memberCounts(.killSwitch))
            let report = KillSwitchReport(
                drill ? "off" : value, drill: drill, effect: try seen.get(), instances: measured,
                end: end)
            try self.report(report)
            if let failure = measured.failure { throw CommandFailure(failure) }
            if let failure = end?.failure {
                throw CommandFailure("turned off again after the drill: \(failure)")
            }
        }

        private func message(_ value: String) -> ControlMessage {
            var message = change.message(.killSwitch, value)
            message.drill = drill
            return message
        }

        /// Looks until every instance that lives has the switch; after 'on', until every partition
        /// with records has stopped admitting and a second has passed; at most `--wait`.
        private func look(
            _ watch: ControlWatch, _ verdicts: VerdictWatch?, since sentAt: Timestamp
        ) throws -> KillSwitchEffect? {
            let limit = TimeSpan.seconds(change.wait)
            guard let verdicts else {
                try watch.wait(since: sentAt, limit: limit)
                return nil
            }
            let time = SystemTimeSource()
            var effect = KillSwitchEffect(setAt: sentAt)
            let quiet = sentAt + .seconds(1 as Int64)
            while !StopSignal.shared.isRequested {
                let now = time.now()
                // Without instances that report, as of an older version, verdicts alone tell.
                let isHeard = !watch.state.rows(now: now).isEmpty || effect.isSettled
                let isDone =
                    isHeard && effect.hasStopped && watch.state.isSettled(now: now) && now >= quiet
                if isDone || now - sentAt >= limit { break }
                try verdicts.look(into: &effect, timeout: 10)
                try watch.look(timeout: 10)
            }
            return effect
        }

        private func requireOff(_ log: ControlLog) throws {
            guard let now = log.current["kill-switch"], now.value == "on" else { return }
            throw CommandFailure(
                "the kill switch is on already, by \(now.by) since \(now.at.rfc3339): a drill would "
                    + "turn it off")
        }

        /// Turns the switch off again, and waits until all have that too.
        private func endDrill(
            _ watch: ControlWatch, _ writer: KafkaWriter
        ) throws -> AcknowledgementReport {
            do {
                let sentAt = try watch.send(message("off"), with: writer)
                try watch.wait(since: sentAt, limit: .seconds(change.wait))
                return AcknowledgementReport(watch.rows)
            } catch {
                throw CommandFailure(
                    "THE KILL SWITCH MAY STILL BE ON: it could not be turned off after the drill "
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
    /// What the stages' instances said; left out where nobody waited.
    let instances: AcknowledgementReport?
    /// The same when a drill was over and the switch off again.
    let end: AcknowledgementReport?
    /// Whether any record came by while verdicts were looked at; left out where they were not.
    let measured: Bool?
    /// Until no partition admitted any more; left out when that was not seen.
    let effectiveMs: Double?
    /// Records that were admitted after the switch was set, by the instances' clocks.
    let admittedAfter: Int
    let partitions: [KillSwitchEffect.Partition]

    init(
        _ value: String, drill: Bool, effect: KillSwitchEffect? = nil,
        instances: AcknowledgementReport? = nil, end: AcknowledgementReport? = nil
    ) {
        killSwitch = value
        self.drill = drill
        self.instances = instances
        self.end = end
        partitions = effect?.rows ?? []
        measured = effect.map { !$0.rows.isEmpty }
        effectiveMs = effect?.effectiveMs
        admittedAfter = effect?.admittedDecided ?? 0
    }

    var text: String {
        var parts = ["kill-switch is \(killSwitch)" + (drill ? " again after the drill" : "")]
        if let instances {
            parts.append((drill ? "on: " : "") + told(instances))
            if let table = instances.table {
                parts.append(table.rendered(style: Console.outputStyle))
            }
            parts += instances.doubts
        }
        if let end { parts.append("off again: " + told(end)) }
        guard let measured else { return parts.joined(separator: "\n") }
        guard measured else {
            parts.append("no record came by while it was looked: verdicts tell nothing")
            return parts.joined(separator: "\n")
        }
        parts.append(
            effectiveMs.map {
                "no partition admitted after \(Format.duration(milliseconds: $0)); "
                    + "\(Format.count(admittedAfter)) records were admitted meanwhile"
            } ?? "NOT every partition was seen to stop")
        parts.append(table.rendered(style: Console.outputStyle))
        return parts.joined(separator: "\n")
    }

    private func told(_ report: AcknowledgementReport) -> String {
        report.summary(of: ControlMessage.Setting.killSwitch.obeyedBy)
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
