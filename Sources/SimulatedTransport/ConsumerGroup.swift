internal import Contracts
internal import Determinism
internal import Pipeline

/// A consumer group as its coordinator sees it: members, generation, assignment, committed
/// positions.
///
///     stable ── join, leave, eviction, forced ──▶ preparing ── every member has joined ──▶ stable
///                                                              (generation + 1, range assignment)
///
/// While it prepares, members may still commit under the old generation: a rebalance drains first.
/// A member that was put out learns of it at its next poll, and its commits are refused from then
/// on. A static member that starts again takes the place of its former life, which is fenced, and
/// its partitions, without a rebalance.
///
/// Positions sent in a transaction are pending until its end; nobody is given a partition meanwhile
/// (`require_stable`, what every consumer of a transactional group asks for).
final class ConsumerGroup {
    /// What a member has to do at its next poll.
    enum Instruction {
        case nothing
        /// Give the partitions up and join again.
        case rejoin
        /// Take these partitions.
        case take([TopicPartition])
        /// The member is out: its partitions are lost.
        case out
        /// Another life of the same static member has its place.
        case fenced
    }

    struct Member {
        var id: UInt64
        /// The place in the range assignment: the id of the first life.
        let rank: UInt64
        let topics: [Topic]
        /// Name of a static member.
        let name: String?
        var hasJoined = true
        var assignment: [TopicPartition] = []
        /// An assignment that the member has not fetched yet.
        var news: [TopicPartition]?
        /// Session end of a member that has stopped polling.
        var expires: Timestamp?
    }

    private(set) var generation = 0
    private(set) var isPreparing = false
    /// In order of id: range assignment goes by it.
    private(set) var members: [Member] = []
    private(set) var committed: [TopicPartition: OffsetCommit] = [:]

    private var fenced: Set<UInt64> = []
    /// Transactions with a position for the partition that have not ended.
    private var pending: [TopicPartition: Int] = [:]

    /// - Parameter name: of a static member; nil for one that each start makes anew.
    func join(_ id: UInt64, _ topics: [Topic], name: String? = nil) {
        guard index(id) == nil, !fenced.contains(id) else { return }
        if let name, let former = members.firstIndex(where: { $0.name == name }) {
            fenced.insert(members[former].id)
            members[former].id = id
            members[former].expires = nil
            members[former].hasJoined = true
            members[former].news = isPreparing ? nil : members[former].assignment
            return
        }
        members.append(Member(id: id, rank: id, topics: topics, name: name))
        members.sort { $0.rank < $1.rank }
        prepare()
    }

    func leave(_ id: UInt64) {
        guard let index = index(id) else { return }
        members.remove(at: index)
        prepare()
    }

    /// The member answers no more: it stays until its session ends.
    func silence(_ id: UInt64, until instant: Timestamp) {
        if let index = index(id) { members[index].expires = instant }
    }

    func expire(now: Timestamp) {
        guard members.contains(where: { $0.expires != nil }) else { return }
        let gone = members.filter { $0.expires.map { $0 <= now } ?? false }
        for member in gone { leave(member.id) }
    }

    var nextExpiry: Timestamp? { members.compactMap(\.expires).min() }

    /// Starts a rebalance, or one that is under way anew: everybody joins again. An assignment that
    /// a member has not fetched yet is void.
    func prepare() {
        isPreparing = true
        for index in members.indices {
            members[index].news = nil
            members[index].hasJoined = false
        }
    }

    func instruction(for id: UInt64) -> Instruction {
        guard let index = index(id) else { return fenced.contains(id) ? .fenced : .out }
        if isPreparing { return members[index].hasJoined ? .nothing : .rejoin }
        guard let news = members[index].news, isStable(news) else { return .nothing }
        members[index].news = nil
        return .take(news)
    }

    /// Whether the member's next poll finds an instruction.
    func hasNews(for id: UInt64) -> Bool {
        guard let index = index(id) else { return true }
        if isPreparing { return !members[index].hasJoined }
        return members[index].news.map(isStable) ?? false
    }

    /// Whether no transaction that has not ended holds a position of the partitions.
    func isStable(_ partitions: [TopicPartition]) -> Bool {
        pending.isEmpty || !partitions.contains { pending[$0] != nil }
    }

    /// Whether the member belongs to the group, under its present generation.
    func isMember(_ id: UInt64, generation: Int) -> Bool {
        index(id) != nil && generation == self.generation
    }

    /// Whether any transaction's positions are pending.
    var hasPending: Bool { !pending.isEmpty }

    func isFenced(_ id: UInt64) -> Bool { fenced.contains(id) }

    /// The member has given up what it had.
    func rejoined(_ id: UInt64, partitions: Int) {
        guard let index = index(id) else { return }
        members[index].hasJoined = true
        completeIfReady(partitions: partitions)
    }

    func completeIfReady(partitions: Int) {
        guard isPreparing, members.allSatisfy(\.hasJoined) else { return }
        isPreparing = false
        generation += 1
        var shares: [UInt64: [TopicPartition]] = [:]
        for topic in Set(members.flatMap(\.topics)).sorted(by: { $0.rawValue < $1.rawValue }) {
            let readers = members.filter { $0.topics.contains(topic) }.map(\.id)
            let count = topic.plane == .control ? 1 : partitions
            for (id, range) in Self.range(partitions: count, members: readers) {
                shares[id, default: []] += range.map { TopicPartition(topic: topic, partition: $0) }
            }
        }
        for index in members.indices {
            members[index].assignment = shares[members[index].id] ?? []
            members[index].news = members[index].assignment
        }
    }

    /// Kafka's range assignor for one topic: contiguous shares, the first ones larger by one.
    static func range(partitions: Int, members: [UInt64]) -> [(UInt64, Range<Int32>)] {
        let share = partitions / max(1, members.count)
        let larger = partitions % max(1, members.count)
        var start = 0
        return members.enumerated().map { index, member in
            let count = share + (index < larger ? 1 : 0)
            defer { start += count }
            return (member, Int32(start)..<Int32(start + count))
        }
    }

    /// - Returns: false when the member is out, or speaks for an old generation.
    func commit(_ commits: [OffsetCommit], by id: UInt64, generation: Int) -> Bool {
        guard isMember(id, generation: generation) else { return false }
        store(commits)
        return true
    }

    private func store(_ commits: [OffsetCommit]) {
        for commit in commits { committed[commit.partition] = commit }
    }

    // MARK: Transactions

    /// Positions are in an open transaction from now on.
    func hold(_ partitions: [TopicPartition]) {
        for partition in partitions { pending[partition, default: 0] += 1 }
    }

    /// The transaction that held the positions has ended.
    func settle(_ commits: [OffsetCommit], isCommitted: Bool) {
        if isCommitted { store(commits) }
        for commit in commits {
            let left = (pending[commit.partition] ?? 1) - 1
            pending[commit.partition] = left > 0 ? left : nil
        }
    }

    private func index(_ id: UInt64) -> Int? { members.firstIndex { $0.id == id } }
}
