import ArgumentParser
import Configuration
import Contracts
import Determinism
import KafkaTransport
import Policies
import Stages
import Terminal

/// `tandem explain RECORD-ID`: why a record went where it went.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell what happened to one record, with each number that decided it.",
        discussion: """
            Reads the one partition in which the record's id lives, as far back as it is kept. Limits of \
            all admission rules are shown where the configuration given is the one that decided; else \
            those of the rule that refused.
            """)
    @Argument(help: "The record's id, which is its key.") var id: String
    @OptionGroup var configurationOptions: ConfigurationOptions
    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
        guard (1...256).contains(id.utf8.count) else {
            throw ValidationError("the id has \(id.utf8.count) bytes; it must have 1 to 256")
        }
    }

    func run() throws {
        let configuration = try configurationOptions.load().configuration
        let session = try Topics.session(configuration)
        try session.requireTopics()
        StopSignal.shared.install()
        let partition = try partition(session.address)
        let policy = try? StageFactory.admission(configuration).policy
        var reader = StoryReader(
            id: id, partition: partition, policies: KnownPolicies(policy))
        let scan = TopicScan(session.address, label: "reading")
        var searched: [Topic: Int] = [:]
        func read(_ topics: [Topic]) throws {
            let counts = try scan.read(topics, from: .partition(partition)) { reader.take($0, $1) }
            for topic in topics { searched[topic] = counts[topic] ?? 0 }
        }
        try read(StoryReader.outcomes)
        if !reader.jobs.isEmpty { try read([.ledger]) }
        if !reader.isDecided { try read(StoryReader.beginnings) }
        let story = reader.finished(searched: searched)
        guard !story.events.isEmpty else { throw notFound(searched, partition, session.address) }
        if outputOptions.isJSON { return try JSONOutput.print(story) }
        Console.print(story.rendered(style: Console.outputStyle))
    }

    private func partition(_ address: ClusterAddress) throws -> Int32 {
        let name = Topic.verdicts.name(prefix: address.topicPrefix)
        let topics = try KafkaAdmin(address, log: ClusterSession.log)
            .topics(prefix: address.topicPrefix)
        let count = topics.first { $0.name == name }?.partitions ?? 0
        guard count > 0 else { throw CommandFailure("topic '\(name)' does not exist") }
        let key = OwnedBytes(id)
        return withExtendedLifetime(key) {
            KafkaPartitioner.partition(of: key.slice, among: count)
        }
    }

    private func notFound(
        _ searched: [Topic: Int], _ partition: Int32, _ address: ClusterAddress
    ) -> CommandFailure {
        let topics = Topic.allCases.filter { searched[$0] != nil }.map { topic in
            "\(topic.rawValue) (\(Format.count(searched[topic] ?? 0)) messages"
                + "\(Self.kept(topic)))"
        }
        return CommandFailure(
            "nothing is known of record '\(OwnedBytes(id).slice.excerpt())'; searched partition "
                + "\(partition), where its key lives, of \(topics.joined(separator: ", ")) on "
                + address.brokers)
    }

    /// As `tandem topics apply` makes it; the cluster may have been told otherwise.
    private static func kept(_ topic: Topic) -> String {
        let declared = TopicDeclaration.all.first { $0.topic == topic }?.retentionMs ?? -1
        guard declared > 0 else { return "" }
        return ", kept \(max(1, declared / 86_400_000)) d"
    }
}
