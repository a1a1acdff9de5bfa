/// How far a consumer group is in one partition, as seen from outside the group.
///
/// Ends are last stable offsets: behind them nothing is decided yet, so nobody can read it. Offsets are
/// no count of messages: markers of transactions and messages of aborted ones have offsets too, and a
/// group that has read everything stands before the marker of the last transaction, not behind it. So
/// whoever wants to know what is left to read has to look: `found`.
public struct PartitionProgress: Sendable, Equatable {
    /// What a `read_committed` reader found from the group's position on.
    public enum Found: Sendable, Equatable {
        /// So many messages that the group has not done, up to the end.
        case all(Int)
        /// It gave up before the end.
        case some
    }

    public var partition: Int32
    /// The oldest offset that is kept.
    public var start: Int64
    /// The last stable offset.
    public var end: Int64
    /// What the group has committed; nil for nothing.
    public var committed: Int64?
    /// Ranges beyond it that the group has done as well, from the commit's metadata.
    public var completed: [Range<Int64>] = []
    /// Nil when nobody looked.
    public var found: Found?

    public init(partition: Int32, start: Int64, end: Int64, committed: Int64?) {
        self.partition = partition
        self.start = start
        self.end = end
        self.committed = committed
    }

    /// The first offset that the group would read.
    public var position: Int64 { max(start, committed ?? start) }

    /// Offsets from the position to the end that the group has not done: messages at most.
    public var distance: Int {
        guard end > position else { return 0 }
        let done = completed.reduce(Int64(0)) { sum, range in
            sum + max(0, min(range.upperBound, end) - max(range.lowerBound, position))
        }
        return Int(max(0, end - position - done))
    }

    /// Messages that the group has yet to do.
    public var lag: Int {
        if case .all(let count) = found { return count }
        return distance
    }

    /// Whether `lag` is a count, not a bound from above.
    public var isExact: Bool {
        if case .all = found { return true }
        return distance == 0
    }

    /// Whether a message found at an offset is one that the group has yet to do.
    public func isOpen(_ offset: Int64) -> Bool {
        offset >= position && !completed.contains { $0.contains(offset) }
    }
}
