import Contracts
import Determinism
import KafkaTransport
import Policies
import Stages
import Terminal

/// Recorded decisions of a span of time, with what came of them.
struct DecisionHistory {
    /// Each takes some 250 bytes.
    static let maximumDecisions = 5_000_000

    private(set) var decisions: [RecordedDecision] = []
    /// Verdicts of older versions, which do not say by what they were decided.
    private(set) var unrecorded = 0
    private(set) var isTruncated = false
    private let from: Timestamp
    private let until: Timestamp
    /// Above it, a score decides for 1.
    private let threshold: Double
    private var places: [RecordKey: Int] = [:]
    private let parser = JSONParser()
    private var classical = ClassicalVerdictMessage()
    private var quantum = QuantumVerdictMessage()

    init(from: Timestamp, until: Timestamp, threshold: Double) {
        self.from = from
        self.until = until
        self.threshold = threshold
    }

    /// Reads `verdicts`.
    ///
    /// - Throws: for more decisions than fit, rather than to judge by a part of them.
    static func read(
        _ address: ClusterAddress, from: Timestamp, until: Timestamp, threshold: Double
    ) throws -> DecisionHistory {
        var history = DecisionHistory(from: from, until: until, threshold: threshold)
        _ = try TopicScan(address, label: "decisions").read([.verdicts], from: .since(from)) {
            history.take($0, $1)
        }
        guard !history.isTruncated else {
            throw CommandFailure(
                "more than \(Format.count(maximumDecisions)) decisions since \(from.rfc3339); name "
                    + "a shorter time with --from and --until")
        }
        return history
    }

    /// A quantum verdict stands behind its record's classical one, in the same partition.
    mutating func take(_ batch: borrowing InboundBatch, _ index: Int) {
        guard let value = batch.value(index), let object = try? parser.object(value) else { return }
        let position = batch.messages[index].position
        if object["kind"]?.string?.equals("quantum") == true {
            guard (try? quantum.read(object)) != nil else { return }
            takeQuantum()
        } else if (try? classical.read(object)) != nil {
            takeClassical(position)
        }
    }

    private mutating func takeClassical(_ position: MessagePosition) {
        let key = RecordKey(bytes: classical.id.bytes)
        guard
            let decision = RecordedDecision(
                classical, key: key, partition: position.partition, offset: position.offset)
        else {
            unrecorded += 1
            return
        }
        guard decision.decidedAt >= from, decision.decidedAt < until, places[key] == nil else {
            return
        }
        guard decisions.count < Self.maximumDecisions else {
            isTruncated = true
            return
        }
        places[key] = decisions.count
        decisions.append(decision)
    }

    private mutating func takeQuantum() {
        guard let place = places[RecordKey(bytes: quantum.id.bytes)] else { return }
        guard let estimate = quantum.estimate else { return }
        decisions[place].measuredWait = .seconds(quantum.queueMilliseconds / 1e3)
        // Policies are compared by what the model's own circuit flips.
        guard quantum.downgrade != .simplerCircuit else { return }
        decisions[place].flipped =
            (estimate.score >= threshold) != (quantum.classicalScore >= threshold)
    }
}
