import ArgumentParser
import Configuration
import Contracts
import Foundation

/// `tandem chaos`: real processes on a real cluster, killed at random.
struct Chaos: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Kill stages at random on a real cluster, and count what was lost or doubled.",
        discussion: """
            Starts every stage as processes of its own on topics of its own, publishes at a rate, sends \
            SIGKILL to a random process every few seconds and starts it again, and reads scores as a \
            read_committed consumer. Exits with 1 when a record was lost or scored twice, a job paid for \
            twice, or no score came for longer than a consumer's session and two seconds. The cluster \
            needs transactions: the embedded one has none.
            """)

    @OptionGroup var configurationOptions: ConfigurationOptions
    @OptionGroup var outputOptions: OutputOptions

    @Option(help: "Kills.")
    var kills = 50

    @Option(help: ArgumentHelp("Mean time between two kills.", valueName: "seconds"))
    var every = 2.0

    @Option(help: "Records a second.")
    var rate = 500.0

    @Option(help: "Processes of each stage.")
    var instances = 1

    @Option(help: "Decides whom to kill and when; drawn and printed unless given.")
    var seed: UInt64?

    @Option(help: "Replicas of each partition; the declared 3 unless given.")
    var replication: Int?

    func validate() throws {
        guard (1...100_000).contains(kills) else {
            throw ValidationError("--kills is \(kills): 1 to 100000 are allowed")
        }
        guard every > 0, every <= 3_600 else {
            throw ValidationError("--every is \(every): more than 0, at most 3600 seconds")
        }
        guard rate > 0, rate <= 100_000 else {
            throw ValidationError("--rate is \(rate): more than 0, at most 100000 a second")
        }
        guard (1...8).contains(instances) else {
            throw ValidationError("--instances is \(instances): 1 to 8 are allowed")
        }
    }

    func run() throws {
        StopSignal.shared.install()
        let seed = seed ?? UInt64(UInt32.random(in: .min ... .max))
        let prefix = "topicPrefix=tandem-chaos-\(String(seed, radix: 36))."
        let configuration = try configurationOptions.load(overrides: [prefix]).configuration
        guard !configuration.brokers.isEmpty else {
            throw CommandFailure("name a cluster: --brokers host:port")
        }
        var arguments = ["--brokers", configuration.brokers.joined(separator: ",")]
        if let file = configurationOptions.config { arguments += ["--config", file] }
        arguments += ["--set", prefix]
        for setting in configurationOptions.settings { arguments += ["--set", setting] }
        let report = try ChaosRun(
            configuration: configuration, seed: seed, kills: kills, interval: every, rate: rate,
            instances: instances, replication: replication, arguments: arguments
        ).run()
        if outputOptions.isJSON {
            try JSONOutput.print(report)
        } else {
            Console.print(report.text)
        }
        guard report.holds else { throw CommandFailure("a promise was broken; seed \(seed)") }
    }
}
