import ArgumentParser
import Configuration
import Contracts
import Determinism
import Foundation
import KafkaTransport
import Pipeline
import Terminal

/// `tandem status`: how far each stage is.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print how far each stage is behind what it reads, and whether it is idle.",
        discussion: """
            Lag is counted to the last stable offset, in messages that can be read: markers of \
            transactions and aborted messages do not count, nor does what a stage has done ahead of its \
            position. Lags above 1,000 a partition are bounds from above (≤). Rates are positions a \
            second over --interval, so that they count markers too.
            """)
    @OptionGroup var configurationOptions: ConfigurationOptions
    @OptionGroup var outputOptions: OutputOptions

    @Flag(help: "One line for each partition.")
    var partitions = false

    @Flag(help: "Look again every --interval until Ctrl-C; as JSON, one object a line.")
    var watch = false

    @Option(help: ArgumentHelp("0.1 to 3,600.", valueName: "seconds"))
    var interval = 1.0

    func validate() throws {
        guard (0.1...3_600).contains(interval) else {
            throw ValidationError("--interval is \(interval); it must be 0.1 to 3,600")
        }
    }

    func run() throws {
        let session = try Topics.session(try configurationOptions.load().configuration)
        try session.requireTopics()
        StopSignal.shared.install()
        let watcher = try StageWatch(session.address, log: ClusterSession.log)
        let time = SystemTimeSource()
        var earlier = (stages: try watcher.look(), at: time.now())
        while !StopSignal.shared.wait(seconds: interval) {
            let now = (stages: try watcher.look(), at: time.now())
            let report = StatusReport(now.stages, since: earlier.stages, now.at - earlier.at)
            earlier = now
            try show(report)
            if !watch { return }
        }
    }

    private func show(_ report: StatusReport) throws {
        if outputOptions.isJSON {
            guard watch else { return try JSONOutput.print(report) }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return Console.print(String(decoding: try encoder.encode(report), as: UTF8.self))
        }
        let style = Console.outputStyle
        // On a terminal each look stands in the last one's place.
        let home = watch && style.usesColor ? "\u{1B}[H\u{1B}[2J" : ""
        Console.print(home + report.rendered(style: style, partitions: partitions))
    }
}

/// What `tandem status` prints.
struct StatusReport: Encodable {
    struct Partition: Encodable {
        let partition: Int32
        let lag: Int
        let exact: Bool
        /// The next offset that the group would read; nil before it has committed anything.
        let committed: Int64?
        /// The last stable offset.
        let end: Int64
    }

    struct Topic: Encodable {
        let topic: String
        let lag: Int
        let exact: Bool
        let partitions: [Partition]
    }

    struct Stage: Encodable {
        let stage: String
        let group: String
        let state: StageProgress.State
        /// Nil when the cluster does not tell.
        let members: Int?
        let lag: Int
        let exact: Bool
        let perSecond: Double?
        let topics: [Topic]
    }

    let idle: Bool
    let stages: [Stage]

    init(_ stages: [StageProgress], since earlier: [StageProgress], _ elapsed: TimeSpan) {
        idle = stages.allSatisfy { $0.state == .idle }
        self.stages = stages.map { stage in
            let old = earlier.first { $0.stage == stage.stage }
            return Stage(
                stage: stage.stage.rawValue, group: stage.group, state: stage.state,
                members: stage.members, lag: stage.lag, exact: stage.isExact,
                perSecond: old.flatMap { stage.perSecond(since: $0, elapsed: elapsed) },
                topics: stage.topics.map { topic in
                    Topic(
                        topic: topic.topic.rawValue, lag: topic.lag, exact: topic.isExact,
                        partitions: topic.partitions.map {
                            Partition(
                                partition: $0.partition, lag: $0.lag, exact: $0.isExact,
                                committed: $0.committed, end: $0.end)
                        })
                })
        }
    }

    func rendered(style: Style, partitions: Bool) -> String {
        var table = TextTable(columns: [
            .init("stage"), .init("members", .trailing), .init("rate", .trailing), .init("reads"),
            .init("lag", .trailing), .init("state"),
        ])
        for stage in stages {
            let look: Style.Look = stage.state == .idle ? .green : .yellow
            for (index, topic) in stage.topics.enumerated() {
                let isFirst = index == 0
                table.addRow([
                    .init(isFirst ? stage.stage : ""),
                    .init(isFirst ? stage.members.map { "\($0)" } ?? Format.missing : ""),
                    .init(isFirst ? stage.perSecond.map { Format.rate($0) } ?? Format.missing : ""),
                    .init(topic.topic), .init(lag(topic.lag, topic.exact, style)),
                    .init(isFirst ? stage.state.rawValue : "", look: look),
                ])
                guard partitions else { continue }
                for partition in topic.partitions {
                    table.addRow([
                        "", "", "", "  partition \(partition.partition)",
                        lag(partition.lag, partition.exact, style), "",
                    ])
                }
            }
        }
        return table.rendered(style: style) + summary(style)
    }

    private func lag(_ lag: Int, _ isExact: Bool, _ style: Style) -> String {
        (isExact ? "" : (style.usesUnicode ? "≤" : "<=")) + Format.count(lag)
    }

    private func summary(_ style: Style) -> String {
        if idle { return "\nidle: every stage has done all that there is" }
        let late = stages.filter { $0.state != .idle }.map {
            "\($0.stage) by \(lag($0.lag, $0.exact, style))"
                + ($0.state == .unattended ? " and no member" : "")
        }
        return "\nbehind: " + late.joined(separator: ", ")
    }
}
