import ArgumentParser
import Configuration
import Contracts
import KafkaTransport
import Stages

/// `tandem watch TOPIC`: messages as they come, one JSON object a line.
struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a topic's messages as they come.")

    @Argument(help: "A topic without its prefix, such as scores.")
    var topic: String

    @OptionGroup var configurationOptions: ConfigurationOptions

    @Flag(help: "Begin with the oldest message kept.")
    var fromBeginning = false

    @Option(help: "End after so many messages.")
    var count: Int?

    func validate() throws { _ = try selected() }

    private func selected() throws -> Topic {
        let names = Topic.allCases.map(\.rawValue)
        guard let found = Topic(rawValue: topic) else {
            throw ValidationError(Suggestion.unknown("topic", topic, among: names))
        }
        return found
    }

    func run() throws {
        let configuration = try configurationOptions.load().configuration
        let session = try Topics.session(configuration)
        StopSignal.shared.install()
        let reader = try KafkaReader(
            session.address, topics: [try selected()], from: fromBeginning ? .beginning : .end,
            clientID: "tandem-watch", log: ClusterSession.log)
        var batch = InboundBatch()
        var printed = 0
        while !StopSignal.shared.isRequested {
            batch.removeAll()
            try reader.poll(into: &batch, timeout: 100)
            for index in 0..<batch.count {
                if let count, printed >= count { return }
                show(batch, index)
                printed += 1
            }
            if let count, printed >= count { return }
        }
    }

    /// The value as it is; rejects with their reason in front, since their bytes may be anything.
    private func show(_ batch: borrowing InboundBatch, _ index: Int) {
        let value = batch.value(index)?.string ?? "null"
        let message = batch.messages[index]
        let reason = message.headers.first { $0.name == "tandem-error-message" }?.text
        guard let reason else { return Console.print(value) }
        Console.print("\(reason)\t\(value)")
    }
}
