import Contracts
import Determinism
import Pipeline
import SimulatedTransport
import Stages
import Testing

/// The loop alone, with a stage that does as it is told.
@Suite struct StageLoopTests {
    private let time = ManualTimeSource()

    private func cluster(_ faults: FaultPlan = FaultPlan()) -> SimulatedCluster {
        SimulatedCluster(time: time, partitions: 1, faults: faults)
    }

    private func publish(_ names: [String], on cluster: SimulatedCluster) {
        for name in names {
            let bytes = OwnedBytes(name)
            withExtendedLifetime(bytes) {
                cluster.append(to: .records, key: bytes.slice, value: bytes.slice)
            }
        }
    }

    private func loop(
        _ transport: any Transport, limits: LoopLimits = LoopLimits()
    ) throws -> StageLoop {
        let loop = StageLoop(stage: Echo(), transport: transport, time: time, limits: limits)
        try loop.start()
        return loop
    }

    private func turn(_ loops: StageLoop..., times: Int = 4) throws {
        for _ in 0..<times {
            for loop in loops {
                try loop.runOnce(control: ControlSnapshot(), pollTimeout: .zero)
            }
        }
    }

    private func written(_ cluster: SimulatedCluster) -> [String] {
        cluster.records(of: .features).map { String(decoding: $0.value ?? [], as: UTF8.self) }
    }

    @Test("a record is committed only after everything written because of it is acknowledged")
    func commitFollowsAcknowledgement() throws {
        var faults = FaultPlan()
        faults.acknowledgement = .milliseconds(300)...(.milliseconds(300))
        let cluster = cluster(faults)
        publish(["a", "b"], on: cluster)
        let loop = try loop(SimulatedTransport(cluster, group: "g"))
        try turn(loop)
        time.advance(by: .milliseconds(100))
        try turn(loop)
        time.advance(by: .milliseconds(150))
        try turn(loop)
        #expect(cluster.committed("g", .records, 0) == nil)
        time.advance(by: .milliseconds(51))
        try turn(loop)
        #expect(cluster.committed("g", .records, 0) == 2)
    }

    @Test("a held record keeps the position back until it is released")
    func heldRecord() throws {
        let cluster = cluster()
        publish(["hold:x", "b", "c"], on: cluster)
        let loop = try loop(SimulatedTransport(cluster, group: "g"))
        try turn(loop)
        #expect(loop.openInputs == 1)
        try loop.drain()
        #expect(cluster.committed("g", .records, 0) == 0)
        publish(["release"], on: cluster)
        try turn(loop)
        try loop.drain()
        #expect(cluster.committed("g", .records, 0) == 4)
        #expect(loop.openInputs == 0)
    }

    @Test("the next owner gets what was held, and nothing that was finished beyond it")
    func handOver() throws {
        let cluster = cluster()
        publish(["a", "hold:x", "b", "hold:y", "c"], on: cluster)
        let first = try loop(SimulatedTransport(cluster, group: "g"))
        try turn(first)
        try first.stop()
        let second = try loop(SimulatedTransport(cluster, group: "g"))
        try turn(second)
        #expect(second.skipped == 2)
        #expect(second.openInputs == 2)
        publish(["release"], on: cluster)
        try turn(second)
        #expect(written(cluster) == ["a", "b", "c", "x", "y"])
    }

    @Test("a hand-over in the middle of an inherited range keeps the rest of the range")
    func handOverInTheMiddleOfARange() throws {
        let cluster = cluster()
        publish(["hold:x", "a", "b", "c", "d"], on: cluster)
        let first = try loop(SimulatedTransport(cluster, group: "g"))
        try turn(first)
        try first.stop()
        var limits = LoopLimits()
        limits.batchMaximum = 2
        let second = try loop(SimulatedTransport(cluster, group: "g"), limits: limits)
        try turn(second, times: 3)
        try second.stop()
        let third = try loop(SimulatedTransport(cluster, group: "g"))
        publish(["release"], on: cluster)
        try turn(third)
        #expect(written(cluster).sorted() == ["a", "b", "c", "d", "x"])
    }

    @Test("output whose send failed goes out before anything is committed")
    func failedSend() throws {
        let cluster = cluster()
        publish(["a", "b"], on: cluster)
        let faulty = FailingSend(SimulatedTransport(cluster, group: "g"), failures: 3)
        let loop = try loop(faulty)
        #expect(throws: TransportFailure.self) { try turn(loop) }
        time.advance(by: .milliseconds(60))
        #expect(throws: TransportFailure.self) { try loop.drain() }
        #expect(throws: TransportFailure.self) { try turn(loop) }
        #expect(cluster.committed("g", .records, 0) == nil)
        try turn(loop)
        time.advance(by: .milliseconds(60))
        try turn(loop)
        #expect(written(cluster) == ["a", "b"])
        #expect(cluster.committed("g", .records, 0) == 2)
    }

    @Test("a message delivered twice is processed once, held or done")
    func redelivery() throws {
        let cluster = cluster()
        publish(["hold:x", "a", "release"], on: cluster)
        let loop = try loop(Repeating(SimulatedTransport(cluster, group: "g")))
        try turn(loop, times: 10)
        #expect(written(cluster) == ["a", "x"])
        #expect(loop.openInputs == 0)
    }

