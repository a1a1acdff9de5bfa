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
/// on.
struct ConsumerGroup {
    /// What a member has to do at its next poll.
    enum Instruction {
        case nothing
        /// Give the partitions up and join again.
        case rejoin
        /// Take these partitions.
        case take([TopicPartition])
        /// The member is out: its partitions are lost.
        case out
    }

    struct Member {
        let id: UInt64
        let topics: [Topic]
        var hasJoined = true
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

    mutating func join(_ id: UInt64, _ topics: [Topic]) {
        guard !members.contains(where: { $0.id == id }) else { return }
        members.append(Member(id: id, topics: topics))
        members.sort { $0.id < $1.id }
        prepare()
    }

    mutating func leave(_ id: UInt64) {
        guard let index = index(id) else { return }
        members.remove(at: index)
        prepare()
    }

    /// The member answers no more: it stays until its session ends.
    mutating func silence(_ id: UInt64, until instant: Timestamp) {
        if let index = index(id) { members[index].expires = instant }
    }

    mutating func expire(now: Timestamp) {
        let gone = members.filter { $0.expires.map { $0 <= now } ?? false }
        for member in gone { leave(member.id) }
    }

    var nextExpiry: Timestamp? { members.compactMap(\.expires).min() }

    /// Starts a rebalance; a second one during the first changes nothing.
    mutating func prepare() {
        isPreparing = true
        for index in members.indices where members[index].news == nil {
            members[index].hasJoined = false
        }
    }

    mutating func instruction(for id: UInt64) -> Instruction {
        guard let index = index(id) else { return .out }
        if isPreparing { return members[index].hasJoined ? .nothing : .rejoin }
        guard let news = members[index].news else { return .nothing }
        members[index].news = nil
        return .take(news)
    }

    /// Whether the member's next poll finds an instruction.
    func hasNews(for id: UInt64) -> Bool {
        guard let index = index(id) else { return true }
        return isPreparing ? !members[index].hasJoined : members[index].news != nil
    }

    /// The member has given up what it had.
    mutating func rejoined(_ id: UInt64, partitions: Int) {
        guard let index = index(id) else { return }
        members[index].hasJoined = true
        completeIfReady(partitions: partitions)
    }

    mutating func completeIfReady(partitions: Int) {
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
        for index in members.indices { members[index].news = shares[members[index].id] ?? [] }
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
    mutating func commit(_ commits: [OffsetCommit], by id: UInt64, generation: Int) -> Bool {
        guard index(id) != nil, generation == self.generation else { return false }
        for commit in commits { committed[commit.partition] = commit }
        return true
    }

    private func index(_ id: UInt64) -> Int? { members.firstIndex { $0.id == id } }
}
