import Configuration
import ArgumentParser
import Foundation
import Stages
import Terminal

extension Rejects {
    /// `tandem rejects show PARTITION:OFFSET`.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print everything about one reject, its headers and bytes.")
        @Argument(help: "Where it stands on the rejects topic, PARTITION:OFFSET.")
        var position: String
        @OptionGroup var configurationOptions: ConfigurationOptions
        @OptionGroup var outputOptions: OutputOptions

        func validate() throws { _ = try parsed() }

        private func parsed() throws -> (partition: Int32, offset: Int64) {
            let parts = position.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let partition = Int32(parts[0]), partition >= 0,
                let offset = Int64(parts[1]), offset >= 0
            else {
                throw ValidationError(
                    "'\(position)' is no position; it must be PARTITION:OFFSET, such as 3:17, as "
                        + "'tandem rejects list' shows it")
            }
            return (partition, offset)
        }

        /// Bytes as text where they are text, and always in Base64.
        struct Bytes: Encodable {
            let bytes: Int
            let text: String?
            let base64: String

            init(_ bytes: [UInt8]) {
                self.bytes = bytes.count
                text = String(validating: bytes, as: UTF8.self)
                base64 = Data(bytes).base64EncodedString()
            }
        }

        struct Header: Encodable {
            let name: String
            let value: Bytes?
        }

        struct Whole: Encodable {
            let reject: Row
            let headers: [Header]
            let key: Bytes?
            let value: Bytes?
        }

        func run() throws {
            let configuration = try configurationOptions.load().configuration
            let session = try Topics.session(configuration)
            let (partition, offset) = try parsed()
            StopSignal.shared.install()
            guard
                let reject = try RejectsTopic.reject(
                    partition: partition, offset: offset, on: session.address)
            else {
                throw CommandFailure(
                    "\(configuration.topicPrefix)rejects holds nothing at \(position); 'tandem "
                        + "rejects list' shows what there is")
            }
            guard outputOptions.isJSON else { return print(reject) }
            try JSONOutput.print(
                Whole(
                    reject: Row(reject),
                    headers: reject.headers.map {
                        Header(name: $0.name, value: $0.value.map { Bytes($0) })
                    },
                    key: reject.key.map { Bytes($0) }, value: reject.value.map { Bytes($0) }))
        }

        private static func shown(_ bytes: [UInt8]) -> String {
            let hex = bytes.map { String($0, radix: 16) }.joined(separator: " ")
            return HexDump.text(bytes) ?? "bytes \(hex)"
        }

        private func print(_ reject: Reject) {
            let row = Row(reject)
            var facts = TextTable(columns: [.init("reject"), .init(position, maximumWidth: 400)])
            facts.addRow(["time", row.time])
            facts.addRow(["code", row.code])
            facts.addRow(["stage", row.stage])
            facts.addRow(["message", row.message])
            facts.addRow(["from", row.origin])
            facts.addRow(["attempts", "\(row.attempts)"])
            var headers = TextTable(columns: [.init("header"), .init("value", maximumWidth: 400)])
            for header in reject.headers {
                headers.addRow([header.name, header.value.map(Self.shown) ?? "no value"])
            }
            let style = Console.outputStyle
            Console.print(facts.rendered(style: style))
            if !reject.headers.isEmpty { Console.print(headers.rendered(style: style)) }
            show("key", reject.key)
            show("value", reject.value)
        }

        private func show(_ what: String, _ bytes: [UInt8]?) {
            guard let bytes else { return Console.print("\(what): none") }
            Console.print("\(what), \(Format.count(bytes.count)) bytes:")
            Console.print(HexDump.text(bytes) ?? String(HexDump.rendered(bytes).dropLast()))
        }
    }
}
