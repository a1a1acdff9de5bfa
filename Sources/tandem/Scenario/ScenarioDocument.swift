import Contracts
import Determinism
import SimulatedChaos

/// The report of a scenario for machines.
struct ScenarioDocument: Encodable {
    struct Latency: Encodable {
        let count: Int
        let p50: Double
        let p99: Double
        let max: Double

        init(_ summary: LatencySummary) {
            count = summary.count
            p50 = summary.p50.inMilliseconds
            p99 = summary.p99.inMilliseconds
            max = summary.maximum.inMilliseconds
        }
    }

    struct Promise: Encodable {
        let promise: String
        let found: String
        let held: Bool
    }

    struct Window: Encodable {
        let name: String
        let fromSeconds: Double
        let untilSeconds: Double
    }

    struct Slice: Encodable {
        let fromSeconds: Double
        let published: Int
        let decisions: [String: Int]
        let classicalScores: Int
        let quantumScores: Int
        let waitMs: Double?
        let spent: Double
    }

    let scenario: String
    let summary: String
    let seed: UInt64
    let records: Int
    let virtualSeconds: Double
    let holds: Bool
    let promises: [Promise]
    let scores: Int
    let rejected: Int
    let bySource: [String: Int]
    let byReason: [String: Int]
    let decisions: [String: Int]
    let late: Int
    let lateAfterDisturbance: Int
    let lateShare: Double
    let worstLatenessMs: Double
    let latencyMs: [String: Latency]
    let spent: Double
    let billed: Double
    let budget: Double?
    let jobs: Int
    let releasedJobs: Int
    let deviceFailures: Int
    let accuracy: [String: Double]
    let windows: [Window]
    let slices: [Slice]
    let hash: String

    init(_ outcome: ScenarioOutcome) {
        scenario = outcome.name.rawValue
        summary = outcome.summary
        seed = outcome.seed
        records = outcome.records
        virtualSeconds = outcome.virtualTime.inSeconds
        holds = outcome.holds
        promises = outcome.promises.map {
            Promise(promise: $0.name, found: $0.found, held: $0.held)
        }
        scores = outcome.scores
        rejected = outcome.rejected
        bySource = Self.named(outcome.bySource)
        byReason = Self.named(outcome.byReason)
        decisions = Self.named(outcome.decisions)
        late = outcome.late
        lateAfterDisturbance = outcome.excused
        lateShare = outcome.lateShare
        worstLatenessMs = outcome.worstLateness.inMilliseconds
        latencyMs = [
            "classicalOff": Latency(outcome.classicalOff),
            "classicalOn": Latency(outcome.classicalOn),
            "waitedInVain": Latency(outcome.waitedInVain),
            "quantum": Latency(outcome.quantumLatency),
        ]
        spent = outcome.spent
        billed = outcome.billed
        budget = outcome.cap
        jobs = outcome.jobs
        releasedJobs = outcome.releasedJobs
        deviceFailures = outcome.deviceFailures
        accuracy = [
            "classical": outcome.classicalAccuracy, "quantum": outcome.quantumAccuracy,
            "classicalBesideQuantum": outcome.classicalBeside, "served": outcome.servedAccuracy,
        ].compactMapValues(\.share)
        windows = outcome.windows.map {
            Window(
                name: $0.name, fromSeconds: $0.from.inSeconds, untilSeconds: $0.until.inSeconds)
        }
        slices = outcome.slices.enumerated().map { index, slice in
            Slice(
                fromSeconds: (outcome.slice * Int64(index)).inSeconds, published: slice.published,
                decisions: Self.named(slice.decisions), classicalScores: slice.classical,
                quantumScores: slice.quantum, waitMs: slice.waitMilliseconds, spent: slice.spent)
        }
        hash = String(outcome.hash, radix: 16)
    }

    private static func named<Key: RawRepresentable<String>>(_ counts: [Key: Int]) -> [String: Int]
    {
        Dictionary(counts.map { ($0.key.rawValue, $0.value) }, uniquingKeysWith: +)
    }

    private static func named(_ counts: [Int]) -> [String: Int] {
        var named: [String: Int] = [:]
        for reason in ReasonCode.allCases where counts[reason.ordinal] > 0 {
            named[reason.rawValue] = counts[reason.ordinal]
        }
        return named
    }
}
