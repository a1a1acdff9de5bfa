import Contracts
import Foundation
import Statistics

/// The end of a demo as one JSON object; keys are stable and documented in the README.
struct DemoReport: Encodable {
    struct Accuracy: Encodable {
        let accuracy: Double?
        let auc: Double?
        let brier: Double?

        init(_ statistics: BinaryScoreStatistics) {
            accuracy = statistics.accuracy
            auc = statistics.areaUnderCurve
            brier = statistics.brier
        }
    }

    struct Quantiles: Encodable {
        let p50: Double?
        let p95: Double?
        let p99: Double?
        let max: Double?

        init(_ sketch: QuantileSketch) {
            p50 = sketch.p50.map { Double($0) / 1e3 }
            p95 = sketch.p95.map { Double($0) / 1e3 }
            p99 = sketch.p99.map { Double($0) / 1e3 }
            max = sketch.maximum.map { Double($0) / 1e3 }
        }
    }

    let recordsIn: Int
    let scoresOut: Int
    let missing: Int
    let duplicated: Int
    let rejected: Int
    let stageRejects: Int
    let bySource: [String: Int]
    let byReason: [String: Int]
    let classical: Accuracy
    let quantum: Accuracy
    let surrogate: Accuracy
    let blend: Accuracy
    let served: Accuracy
    /// Share of compared records on which both scorers decide alike; nil without a comparison.
    let agreement: Double?
    let latencyMs: [String: Quantiles]
    let deadlineMisses: Int
    /// Of all scores, 0…1.
    let lateShare: Double
    let worstLatenessMs: Double
    let comparisons: Int
    let quantumCalls: Int
    let failedCalls: Int
    let shots: Int
    let cost: Double
    let queueWaitMs: Quantiles
    let wallSeconds: Double
    let recordsPerSecond: Double
    let mode: String
    let seed: UInt64
    let qubits: Int
    let device: String
    let model: String
    /// Why the circuit's outputs need no quantum computer; left out where nothing says so.
    let circuitWarning: String?
    let resources: ResourceUse

    /// Whether every accepted record has exactly one score.
    var isComplete: Bool { missing == 0 && duplicated == 0 && stageRejects == 0 }
}

struct DemoFacts {
    var recordsIn: Int
    var wallSeconds: Double
    var mode: Mode
    var seed: UInt64
    var qubits: Int
    var device: String
    var model: String
    var circuitWarning: String?
    var resources: ResourceUse
}

extension DemoReport {
    init(_ tally: DemoTally, _ facts: DemoFacts) {
        recordsIn = facts.recordsIn
        scoresOut = tally.scored
        missing = max(0, facts.recordsIn - tally.rejected - tally.scored)
        duplicated = tally.duplicated
        rejected = tally.rejected
        stageRejects = tally.stageRejects
        bySource = Dictionary(
            uniqueKeysWithValues: ScoreSource.allCases.map {
                ($0.rawValue, tally.bySource[$0] ?? 0)
            })
        byReason = Dictionary(
            uniqueKeysWithValues: tally.byReason.map { ($0.key.rawValue, $0.value) })
        classical = Accuracy(tally.classical)
        quantum = Accuracy(tally.quantum)
        surrogate = Accuracy(tally.surrogate)
        blend = Accuracy(tally.blend)
        served = Accuracy(tally.served)
        agreement = tally.agreement.agreementRate
        latencyMs = Dictionary(
            uniqueKeysWithValues: tally.latency.map { ($0.key.rawValue, Quantiles($0.value)) })
        deadlineMisses = tally.deadlineMisses
        lateShare = Double(tally.deadlineMisses) / Double(max(1, tally.scored))
        worstLatenessMs = tally.worstLatenessMilliseconds
        comparisons = tally.compared
        quantumCalls = tally.quantumCalls
        failedCalls = tally.failedCalls
        shots = tally.shots
        cost = tally.cost
        queueWaitMs = Quantiles(tally.queueWait)
        wallSeconds = facts.wallSeconds
        recordsPerSecond = facts.wallSeconds > 0 ? Double(tally.scored) / facts.wallSeconds : 0
        mode = facts.mode.rawValue
        seed = facts.seed
        qubits = facts.qubits
        device = facts.device
        model = facts.model
        circuitWarning = facts.circuitWarning
        resources = facts.resources
    }
}

/// JSON for machines: sorted keys, to standard output.
enum JSONOutput {
    static func print(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        Console.print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}
