import ArgumentParser
import Configuration
import Contracts
import KafkaTransport
import Terminal

/// `tandem topics list|apply|check`.
struct Topics: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List, create or check Tandem's topics.",
        subcommands: [List.self, Apply.self, Check.self])

    struct Row: Encodable {
        let name: String
        let purpose: String
        let plane: String
        let partitions: Int
        let replication: Int
        let cleanup: String
        let retentionMs: Int
        let writers: [String]
        let readers: [String]

        init(_ declaration: TopicDeclaration, _ configuration: TandemConfiguration) {
            let topic = declaration.topic
            name = topic.name(prefix: configuration.topicPrefix)
            purpose = declaration.purpose
            plane = topic.plane.rawValue
            partitions = topic.plane == .data ? configuration.partitions : declaration.partitions
            replication = declaration.replication
            cleanup = declaration.cleanup.rawValue
            retentionMs = declaration.retentionMs
            writers = Topology.writers(of: topic).map(\.rawValue)
            readers = Topology.readers(of: topic).map(\.rawValue)
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print every topic as declared.")
        @OptionGroup var configurationOptions: ConfigurationOptions
        @OptionGroup var outputOptions: OutputOptions

        func run() throws {
            let configuration = try configurationOptions.load().configuration
            let rows = TopicDeclaration.all.map { Row($0, configuration) }
            if outputOptions.isJSON { return try JSONOutput.print(rows) }
            var table = TextTable(columns: [
                .init("topic"), .init("plane"), .init("partitions", .trailing), .init("cleanup"),
                .init("purpose", maximumWidth: 70),
            ])
            for row in rows {
                table.addRow([row.name, row.plane, "\(row.partitions)", row.cleanup, row.purpose])
            }
            Console.print(table.rendered(style: Console.outputStyle))
        }
    }

    struct Apply: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create the topics that do not exist; never changes one that does.")
        @OptionGroup var configurationOptions: ConfigurationOptions

        @Option(help: "Replicas of each partition; the declared 3 unless given.")
        var replication: Int?

        func run() throws {
            let configuration = try configurationOptions.load().configuration
            let session = try Topics.session(configuration)
            try Topics.create(configuration, session, replication: replication) {
                Console.print("created \($0)")
            }
            Console.print("\(TopicDeclaration.all.count) topics are there")
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that every topic exists and that data topics have equal partitions.")
        @OptionGroup var configurationOptions: ConfigurationOptions

        func run() throws {
            let configuration = try configurationOptions.load().configuration
            try Topics.session(configuration).requireTopics()
            Console.print(
                "\(Topic.allCases.count) topics are there; data topics have equal partitions")
        }
    }

    /// Creates the topics that do not exist.
    static func create(
        _ configuration: TandemConfiguration, _ session: ClusterSession, replication: Int?,
        _ created: (String) -> Void
    ) throws {
        let admin = try KafkaAdmin(session.address, log: ClusterSession.log)
        let present = Set(try admin.topics(prefix: configuration.topicPrefix).map(\.name))
        let requests = TopicDeclaration.all.compactMap { declaration -> TopicRequest? in
            let row = Row(declaration, configuration)
            guard !present.contains(row.name) else { return nil }
            return TopicRequest(
                name: row.name, partitions: row.partitions,
                replication: replication ?? row.replication,
                configuration: declaration.configuration)
        }
        let failures = requests.isEmpty ? [:] : try admin.create(requests)
        for request in requests where failures[request.name] == nil { created(request.name) }
        if let (name, words) = failures.min(by: { $0.key < $1.key }) {
            throw CommandFailure("\(failures.count) topics were not created; \(name): \(words)")
        }
        try session.requireTopics()
    }

    static func session(_ configuration: TandemConfiguration) throws -> ClusterSession {
        guard !configuration.brokers.isEmpty else {
            throw CommandFailure("name a cluster: --brokers host:port")
        }
        return try ClusterSession(configuration)
    }
}
