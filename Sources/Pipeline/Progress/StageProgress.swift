public import Contracts
public import Determinism

/// How far a stage's consumer group is in all that it reads.
public struct StageProgress: Sendable, Equatable {
    public enum State: String, Sendable, Codable {
        /// Everything that can be read has been done.
        case idle
        case behind
        /// Behind, and the group has no members.
        case unattended
    }

    /// One topic that the stage reads.
    public struct TopicProgress: Sendable, Equatable {
        public var topic: Topic
        public var partitions: [PartitionProgress]

        public init(topic: Topic, partitions: [PartitionProgress]) {
            self.topic = topic
            self.partitions = partitions
        }

        public var lag: Int { partitions.reduce(0) { $0 + $1.lag } }
        public var isExact: Bool { partitions.allSatisfy(\.isExact) }
    }

    public var stage: StageName
    public var group: String
    /// Nil when the cluster does not tell: the embedded one cannot.
    public var members: Int?
    public var topics: [TopicProgress]

    public init(stage: StageName, group: String, members: Int?, topics: [TopicProgress]) {
        self.stage = stage
        self.group = group
        self.members = members
        self.topics = topics
    }

    public var lag: Int { topics.reduce(0) { $0 + $1.lag } }
    public var isExact: Bool { topics.allSatisfy(\.isExact) }

    public var state: State {
        if lag == 0 { return .idle }
        return members == 0 ? .unattended : .behind
    }

    /// Messages a second that the group has got on by since an earlier look; nil when that is not the
    /// same stage or no time has passed.
    ///
    /// Counted in offsets: markers of transactions count here.
    public func perSecond(since earlier: StageProgress, elapsed: TimeSpan) -> Double? {
        guard earlier.stage == stage, elapsed > .zero else { return nil }
        var advance: Int64 = 0
        for topic in topics {
            let before = earlier.topics.first { $0.topic == topic.topic }?.partitions ?? []
            for partition in topic.partitions {
                guard let old = before.first(where: { $0.partition == partition.partition }) else {
                    continue
                }
                // A group whose offsets were reset has gone back: no rate of reading.
                advance += max(0, partition.done - old.done)
            }
        }
        return Double(advance) / elapsed.inSeconds
    }
}

extension PartitionProgress {
    /// Offsets done: those before the position and those beyond it.
    fileprivate var done: Int64 {
        position + completed.reduce(0) { $0 + Int64($1.count) }
    }
}
