import Contracts
import Determinism
import Pipeline
import Stages
import Testing

/// What every transport must do, on each cluster at hand. One test follows a group's whole life,
/// since the first join of a group takes the embedded cluster three seconds.
@Suite(.serialized) struct TransportTests {
    @Test(
        "a group's life: first assignment, order, commits, a pause, a hand-over",
        arguments: ClusterKind.available)
    func life(of kind: ClusterKind) throws {
        let cluster = try TestCluster(kind)
        let first = try Member(cluster, group: "life", topics: [.records, .labels])
        try firstAssignment(cluster, first)
        try orderWithinPartitions(cluster, first)
        try pause(cluster, first)
        let next = try commit(cluster, first)
        let second = try handOver(cluster, first, next)
        second.transport.close()
    }

    private func firstAssignment(_ cluster: TestCluster, _ member: Member) throws {
        #expect(try cluster.poll(member) { member.partitions.count == 2 * TestCluster.partitions })
        #expect(Set(member.partitions.map(\.topic)) == [.records, .labels])
        #expect(member.assignments.allSatisfy { $0.position == nil && $0.metadata.isEmpty })
        #expect(member.received.isEmpty && member.revocations == 0)
    }

    private func orderWithinPartitions(_ cluster: TestCluster, _ member: Member) throws {
        let keys = (0..<40).map { "key-\($0 % 7)" }
        for (index, key) in keys.enumerated() {
            try member.send([Outgoing(key: Array(key.utf8), value: Array("\(index)".utf8))])
        }
        #expect(try cluster.poll(member) { member.received.count == keys.count })
        let partitions = Dictionary(grouping: member.received, by: \.position.partition)
        #expect(partitions.count == 2, "seven keys must use both partitions")
        for messages in partitions.values {
            #expect(messages.map(\.position.offset) == (0..<Int64(messages.count)).map { $0 })
            let numbers = messages.compactMap {
                Int(String(decoding: $0.value ?? [], as: UTF8.self))
            }
            #expect(numbers == numbers.sorted() && numbers.count == messages.count)
        }
        let homes = Dictionary(grouping: member.received, by: \.key).mapValues {
            Set($0.map(\.position.partition)).count
        }
        #expect(homes.values.allSatisfy { $0 == 1 }, "a key has one partition")
    }

    private func pause(_ cluster: TestCluster, _ member: Member) throws {
        let before = member.received.count
        try member.transport.setPaused(true)
        try member.send([Outgoing()])
        try member.transport.flush(timeout: .seconds(10 as Int64))
        try cluster.pollOn(member)
        #expect(member.received.count == before, "a paused member gets nothing")
        #expect(member.partitions.count == 2 * TestCluster.partitions, "and stays in its group")
        try member.transport.setPaused(false)
        #expect(try cluster.poll(member) { member.received.count == before + 1 })
    }

    /// Commits partition 0 to offset 3, asynchronously and then to 4.
    private func commit(_ cluster: TestCluster, _ member: Member) throws -> Int64 {
        let partition = TopicPartition(topic: .records, partition: 0)
        try member.transport.commit(
            [OffsetCommit(partition: partition, position: 3, metadata: "")], synchronously: false)
        try member.transport.commit(
            [OffsetCommit(partition: partition, position: 4, metadata: "t1:1,2")],
            synchronously: true)
        return 4
    }

