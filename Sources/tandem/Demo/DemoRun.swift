import Configuration
import Contracts
import Determinism
import Foundation
import KafkaTransport
import Models
import Stages
import Terminal

/// One run of the demo: cluster, model, stages, publisher, collector, report.
struct DemoRun {
    let configuration: TandemConfiguration
    let records: Int
    let qubits: Int
    let rate: Double?
    let seed: UInt64
    let train: String
    let test: String
    let label: String?
    let hold: Bool
    var publishesLabels = true
    /// One record in so many lacks features and is to be rejected; nil for none.
    var invalidEvery: Int?
    /// The circuit to train on; name, size, seed and shots are the demo's own.
    var training = TrainingConfiguration()

    init(
        _ configuration: TandemConfiguration, records: Int, qubits: Int, rate: Double?,
        seed: UInt64, train: String, test: String, label: String?, hold: Bool
    ) {
        self.configuration = configuration
        self.records = records
        self.qubits = qubits
        self.rate = rate
        self.seed = seed
        self.train = train
        self.test = test
        self.label = label
        self.hold = hold
    }

    /// - Parameter publish: shows the report, before `--hold` waits.
    func run(_ publish: (DemoReport) throws -> Void) throws -> DemoReport {
        let http = try HTTPServer.start(configuration)
        defer { http?.stop() }
        let testTable = try CSVTable.read(
            path: test, labelColumn: label ?? DemoData.lastColumn(of: test))
        let session = try ClusterSession(configuration)
        if session.embedded == nil { try session.requireTopics() }
        let bundle = try trainModel(records: testTable)
        Console.note(
            session.embedded == nil
                ? "cluster at \(session.address.brokers)"
                : "embedded cluster (in memory, until this command ends) at \(session.address.brokers)"
        )
        try ModelPublisher.publish(bundle, name: configuration.model, to: session.address)
        let follower = try ControlFollower(
            session.address, modelName: configuration.model, log: ClusterSession.log)
        let host = try StageHost(
            configuration.ownStages, configuration, session.address, follower: follower)
        http?.attach(host, follower)
        host.start()
        defer {
            host.stop()
            follower.stop()
        }
        Console.note("seven stages are joining their consumer groups")
        try host.waitUntilAssigned()
        let report = try stream(bundle, testTable, session, host)
        try publish(report)
        if hold {
            Console.note(
                "holding; brokers \(session.address.brokers); Ctrl-C ends. Try: "
                    + "kcat -b \(session.address.brokers) -t \(configuration.topicPrefix)scores -C")
            while !StopSignal.shared.wait(seconds: 3_600) {}
        }
        return report
    }

    private func trainModel(records: CSVTable) throws -> ModelBundle {
        let table = try CSVTable.read(
            path: train, labelColumn: label ?? DemoData.lastColumn(of: train))
        guard table.featureNames == records.featureNames else {
            throw CommandFailure("'\(train)' and '\(test)' have different feature columns")
        }
        var training = training
        training.name = configuration.model
        training.qubits = qubits
        training.seed = seed
        training.shots = configuration.enrichment.shots
        Console.note("training on \(table.rowCount) rows, \(table.featureNames.count) features")
        return try Training.train(table, training)
    }

    private func stream(
        _ bundle: ModelBundle, _ table: CSVTable, _ session: ClusterSession, _ host: StageHost
    ) throws -> DemoReport {
        let templates = RecordTemplates(table)
        let prefix = "demo-\(String(UInt32.random(in: .min ... .max), radix: 36))-"
        let link = ProgressLink()
        let collector = try DemoCollector(
            session.address, records: records, prefix: prefix, labels: table.labels,
            surrogateScores: bundle.surrogateScores(table),
            lateness: .milliseconds(Int64(configuration.pipeline.commitIntervalMs)),
            onProgress: { link.wake() })
        try collector.waitUntilReady()
        let publisher = try DemoPublisher(
            DemoPublisher.Plan(
                records: records, rate: rate, prefix: prefix, publishesLabels: publishesLabels,
                window: window(templates, session), invalidEvery: invalidEvery),
            templates: templates, address: session.address,
            progress: { Self.done(collector.current, host) })
        link.publisher = publisher
        let begin = Date()
        var meter = ResourceMeter(host, records: records)
        collector.start()
        publisher.start()
        try follow(publisher, collector, host, link, &meter, since: begin)
        let seconds = Date().timeIntervalSince(begin)
        let resources = meter.finish(host, records: publisher.published)
        publisher.stop()
        collector.stop()
        Console.endProgress()
        return DemoReport(
            collector.current,
            DemoFacts(
                recordsIn: publisher.published, wallSeconds: seconds, mode: configuration.mode,
                seed: seed, qubits: qubits, device: DeviceFactory.name(configuration),
                model: "\(bundle.name)@\(bundle.version)",
                circuitWarning: CircuitTemplates.warning(for: bundle.circuit), resources: resources)
        )
    }

