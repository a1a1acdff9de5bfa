import Contracts
import Determinism
import Pipeline
import Stages
import Testing

/// What every transactional cluster must do: the simulated one, and a real one where
/// TANDEM_TEST_BROKERS names it. The embedded cluster has no transactions.
@Suite(.serialized) struct TransactionTests {
    static var kinds: [ClusterKind] { ClusterKind.available.filter { $0 != .embedded } }
    private static let timeout = TimeSpan.seconds(30 as Int64)

    private func values(_ member: Member) -> [String] {
        member.received.map { String(decoding: $0.value ?? [], as: UTF8.self) }
    }

    /// A member that reads `records` and writes in transactions, with its partitions.
    private func writer(_ cluster: TestCluster, group: String, id: String) throws -> Member {
        let transport = try cluster.transactional(group: group, id: id)
        let member = try Member(cluster, transactional: transport, topics: [.records])
        #expect(try cluster.poll(member) { member.partitions.count == TestCluster.partitions })
        return member
    }

    private func transactional(_ member: Member) throws -> any TransactionalTransport {
        try #require(member.transport as? any TransactionalTransport)
    }

    /// Makes a call until it does not fail in passing; on a virtual clock, time must be moved.
    private func done(
        _ cluster: TestCluster, _ call: () throws(TransportFailure) -> Void
    ) throws(TransportFailure) {
        for _ in 0..<500 {
            do {
                return try call()
            } catch {
                guard error.kind == .retriable else { throw error }
                cluster.passTime()
            }
        }
        try call()
    }

    /// Records for positions to stand behind: some in each partition.
    private func publishRecords(_ cluster: TestCluster) throws {
        let publisher = try Member(cluster, group: "publisher", topics: [.labels])
        try publisher.send((0..<60).map { Outgoing(key: Array("key-\($0)".utf8)) })
        try publisher.transport.flush(timeout: Self.timeout)
        publisher.transport.close()
    }

    private func output(_ value: String, topic: Topic = .scores) -> Outgoing {
        Outgoing(topic: topic, value: Array(value.utf8))
    }

    @Test(
        "a transaction's messages and positions are seen after its commit, all of them",
        arguments: kinds)
    func commit(on kind: ClusterKind) throws {
        let cluster = try TestCluster(kind)
        try publishRecords(cluster)
        let user = try Member(cluster, group: "user", topics: [.scores])
        let member = try writer(cluster, group: "stage", id: "a")
        let transport = try transactional(member)
        try transport.beginTransaction()
        try member.send([output("one"), output("two")])
        try cluster.pollOn(user, member)
        #expect(values(user) == [])
        let partition = TopicPartition(topic: .records, partition: 0)
        let commit = OffsetCommit(partition: partition, position: 5, metadata: "")
        try transport.sendOffsets([commit], timeout: Self.timeout)
        try done(cluster) { () throws(TransportFailure) in
            try transport.commitTransaction(timeout: Self.timeout)
        }
        #expect(try cluster.poll(user, member) { values(user).sorted() == ["one", "two"] })
        member.transport.close()
        let next = try writer(cluster, group: "stage", id: "b")
        #expect(next.assignment(of: 0)?.position == 5)
        next.transport.close()
        user.transport.close()
    }

    @Test("an aborted transaction leaves neither messages nor positions", arguments: kinds)
    func abort(on kind: ClusterKind) throws {
        let cluster = try TestCluster(kind)
        try publishRecords(cluster)
        let user = try Member(cluster, group: "user", topics: [.scores])
        let member = try writer(cluster, group: "stage", id: "a")
        let transport = try transactional(member)
        try transport.beginTransaction()
        try member.send([output("gone")])
        let partition = TopicPartition(topic: .records, partition: 0)
        let commit = OffsetCommit(partition: partition, position: 5, metadata: "")
        try transport.sendOffsets([commit], timeout: Self.timeout)
        try transport.abortTransaction(timeout: Self.timeout)
        try transport.beginTransaction()
        try member.send([output("kept")])
        try transport.sendOffsets(
            [OffsetCommit(partition: partition, position: 2, metadata: "")],
            timeout: Self.timeout)
        try done(cluster) { () throws(TransportFailure) in
            try transport.commitTransaction(timeout: Self.timeout)
        }
        #expect(try cluster.poll(user, member) { !values(user).isEmpty })
        try cluster.pollOn(user, member)
        #expect(values(user) == ["kept"])
        member.transport.close()
        let next = try writer(cluster, group: "stage", id: "b")
        #expect(next.assignment(of: 0)?.position == 2)
        next.transport.close()
        user.transport.close()
    }

    @Test(
        "whoever takes a transactional id over ends what its former owner left open, and fences it",
        arguments: kinds)
    func fencing(on kind: ClusterKind) throws {
        let cluster = try TestCluster(kind)
        let user = try Member(cluster, group: "user", topics: [.scores])
        let zombie = try cluster.transactional(group: "stage", id: "a")
        try zombie.initializeTransactions(timeout: Self.timeout)
        try zombie.beginTransaction()
        var batch = OutboundBatch()
        let value = OwnedBytes("zombie")
        withExtendedLifetime(value) {
            batch.emit(
                to: .scores, key: value.slice, value: value.slice, headers: [], timestamp: nil)
        }
        try zombie.send(batch, epoch: 1)
        try zombie.flush(timeout: Self.timeout)
        let heir = try writer(cluster, group: "stage", id: "a")
        let transport = try transactional(heir)
        try transport.beginTransaction()
        try heir.send([output("heir")])
        try done(cluster) { () throws(TransportFailure) in
            try transport.commitTransaction(timeout: Self.timeout)
        }
        #expect {
            try zombie.commitTransaction(timeout: Self.timeout)
        } throws: { error in
            (error as? TransportFailure)?.kind == .fatal
        }
        #expect(try cluster.poll(user, heir) { !values(user).isEmpty })
        try cluster.pollOn(user, heir)
        #expect(values(user) == ["heir"])
        zombie.close()
        heir.transport.close()
        user.transport.close()
    }

    @Test("a changelog gives back what was committed, in order, and nothing else", arguments: kinds)
    func restoring(on kind: ClusterKind) throws {
        let cluster = try TestCluster(kind)
        let member = try writer(cluster, group: "stage", id: "a")
        let transport = try transactional(member)
        for (number, isKept) in [true, false, true, true, false].enumerated() {
            try transport.beginTransaction()
            try member.send([output("\(number)", topic: .fallbackState)])
            if isKept {
                try done(cluster) { () throws(TransportFailure) in
                    try transport.commitTransaction(timeout: Self.timeout)
                }
            } else {
                try transport.abortTransaction(timeout: Self.timeout)
            }
        }
        try transport.startRestoring(
            .fallbackState, partitions: [0, 1], since: Timestamp(milliseconds: 0))
        var found: [String] = []
        var progress = RestoreProgress(restored: 0, total: 0, isComplete: false)
        for _ in 0..<2_000 where !progress.isComplete {
            var batch = InboundBatch()
            progress = try transport.pollRestoring(
                into: &batch, maximum: 2, timeout: TestCluster.pollTimeout)
            found += (0..<batch.count).compactMap { batch.value($0)?.string }
            cluster.passTime()
        }
        #expect(progress.isComplete && progress.restored == progress.total)
        #expect(found == ["0", "2", "3"])
        member.transport.close()
    }
}
