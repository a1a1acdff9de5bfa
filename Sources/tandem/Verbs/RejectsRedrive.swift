import ArgumentParser
import Configuration
import Contracts
import Determinism
import Foundation
import KafkaTransport
import Pipeline
import Terminal

extension Rejects {
    /// `tandem rejects redrive`.
    struct Redrive: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send rejects back to the topics that they came from, byte for byte.",
            discussion: """
                Each goes back with its key, bytes, timestamp and headers, without those of the \
                rejection and with 'tandem-redrive-attempts' counted up. What was sent back is not \
                sent again by a later redrive: positions are kept in the consumer group \
                PREFIXrejects-redrive, and an interrupted redrive is continued by the next one. What \
                is rejected again while this runs is left to the next one.
                """)
        @OptionGroup var filter: Filter
        @OptionGroup var configurationOptions: ConfigurationOptions
        @OptionGroup var outputOptions: OutputOptions

        @Flag(help: "Count and show what would be sent back; send nothing, remember nothing.")
        var dryRun = false

        @Option(help: "Send back at most so many; the next redrive goes on behind them.")
        var max: Int?

        @Option(help: "Times that one message may be sent back, 1 to 1,000.")
        var maxAttempts = 3

        @Flag(
            help: """
                Leave what is not sent back behind for good: no later redrive will look at it again.
                """)
        var skipRest = false

        func validate() throws {
            if let max, max < 1 { throw ValidationError("--max is \(max); it must be at least 1") }
            guard (1...1_000).contains(maxAttempts) else {
                throw ValidationError("--max-attempts is \(maxAttempts); it must be 1 to 1,000")
            }
        }

        func run() throws {
            let configuration = try configurationOptions.load().configuration
            let session = try Topics.session(configuration)
            StopSignal.shared.install()
            let ends = try RejectsTopic.ends(session.address)
            var policy = RedrivePolicy(topicPrefix: configuration.topicPrefix)
            policy.selection = try filter.selection(now: SystemTimeSource().now())
            policy.maximumAttempts = maxAttempts
            guard !ends.isEmpty, !StopSignal.shared.isRequested else {
                return try report(RedriveSummary(), isWhole: !StopSignal.shared.isRequested)
            }
            var address = session.address
            // What retention has taken from behind the group's position can only be passed over.
            address.consumer["auto.offset.reset"] = "earliest"
            let transport = try KafkaTransport(
                address, group: configuration.topicPrefix + "rejects-redrive",
                log: ClusterSession.log)
            let run = RedriveRun(
                transport: transport, policy: policy, options: options, ends: ends)
            defer { run.stop() }
            try drive(run)
            Console.endProgress()
            try report(run.summary, isWhole: run.isFinished)
        }

        private var options: RedriveRun.Options {
            var options = RedriveRun.Options()
            options.maximum = max
            options.isDryRun = dryRun
            options.skipsRest = skipRest
            return options
        }

        private func drive(_ run: RedriveRun) throws {
            let begin = Date()
            var total: Int?
            do {
                try run.start()
                while !run.isFinished, !StopSignal.shared.isRequested {
                    try run.runOnce(timeout: .milliseconds(100))
                    guard let left = run.left else { continue }
                    total = Swift.max(total ?? left, left)
                    Console.progress(
                        ProgressLine(width: 100).rendered(
                            .init(
                                label: "looked at", completed: (total ?? left) - left,
                                total: total, elapsedSeconds: Date().timeIntervalSince(begin),
                                note: "\(Format.count(run.summary.redriven)) sent back"),
                            style: Console.errorStyle))
                }
            } catch {
                throw CommandFailure(
                    "\(error.description) (\(Format.count(run.summary.redriven)) sent back so far)"
                )
            }
        }

        struct Report: Encodable {
            let dryRun: Bool
            /// False when Ctrl-C ended it before its end.
            let finished: Bool
            let examined: Int
            let redriven: Int
            let topics: [String: Int]
            let notSelected: Int
            let exhausted: Int
            let duplicates: Int
            let unaddressable: Int
        }

        private func report(_ summary: RedriveSummary, isWhole: Bool) throws {
            let topics = summary.topics.map { ($0.key.rawValue, $0.value) }
            if outputOptions.isJSON {
                return try JSONOutput.print(
                    Report(
                        dryRun: dryRun, finished: isWhole, examined: summary.examined,
                        redriven: summary.redriven,
                        topics: Dictionary(topics, uniquingKeysWith: +),
                        notSelected: summary.notSelected, exhausted: summary.exhausted,
                        duplicates: summary.duplicates, unaddressable: summary.unaddressable))
            }
            let verb = dryRun ? "would be sent back" : "sent back"
            var table = TextTable(columns: [.init("rejects"), .init("", .trailing)])
            table.addRow(["looked at", Format.count(summary.examined)])
            for (topic, count) in topics.sorted(by: { $0.0 < $1.0 }) {
                table.addRow(["\(verb) to \(topic)", Format.count(count)])
            }
            let rest = [
                ("not selected", summary.notSelected),
                ("sent back \(maxAttempts) times already", summary.exhausted),
                ("second rejects of one message", summary.duplicates),
                ("without a topic to go back to", summary.unaddressable),
            ]
            for (what, count) in rest where count > 0 { table.addRow([what, Format.count(count)]) }
            Console.print(table.rendered(style: Console.outputStyle))
            let end = isWhole ? "" : "; stopped before the end, the next redrive goes on from here"
            Console.print("\(Format.count(summary.redriven)) \(verb)\(end)")
        }
    }
}
