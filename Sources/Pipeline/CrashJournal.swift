internal import Contracts
internal import Stages

/// A run of messages of one partition.
public struct MessageRange: Hashable, Sendable {
    public var partition: TopicPartition
    public var first: Int64
    public var last: Int64

    public init(partition: TopicPartition, first: Int64, last: Int64) {
        self.partition = partition
        self.first = first
        self.last = last
    }

    func contains(_ position: MessagePosition) -> Bool {
        partition.topic == position.topic && partition.partition == position.partition
            && first <= position.offset && position.offset <= last
    }
}

/// What a stage had in hand: messages of one call, and how often it died over just these.
public struct InHand: Hashable, Sendable {
    public var ranges: [MessageRange]
    public var deaths: Int

    public init(ranges: [MessageRange], deaths: Int) {
        self.ranges = ranges
        self.deaths = deaths
    }

    /// The last message, when there is only one.
    var single: MessageRange? {
        guard ranges.count == 1, ranges[0].first == ranges[0].last else { return nil }
        return ranges[0]
    }
}

/// A message over which a stage died alone, and died again.
public struct Conviction: Hashable, Sendable {
    public var partition: TopicPartition
    public var offset: Int64
    /// Of the message's value: a topic made anew has other messages at the same places.
    public var hash: UInt64
    public var deaths: Int

    public init(partition: TopicPartition, offset: Int64, hash: UInt64, deaths: Int) {
        self.partition = partition
        self.offset = offset
        self.hash = hash
        self.deaths = deaths
    }
}

/// Where an instance notes what it has in hand, outliving the process: its next life finds what the
/// last one died over. One thread owns it.
public protocol CrashJournal: AnyObject {
    /// What the last life had in hand when it ended; nil when it ended otherwise.
    var leftover: InHand? { get }
    /// Messages known to be poison: a life may end over another one before these are committed.
    var convictions: [Conviction] { get }
    /// Remembers another one; the oldest goes when there are too many.
    func convict(_ conviction: Conviction)
    func begin(_ inHand: InHand)
    func end()
}
