public import Contracts
public import Determinism
import Stages

/// What a redrive did with the rejects that it looked at.
public struct RedriveSummary: Sendable, Equatable {
    /// Rejects that no earlier redrive had dealt with.
    public var examined = 0
    /// Sent back; by a dry run, what would have been.
    public var redriven = 0
    public var notSelected = 0
    /// Left where they are: sent back as often as is allowed already.
    public var exhausted = 0
    /// A second reject of one message, which was sent back once.
    public var duplicates = 0
    /// Left where they are: they do not say where they came from.
    public var unaddressable = 0
    /// Sent back, by topic.
    public var topics: [Topic: Int] = [:]

    public init() {}
}

/// Why a redrive stopped before its end; what it had sent by then is committed.
public enum RedriveFailure: Error, Sendable, CustomStringConvertible {
    case transport(TransportFailure)
    /// What was left out between what was sent back is too scattered for one commit's metadata.
    case scattered(partition: Int32)

    public var description: String {
        switch self {
        case .transport(let failure): failure.description
        case .scattered(let partition):
            "partition \(partition) of rejects holds too many rejects to leave open between those "
                + "that are sent back: their places do not fit into one commit (4,000 bytes); select "
                + "more of them, or leave the others behind for good with --skip-rest"
        }
    }
}

/// Sends rejects back to the topics that they came from, as a member of a consumer group.
///
/// One turn of `runOnce`: poll; decide on each reject; check that the positions fit into a commit;
/// send; wait until all is acknowledged; commit. What is left out (not selected, sent back too often,
/// beyond the maximum) stays open: the group's position is the first open reject, and what was dealt
/// with beyond it travels in the commit's metadata. A run that ends anywhere is continued by the next;
/// only one that ends between sending and committing repeats, at most one turn's rejects. Two runs at
/// once share the partitions. Ends at the ends it is given: what is rejected again meanwhile is left to
/// the next run. Not thread-safe: one thread owns it.
public final class RedriveRun: RebalanceHandler {
    public struct Options: Sendable {
        /// Rejects to send back at most; nil for all.
        public var maximum: Int?
        /// Decides and counts, but sends and commits nothing.
        public var isDryRun = false
        /// Counts what is left out as dealt with.
        public var skipsRest = false
        /// Rejects decided on in one turn, at least 1.
        public var batchMaximum = 500
        public var flushTimeout = TimeSpan.seconds(30)

        public init() {}
    }

    public private(set) var summary = RedriveSummary()
    private let transport: any Transport
    private let policy: RedrivePolicy
    private let options: Options
    private let ends: [Int32: Int64]

    private var trackers: [Int32: OffsetTracker] = [:]
    private var next: [Int32: Int64] = [:]
    private var committed: [Int32: OffsetCommit] = [:]
    private var origins = RecentSet<RejectNote.Origin>(capacity: 65_536)
    private var inbound = InboundBatch()
    private var outbound = OutboundBatch()
    private var epoch: UInt64 = 0
    private var isAssigned = false

    /// - Parameter ends: for each partition of `rejects` the offset behind the last reject to look at.
    public init(
        transport: any Transport, policy: RedrivePolicy, options: Options, ends: [Int32: Int64]
    ) {
        self.transport = transport
        self.policy = policy
        self.options = options
        self.ends = ends
    }

    public func start() throws(RedriveFailure) {
        do { try transport.subscribe([.rejects], handler: self) } catch { throw .transport(error) }
    }

    /// Whether the group has formed, and either every reject of this member's partitions has been looked
    /// at or the maximum is reached.
    public var isFinished: Bool { isAssigned && (isFull || remaining == 0) }

    private var isFull: Bool { options.maximum.map { summary.redriven >= $0 } ?? false }

    /// Offsets of this member's partitions that are still to be looked at; nil before the group has
    /// formed.
    public var left: Int? { isAssigned ? remaining : nil }

    private var remaining: Int {
        next.reduce(0) { sum, entry in
            sum + Int(max(0, (ends[entry.key] ?? 0) - max(0, entry.value)))
        }
    }

