import Contracts
import Determinism
import KafkaTransport
import Pipeline
import Stages
import Testing

/// Writes each record on, and nothing else.
private struct Copier: Stage {
    let name = StageName.ingestion
    let counters = StageCounters()

    mutating func process(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        for index in 0..<batch.count {
            guard let key = batch.key(index), let value = batch.value(index) else { continue }
            out.emit(to: .features, key: key) { $0.append(value) }
        }
    }
}

/// Holds its first input until an instant, its partitions paused meanwhile.
private struct Holder: Stage {
    let name = StageName.ingestion
    let counters = StageCounters()
    let hold: TimeSpan
    private var held: (position: MessagePosition, until: Timestamp)?

    init(hold: TimeSpan) { self.hold = hold }

    var heldCount: Int { held == nil ? 0 : 1 }
    var nextDue: Timestamp? { held?.until }

    mutating func process(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        guard let first = batch.messages.first else { return }
        out.hold(first.position)
        held = (first.position, context.now + hold)
    }

    mutating func tick(_ context: StageContext, into out: inout OutboundBatch) {
        guard let held, context.now >= held.until else { return }
        self.held = nil
        out.release(held.position)
        let done = OwnedBytes("done")
        withExtendedLifetime(done) {
            out.emit(
                to: .features, key: done.slice, value: done.slice, headers: [], timestamp: nil)
        }
    }
}

/// What a stage's loop does on librdkafka's mock cluster when the cluster is in trouble.
@Suite("A stage on a cluster in trouble", .serialized)
struct KafkaTroubleTests {
    private static let partitions = 2
    private static let count = 300

    private let cluster: EmbeddedCluster
    private let address: ClusterAddress
    private let writer: KafkaWriter

    init() throws {
        cluster = try EmbeddedCluster(size: 3, log: { _, _ in })
        try cluster.createTopics(prefix: "tandem.", partitions: Self.partitions)
        var address = ClusterAddress(brokers: cluster.brokers)
        address.isEmbedded = true
        self.address = address
        writer = try KafkaWriter(address, clientID: "writer", log: { _, _ in })
    }

    private func loop(_ stage: any Stage, _ limits: LoopLimits = LoopLimits()) throws -> StageLoop {
        let transport = try KafkaTransport(address, group: "tandem.x", log: { _, _ in })
        return StageLoop(
            stage: stage, transport: transport, time: SystemTimeSource(), limits: limits)
    }

    private func publish(_ numbers: Range<Int>) throws {
        var out = OutboundBatch()
        for number in numbers {
            let (key, value) = (OwnedBytes("k\(number % 5)"), OwnedBytes("\(number)"))
            withExtendedLifetime((key, value)) {
                out.emit(
                    to: .records, key: key.slice, value: value.slice, headers: [], timestamp: nil)
            }
        }
        try writer.send(out)
    }

    /// Runs the loop until the reader has seen so many messages.
    private func run(
        _ loop: StageLoop, _ reader: KafkaReader, _ seen: inout [(key: String, number: Int)],
        until count: Int
    ) throws {
        // A minute of turns: longer than any of these troubles.
        let limit = SystemTimeSource().now() + .seconds(60 as Int64)
        var batch = InboundBatch()
        while seen.count < count, SystemTimeSource().now() < limit {
            do throws(TransportFailure) {
                try loop.runOnce(control: ControlSnapshot())
            } catch {
                guard error.kind == .retriable else { throw error }
            }
            try writer.serve()
            batch.removeAll()
            try reader.poll(into: &batch, timeout: 0)
            for index in 0..<batch.count {
                let number = Int(batch.value(index)?.string ?? "") ?? -1
                seen.append((batch.key(index)?.string ?? "", number))
            }
        }
        #expect(seen.count >= count)
    }

    private enum Trouble: String, CaseIterable {
        case brokersDown, slowRoundTrips, leadersMove, refusedWrites, refusedCommits, refusedFetches
    }