    /// Records through both paths: scored (or rejected), and compared where they were admitted.
    private static func done(_ tally: DemoTally, _ host: StageHost) -> Int {
        let answered = tally.scored + tally.rejected
        return min(answered, answered + tally.compared - admitted(host))
    }

    private static func admitted(_ host: StageHost) -> Int {
        let report = host.reports.first { $0.stage == .admission }
        return report?.counters.reasons[ReasonCode.accepted.ordinal] ?? 0
    }

    /// Records on their way that fit into half of what the embedded cluster keeps; plenty
    /// elsewhere.
    private func window(_ templates: RecordTemplates, _ session: ClusterSession) -> Int {
        guard session.address.isEmbedded else { return 50_000 }
        let record = (templates.tails.map(\.slice.count).max() ?? 0) + Self.recordOverheadBytes
        let fits = EmbeddedCluster.partitionBytes * configuration.partitions / (2 * record)
        // Half of what may be at the device at a time: admission should turn records down for what the device
        // cannot do, not for how the demo publishes.
        return max(200, min(fits, Self.maximumWindow, configuration.admission.maximumInFlight / 2))
    }

    /// Id, key, timestamps and batch headers of a record; the other topics' messages are smaller
    /// than a record.
    private static let recordOverheadBytes = 256
    /// Enough to keep seven stages busy; more only waits longer in topics.
    private static let maximumWindow = 8_000

    /// Shows progress until everything has arrived, nothing moves any more, or a stop is asked for.
    private func follow(
        _ publisher: DemoPublisher, _ collector: DemoCollector, _ host: StageHost,
        _ link: ProgressLink, _ meter: inout ResourceMeter, since begin: Date
    ) throws {
        var line = DemoProgress(total: records, begin: begin)
        var still = Stillness(limit: 30 + Double(configuration.latencyBudgetMs) / 1e3)
        while true {
            if let failure = publisher.failure ?? collector.failure ?? host.failure {
                throw CommandFailure(failure)
            }
            let tally = collector.current
            line.show(tally, host.reports)
            meter.sample(records: tally.scored)
            let isAnswered = tally.scored + tally.rejected >= publisher.published
            let isCompared = tally.compared >= Self.admitted(host)
            if publisher.isFinished, isAnswered, isCompared { return }
            if StopSignal.shared.isRequested {
                publisher.stop()
                if isAnswered { return }
            }
            if still.isOver(tally.scored + tally.rejected + tally.compared) { return }
            link.wait(seconds: 0.05)
        }
    }
}

/// Wakes publisher and main thread when the collector has made progress; they are made one after
/// the other.
private final class ProgressLink: @unchecked Sendable {
    // Written once, before either thread starts.
    weak var publisher: DemoPublisher?
    private let moved = DispatchSemaphore(value: 0)

    func wake() {
        publisher?.wake()
        moved.signal()
    }

    /// Waits for progress; the time-out bounds how long a stop or a failure goes unnoticed.
    func wait(seconds: Double) { _ = moved.wait(timeout: .now() + seconds) }
}

/// Notices that nothing has moved for a while: what is missing then stays missing, and the report
/// says so.
private struct Stillness {
    let limit: Double
    private var last = -1
    private var since = Date()

    init(limit: Double) { self.limit = limit }

    mutating func isOver(_ count: Int) -> Bool {
        if count != last {
            last = count
            since = Date()
        }
        return Date().timeIntervalSince(since) > limit
    }
}

/// The live line: scores, sources, queue, fallback rate.
private struct DemoProgress {
    let total: Int
    let begin: Date
    private var shown = Date.distantPast

    init(total: Int, begin: Date) {
        self.total = total
        self.begin = begin
    }

    mutating func show(_ tally: DemoTally, _ reports: [StageReport]) {
        guard Console.isInteractive, Date().timeIntervalSince(shown) > 0.1 else { return }
        shown = Date()
        let queue = reports.first { $0.stage == .enrichment }?.held ?? 0
        let quantum = (tally.bySource[.quantum] ?? 0) + (tally.bySource[.blend] ?? 0)
        let share = Double(tally.scored - quantum) / Double(max(1, tally.scored))
        let note =
            "quantum \(Format.count(quantum))  compared \(Format.count(tally.compared))  "
            + "queue \(Format.count(queue))  classical \(Format.percentage(share))"
        let line = ProgressLine(width: 140).rendered(
            ProgressLine.Snapshot(
                label: "scores", completed: tally.scored + tally.rejected, total: total,
                elapsedSeconds: Date().timeIntervalSince(begin), note: note),
            style: Console.errorStyle)
        Console.progress(line)
    }
}
