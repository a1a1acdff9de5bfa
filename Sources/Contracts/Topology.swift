/// The seven stages, in the order in which a record meets them. Raw values are verbs' arguments and
/// group names.
public enum StageName: String, Sendable, CaseIterable, Codable {
    case ingestion, reduction, admission, enrichment, confidence, fallback, shadow
}

/// Every edge of the pipeline as data: which stage reads and writes which topic, and what it
/// decides.
///
/// This file is the one place for edges. Tests hold it equal to `topics/*.yaml` and to the table in
/// the README; consumers subscribe by it, and a producer refuses a topic that its stage does not
/// list.
public struct StageEdges: Sendable {
    public let stage: StageName
    /// Data topics consumed by the stage's group.
    public let reads: [Topic]
    public let writes: [Topic]
    /// Control-plane topics that the stage follows.
    public let follows: [Topic]
    /// The compacted topics that hold the stage's own state, written in the transaction that
    /// changes it; none for a stage whose inputs are enough.
    public var keeps: [Topic] = []
    public let decides: String
}

public enum Topology {
    public static let edges: [StageEdges] = [
        StageEdges(
            stage: .ingestion, reads: [.records], writes: [.features, .rejects],
            follows: [.control, .models],
            decides: "is this record valid under the current model's feature contract?"),
        StageEdges(
            stage: .reduction, reads: [.features], writes: [.reduced, .rejects],
            follows: [.control, .models],
            decides: "nothing: standardise, clip, project; attach the classical score"),
        StageEdges(
            stage: .admission, reads: [.reduced, .ledger],
            writes: [
                .jobs, .verdicts, .ledger, .admissionState, .budgets, .leases, .rejects,
            ],
            follows: [.control, .models, .qpuStatus, .evidence, .leases],
            keeps: [.admissionState, .budgets],
            decides: "is this record worth a quantum call, and can it come back in time?"),
        StageEdges(
            stage: .enrichment, reads: [.jobs],
            writes: [.measurements, .ledger, .qpuStatus, .rejects],
            follows: [.control, .models], keeps: [.ledger],
            decides: "when to submit which batch to the device"),
        StageEdges(
            stage: .confidence, reads: [.measurements], writes: [.verdicts, .rejects],
            follows: [.control, .models],
            decides: "use, blend or reject the quantum score"),
        StageEdges(
            stage: .fallback, reads: [.verdicts], writes: [.scores, .fallbackState, .rejects],
            follows: [.control, .models], keeps: [.fallbackState],
            decides: "the one final score, by the deadline"),
        StageEdges(
            stage: .shadow, reads: [.verdicts, .labels],
            writes: [.comparisons, .evidence, .rejects],
            follows: [.control, .models, .evidence],
            decides: "nothing: pair both verdicts, keep the statistics"),
    ]

    /// Whether a stage's output must appear once: it spends money, or it decides.
    public static func isTransactional(_ stage: StageName) -> Bool {
        stage == .admission || stage == .fallback
    }

    public static func edges(of stage: StageName) -> StageEdges {
        edges.first { $0.stage == stage } ?? edges[0]
    }

    public static func writers(of topic: Topic) -> [StageName] {
        edges.filter { $0.writes.contains(topic) }.map(\.stage)
    }

    public static func readers(of topic: Topic) -> [StageName] {
        edges.filter {
            $0.reads.contains(topic) || $0.follows.contains(topic) || $0.keeps.contains(topic)
        }.map(\.stage)
    }
}
