internal import Determinism
internal import Pipeline

/// One transaction of one producer, from its first write to its last marker.
///
///     open ── commit decided ──▶ ending(commit) ── last marker ──▶ ended
///       └──── abort decided ───▶ ending(abort) ───┘
///
/// Deciding is one instant, at the coordinator; the markers follow on each partition at instants of
/// their own, and only with them the effects come to be seen.
final class Transaction {
    enum State { case open, ending, ended }

    let id: String
    let startedAt: Timestamp
    private(set) var state = State.open
    /// The decision; meaningless while open.
    private(set) var isCommitted = false
    /// When the last marker stands.
    private(set) var completesAt: Timestamp
    private(set) var writes: [(log: PartitionLog, offsets: [Int64])] = []
    private(set) var commits: [String: [OffsetCommit]] = [:]

    init(id: String, startedAt: Timestamp) {
        self.id = id
        self.startedAt = startedAt
        completesAt = startedAt
    }

    /// Takes note of a message.
    ///
    /// - Returns: whether it is the transaction's first on that partition.
    func note(_ log: PartitionLog, offset: Int64) -> Bool {
        if let index = writes.firstIndex(where: { $0.log === log }) {
            writes[index].offsets.append(offset)
            return false
        }
        writes.append((log, [offset]))
        return true
    }

    /// Takes note of positions; later ones of a partition replace earlier ones.
    ///
    /// - Returns: partitions that had no position in this transaction before.
    func note(_ positions: [OffsetCommit], of group: String) -> [TopicPartition] {
        var fresh: [TopicPartition] = []
        var own = commits[group] ?? []
        for position in positions {
            if let index = own.firstIndex(where: { $0.partition == position.partition }) {
                own[index] = position
            } else {
                own.append(position)
                fresh.append(position.partition)
            }
        }
        commits[group] = own
        return fresh
    }

    func decide(isCommitted: Bool, completesAt: Timestamp) {
        state = .ending
        self.isCommitted = isCommitted
        self.completesAt = completesAt
    }

    func complete() { state = .ended }
}