    /// A second member shares the topics; when the first one leaves, it has all and goes on where
    /// it was committed.
    private func handOver(
        _ cluster: TestCluster, _ first: Member, _ next: Int64
    ) throws -> Member {
        // A drain from inside the poll: what is committed here, the next owner is told.
        let drained = OffsetCommit(
            partition: TopicPartition(topic: .records, partition: 1), position: 2,
            metadata: "t1:3,1")
        var isCommitted: Bool?
        first.onRevoke = { member in
            do {
                try member.transport.flush(timeout: .seconds(10 as Int64))
                try member.transport.commit([drained], synchronously: true)
                isCommitted = true
            } catch {
                isCommitted = false
            }
        }
        let second = try Member(cluster, group: "life", topics: [.records, .labels])
        #expect(
            try cluster.poll(first, second) {
                first.partitions.count == 2 && second.partitions.count == 2
            })
        #expect(first.revocations >= 1 && isCommitted == cluster.commitsInRebalance)
        #expect(first.partitions.isDisjoint(with: second.partitions))
        for member in [first, second] {
            #expect(Set(member.partitions.map(\.topic)).count == 2, "range: one of each topic")
        }
        first.onRevoke = { _ in }
        // What the second one's share holds comes now, not in the middle of the next rebalance.
        let inherited = cluster.commitsInRebalance ? drained : nil
        let positions = [0: next, 1: inherited?.position ?? 0] as [Int32: Int64]
        let share = Set(first.received.map(\.position)).count { position in
            second.partitions.contains(
                TopicPartition(topic: position.topic, partition: position.partition))
                && position.offset >= positions[position.partition] ?? 0
        }
        #expect(try cluster.poll(first, second) { second.received.count >= share })
        first.transport.close()
        let before = second.received.count
        #expect(try cluster.poll(second) { second.partitions.count == 4 })
        #expect(second.assignment(of: 0)?.position == next)
        #expect(second.assignment(of: 0)?.metadata == "t1:1,2")
        #expect(second.assignment(of: 1)?.position == inherited?.position)
        #expect(second.assignment(of: 1)?.metadata == inherited?.metadata ?? "")
        #expect(second.assignment(of: 0, on: .labels)?.position == nil)
        try expectGoesOn(cluster, first, second, from: before, at: positions)
        return second
    }

    private func expectGoesOn(
        _ cluster: TestCluster, _ first: Member, _ second: Member, from before: Int,
        at positions: [Int32: Int64]
    ) throws {
        let rest = Set(first.received.map(\.position)).count {
            $0.offset >= positions[$0.partition] ?? 0
        }
        #expect(try cluster.poll(second) { second.received.count - before >= rest })
        try cluster.pollOn(second)
        let repeated = second.received[before...].filter { $0.position.topic == .records }
        #expect(repeated.count == rest)
        for message in repeated { #expect(first.received.contains(message)) }
    }

    @Test(
        "keys, values, headers and timestamps come back as they were sent",
        arguments: ClusterKind.available)
    func roundTrip(on kind: ClusterKind) throws {
        let cluster = try TestCluster(kind)
        let member = try Member(cluster, group: "round-trip")
        let binary: [UInt8] = (0...255).map { UInt8($0) }
        let instant = Timestamp(milliseconds: cluster.time.now().milliseconds - 3_600_000)
        let headers = [
            MessageHeader("traceparent", "00-aa-bb-01"), MessageHeader("empty", [UInt8]()),
            MessageHeader("none", nil),
            MessageHeader("bytes", [0, 255, 10]), MessageHeader("traceparent", "again"),
        ]
        let sent = [
            Outgoing(key: Array("plain".utf8), value: Array("{}".utf8)),
            Outgoing(key: nil, value: Array("no key".utf8)),
            Outgoing(key: Array("no value".utf8), value: nil),
            Outgoing(key: Array("empty value".utf8), value: []),
            Outgoing(key: [], value: Array("empty key".utf8)),
            Outgoing(key: binary, value: binary + binary),
            Outgoing(key: Array("headers".utf8), headers: headers),
            Outgoing(key: Array("time".utf8), timestamp: instant),
        ]
        let begin = cluster.time.now()
        for message in sent { try member.send([message]) }
        #expect(try cluster.poll(member) { member.received.count == sent.count })
        for message in sent {
            let twin = member.received.first { $0.key == message.key && $0.value == message.value }
            let got = try #require(
                twin, "\(message.key.map { String(decoding: $0, as: UTF8.self) } ?? "nil")")
            #expect(got.headers == message.headers)
            if let timestamp = message.timestamp {
                #expect(got.timestamp == timestamp)
            } else {
                let earliest = begin - .milliseconds(1)
                #expect(got.timestamp >= earliest && got.timestamp <= cluster.time.now())
            }
        }
        try acknowledgement(cluster, member)
        member.transport.close()
    }

    /// In the same group's life: epochs are acknowledged in order, and a flush waits for all of
    /// them.
    private func acknowledgement(_ cluster: TestCluster, _ member: Member) throws {
        let before = try member.transport.acknowledgedEpoch()
        let first = try member.send([Outgoing(), Outgoing(topic: .labels)])
        let empty = try member.send([])
        let last = try member.send([Outgoing(topic: .scores)])
        #expect(before < first && first < empty && empty < last)
        var heard = [before]
        let isHeard = try cluster.poll(member) {
            heard.append((try? member.transport.acknowledgedEpoch()) ?? 0)
            return heard.last == last
        }
        #expect(isHeard)
        #expect(heard == heard.sorted(), "acknowledgements never go back")
        #expect(member.transport.unacknowledged == 0)
        let flushed = try member.send((0..<50).map { Outgoing(value: Array("\($0)".utf8)) })
        #expect(member.transport.unacknowledged > 0)
        try member.transport.flush(timeout: .seconds(10 as Int64))
        #expect(member.transport.unacknowledged == 0)
        #expect(try member.transport.acknowledgedEpoch() == flushed)
    }
}
