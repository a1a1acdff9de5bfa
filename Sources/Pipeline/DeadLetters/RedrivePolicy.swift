public import Contracts
public import Determinism

/// Whether a reject goes back to the topic that it came from: a pure function of what it says.
public struct RedrivePolicy: Sendable {
    public enum Verdict: Sendable, Equatable {
        /// Back to this topic, as this attempt (from 1).
        case redrive(to: Topic, attempt: Int)
        case notSelected
        /// It was sent back as often as is allowed.
        case exhausted
        /// It does not say which topic it came from, or no stage reads that one.
        case unaddressable
    }

    public var selection = RejectSelection()
    /// Times that a message may be sent back, at least 1.
    public var maximumAttempts = 3
    private let topics: [String: Topic]

    /// - Parameter topicPrefix: what the cluster's topic names begin with; rejects of other prefixes
    ///   are not ours to send.
    public init(topicPrefix: String) {
        let read = Set(Topology.edges.flatMap(\.reads))
        topics = Dictionary(
            uniqueKeysWithValues: read.map { ($0.name(prefix: topicPrefix), $0) })
    }

    public func verdict(_ note: RejectNote, timestamp: Timestamp) -> Verdict {
        guard selection.contains(note, timestamp: timestamp) else { return .notSelected }
        guard let origin = note.origin, let topic = topics[origin.topic] else {
            return .unaddressable
        }
        guard note.attempts < maximumAttempts else { return .exhausted }
        return .redrive(to: topic, attempt: note.attempts + 1)
    }
}

/// Remembers the last so many values: which rejects stand twice.
///
/// A stage that ended between writing a reject and committing writes it again after its restart, not
/// far behind the first.
struct RecentSet<Element: Hashable> {
    private var members: Set<Element> = []
    private var order: [Element] = []
    private var oldest = 0
    private let capacity: Int

    init(capacity: Int) { self.capacity = max(1, capacity) }

    /// - Returns: whether it was not there.
    mutating func insert(_ element: Element) -> Bool {
        guard members.insert(element).inserted else { return false }
        if order.count < capacity {
            order.append(element)
        } else {
            members.remove(order[oldest])
            order[oldest] = element
            oldest = (oldest + 1) % capacity
        }
        return true
    }
}
