import Configuration
import Contracts
import Determinism
import Foundation
import KafkaTransport
import Models
import Stages
import Statistics

/// What exactly-once costs beside at-least-once: the same records through the same stages on the same
/// cluster, in turns.
struct DeliveryBench {
    /// One run of one delivery.
    struct Row: Encodable {
        let delivery: String
        /// Records a second published; nil for as many as go through.
        let rate: Double?
        let records: Int
        let recordsPerSecond: Double
        /// From ingestion's receipt until a `read_committed` consumer has the score.
        let p50Ms: Double
        let p99Ms: Double
        let cpuMicrosPerRecord: Double
        let missing: Int
        let doubled: Int
    }

    var configuration: TandemConfiguration
    var records: Int
    var rate: Double
    var replication: Int?
    /// Makes each run's topics new ones.
    private let tag = String(UInt32.random(in: .min ... .max), radix: 36)

    init(_ configuration: TandemConfiguration, records: Int, rate: Double, replication: Int?) {
        self.configuration = configuration
        self.records = records
        self.rate = rate
        self.replication = replication
    }

    /// Waited for scores that do not come any more.
    private static let patienceSeconds = 30.0

    func run(rounds: Int) throws -> [Row] {
        let path = try DemoData.fixture("train.csv")
        let table = try CSVTable.read(path: path, labelColumn: DemoData.lastColumn(of: path))
        let bundle = try Training.standard(table, name: configuration.model)
        var rows: [Row] = []
        for round in 0..<rounds {
            for rate in [rate, nil] {
                for delivery in [Delivery.atLeastOnce, .exactlyOnce] {
                    let pace = rate.map { "\(Int($0)) a second" } ?? "as fast as they go"
                    Console.note("round \(round + 1): \(delivery.rawValue), \(pace)")
                    let name = "\(round)\(rows.count)"
                    rows.append(try measure(delivery, rate, bundle, table, name: name))
                }
            }
        }
        return rows
    }

    private func measure(
        _ delivery: Delivery, _ rate: Double?, _ bundle: ModelBundle, _ table: CSVTable,
        name: String
    ) throws -> Row {
        var configuration = configuration
        configuration.delivery = delivery
        configuration.topicPrefix = "tandem-bench-\(tag)-\(name)."
        let session = try Topics.session(configuration)
        guard !session.address.isEmbedded else {
            throw CommandFailure(
                "\(session.address.brokers) is an embedded cluster, which has no transactions")
        }
        try Topics.create(configuration, session, replication: replication) { _ in }
        try ModelPublisher.publish(bundle, name: configuration.model, to: session.address)
        let follower = try ControlFollower(
            session.address, modelName: configuration.model, log: ClusterSession.log)
        let host = try StageHost(
            configuration.ownStages, configuration, session.address, follower: follower,
            instance: "bench")
        host.start()
        defer {
            host.stop()
            follower.stop()
        }
        try host.waitUntilAssigned()
        let count = rate.map { min(records, Int($0 * 20)) } ?? records
        return try stream(delivery, rate, count, table, session, host)
    }

    private func stream(
        _ delivery: Delivery, _ rate: Double?, _ count: Int, _ table: CSVTable,
        _ session: ClusterSession, _ host: StageHost
    ) throws -> Row {
        let reader = try ChaosReader(
            session.address, prefix: "bench-", records: count, lateness: .zero)
        reader.start()
        defer { reader.stop() }
        let publisher = try DemoPublisher(
            .init(
                records: count, rate: rate, prefix: "bench-", publishesLabels: false,
                window: 20_000),
            templates: RecordTemplates(table), address: session.address,
            progress: { [reader] in reader.scored })
        let cpu = ResourceUse.processSeconds
        let begin = Date()
        publisher.start()
        defer { publisher.stop() }
        var last = (scored: -1, at: Date())
        while reader.scored < count {
            if let failure = reader.failure ?? publisher.failure ?? host.failure {
                throw CommandFailure(failure)
            }
            let scored = reader.scored
            if scored != last.scored { last = (scored, Date()) }
            guard Date().timeIntervalSince(last.at) < Self.patienceSeconds,
                !StopSignal.shared.wait(seconds: 0.01)
            else { break }
        }
        let seconds = Date().timeIntervalSince(begin)
        let tally = reader.tally
        return Row(
            delivery: delivery.rawValue, rate: rate, records: count,
            recordsPerSecond: Double(tally.scored) / seconds,
            p50Ms: Double(tally.visible.quantile(0.5) ?? 0) / 1e3,
            p99Ms: Double(tally.visible.quantile(0.99) ?? 0) / 1e3,
            cpuMicrosPerRecord: (ResourceUse.processSeconds - cpu) * 1e6 / Double(count),
            missing: count - tally.scored, doubled: tally.doubled)
    }
}
