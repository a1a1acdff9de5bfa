import ArgumentParser
import Configuration
import Contracts
import Foundation
import KafkaTransport
import Stages
import Terminal

/// `tandem run`: stages against a cluster, one or several in this process.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run stages against a cluster until Ctrl-C.",
        discussion: """
            Stages: ingestion, reduction, admission, enrichment, confidence, fallback, shadow; or all. \
            Each is a consumer group of its own: start more instances to scale. The model comes from \
            the compacted models topic ('tandem model publish').
            """)

    @Argument(help: "Stages to run, or all.")
    var stages: [String]

    @OptionGroup var configurationOptions: ConfigurationOptions
    @OptionGroup var httpOptions: HTTPOptions

    @Option(help: "A stable name of this instance, for static group membership across restarts.")
    var instance: String?

    @Option(
        help: ArgumentHelp(
            """
            Where a named instance notes what it has in hand, so that a message over which a stage \
            dies is found and rejected.
            """,
            valueName: "folder"))
    var journals = FileManager.default.temporaryDirectory.appendingPathComponent("tandem").path

    func validate() throws { _ = try selected() }

    private func selected() throws -> [StageName] {
        if stages == ["all"] { return StageName.allCases }
        return try stages.map { word in
            guard let stage = StageName(rawValue: word) else {
                let names = StageName.allCases.map(\.rawValue) + ["all"]
                throw ValidationError(Suggestion.unknown("stage", word, among: names))
            }
            return stage
        }
    }

    /// With the topic backend, the worker is the enrichment stage: two members of one group that
    /// do different things would each take some of the jobs.
    private func stagesToRun(_ configuration: TandemConfiguration) throws -> [StageName] {
        let selected = try selected()
        guard configuration.enrichment.backend == .topic, selected.contains(.enrichment) else {
            return selected
        }
        guard stages == ["all"] else {
            throw CommandFailure(
                "'enrichment.backend' is topic: your own worker takes the jobs, not the enrichment "
                    + "stage; see deploy/workers")
        }
        return configuration.ownStages
    }

    func run() throws {
        let configuration = try configurationOptions.load(overrides: httpOptions.overrides)
            .configuration
        guard !configuration.brokers.isEmpty else {
            throw CommandFailure(
                "tandem run needs a cluster: --brokers host:port (or 'tandem cluster' for an embedded one)"
            )
        }
        StopSignal.shared.install()
        let http = try HTTPServer.start(configuration)
        defer { http?.stop() }
        let session = try ClusterSession(configuration)
        try session.requireTopics()
        let follower = try ControlFollower(
            session.address, modelName: configuration.model, log: ClusterSession.log)
        let stages = try stagesToRun(configuration)
        let host = try StageHost(
            stages, configuration, session.address, follower: follower, instance: instance,
            journals: journals)
        http?.attach(host, follower)
        host.start()
        Console.note(
            "running \(stages.map(\.rawValue).joined(separator: ", ")) on \(session.address.brokers)"
        )
        var isModelMissed = false
        while !StopSignal.shared.wait(seconds: 0.25), host.failure == nil {
            guard !isModelMissed, follower.waitUntilCaughtUp(seconds: 0),
                follower.snapshot.model == nil
            else { continue }
            isModelMissed = true
            Console.note(
                "waiting for model '\(configuration.model)' on "
                    + "\(configuration.topicPrefix)models; publish one with 'tandem model publish'")
        }
        let failure = host.failure
        host.stop()
        follower.stop()
        if let failure = failure ?? host.failure { throw CommandFailure(failure) }
        for report in host.reports {
            Console.note(
                "\(report.stage.rawValue): \(Format.count(report.counters.received)) in, "
                    + "\(Format.count(report.counters.emitted)) out, "
                    + "\(Format.count(report.counters.rejected)) rejected")
        }
    }
}
