public import Determinism

/// What a chaos run injected and what held.
public struct ChaosReport: Sendable {
    public let seed: UInt64
    /// Distinct ids and messages published.
    public var records = 0
    public var published = 0
    /// Messages processed by a stage, over all stages.
    public var steps = 0
    public var virtualTime = TimeSpan.zero
    /// Faults by name, most of them in the order of `ChaosFault`.
    public var injected: [(name: String, count: Int)] = []
    /// How much each promise was tried, by how many cases.
    public var examined: [ChaosCheck: Int] = [:]
    public var violations: [Violation] = []
    /// Jobs that the result cache answered.
    public var cached = 0
    /// Scores by what they rest on, and late ones, with the most that one was late.
    public var scores = (classical: 0, quantum: 0, blend: 0)
    public var late = (count: 0, most: TimeSpan.zero)
    public var transactions = (committed: 0, aborted: 0)
    public var restoredEntries: Int64 = 0
    /// Of everything that was ever readable on all topics.
    public var hash: UInt64 = 0

    public var holds: Bool { violations.isEmpty }

    /// The promises that this run tried.
    public var checks: [ChaosCheck] { ChaosCheck.allCases.filter { examined[$0] != nil } }
}

/// How far a run is.
public struct ChaosProgress: Sendable {
    public let published: Int
    public let records: Int
    public let steps: Int
    public let what: String
    /// Not one of the runs that the first one is compared with.
    public let isMainRun: Bool
}
