import Contracts
import Determinism
import Pipeline
import SimulatedTransport
import Stages
import Testing

/// The transactional log by itself: who sees what, and when.
@Suite struct TransactionLogTests {
    private let time = ManualTimeSource()

    private func cluster(_ faults: FaultPlan = FaultPlan()) -> SimulatedCluster {
        let cluster = SimulatedCluster(time: time, partitions: 1, faults: faults)
        cluster.transactionTimeout = .milliseconds(500)
        return cluster
    }

    /// A producer and member of a group, its id taken over.
    private func member(
        _ cluster: SimulatedCluster, _ handler: Handler = Handler(), group: String = "g",
        instance: String = "0"
    ) throws -> SimulatedTransport {
        let transport = SimulatedTransport(cluster, group: group, instance: instance)
        try transport.initializeTransactions(timeout: .zero)
        try transport.subscribe([.records], handler: handler)
        _ = try poll(transport)
        return transport
    }

    private func poll(_ transport: SimulatedTransport) throws -> [String] {
        var batch = InboundBatch()
        for _ in 0..<3 { try transport.poll(into: &batch, maximum: 100, timeout: .zero) }
        return (0..<batch.count).map { batch.value($0)?.string ?? "" }
    }

    private func send(
        _ text: String, _ epoch: UInt64, on transport: SimulatedTransport, to topic: Topic = .scores
    ) throws {
        var out = OutboundBatch()
        let bytes = OwnedBytes(text)
        withExtendedLifetime(bytes) {
            out.emit(to: topic, key: bytes.slice, value: bytes.slice, headers: [], timestamp: nil)
        }
        try transport.send(out, epoch: epoch)
    }

    private func publish(_ text: String, on cluster: SimulatedCluster, to topic: Topic = .records) {
        let bytes = OwnedBytes(text)
        withExtendedLifetime(bytes) {
            cluster.append(to: topic, key: bytes.slice, value: bytes.slice)
        }
    }

    private func texts(_ cluster: SimulatedCluster, _ topic: Topic = .scores) -> [String] {
        cluster.records(of: topic).map { String(decoding: $0.value ?? [], as: UTF8.self) }
    }

    private func position(_ offset: Int64) -> [OffsetCommit] {
        [
            OffsetCommit(
                partition: TopicPartition(topic: .records, partition: 0), position: offset,
                metadata: "")
        ]
    }

    private func kind(_ body: () throws(TransportFailure) -> Void) -> TransportFailure.Kind? {
        do throws(TransportFailure) {
            try body()
            return nil
        } catch {
            return error.kind
        }
    }

    @Test("what a transaction wrote is seen with its commit, all at once, and a marker follows")
    func visibility() throws {
        let cluster = cluster()
        let producer = try member(cluster)
        try producer.beginTransaction()
        try send("a", 1, on: producer)
        publish("outside", on: cluster, to: .scores)
        try send("b", 2, on: producer)
        #expect(texts(cluster) == [], "the open transaction holds the stable offset back")
        #expect(cluster.lastStableOffset(of: .scores, 0) == 0)
        try producer.commitTransaction(timeout: .zero)
        #expect(texts(cluster) == ["a", "outside", "b"])
        #expect(cluster.end(of: .scores, 0) == 4, "three messages and a marker")
        #expect(cluster.isExhausted(.scores, 0, at: 3), "a marker is no lag")
    }

    @Test("what was aborted is never seen, and what stands behind it is")
    func aborted() throws {
        let cluster = cluster()
        let producer = try member(cluster)
        try producer.beginTransaction()
        try send("a", 1, on: producer)
        try producer.abortTransaction(timeout: .zero)
        try producer.beginTransaction()
        try send("b", 2, on: producer)
        try producer.commitTransaction(timeout: .zero)
        #expect(texts(cluster) == ["b"])
        #expect(cluster.records(of: .scores).map(\.offset) == [2])
    }

