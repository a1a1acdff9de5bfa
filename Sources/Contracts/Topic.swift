/// Every topic of Tandem, in the order in which a record meets them.
///
/// The raw value is the name behind the configured prefix (`tandem.` by default).
/// `topics/<name>.yaml` declares each; a test holds the two equal.
public enum Topic: String, Sendable, CaseIterable, Codable {
    case records, labels, features, reduced, jobs, measurements, verdicts, scores, comparisons
    case rejects, ledger, control, models
    case qpuStatus = "qpu-status"
    case admissionState = "admission-state"
    case fallbackState = "fallback-state"
    case evidence, budgets, leases, instances

    /// Position in `allCases`.
    public var ordinal: Int {
        switch self {
        case .records: 0
        case .labels: 1
        case .features: 2
        case .reduced: 3
        case .jobs: 4
        case .measurements: 5
        case .verdicts: 6
        case .scores: 7
        case .comparisons: 8
        case .rejects: 9
        case .ledger: 10
        case .control: 11
        case .models: 12
        case .qpuStatus: 13
        case .admissionState: 14
        case .fallbackState: 15
        case .evidence: 16
        case .budgets: 17
        case .leases: 18
        case .instances: 19
        }
    }

    /// By ordinal: the default hashes the name's text, for every message.
    public func hash(into hasher: inout Hasher) { hasher.combine(ordinal) }

    /// Control-plane topics are compacted, have one partition and are read from the start by every
    /// instance.
    public var plane: Plane {
        switch self {
        case .control, .models, .qpuStatus, .evidence, .leases, .instances: .control
        default: .data
        }
    }

    public enum Plane: String, Sendable { case data, control }

    /// The value of the `tandem-schema` header.
    public var schema: String { Self.schemas[self] ?? rawValue }

    /// Full topic name under a prefix.
    public func name(prefix: String) -> String { prefix + rawValue }

    private static let schemas: [Topic: String] = [
        .records: "record/1", .labels: "label/1", .features: "features/1", .reduced: "reduced/1",
        .jobs: "job/1", .measurements: "measurement/1", .verdicts: "verdict/1", .scores: "score/1",
        .comparisons: "comparison/1", .rejects: "reject/1", .ledger: "ledger/1",
        .control: "control/1", .models: "model/1", .qpuStatus: "qpu-status/1",
        .admissionState: "admission-state/1", .fallbackState: "fallback-state/1",
        .evidence: "evidence/1", .budgets: "budget-state/1", .leases: "lease/1",
        .instances: "instance/1",
    ]
}
