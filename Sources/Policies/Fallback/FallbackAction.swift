public import Contracts
public import Determinism

/// The one final score of a record, with everything that its message needs.
public struct FallbackScore<Classical, Quantum> {
    public let key: RecordKey
    /// The score to serve, 0…1.
    public let score: Double
    public let source: ScoreSource
    public let reason: ReasonCode
    public let verdict: ClassicalVerdict
    /// What the caller attached to the classical verdict.
    public let classical: Classical
    /// What the caller attached to the quantum verdict: present when one arrived in time and the
    /// record waited for it, whether it was used or not.
    public let quantum: Quantum?

    @inlinable
    init(
        key: RecordKey, score: Double, source: ScoreSource, reason: ReasonCode,
        verdict: ClassicalVerdict, classical: Classical, quantum: Quantum?
    ) {
        self.key = key
        self.score = score
        self.source = source
        self.reason = reason
        self.verdict = verdict
        self.classical = classical
        self.quantum = quantum
    }
}

extension FallbackScore: Sendable where Classical: Sendable, Quantum: Sendable {}

/// What the caller must do after feeding a verdict to a `FallbackJoin`.
public enum FallbackAction<Classical, Quantum> {
    /// Write this score.
    case emit(FallbackScore<Classical, Quantum>)
    /// Nothing yet: the record waits for its quantum verdict until this instant.
    case hold(until: Timestamp)
    /// Nothing yet: the quantum verdict is kept for a classical verdict still to come.
    case keep
    /// Nothing: the verdict changes nothing and is counted.
    case drop(FallbackDrop)
}

extension FallbackAction: Sendable where Classical: Sendable, Quantum: Sendable {}

/// Why a verdict was dropped.
public enum FallbackDrop: Sendable, CaseIterable {
    /// The record's verdict of this kind was seen before.
    case duplicate
    /// The record was already answered without its quantum verdict.
    case late
}

/// Counts since the join was made; one score is counted exactly once under its source.
public struct FallbackCounters: Equatable, Sendable {
    public var classicalScores = 0
    public var quantumScores = 0
    public var blendScores = 0
    /// Scores answered because the deadline came first (also in `classicalScores`).
    public var deadlineExceeded = 0
    /// Scores answered at once because `maximumPending` records were waiting (also in
    /// `classicalScores`).
    public var overflowed = 0
    public var duplicateClassical = 0
    public var duplicateQuantum = 0
    /// Quantum verdicts that came after their record was answered, or for a record that did not
    /// wait.
    public var lateQuantum = 0
    /// Early quantum verdicts pushed out by newer ones.
    public var earlyEvicted = 0
    /// Early quantum verdicts whose classical verdict never came.
    public var earlyExpired = 0

    @inlinable public init() {}

    public var scores: Int { classicalScores + quantumScores + blendScores }

    @inlinable
    mutating func count(_ source: ScoreSource) {
        switch source {
        case .classical: classicalScores += 1
        case .quantum: quantumScores += 1
        case .blend: blendScores += 1
        }
    }
}
