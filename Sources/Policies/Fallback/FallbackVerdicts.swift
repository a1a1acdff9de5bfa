public import Contracts
public import Determinism

/// What admission said of a record: its classical score, the deadline, and whether a quantum call
/// was made.
public struct ClassicalVerdict: Equatable, Sendable {
    /// The classical scorer's probability, 0…1.
    public let score: Double
    /// The instant by which the record's final score must be out.
    public let deadline: Timestamp
    /// The mode in force when admission decided.
    public let mode: Mode
    /// Admission's reason: `accepted` when, and only when, a quantum job was sent.
    public let admission: ReasonCode

    @inlinable
    public init(score: Double, deadline: Timestamp, mode: Mode, admission: ReasonCode) {
        self.score = score
        self.deadline = deadline
        self.mode = mode
        self.admission = admission
    }

    /// True when a quantum verdict may come.
    @inlinable public var isAdmitted: Bool { admission == .accepted }

    /// The reason to answer with the classical score at once, or nil when the record waits.
    @inlinable
    public var immediateReason: ReasonCode? {
        if !isAdmitted { return admission }
        switch mode {
        case .off: return .modeOff
        // Admission makes each record of a canary live or shadow: without that, nobody waits.
        case .shadow, .canary: return .shadowMode
        case .live: return nil
        }
    }
}

/// What confidence (or enrichment, when the device failed) said of a record.
public enum QuantumOutcome: Equatable, Sendable {
    /// Serve the quantum score.
    case use(score: Double)
    /// Serve this blend of both scores.
    case blend(score: Double)
    /// Serve the classical score, for this reason (`lowConfidence`, `disagreement`).
    case reject(ReasonCode)
    /// The device gave no result.
    case failed

    /// The final score, its source and its reason, given the classical score that stands in for a
    /// refusal.
    @inlinable
    public func resolved(
        classicalScore: Double
    ) -> (score: Double, source: ScoreSource, reason: ReasonCode) {
        switch self {
        case .use(let score): (score, .quantum, .accepted)
        case .blend(let score): (score, .blend, .blended)
        case .reject(let reason): (classicalScore, .classical, reason)
        case .failed: (classicalScore, .classical, .backendFailed)
        }
    }
}