    @Test("a rebalance inside a poll hands over what is finished and forgets what is held")
    func rebalanceInsidePoll() throws {
        let cluster = cluster()
        publish(["a", "hold:x", "b"], on: cluster)
        let first = try loop(SimulatedTransport(cluster, group: "g"))
        try turn(first)
        #expect(first.openInputs == 1)
        let second = try loop(SimulatedTransport(cluster, group: "g"))
        try turn(first, second)
        // Range assignment: the older member keeps the only partition, and gets the held record
        // again.
        #expect(first.assignedPartitions == 1 && second.assignedPartitions == 0)
        #expect(first.openInputs == 1 && first.skipped == 1)
        try first.stop()
        try turn(second)
        #expect(second.openInputs == 1)
        publish(["release"], on: cluster)
        try turn(second)
        #expect(written(cluster) == ["a", "b", "x"])
    }

    @Test("a member that was put out commits nothing of what it lost")
    func eviction() throws {
        let cluster = cluster()
        publish(["a"], on: cluster)
        let transport = SimulatedTransport(cluster, group: "g")
        let loop = try loop(transport)
        try turn(loop)
        transport.evict()
        #expect(throws: TransportFailure.self) { try loop.drain() }
        #expect(cluster.committed("g", .records, 0) == nil)
        try turn(loop)
        #expect(loop.assignedPartitions == 1, "it has joined again")
        #expect(written(cluster) == ["a", "a"])
    }

    @Test("too many messages unacknowledged pause fetching, also after a rebalance")
    func backpressure() throws {
        var faults = FaultPlan()
        faults.acknowledgement = .milliseconds(500)...(.milliseconds(500))
        let cluster = cluster(faults)
        publish((0..<10).map { "m\($0)" }, on: cluster)
        var limits = LoopLimits()
        limits.batchMaximum = 2
        limits.maximumUnacknowledged = 3
        limits.drainTimeout = .milliseconds(1)
        let loop = try loop(SimulatedTransport(cluster, group: "g"), limits: limits)
        try turn(loop, times: 8)
        #expect(loop.unacknowledged == 4)
        cluster.forceRebalance(of: "g")
        try turn(loop, times: 8)
        #expect(loop.unacknowledged <= 6, "one more batch at most")
        time.advance(by: .milliseconds(600))
        try turn(loop, times: 8)
        time.advance(by: .milliseconds(600))
        try turn(loop, times: 8)
        time.advance(by: .milliseconds(600))
        try turn(loop, times: 8)
        #expect(Set(written(cluster)).count == 10)
    }
}

/// Writes each value on; holds those that begin with `hold:` until one says `release`.
private struct Echo: Stage {
    let name = StageName.ingestion
    let counters = StageCounters()
    private var held: [(text: String, position: MessagePosition)] = []

    var heldCount: Int { held.count }

    mutating func process(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        for index in 0..<batch.count {
            let text = batch.value(index)?.string ?? ""
            let position = batch.messages[index].position
            if text.hasPrefix("hold:") {
                held.append((String(text.dropFirst(5)), position))
                out.hold(position)
            } else if text == "release" {
                for entry in held {
                    write(entry.text, into: &out)
                    out.release(entry.position)
                }
                held = []
            } else {
                write(text, into: &out)
            }
        }
    }

    private func write(_ text: String, into out: inout OutboundBatch) {
        let bytes = OwnedBytes(text)
        withExtendedLifetime(bytes) {
            out.emit(
                to: .features, key: bytes.slice, value: bytes.slice, headers: [], timestamp: nil)
        }
    }

    mutating func forget(topic: Topic, partition: Int32) {
        held.removeAll { $0.position.topic == topic && $0.position.partition == partition }
    }
}

/// Fails the first sends that carry something.
private final class FailingSend: ForwardingTransport {
    private var failures: Int

    init(_ inner: any Transport, failures: Int) {
        self.failures = failures
        super.init(inner)
    }

    override func send(
        _ batch: borrowing OutboundBatch, epoch: UInt64
    ) throws(TransportFailure) {
        if failures > 0, !batch.messages.isEmpty {
            failures -= 1
            throw TransportFailure(.retriable, "the broker is not available")
        }
        try super.send(batch, epoch: epoch)
    }
}

/// Delivers every message of a poll again in the next one that has any.
private final class Repeating: ForwardingTransport {
    private var last = InboundBatch()

    override func poll(
        into batch: inout InboundBatch, maximum: Int, timeout: TimeSpan
    ) throws(TransportFailure) {
        copy(last, to: &batch)
        last.removeAll()
        let already = batch.count
        try super.poll(into: &batch, maximum: 1, timeout: timeout)
        guard already == 0 else { return }
        copy(batch, to: &last)
    }

    private func copy(_ source: borrowing InboundBatch, to target: inout InboundBatch) {
        for index in 0..<source.count {
            let message = source.messages[index]
            target.append(
                at: message.position, timestamp: message.timestamp, key: source.key(index),
                value: source.value(index), headers: message.headers)
        }
    }
}