    private static let produce: Int16 = 0
    private static let fetch: Int16 = 1
    private static let offsetCommit: Int16 = 8
    private static let (notLeader, timedOut, notEnoughReplicas): (Int32, Int32, Int32) = (6, 7, 19)
    private static let coordinatorNotAvailable: Int32 = 15

    private func begin(_ trouble: Trouble) throws {
        switch trouble {
        case .brokersDown: cluster.setDown(true)
        case .slowRoundTrips: cluster.setRoundTrip(milliseconds: 200)
        case .leadersMove:
            for (index, topic) in ["tandem.records", "tandem.features"].enumerated() {
                for partition in 0..<Self.partitions {
                    try cluster.setLeader(
                        of: topic, Int32(partition), broker: 1 + (index + partition) % 3)
                }
            }
        case .refusedWrites:
            cluster.answer(
                Self.produce, with: [Self.notEnoughReplicas, Self.timedOut, Self.notLeader])
        case .refusedCommits:
            cluster.answer(
                Self.offsetCommit, with: [Self.coordinatorNotAvailable, Self.timedOut])
        case .refusedFetches:
            cluster.answer(Self.fetch, with: [Self.notLeader, Self.timedOut, Self.notLeader])
        }
    }

    private func end(_ trouble: Trouble) throws {
        switch trouble {
        case .brokersDown: cluster.setDown(false)
        case .slowRoundTrips: cluster.setRoundTrip(milliseconds: 0)
        case .leadersMove:
            for topic in ["tandem.records", "tandem.features"] {
                for partition in 0..<Self.partitions {
                    try cluster.setLeader(of: topic, Int32(partition), broker: 3 - partition)
                }
            }
        case .refusedWrites, .refusedCommits, .refusedFetches: break
        }
    }

    @Test("writes every record on, once and in order, whatever the trouble")
    func troubles() throws {
        let loop = try loop(Copier())
        try loop.start()
        let reader = try KafkaReader(
            address, topics: [.features], from: .beginning, clientID: "reader", log: { _, _ in })
        var seen: [(key: String, number: Int)] = []
        var published = 0
        func publishMore() throws {
            try publish(published..<published + Self.count)
            published += Self.count
        }
        try publishMore()
        try run(loop, reader, &seen, until: published)
        for trouble in Trouble.allCases {
            try publishMore()
            try run(loop, reader, &seen, until: published - Self.count / 2)
            try begin(trouble)
            try publishMore()
            for _ in 0..<100 {
                _ = try? loop.runOnce(control: ControlSnapshot())
            }
            try end(trouble)
            try run(loop, reader, &seen, until: published)
            #expect(seen.count == published, "\(trouble)")
            #expect(Set(seen.map(\.number)).count == published, "\(trouble)")
        }
        for messages in Dictionary(grouping: seen, by: \.key).values {
            #expect(messages.map(\.number) == messages.map(\.number).sorted())
        }
        try loop.stop()
    }

    @Test("keeps its partitions while it holds an input longer than a poll may be away")
    func holding() throws {
        let away = TimeSpan.seconds(6 as Int64)
        var address = address
        address.consumer["max.poll.interval.ms"] = "6000"
        address.consumer["session.timeout.ms"] = "6000"
        var limits = LoopLimits()
        limits.maximumHeld = 0
        let transport = try KafkaTransport(address, group: "tandem.x", log: { _, _ in })
        let loop = StageLoop(
            stage: Holder(hold: away + .seconds(2 as Int64)), transport: transport,
            time: SystemTimeSource(), limits: limits)
        try loop.start()
        try publish(0..<1)
        let reader = try KafkaReader(
            address, topics: [.features], from: .beginning, clientID: "reader", log: { _, _ in })
        var seen: [(key: String, number: Int)] = []
        try run(loop, reader, &seen, until: 1)
        #expect(seen.map(\.key) == ["done"], "a rebalance would have brought the input again")
        #expect(loop.assignedPartitions == Self.partitions && loop.skipped == 0)
        try loop.stop()
    }
}
