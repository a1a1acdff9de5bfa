public import Contracts
public import Determinism

/// One slice of a scenario's time, by when records were published, or scored, or sent.
public struct ScenarioSlice: Sendable, Equatable {
    public var published = 0
    /// Admission's decisions by reason; `accepted` counts the admitted.
    public var decisions = [Int](repeating: 0, count: ReasonCode.allCases.count)
    /// Scores by what they rest on.
    public var classical = 0
    public var quantum = 0
    /// Largest wait that the device's status foretold, in milliseconds; nil where none came.
    public var waitMilliseconds: Double?
    /// Spent up to the slice's end.
    public var spent = 0.0
    /// Quantum scores that decide as the label does, and all of them.
    public var quantumRight = 0
    public var quantumScored = 0

    public init() {}
}

/// What came of one record's latency: microseconds, sorted.
public struct LatencySummary: Sendable, Equatable {
    public let count: Int
    public let p50: TimeSpan
    public let p99: TimeSpan
    public let maximum: TimeSpan

    init(_ values: [Int64]) {
        let sorted = values.sorted()
        func quantile(_ share: Double) -> TimeSpan {
            guard !sorted.isEmpty else { return .zero }
            // Nearest rank: the smallest value that so many reach or stay below.
            let rank = Int((share * Double(sorted.count)).rounded(.up))
            return .microseconds(sorted[min(max(rank, 1), sorted.count) - 1])
        }
        count = sorted.count
        p50 = quantile(0.5)
        p99 = quantile(0.99)
        maximum = .microseconds(sorted.last ?? 0)
    }
}

/// A promise, what was found, and whether it held.
public struct ScenarioPromise: Sendable, Equatable {
    public let name: String
    public let found: String
    public let held: Bool
}

/// Decisions that agree with the label.
public struct ScenarioAccuracy: Sendable, Equatable {
    public var right = 0
    public var count = 0

    public var share: Double? { count > 0 ? Double(right) / Double(count) : nil }

    mutating func add(score: Double, threshold: Double, label: Int) {
        count += 1
        right += (score >= threshold) == (label == 1) ? 1 : 0
    }
}

/// What happened in a scenario; equal scenarios, seeds and records give equal outcomes.
public struct ScenarioOutcome: Sendable {
    public let name: ScenarioName
    public let summary: String
    public let seed: UInt64
    public var records = 0
    public var virtualTime = TimeSpan.zero
    public var latencyBudget = TimeSpan.zero
    public var commitInterval = TimeSpan.zero
    public var windows: [ScenarioWindow] = []

    public var scores = 0
    public var rejected = 0
    public var bySource: [ScoreSource: Int] = [:]
    public var byReason: [ReasonCode: Int] = [:]
    public var decisions: [ReasonCode: Int] = [:]

    /// From the deadline until fallback decided; negative if it never decided after one.
    public var worstDecision = TimeSpan.zero
    /// Scores that consumers could see only after deadline + commit interval; those shortly after a
    /// disturbance of the instances are `excused`.
    public var late = 0
    public var excused = 0
    /// From the deadline until the score could be seen; negative if none was after it.
    public var worstLateness = TimeSpan.zero

    /// From the record's arrival until its score could be seen, of records that admission answered
    /// classically, with the quantum path on and off.
    public var classicalOn = LatencySummary([])
    public var classicalOff = LatencySummary([])
    /// Of records that were admitted and got their classical score when no usable verdict had come.
    public var waitedInVain = LatencySummary([])
    public var quantumLatency = LatencySummary([])

    /// In the device's price unit: settled in the ledger, billed by the device, and the cap.
    public var spent = 0.0
    public var billed = 0.0
    public var cap: Double?
    public var jobs = 0
    public var releasedJobs = 0
    /// Submissions that the device refused and jobs that it failed.
    public var deviceFailures = 0
    public var billedTwice = 0

    public var classicalAccuracy = ScenarioAccuracy()
    public var quantumAccuracy = ScenarioAccuracy()
    /// The classical scorer on the records that the quantum one scored, too.
    public var classicalBeside = ScenarioAccuracy()
    public var servedAccuracy = ScenarioAccuracy()

    public var slice = TimeSpan.zero
    public var slices: [ScenarioSlice] = []
    public var promises: [ScenarioPromise] = []
    /// Of everything that was ever readable on all topics.
    public var hash: UInt64 = 0

    /// Shares of all scores.
    public var lateShare: Double { scores > 0 ? Double(late - excused) / Double(scores) : 0 }
    public var holds: Bool { promises.allSatisfy(\.held) }

    init(name: ScenarioName, summary: String, seed: UInt64) {
        self.name = name
        self.summary = summary
        self.seed = seed
    }
}
