public import Contracts
public import Determinism
public import Stages

/// One partition of one topic.
public struct TopicPartition: Hashable, Sendable {
    public var topic: Topic
    public var partition: Int32

    public init(topic: Topic, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }
}

/// A partition given to this instance, with what its group committed for it.
public struct Assignment: Sendable {
    public var partition: TopicPartition
    /// Committed position; nil to start at the log's beginning.
    public var position: Int64?
    public var metadata: String

    public init(partition: TopicPartition, position: Int64?, metadata: String) {
        self.partition = partition
        self.position = position
        self.metadata = metadata
    }
}

/// A position to commit.
public struct OffsetCommit: Sendable, Equatable {
    public var partition: TopicPartition
    public var position: Int64
    public var metadata: String

    public init(partition: TopicPartition, position: Int64, metadata: String) {
        self.partition = partition
        self.position = position
        self.metadata = metadata
    }
}

/// What the transport asks of the loop during a rebalance, from inside `poll`.
public protocol RebalanceHandler: AnyObject {
    func assigned(_ assignments: [Assignment])
    /// Must finish and commit what it can before it returns: the partitions then belong to another
    /// instance.
    func revoking(_ partitions: [TopicPartition])
    /// The partitions are gone already: nothing of them may be committed.
    func lost(_ partitions: [TopicPartition])
}

/// A transport failure that the loop cannot work around.
public struct TransportFailure: Error, Sendable, CustomStringConvertible {
    public enum Kind: Sendable {
        /// Passing: the same call may succeed later.
        case retriable
        /// This instance cannot go on: fenced, not authorised, an offset out of range.
        case fatal
    }

    public let kind: Kind
    public let description: String

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

/// One stage instance's consumer and producer on a cluster, real or simulated.
///
/// Owned by one thread; every call runs on it. `send` never blocks on the network: deliveries are
/// acknowledged later, by epoch.
public protocol Transport: AnyObject {
    /// Joins the stage's group on the topics.
    func subscribe(_ topics: [Topic], handler: any RebalanceHandler) throws(TransportFailure)

    /// Appends up to `maximum` messages, waiting at most `timeout` for the first.
    ///
    /// Rebalances happen here, before anything is appended. After a retriable failure the next poll
    /// goes on where the last one that succeeded ended.
    func poll(
        into batch: inout InboundBatch, maximum: Int, timeout: TimeSpan
    ) throws(TransportFailure)

    /// Stops or resumes fetching while polling (and with it the group membership) goes on.
    func setPaused(_ paused: Bool) throws(TransportFailure)

    /// Hands messages to the producer under an epoch; epochs are consecutive, from 1.
    ///
    /// A retriable failure means that nothing of the batch was taken: the same epoch is sent again.
    func send(_ batch: borrowing OutboundBatch, epoch: UInt64) throws(TransportFailure)

    /// Handles delivery reports that have come; a message that can never be delivered is a fatal
    /// failure, since only a restart from the committed position repeats what it came from.
    ///
    /// - Returns: the highest epoch such that it and all before it are acknowledged.
    func acknowledgedEpoch() throws(TransportFailure) -> UInt64

    /// Messages handed over and not acknowledged.
    var unacknowledged: Int { get }

    /// Waits until everything sent is acknowledged, at most `timeout`.
    func flush(timeout: TimeSpan) throws(TransportFailure)

    /// Commits positions to the group; `synchronously` waits for the answer.
    func commit(_ commits: [OffsetCommit], synchronously: Bool) throws(TransportFailure)

    /// Leaves the group and releases everything.
    func close()
}
