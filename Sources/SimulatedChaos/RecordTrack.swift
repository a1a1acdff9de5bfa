import Contracts
import Determinism

/// What the topics said of one id: all that the checkers keep of it.
struct RecordTrack {
    var scores: UInt8 = 0
    var rejects: UInt8 = 0
    var jobs: UInt8 = 0
    var isMeasured = false
    var isCompared = false
    var source = ScoreSource.classical
    var reason = ReasonCode.shadowMode
    var score = 0.0
    var classicalScore = 0.0
    var deadline = Timestamp(microseconds: 0)
    var decidedAt = Timestamp(microseconds: 0)
    /// When `read_committed` consumers could first have the score.
    var seenAt = Timestamp(microseconds: 0)
    /// The first quantum verdict, and when it was in the log.
    var quantumAt: Timestamp?
    /// Hash of what the quantum path must not touch.
    var essence: UInt64 = 0
    /// Offsets of the first verdicts of both kinds; −1 for none.
    var classicalOffset: Int64 = -1
    var quantumOffset: Int64 = -1
}

/// What is wrong with a run, in words.
public struct Violation: Sendable, Equatable, CustomStringConvertible {
    public let check: ChaosCheck
    public let text: String

    public var description: String { "\(check.rawValue): \(text)" }
}

/// The promises that are checked.
public enum ChaosCheck: String, Sendable, CaseIterable {
    case oneScore = "one score per accepted id"
    case conservation = "in = scored + rejected"
    case deadline = "deadlines kept"
    case order = "order per key"
    case override = "a late verdict overrides nothing"
    case spend = "no job billed twice, ledger reconciles"
    case budget = "no budget exceeded"
    case comparison = "every pair compared"
    case restoration = "state restored = state lost"
    case rest = "comes to rest"
    case isolation = "scores as without the quantum path"
    case determinism = "same seed, same bytes"
}
