import Configuration
import Contracts
import Determinism
import Foundation
import KafkaTransport
import Models
import Policies
import Terminal

/// Publishes at a rate, kills processes, reads what comes out.
struct ChaosRun {
    var configuration: TandemConfiguration
    var seed: UInt64
    var kills: Int
    /// Mean time between two kills.
    var interval: Double
    var rate: Double
    /// Processes of each stage.
    var instances: Int
    var replication: Int?
    /// What every process gets besides: the user's own settings.
    var arguments: [String]

    /// How long to wait for what is owed after the last kill, without any progress: two sessions.
    private static let patience = 40.0
    /// A killed process comes back within this time.
    private static let longestRest = 2.0

    private var records: Int { Int((Double(kills) + 4) * interval * rate) }

    func run() throws -> ChaosReport {
        let session = try Topics.session(configuration)
        guard !session.address.isEmbedded else {
            throw CommandFailure(
                "\(session.address.brokers) is an embedded cluster, which has no transactions: "
                    + "nothing can be shown on it")
        }
        try Topics.create(configuration, session, replication: replication) { _ in }
        let table = try CSVTable.read(
            path: DemoData.fixture("test.csv"),
            labelColumn: DemoData.lastColumn(of: DemoData.fixture("test.csv")))
        try publishModel(session)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "tandem-chaos-\(seed)-\(ProcessInfo.processInfo.processIdentifier)")
        Console.note("seed \(seed); what the processes write is in \(folder.path)")
        let places = StageName.allCases.flatMap { stage in
            (0..<instances).map { ChaosProcesses.Place(stage: stage, index: $0) }
        }
        let processes = try ChaosProcesses(places, arguments: arguments, folder: folder)
        defer { processes.stop() }
        let prefix = "chaos-\(seed)-"
        let reader = try ChaosReader(
            session.address, prefix: prefix, records: records,
            lateness: .milliseconds(Int64(configuration.pipeline.commitIntervalMs)))
        reader.start()
        defer { reader.stop() }
        let publisher = try DemoPublisher(
            .init(
                records: records, rate: rate, prefix: prefix, publishesLabels: true,
                window: .max / 2),
            templates: RecordTemplates(table), address: session.address,
            progress: { [reader] in reader.scored })
        let begin = Date()
        publisher.start()
        defer { publisher.stop() }
        try disturb(processes, reader, publisher)
        try settle(processes, reader, publisher)
        processes.stop()
        return try report(
            processes, reader, publisher, session, seconds: Date().timeIntervalSince(begin))
    }

    private func publishModel(_ session: ClusterSession) throws {
        let path = try DemoData.fixture("train.csv")
        let table = try CSVTable.read(path: path, labelColumn: DemoData.lastColumn(of: path))
        try ModelPublisher.publish(
            try Training.standard(table, name: configuration.model), name: configuration.model,
            to: session.address)
    }

    /// Kills a process after each drawn pause: half to one and a half of the mean.
    private func disturb(
        _ processes: ChaosProcesses, _ reader: ChaosReader, _ publisher: DemoPublisher
    ) throws {
        var draws = RandomStream(seed: seed)
        // The first scores show that everything has started.
        try wait(processes, reader, publisher, label: "starting", seconds: 120) {
            reader.scored > 0
        }
        for count in 0..<kills {
            let pause = interval * (0.5 + draws.uniform())
            let until = Date().addingTimeInterval(pause)
            try wait(
                processes, reader, publisher, label: "killed \(count) of \(kills)",
                seconds: pause + 1
            ) { Date() >= until }
            let places = processes.places
            guard !StopSignal.shared.isRequested, !places.isEmpty else { break }
            let place = places[Int(draws.next() % UInt64(places.count))]
            processes.kill(place, rest: draws.uniform() * Self.longestRest)
        }
    }

    /// Waits until every record has its score, or nothing has come for too long.
    private func settle(
        _ processes: ChaosProcesses, _ reader: ChaosReader, _ publisher: DemoPublisher
    ) throws {
        var last = (scored: -1, at: Date())
        try wait(processes, reader, publisher, label: "waiting", seconds: .infinity) {
            let scored = reader.scored
            if scored != last.scored { last = (scored, Date()) }
            guard publisher.isFinished else { return false }
            return scored >= publisher.published
                || Date().timeIntervalSince(last.at) > Self.patience
        }
        // A doubled score would come behind the first ones: as long as a transaction lives.
        let until = Date().addingTimeInterval(12)
        try wait(processes, reader, publisher, label: "looking for copies", seconds: 13) {
            Date() >= until
        }
    }

    private func wait(
        _ processes: ChaosProcesses, _ reader: ChaosReader, _ publisher: DemoPublisher,
        label: String, seconds: Double, _ isDone: () -> Bool
    ) throws {
        let begin = Date()
        while !isDone() {
            if let failure = reader.failure ?? publisher.failure { throw CommandFailure(failure) }
            try processes.revive()
            let scored = reader.scored
            Console.progress(
                ProgressLine(width: 100).rendered(
                    .init(
                        label: label, completed: scored, total: records,
                        elapsedSeconds: Date().timeIntervalSince(begin)),
                    style: Console.errorStyle))
            if StopSignal.shared.wait(seconds: 0.05) { return }
            guard Date().timeIntervalSince(begin) < seconds else {
                throw CommandFailure("no score came within \(Int(seconds)) s")
            }
        }
    }

    /// librdkafka's default, unless the configuration says otherwise.
    private static let defaultSessionMilliseconds = 45_000.0

    private var sessionSeconds: Double {
        let name = "session.timeout.ms"
        let kafka = configuration.kafka
        let set = (kafka.consumer[name] ?? kafka.common[name]).flatMap { Double($0) }
        return (set ?? Self.defaultSessionMilliseconds) / 1e3
    }

    private func report(
        _ processes: ChaosProcesses, _ reader: ChaosReader, _ publisher: DemoPublisher,
        _ session: ClusterSession, seconds: Double
    ) throws -> ChaosReport {
        let tally = reader.tally
        let published = publisher.published
        Console.endProgress()
        return ChaosReport(
            seed: seed, published: published, scored: tally.scored,
            lost: tally.seen.prefix(published).count { $0 == 0 }, doubled: tally.doubled,
            late: tally.late, worstLatenessMs: tally.worstLateness.inMilliseconds,
            rejected: tally.rejected,
            kills: Dictionary(
                uniqueKeysWithValues: processes.kills.map { ($0.key.rawValue, $0.value) }),
            longestSilenceSeconds: tally.longestSilence, sessionSeconds: sessionSeconds,
            seconds: seconds,
            bySource: Dictionary(
                uniqueKeysWithValues: tally.bySource.map { ($0.key.rawValue, $0.value) }),
            byReason: Dictionary(
                uniqueKeysWithValues: tally.byReason.map { ($0.key.rawValue, $0.value) }),
            ledger: LedgerSummary(try LedgerReader.audit(session.address).report),
            deaths: processes.deaths)
    }
}
