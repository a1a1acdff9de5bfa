import ArgumentParser
import Configuration
import Contracts
import Determinism
import Foundation
import KafkaTransport
import Pipeline
import Stages
import Terminal

/// `tandem rejects list|show|redrive`.
struct Rejects: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at what stages rejected, and send it back when the cause is mended.",
        subcommands: [List.self, Show.self, Redrive.self])

    /// Which rejects a verb is about.
    struct Filter: ParsableArguments {
        @Option(
            help: ArgumentHelp("Only this error code; repeatable.", valueName: "code"))
        var code: [String] = []

        @Option(help: ArgumentHelp("Only rejects of this stage; repeatable.", valueName: "stage"))
        var stage: [String] = []

        @Option(
            help: ArgumentHelp(
                "Only messages of this time or later: RFC 3339, or an age such as 90s, 15m, 6h, 2d.",
                valueName: "time"))
        var since: String?

        @Option(
            help: ArgumentHelp("Only messages before this time, or this old.", valueName: "time"))
        var until: String?

        func validate() throws { _ = try selection(now: SystemTimeSource().now()) }

        func selection(now: Timestamp) throws -> RejectSelection {
            var selection = RejectSelection()
            selection.codes = try Self.known("error code", code, RejectCode.allCases)
            selection.stages = try Self.known("stage", stage, StageName.allCases)
            selection.since = try Self.instant("--since", since, now)
            selection.until = try Self.instant("--until", until, now)
            if let since = selection.since, let until = selection.until, since >= until {
                throw ValidationError("--since must be before --until")
            }
            return selection
        }

        private static func known<Value: RawRepresentable<String>>(
            _ kind: String, _ words: [String], _ values: [Value]
        ) throws -> Set<String> {
            let names = values.map(\.rawValue)
            for word in words where !names.contains(word) {
                throw ValidationError(Suggestion.unknown(kind, word, among: names))
            }
            return Set(words)
        }

        private static func instant(
            _ flag: String, _ text: String?, _ now: Timestamp
        ) throws -> Timestamp? {
            guard let text else { return nil }
            guard let instant = RejectSelection.instant(text, now: now) else {
                throw ValidationError(
                    "\(flag) is '\(text)'; it must be a time such as 2026-11-21T10:15:30Z, or an "
                        + "age such as 90s, 15m, 6h, 2d")
            }
            return instant
        }
    }

    /// A reject as `list` and `show` print it.
    struct Row: Encodable {
        let partition: Int32
        let offset: Int64
        let time: String
        let code: String
        let stage: String
        let message: String
        let topic: String?
        let topicPartition: Int32?
        let topicOffset: Int64?
        let key: String?
        let attempts: Int

        init(_ reject: Reject) {
            partition = reject.position.partition
            offset = reject.position.offset
            time = reject.timestamp.rfc3339
            code = reject.note.code
            stage = reject.note.stage
            message = reject.note.message
            topic = reject.note.origin?.topic
            topicPartition = reject.note.origin?.partition
            topicOffset = reject.note.origin?.offset
            key = reject.key.map { String(decoding: $0, as: UTF8.self) }
            attempts = reject.note.attempts
        }

        /// Topic, partition and offset that the message had.
        var origin: String {
            guard let topic, let topicPartition, let topicOffset else { return Format.missing }
            return "\(topic)/\(topicPartition)/\(topicOffset)"
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print rejects, oldest first.",
            discussion: """
                Times are those of the rejected messages. The first column is what 'tandem rejects \
                show' takes.
                """)
        @OptionGroup var filter: Filter
        @OptionGroup var configurationOptions: ConfigurationOptions
        @OptionGroup var outputOptions: OutputOptions

        @Option(help: "The newest so many, 1 to 1,000,000.")
        var limit = 100

        func validate() throws {
            guard (1...1_000_000).contains(limit) else {
                throw ValidationError("--limit is \(limit); it must be 1 to 1,000,000")
            }
        }

        func run() throws {
            let session = try Topics.session(try configurationOptions.load().configuration)
            let selection = try filter.selection(now: SystemTimeSource().now())
            StopSignal.shared.install()
            let newest = try RejectsTopic.newest(limit, selection, on: session.address)
            let rows = newest.elements.map { Row($0) }
            if newest.seen > rows.count {
                Console.note(
                    "the newest \(Format.count(rows.count)) of \(Format.count(newest.seen)); "
                        + "--limit shows more")
            }
            if outputOptions.isJSON { return try JSONOutput.print(rows) }
            guard !rows.isEmpty else { return Console.print("no rejects") }
            Console.print(table(rows).rendered(style: Console.outputStyle))
        }

        private func table(_ rows: [Row]) -> TextTable {
            var table = TextTable(columns: [
                .init("reject", .trailing), .init("time"), .init("code"), .init("stage"),
                .init("from", maximumWidth: 40), .init("key", maximumWidth: 24),
                .init("attempts", .trailing), .init("message", maximumWidth: 60),
            ])
            for row in rows {
                table.addRow([
                    "\(row.partition):\(row.offset)", row.time, row.code, row.stage, row.origin,
                    row.key ?? Format.missing, "\(row.attempts)", row.message,
                ])
            }
            return table
        }
    }
}
