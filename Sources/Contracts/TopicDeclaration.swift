/// What `topics/<name>.yaml` declares of a topic, as the command needs it; a test holds both equal.
public struct TopicDeclaration: Sendable {
    public enum Cleanup: String, Sendable {
        case delete, compact
        /// Only the last message of each key, and that only for the retention's time.
        case compactAndDelete = "compact,delete"
    }

    public let topic: Topic
    public let purpose: String
    public let partitions: Int
    public let replication: Int
    public let cleanup: Cleanup
    /// Milliseconds; -1 for ever.
    public let retentionMs: Int
    /// Nil for the broker's own limit, a mebibyte unless it was changed.
    public var maxMessageBytes: Int?

    /// Kafka's settings for the topic.
    public var configuration: [String: String] {
        var settings = ["cleanup.policy": cleanup.rawValue, "retention.ms": String(retentionMs)]
        if let maxMessageBytes { settings["max.message.bytes"] = String(maxMessageBytes) }
        return settings
    }

    /// Longer than any latency budget and any deduplication window, so that nothing is deleted that a
    /// stage could still need.
    public static let stateRetentionMs = 86_400_000

    /// A record as large as a broker takes by default, and larger where it was told to take more,
    /// must fit with the headers that say what is wrong with it.
    public static let maximumRejectBytes = 10 << 20

    public static let all: [TopicDeclaration] = [
        TopicDeclaration(
            topic: .records,
            purpose: "Records to be scored, published by you.",
            partitions: 8, replication: 3, cleanup: .delete, retentionMs: 604_800_000),
        TopicDeclaration(
            topic: .labels,
            purpose: "Ground truth for records, published by you when it is known.",
            partitions: 8, replication: 3, cleanup: .delete, retentionMs: 2_592_000_000),
        TopicDeclaration(
            topic: .features,
            purpose: "Valid records with their features in the model's order.",
            partitions: 8, replication: 3, cleanup: .delete, retentionMs: 86_400_000),
        TopicDeclaration(
            topic: .reduced,
            purpose: "Records as principal components, with their classical score.",
            partitions: 8, replication: 3, cleanup: .delete, retentionMs: 86_400_000),
        TopicDeclaration(
            topic: .jobs,
            purpose: "Quantum jobs of admitted records.",
            partitions: 8, replication: 3, cleanup: .delete, retentionMs: 86_400_000),
        TopicDeclaration(
            topic: .measurements,
            purpose: "Measured expectation values of finished and failed jobs.",
            partitions: 8, replication: 3, cleanup: .delete, retentionMs: 86_400_000),
        TopicDeclaration(
            topic: .verdicts,
            purpose: "Verdicts of both scorers, joined by fallback and shadow.",
            partitions: 8, replication: 3, cleanup: .delete, retentionMs: 86_400_000),
        TopicDeclaration(
            topic: .scores,
            purpose: "Exactly one final score per accepted record, for you.",
            partitions: 8, replication: 3, cleanup: .delete, retentionMs: 604_800_000),
        TopicDeclaration(
            topic: .comparisons,
            purpose: "Both scorers' verdicts on a record, with running agreement, for you.",
            partitions: 8, replication: 3, cleanup: .delete, retentionMs: 2_592_000_000),
        TopicDeclaration(
            topic: .rejects,
            purpose:
                "Messages that a stage could not accept, byte for byte, with the reason in headers.",
            partitions: 8, replication: 3, cleanup: .delete, retentionMs: 2_592_000_000,
            maxMessageBytes: maximumRejectBytes),
        TopicDeclaration(
            topic: .ledger,
            purpose: "The last state of each job's bill.",
            partitions: 8, replication: 3, cleanup: .compact, retentionMs: -1),
        TopicDeclaration(
            topic: .control,
            purpose:
                "Operators' settings and every change to them (kill switch, mode, budgets, limits).",
            partitions: 1, replication: 3, cleanup: .compact, retentionMs: -1),
        TopicDeclaration(
            topic: .models,
            purpose: "Model bundles; every stage takes its model from here.",
            partitions: 1, replication: 3, cleanup: .compact, retentionMs: -1),
        TopicDeclaration(
            topic: .qpuStatus,
            purpose: "Heartbeats of the quantum devices.",
            partitions: 1, replication: 3, cleanup: .compact, retentionMs: -1),
        TopicDeclaration(
            topic: .admissionState,
            purpose: "What admission has decided lately, to be restored after a hand-over.",
            partitions: 8, replication: 3, cleanup: .compactAndDelete,
            retentionMs: stateRetentionMs),
        TopicDeclaration(
            topic: .fallbackState,
            purpose: "Records that wait for a verdict, and lately scored ones, to be restored.",
            partitions: 8, replication: 3, cleanup: .compactAndDelete,
            retentionMs: stateRetentionMs),
        TopicDeclaration(
            topic: .evidence,
            purpose: "What compared pairs have shown, for admission to weigh calls by.",
            partitions: 1, replication: 3, cleanup: .compact, retentionMs: -1),
        TopicDeclaration(
            topic: .budgets,
            purpose: "What each data partition has of each budget, and what of it is spent.",
            partitions: 8, replication: 3, cleanup: .compact, retentionMs: -1),
        TopicDeclaration(
            topic: .leases,
            purpose: "What admission's instances ask of, give and lend each other.",
            partitions: 1, replication: 3, cleanup: .compact, retentionMs: -1),
        TopicDeclaration(
            topic: .instances,
            purpose: "Which operators' settings each process's stages have in force.",
            partitions: 1, replication: 3, cleanup: .compactAndDelete,
            retentionMs: stateRetentionMs),
    ]
}
