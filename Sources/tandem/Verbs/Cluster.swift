import ArgumentParser
import Configuration
import Foundation
import KafkaTransport

/// `tandem cluster`: the embedded cluster alone, for stages in other processes.
struct Cluster: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start the embedded cluster alone, with all topics, until Ctrl-C.",
        discussion: """
            Prints its address on standard output. It speaks Kafka on loopback, lives in memory, keeps \
            about 5 MiB of each partition and knows no transactions: for trying things, not for data.
            """)

    @OptionGroup var configurationOptions: ConfigurationOptions
    @OptionGroup var outputOptions: OutputOptions

    private struct Address: Encodable {
        let brokers: String
        let topicPrefix: String
        let partitions: Int
    }

    func run() throws {
        let configuration = try configurationOptions.load().configuration
        guard configuration.brokers.isEmpty else {
            throw CommandFailure("tandem cluster starts a cluster of its own: leave --brokers out")
        }
        StopSignal.shared.install()
        let session = try ClusterSession(configuration)
        if outputOptions.isJSON {
            try JSONOutput.print(
                Address(
                    brokers: session.address.brokers, topicPrefix: configuration.topicPrefix,
                    partitions: configuration.partitions))
        } else {
            Console.print(session.address.brokers)
        }
        Console.note("embedded cluster is up; Ctrl-C ends it and everything in it")
        while !StopSignal.shared.wait(seconds: 3_600) {}
    }
}