    /// One turn; see the type's documentation.
    public func runOnce(timeout: TimeSpan) throws(RedriveFailure) {
        do {
            inbound.removeAll()
            try transport.poll(into: &inbound, maximum: options.batchMaximum, timeout: timeout)
        } catch {
            throw .transport(error)
        }
        outbound.removeAll()
        var settled = trackers
        var fresh = summary
        for index in 0..<inbound.count {
            let isFull = options.maximum.map { fresh.redriven >= $0 } ?? false
            if isFull { break }
            decide(index, &settled, &fresh)
        }
        if !options.isDryRun {
            let commits = try commits(of: settled)
            do { try sendAndCommit(commits) } catch { throw .transport(error) }
        }
        trackers = settled
        summary = fresh
    }

    private func decide(
        _ index: Int, _ settled: inout [Int32: OffsetTracker], _ summary: inout RedriveSummary
    ) {
        let message = inbound.messages[index]
        let (partition, offset) = (message.position.partition, message.position.offset)
        guard settled[partition] != nil, offset < ends[partition] ?? 0 else { return }
        next[partition] = max(next[partition] ?? 0, offset + 1)
        guard settled[partition]?.deliver(offset) == true else { return }
        summary.examined += 1
        var isDone = options.skipsRest
        let note = RejectNote(headers: message.headers)
        switch policy.verdict(note, timestamp: message.timestamp) {
        case .notSelected: summary.notSelected += 1
        case .exhausted: summary.exhausted += 1
        case .unaddressable:
            // Nothing will ever make it addressable: it need not stay open.
            summary.unaddressable += 1
            isDone = true
        case .redrive(let topic, let attempt):
            isDone = true
            guard note.origin.map({ origins.insert($0) }) ?? true else {
                summary.duplicates += 1
                break
            }
            summary.redriven += 1
            summary.topics[topic, default: 0] += 1
            outbound.emit(
                to: topic, key: inbound.key(index), value: inbound.value(index),
                headers: RejectNote.redriven(message.headers, attempt: attempt),
                timestamp: message.timestamp)
        }
        if isDone { settled[partition]?.complete(offset) }
    }

    /// Positions that moved; throws while nothing has been sent when one does not fit.
    private func commits(
        of settled: [Int32: OffsetTracker]
    ) throws(RedriveFailure) -> [OffsetCommit] {
        var commits: [OffsetCommit] = []
        for (partition, tracker) in settled.sorted(by: { $0.key < $1.key }) {
            guard let position = tracker.watermark else { continue }
            let completed = tracker.completedBeyond()
            let metadata = CommitMetadata.encode(position: position, completed: completed)
            guard CommitMetadata.decode(position: position, metadata) == completed else {
                throw .scattered(partition: partition)
            }
            let commit = OffsetCommit(
                partition: TopicPartition(topic: .rejects, partition: partition),
                position: position, metadata: metadata)
            if committed[partition] != commit { commits.append(commit) }
        }
        return commits
    }

    private func sendAndCommit(_ commits: [OffsetCommit]) throws(TransportFailure) {
        if !outbound.messages.isEmpty {
            epoch += 1
            try transport.send(outbound, epoch: epoch)
            try transport.flush(timeout: options.flushTimeout)
            _ = try transport.acknowledgedEpoch()
        }
        guard !commits.isEmpty else { return }
        try transport.commit(commits, synchronously: true)
        for commit in commits { committed[commit.partition.partition] = commit }
    }

    public func stop() { transport.close() }

    // MARK: Rebalance, from inside poll

    /// Redriving keeps no state.
    public var restoresFirst: Bool { false }

    public func assigned(_ assignments: [Assignment]) {
        isAssigned = true
        for assignment in assignments where assignment.partition.topic == .rejects {
            let partition = assignment.partition.partition
            let position = assignment.position
            let completed = position.map {
                CommitMetadata.decode(position: $0, assignment.metadata)
            }
            trackers[partition] =
                position.map {
                    OffsetTracker(position: $0, completed: completed ?? [])
                } ?? OffsetTracker()
            next[partition] = position ?? 0
            committed[partition] = position.map {
                OffsetCommit(
                    partition: assignment.partition, position: $0, metadata: assignment.metadata)
            }
        }
    }

    /// Every turn commits what it sent: nothing is left to do.
    public func revoking(_ partitions: [TopicPartition]) { lost(partitions) }

    public func lost(_ partitions: [TopicPartition]) {
        for partition in partitions {
            trackers[partition.partition] = nil
            next[partition.partition] = nil
            committed[partition.partition] = nil
        }
    }
}
