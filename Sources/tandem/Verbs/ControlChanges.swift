import ArgumentParser
import Configuration
import Contracts
import Determinism
import Foundation
import KafkaTransport

/// What every change carries.
struct ControlChangeOptions: ParsableArguments {
    @Option(help: "Why; kept with the setting and in its history.") var why = ""
    @Option(help: "Who changes it; user@host unless given.") var by: String?
    @Option(
        help: ArgumentHelp(
            "How long to wait at most until all have it in force, 0 to 600.", valueName: "seconds"))
    var wait = 5.0

    private static let maximumText = 1_000

    func validate() throws {
        for (flag, text) in [("--why", why), ("--by", by ?? "user")] {
            guard text.utf8.count <= Self.maximumText else {
                throw ValidationError("\(flag) has \(text.utf8.count) bytes; at most 1,000")
            }
        }
        guard by != "" else { throw ValidationError("--by is empty") }
        guard (0...600).contains(wait) else {
            throw ValidationError("--wait is \(wait); it must be 0 to 600")
        }
    }

    /// A change now, by whoever calls; its value is still to be set.
    func message(_ setting: ControlMessage.Setting, _ value: String) -> ControlMessage {
        var message = ControlMessage()
        message.setting = setting
        message.value = value
        message.why = why
        let process = ProcessInfo.processInfo
        message.by = by ?? "\(process.userName)@\(process.hostName)"
        message.at = SystemTimeSource().now()
        return message
    }

    /// Holds a change against the contract before any cluster is asked.
    static func check(_ message: ControlMessage) throws {
        do {
            try message.validate()
        } catch {
            throw ValidationError(error.message)
        }
        guard message.setting == .limit, let name = message.name, let limit = LimitName(name),
            let amount = message.amount, !limit.allowed.contains(amount)
        else { return }
        let allowed = [limit.allowed.lowerBound, limit.allowed.upperBound].map {
            $0.formatted(.number.grouping(.never).precision(.fractionLength(0...6)))
        }
        throw ValidationError(
            "limit '\(name)' is \(message.value); it must be \(allowed[0]) to \(allowed[1]), or off: "
                + "as configured ('control kill-switch on' stops all calls)")
    }
}

extension Control {
    struct SetMode: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "mode", abstract: "Set the mode for every admission instance.",
            discussion: """
                'canary 5' is live for 5% of the records, by a stable hash of their ids, and shadow for \
                the others; a record that is in stays in as the share grows.
                """)
        @Argument(help: "off, shadow, canary or live.") var mode: String
        @Argument(help: "With canary: the share of records that is live, above 0 up to 100.")
        var percent: Double?
        @OptionGroup var change: ControlChangeOptions
        @OptionGroup var configurationOptions: ConfigurationOptions
        @OptionGroup var outputOptions: OutputOptions

        private var message: ControlMessage {
            var message = change.message(.mode, mode)
            message.percent = percent
            return message
        }

        func validate() throws {
            if mode == Mode.canary.rawValue, percent == nil {
                throw ValidationError("name the share that is live, as in 'canary 5'")
            }
            if mode != Mode.canary.rawValue, percent != nil {
                throw ValidationError("mode '\(mode)' takes no percentage; only canary does")
            }
            try ControlChangeOptions.check(message)
        }

        func run() throws {
            try Control.set(message, change, configurationOptions, outputOptions)
        }
    }

    struct SetBudget: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "budget", abstract: "Cap a budget, over what is configured.",
            discussion: """
                A name that no running admission instance has in 'admission.budgets' is refused; a cap \
                that is set can always be set to off.
                """)
        @Argument(help: "The budget, such as tenant/shop-7.") var name: String
        @Argument(help: "The cap in the price book's currency, or off: as configured.")
        var cap: String
        @OptionGroup var change: ControlChangeOptions
        @OptionGroup var configurationOptions: ConfigurationOptions
        @OptionGroup var outputOptions: OutputOptions

        private var message: ControlMessage {
            var message = change.message(.budget, cap)
            message.name = name
            return message
        }

        func validate() throws { try ControlChangeOptions.check(message) }
        func run() throws {
            try Control.set(message, change, configurationOptions, outputOptions)
        }
    }

    struct SetLimit: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "limit", abstract: "Set a limit of admission, over what is configured.",
            discussion: """
                rate: quantum calls a second; concurrency: quantum calls under way; weight/TENANT: a \
                tenant's weight in the fair shares. All hold for all instances together.
                """)
        @Argument(help: "rate, concurrency or weight/TENANT.") var name: String
        @Argument(help: "A number above 0, or off: as configured.") var value: String
        @OptionGroup var change: ControlChangeOptions
        @OptionGroup var configurationOptions: ConfigurationOptions
        @OptionGroup var outputOptions: OutputOptions

        private var message: ControlMessage {
            var message = change.message(.limit, value)
            message.name = name
            return message
        }

        func validate() throws { try ControlChangeOptions.check(message) }
        func run() throws {
            try Control.set(message, change, configurationOptions, outputOptions)
        }
    }

    /// Writes a change, waits until those who obey it have it in force, and says how long that took.
    private static func set(
        _ message: ControlMessage, _ change: ControlChangeOptions, _ options: ConfigurationOptions,
        _ output: OutputOptions
    ) throws {
        let session = try Topics.session(try options.load().configuration)
        StopSignal.shared.install()
        let writer = try ControlLog.writer(session.address)
        let watch: ControlWatch
        do {
            watch = try ControlWatch(session.address)
        } catch {
            throw try ControlLog.writeUnwatched(message, with: writer, because: error)
        }
        let targets = ControlTargets(watch.state.table, now: SystemTimeSource().now())
        let current = watch.state.log.current[message.key]
        if let refusal = targets.refusal(of: message, current: current) {
            throw CommandFailure(refusal)
        }
        if let doubt = targets.doubt(of: message) { Console.note(doubt) }
        let sentAt = try watch.send(message, with: writer)
        let taken = (SystemTimeSource().now() - sentAt).inMilliseconds
        if change.wait > 0 { try watch.wait(since: sentAt, limit: .seconds(change.wait)) }
        let report =
            change.wait > 0
            ? AcknowledgementReport(watch.rows, members: watch.memberCounts(message.setting)) : nil
        if output.isJSON {
            try JSONOutput.print(Written(ControlChange(message), taken, report))
        } else {
            Console.print("\(message.key) is \(message.shown)")
            report?.print(message.setting)
        }
        if let failure = report?.failure { throw CommandFailure(failure) }
    }

    private struct Written: Encodable {
        let change: ControlChange
        let writtenMs: Double
        /// Left out where nobody waited.
        let effect: AcknowledgementReport?

        init(_ change: ControlChange, _ writtenMs: Double, _ effect: AcknowledgementReport?) {
            self.change = change
            self.writtenMs = writtenMs
            self.effect = effect
        }
    }
}
