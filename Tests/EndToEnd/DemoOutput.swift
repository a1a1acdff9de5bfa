import Foundation
import Testing

/// What `demo --output json` prints, read as a user's script would.
struct DemoOutput: Decodable {
    struct Accuracy: Decodable { let accuracy, auc, brier: Double? }
    struct Quantiles: Decodable { let p50, p95, p99, max: Double? }

    let recordsIn, scoresOut, missing, duplicated, rejected, stageRejects: Int
    let bySource, byReason: [String: Int]
    let classical, quantum, surrogate, blend, served: Accuracy
    let agreement: Double?
    let latencyMs: [String: Quantiles]
    let deadlineMisses: Int
    let worstLatenessMs: Double
    let comparisons, quantumCalls, failedCalls, shots: Int
    let cost: Double
    let queueWaitMs: Quantiles
    let wallSeconds, recordsPerSecond: Double
    let mode: String
    let seed: UInt64
    let qubits: Int
    let device, model: String
    let circuitWarning: String?

    /// Reads standard output, which must be the JSON alone.
    init(_ snapshot: CommandSnapshot) throws {
        self = try JSONDecoder().decode(Self.self, from: snapshot.data(.output))
    }

    /// Every record has one score, and the counts agree with one another.
    func expectComplete(records: Int, _ sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(recordsIn == records, sourceLocation: sourceLocation)
        #expect(scoresOut == records, sourceLocation: sourceLocation)
        #expect(missing == 0, sourceLocation: sourceLocation)
        #expect(duplicated == 0, sourceLocation: sourceLocation)
        #expect(rejected == 0, sourceLocation: sourceLocation)
        #expect(stageRejects == 0, sourceLocation: sourceLocation)
        #expect(bySource.values.reduce(0, +) == records, sourceLocation: sourceLocation)
        #expect(byReason.values.reduce(0, +) == records, sourceLocation: sourceLocation)
    }
}
