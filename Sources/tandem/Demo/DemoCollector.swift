import Contracts
import Determinism
import Foundation
import KafkaTransport
import Stages
import Statistics
import Synchronization

/// What a downstream user sees: read from `scores`, `comparisons` and `rejects` alone.
struct DemoTally: Sendable {
    var scored = 0
    var duplicated = 0
    var compared = 0
    var rejected = 0
    /// Messages that a later stage could not use.
    var stageRejects = 0
    /// Scores of records that others published while the demo ran.
    var foreign = 0
    var unreadable = 0
    var bySource: [ScoreSource: Int] = [:]
    var byReason: [ReasonCode: Int] = [:]
    var latency: [ScoreSource: QuantileSketch] = [:]
    var queueWait = QuantileSketch()
    var deadlineMisses = 0
    var worstLatenessMilliseconds = 0.0
    var classical = BinaryScoreStatistics()
    var quantum = BinaryScoreStatistics()
    /// The classical control on the same components, on the same records as the quantum score.
    var surrogate = BinaryScoreStatistics()
    var blend = BinaryScoreStatistics()
    var served = BinaryScoreStatistics()
    var agreement = AgreementStatistics()
    var quantumCalls = 0
    var failedCalls = 0
    var shots = 0
    var cost = 0.0
    var trend: [Double] = []
}

/// Reads the pipeline's results on a thread of its own.
final class DemoCollector: @unchecked Sendable {
    private let reader: KafkaReader
    private let prefix: [UInt8]
    private let labels: [Int]
    private let surrogateScores: [Double]
    private let lateness: TimeSpan
    private let onProgress: @Sendable () -> Void
    private let stopping = StopFlag()
    private let finished = DispatchSemaphore(value: 0)
    private let shared = Mutex(DemoTally())
    private let trouble = Mutex(String?.none)

    // Used by the thread alone.
    private var tally = DemoTally()
    private var seen: [UInt8]
    private let parser = JSONParser()
    private var score = ScoreMessage()
    private var comparison = ComparisonMessage()

    /// - Parameters:
    ///   - labels: ground truth of each row of the data, in the order in which rows recur.
    ///   - surrogateScores: what the model's classical control says of each row.
    ///   - lateness: how much later than its deadline a score may be without counting as a miss.
    init(
        _ address: ClusterAddress, records: Int, prefix: String, labels: [Int],
        surrogateScores: [Double], lateness: TimeSpan, onProgress: @escaping @Sendable () -> Void
    ) throws {
        reader = try KafkaReader(
            address, topics: [.scores, .comparisons, .rejects], from: .end,
            clientID: "tandem-demo", log: ClusterSession.log)
        self.prefix = [UInt8](prefix.utf8)
        self.labels = labels
        self.surrogateScores = surrogateScores
        self.lateness = lateness
        self.onProgress = onProgress
        seen = [UInt8](repeating: 0, count: records)
    }

    var current: DemoTally { shared.withLock { $0 } }
    var failure: String? { trouble.withLock { $0 } }
    /// Valid once the collector has stopped.
    var scoresPerRecord: [UInt8] { seen }

    /// Reads on until every partition has been reached, so that nothing written from now on is
    /// missed.
    func waitUntilReady() throws {
        var batch = InboundBatch()
        let begin = Date()
        while !reader.isCaughtUp {
            guard Date().timeIntervalSince(begin) < 30 else {
                throw CommandFailure("the result topics cannot be read: no answer within 30 s")
            }
            try reader.poll(into: &batch, timeout: 20)
        }
    }

    func start() {
        let thread = Thread { [self] in
            do {
                try run()
            } catch {
                trouble.withLock { $0 = "reading results: \(error)" }
            }
            finished.signal()
        }
        thread.name = "collector"
        thread.start()
    }

    func stop() {
        stopping.raise()
        finished.wait()
    }

    private func run() throws {
        var batch = InboundBatch()
        while !stopping.isRaised {
            batch.removeAll()
            try reader.poll(into: &batch, timeout: 20)
            guard !batch.isEmpty else { continue }
            for index in 0..<batch.count { take(batch, index) }
            let copy = tally
            shared.withLock { $0 = copy }
            onProgress()
        }
    }

    private func take(_ batch: borrowing InboundBatch, _ index: Int) {
        let value = batch.value(index) ?? .absent
        do throws(ContractViolation) {
            switch batch.messages[index].position.topic {
            case .scores:
                try score.read(value, with: parser)
                takeScore()
            case .comparisons:
                try comparison.read(value, with: parser)
                takeComparison()
            case .rejects:
                takeReject(batch, index)
            default: break
            }
        } catch {
            tally.unreadable += 1
        }
    }

    /// The number of one of the demo's own records; nil for anybody else's.
    private func sequence(of id: ByteSlice) -> Int? {
        guard id.count > prefix.count else { return nil }
        for index in prefix.indices where id[index] != prefix[index] { return nil }
        var value = 0
        for index in prefix.count..<id.count {
            let digit = id[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
        }
        return value < seen.count ? value : nil
    }

    /// Ingestion's rejects are records without a score; later stages' are messages that went wrong.
    private func takeReject(_ batch: borrowing InboundBatch, _ index: Int) {
        guard sequence(of: batch.key(index) ?? .absent) != nil else { return }
        let stage = batch.messages[index].headers.first { $0.name == "tandem-error-stage" }
        if stage?.value == Array(StageName.ingestion.rawValue.utf8) {
            tally.rejected += 1
        } else {
            tally.stageRejects += 1
        }
    }

    private func takeScore() {
        guard let sequence = sequence(of: score.id) else {
            tally.foreign += 1
            return
        }
        if seen[sequence] > 0 {
            tally.duplicated += 1
            if seen[sequence] < .max { seen[sequence] += 1 }
            return
        }
        seen[sequence] = 1
        tally.scored += 1
        tally.bySource[score.source, default: 0] += 1
        tally.byReason[score.reason, default: 0] += 1
        let latency = score.time - score.receivedAt
        tally.latency[score.source, default: QuantileSketch()]
            .add(microseconds: max(0, latency.microseconds))
        let late = score.time - score.deadline
        tally.worstLatenessMilliseconds = max(tally.worstLatenessMilliseconds, late.inMilliseconds)
        if late > lateness { tally.deadlineMisses += 1 }
        let label = labels[sequence % labels.count] == 1
        tally.classical.add(score: score.classicalScore, label: label)
        tally.served.add(score: score.score, label: label)
    }

    private func takeComparison() {
        guard let sequence = sequence(of: comparison.id) else { return }
        tally.compared += 1
        tally.queueWait.add(microseconds: Int64(max(0, comparison.queueMilliseconds) * 1_000))
        guard let quantum = comparison.quantumScore else {
            tally.failedCalls += 1
            return
        }
        tally.quantumCalls += 1
        tally.shots += comparison.shots
        tally.cost += comparison.cost
        // Statistics are of the model's own circuit.
        guard comparison.downgrade != .simplerCircuit else { return }
        let label = labels[sequence % labels.count] == 1
        tally.quantum.add(score: quantum, label: label)
        tally.surrogate.add(score: surrogateScores[sequence % labels.count], label: label)
        tally.blend.add(score: comparison.liveScore, label: label)
        tally.agreement.add(classical: comparison.classicalScore, quantum: quantum)
    }
}
