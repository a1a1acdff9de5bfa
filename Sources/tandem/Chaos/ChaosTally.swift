import Contracts
import Determinism
import Foundation
import KafkaTransport
import Stages
import Statistics
import Synchronization

/// What a `read_committed` consumer of `scores` sees while processes are killed.
struct ChaosTally: Sendable {
    /// Scores of each published record, by number.
    var seen: [UInt8]
    var scored = 0
    var doubled = 0
    var late = 0
    var worstLateness = TimeSpan.zero
    var bySource: [ScoreSource: Int] = [:]
    var byReason: [ReasonCode: Int] = [:]
    /// Messages on `rejects`.
    var rejected = 0
    /// The longest time without a score while some were owed, in seconds.
    var longestSilence = 0.0
    var lastScore: Date?
    /// From ingestion's receipt of a record until this reader sees its score.
    var visible = QuantileSketch()
}

/// Reads `scores` on a thread of its own.
final class ChaosReader: @unchecked Sendable {
    private let reader: KafkaReader
    private let prefix: [UInt8]
    private let lateness: TimeSpan
    private let stopping = StopFlag()
    private let finished = DispatchSemaphore(value: 0)
    private let shared: Mutex<ChaosTally>
    private let trouble = Mutex(String?.none)
    // Used by the thread alone.
    private let parser = JSONParser()
    private let time = SystemTimeSource()
    private var score = ScoreMessage()

    init(
        _ address: ClusterAddress, prefix: String, records: Int, lateness: TimeSpan
    ) throws {
        reader = try KafkaReader(
            address, topics: [.scores, .rejects], from: .beginning, clientID: "tandem-chaos",
            log: ClusterSession.log)
        self.prefix = [UInt8](prefix.utf8)
        self.lateness = lateness
        shared = Mutex(ChaosTally(seen: [UInt8](repeating: 0, count: records)))
    }

    var tally: ChaosTally { shared.withLock { $0 } }
    var scored: Int { shared.withLock { $0.scored } }
    var failure: String? { trouble.withLock { $0 } }

    func start() {
        let thread = Thread { [self] in
            do { try run() } catch { trouble.withLock { $0 = "reading scores: \(error)" } }
            finished.signal()
        }
        thread.name = "scores"
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
            try reader.poll(into: &batch, timeout: 50)
            guard !batch.isEmpty else { continue }
            shared.withLock { tally in
                for index in 0..<batch.count { take(batch, index, into: &tally) }
            }
        }
    }

    private func take(
        _ batch: borrowing InboundBatch, _ index: Int, into tally: inout ChaosTally
    ) {
        guard batch.messages[index].position.topic == .scores else {
            tally.rejected += 1
            return
        }
        guard let value = batch.value(index), (try? score.read(value, with: parser)) != nil,
            let number = number(of: score.id), number < tally.seen.count
        else { return }
        tally.seen[number] &+= 1
        guard tally.seen[number] == 1 else {
            tally.doubled += 1
            return
        }
        let now = Date()
        if let last = tally.lastScore {
            tally.longestSilence = max(tally.longestSilence, now.timeIntervalSince(last))
        }
        tally.lastScore = now
        let age = time.now() - score.receivedAt
        tally.visible.add(microseconds: age.microseconds)
        tally.scored += 1
        tally.bySource[score.source, default: 0] += 1
        tally.byReason[score.reason, default: 0] += 1
        let beyond = score.time - score.deadline
        if beyond > lateness {
            tally.late += 1
            tally.worstLateness = max(tally.worstLateness, beyond)
        }
    }

    private func number(of id: ByteSlice) -> Int? {
        let bytes = id.bytes
        guard bytes.starts(with: prefix) else { return nil }
        return Int(String(decoding: bytes.dropFirst(prefix.count), as: UTF8.self))
    }
}
