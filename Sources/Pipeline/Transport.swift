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
    /// Whether new partitions stay paused until `setPaused(false)`: their state comes first.
    var restoresFirst: Bool { get }
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
        /// The open transaction cannot be committed any more: abort, rewind, do its work again.
        case abortable
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

    /// Starts to read partitions of a changelog to their present end, open transactions of earlier
    /// owners waited for; a restoration under way is given up.
    ///
    /// - Parameter since: entries older than this may be left out.
    func startRestoring(
        _ changelog: Topic, partitions: [Int32], since: Timestamp
    ) throws(TransportFailure)

    /// Appends entries of the changelog, waiting at most `timeout` for the first.
    ///
    /// - Returns: how far the restoration is; `isComplete` when nothing is left to read.
    func pollRestoring(
        into batch: inout InboundBatch, maximum: Int, timeout: TimeSpan
    ) throws(TransportFailure) -> RestoreProgress

    /// Leaves the group and releases everything.
    func close()
}

/// How far reading a changelog is.
public struct RestoreProgress: Sendable, Equatable {
    /// Offsets passed, compacted ones included.
    public var restored: Int64
    /// Offsets there were when it began.
    public var total: Int64
    public var isComplete: Bool

    public init(restored: Int64, total: Int64, isComplete: Bool) {
        self.restored = restored
        self.total = total
        self.isComplete = isComplete
    }
}

/// A transport whose producer writes in transactions, with the consumer's positions inside.
///
/// What is sent between `begin` and `commitTransaction` becomes visible to `read_committed`
/// consumers all at once, together with the positions, or never. Each call fails in one of the
/// three classes of `TransportFailure.Kind`; `TransactionState` says what follows.
public protocol TransactionalTransport: Transport {
    /// Takes the transactional id over: fences its former owner and aborts what that one left open.
    /// Comes before `subscribe`.
    func initializeTransactions(timeout: TimeSpan) throws(TransportFailure)

    /// Opens a transaction; messages may be sent from now on.
    func beginTransaction() throws(TransportFailure)

    /// Puts positions into the open transaction, under the group membership of this moment: a
    /// member that is out, or of an old generation, is refused as abortable.
    func sendOffsets(
        _ commits: [OffsetCommit], timeout: TimeSpan
    ) throws(TransportFailure)

    /// Waits for everything sent and makes the transaction's effects visible. After a retriable
    /// failure the outcome is unknown until the same call succeeds or fails otherwise.
    func commitTransaction(timeout: TimeSpan) throws(TransportFailure)

    /// Drops the transaction's effects.
    func abortTransaction(timeout: TimeSpan) throws(TransportFailure)

    /// Gives up everything polled and takes the assigned partitions anew from their committed
    /// positions: calls the handler's `assigned`.
    func rewind() throws(TransportFailure)
}