    @Test("a consumer stops at an open transaction and skips what was aborted")
    func consumer() throws {
        let cluster = cluster()
        let reader = try member(cluster, group: "readers")
        let producer = try member(cluster, group: "writers")
        publish("first", on: cluster)
        try producer.beginTransaction()
        try send("mine", 1, on: producer, to: .records)
        publish("last", on: cluster)
        #expect(try poll(reader) == ["first"])
        try producer.abortTransaction(timeout: .zero)
        #expect(try poll(reader) == ["last"])
    }

    @Test("a second owner of a transactional id fences the first and aborts what it left open")
    func fencing() throws {
        let cluster = cluster()
        let old = try member(cluster)
        try old.beginTransaction()
        try send("old", 1, on: old)
        let new = try member(cluster)
        #expect(
            kind { () throws(TransportFailure) in try old.commitTransaction(timeout: .zero) }
                == .fatal)
        #expect(kind { () throws(TransportFailure) in try old.beginTransaction() } == .fatal)
        #expect(throws: TransportFailure.self) { _ = try poll(old) }
        try new.beginTransaction()
        try send("new", 1, on: new)
        try new.commitTransaction(timeout: .zero)
        #expect(texts(cluster) == ["new"])
    }

    @Test("a dead producer's transaction is aborted when its time is over, and its owner fenced")
    func timeouts() throws {
        let cluster = cluster()
        let producer = try member(cluster)
        let reader = try member(cluster, group: "readers", instance: "r")
        try producer.beginTransaction()
        try send("a", 1, on: producer, to: .records)
        publish("b", on: cluster)
        time.advance(by: .milliseconds(499))
        #expect(try poll(reader) == [])
        time.advance(by: .milliseconds(1))
        #expect(try poll(reader) == ["b"])
        #expect(
            kind { () throws(TransportFailure) in try producer.commitTransaction(timeout: .zero) }
                == .fatal)
    }

    @Test("positions count with the commit, and not after an abort")
    func positions() throws {
        let cluster = cluster()
        for text in ["a", "b", "c"] { publish(text, on: cluster) }
        let handler = Handler()
        let producer = try member(cluster, handler)
        try producer.beginTransaction()
        try producer.sendOffsets(position(2), timeout: .zero)
        #expect(cluster.committed("g", .records, 0) == nil)
        try producer.abortTransaction(timeout: .zero)
        #expect(cluster.committed("g", .records, 0) == nil)
        try producer.rewind()
        #expect(try poll(producer) == ["a", "b", "c"], "taken anew from the beginning")
        try producer.beginTransaction()
        try producer.sendOffsets(position(3), timeout: .zero)
        try producer.commitTransaction(timeout: .zero)
        #expect(cluster.committed("g", .records, 0) == 3)
    }

    @Test("positions of a member that is out, or of an old generation, are refused as abortable")
    func membership() throws {
        let cluster = cluster()
        let producer = try member(cluster)
        try producer.beginTransaction()
        producer.evict()
        #expect(
            kind { () throws(TransportFailure) in
                try producer.sendOffsets(position(1), timeout: .zero)
            } == .abortable)
        #expect(
            kind { () throws(TransportFailure) in
                try producer.sendOffsets([], timeout: .zero)
            } == nil, "as Kafka's clients: nothing to check, nothing checked")
    }

    @Test("a partition whose position is pending is given to nobody until its transaction ends")
    func pendingPositions() throws {
        let cluster = cluster()
        publish("a", on: cluster)
        let old = try member(cluster)
        try old.beginTransaction()
        try old.sendOffsets(position(1), timeout: .zero)
        old.evict()
        let handler = Handler()
        let next = SimulatedTransport(cluster, group: "g", instance: "1")
        try next.subscribe([.records], handler: handler)
        #expect(try poll(next) == [] && handler.assignments == 0)
        try old.commitTransaction(timeout: .zero)
        #expect(try poll(next) == [], "the position is beyond the record")
        #expect(handler.assignments == 1)
    }

    @Test("a commit that timed out is told by the same call, whether it happened or not")
    func unknownOutcome() throws {
        var committed = 0
        for seed in 0..<20 as Range<UInt64> {
            var faults = FaultPlan(seed: seed)
            faults.commitTimeout = 1
            let start = ManualTimeSource().now()
            faults.until = start + .milliseconds(Int64(seed) + 1)
            let time = ManualTimeSource()
            let cluster = SimulatedCluster(time: time, partitions: 1, faults: faults)
            let producer = try member(cluster)
            try producer.beginTransaction()
            try send("a", 1, on: producer)
            #expect(
                kind { () throws(TransportFailure) in
                    try producer.commitTransaction(timeout: .zero)
                } == .retriable)
            committed += texts(cluster).count
            time.advance(by: .milliseconds(30))
            try producer.commitTransaction(timeout: .zero)
            #expect(texts(cluster) == ["a"], "once, either way")
        }
        #expect(committed > 0 && committed < 20, "both outcomes came")
    }

    @Test("markers may come late: effects are seen with each partition's own")
    func lateMarkers() throws {
        var faults = FaultPlan()
        faults.marker = .milliseconds(5)...(.milliseconds(5))
        let cluster = cluster(faults)
        let producer = try member(cluster)
        try producer.beginTransaction()
        try send("a", 1, on: producer)
        try producer.commitTransaction(timeout: .zero)
        #expect(texts(cluster) == [])
        time.advance(by: .milliseconds(5))
        _ = try poll(producer)
        #expect(texts(cluster) == ["a"])
    }

    @Test("restoring waits for what an earlier owner left open, and gives what was committed")
    func restoring() throws {
        let cluster = cluster()
        let old = try member(cluster, group: "old")
        let new = try member(cluster, group: "new")
        for (index, ends) in [true, false, true].enumerated() {
            try old.beginTransaction()
            try send("s\(index)", UInt64(index + 1), on: old, to: .fallbackState)
            if ends {
                try old.commitTransaction(timeout: .zero)
            } else {
                try old.abortTransaction(timeout: .zero)
            }
        }
        try old.beginTransaction()
        try send("open", 4, on: old, to: .fallbackState)
        try new.startRestoring(.fallbackState, partitions: [0], since: Timestamp(microseconds: 0))
        var batch = InboundBatch()
        var progress = try new.pollRestoring(into: &batch, maximum: 100, timeout: .zero)
        #expect(!progress.isComplete && batch.count == 2)
        try old.commitTransaction(timeout: .zero)
        progress = try new.pollRestoring(into: &batch, maximum: 100, timeout: .zero)
        #expect(progress.isComplete && progress.restored == progress.total)
        #expect((0..<batch.count).map { batch.value($0)?.string } == ["s0", "s2", "open"])
    }

    @Test("a compacted changelog restores the last value of each key")
    func compaction() throws {
        let cluster = cluster()
        let bytes = OwnedBytes("k")
        for text in ["1", "2", "3"] {
            let value = OwnedBytes(text)
            withExtendedLifetime((bytes, value)) {
                cluster.append(to: .fallbackState, key: bytes.slice, value: value.slice)
            }
        }
        publish("other", on: cluster, to: .fallbackState)
        cluster.compact(.fallbackState)
        #expect(texts(cluster, .fallbackState) == ["3", "other"])
        #expect(cluster.records(of: .fallbackState).map(\.offset) == [2, 3])
    }

    @Test("a static member that starts again takes its partitions over without a rebalance")
    func staticMember() throws {
        let cluster = cluster()
        let (first, second) = (Handler(), Handler())
        let old = try member(cluster, first)
        #expect(first.assignments == 1)
        let other = Handler()
        _ = try member(cluster, other, instance: "1")
        _ = try poll(old)
        let before = first.revocations
        let new = try member(cluster, second)
        #expect(second.assignments == 1 && first.revocations == before)
        publish("a", on: cluster)
        #expect(try poll(new) == ["a"])
        #expect(throws: TransportFailure.self) { _ = try poll(old) }
    }
}

/// Counts what it is told.
private final class Handler: RebalanceHandler {
    private(set) var assignments = 0
    private(set) var revocations = 0
    let restoresFirst = false

    func assigned(_ assignments: [Assignment]) {
        if !assignments.isEmpty { self.assignments += 1 }
    }

    func revoking(_ partitions: [TopicPartition]) { revocations += 1 }
    func lost(_ partitions: [TopicPartition]) {}
}
