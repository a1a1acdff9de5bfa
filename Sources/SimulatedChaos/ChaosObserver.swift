import Contracts
import Determinism
import SimulatedTransport
import Stages

/// Reads the topics as a consumer does, and keeps what the checkers need. It knows the ids that
/// were published, and nothing of how the pipeline works.
final class ChaosObserver {
    private let cluster: SimulatedCluster
    private let workload: ChaosWorkload
    private var cursors: [[Int64]]
    private var hashes: [[TopicHash]]
    private let parser = JSONParser()
    private var score = ScoreMessage()
    private var entry = LedgerMessage()
    private(set) var tracks: [RecordTrack]
    private(set) var ledger = LedgerBook()
    private(set) var foreign: [String] = []
    private(set) var messages = 0

    init(_ cluster: SimulatedCluster, _ workload: ChaosWorkload) {
        self.cluster = cluster
        self.workload = workload
        cursors = Topic.allCases.map {
            [Int64](repeating: 0, count: cluster.partitionCount(of: $0))
        }
        hashes = Topic.allCases.map {
            [TopicHash](repeating: TopicHash(), count: cluster.partitionCount(of: $0))
        }
        tracks = [RecordTrack](repeating: RecordTrack(), count: workload.records)
    }

    /// One number for all that was ever readable on all topics.
    var hash: UInt64 {
        hashes.joined().reduce(0) { StableHash.combine($0, $1.value) }
    }

    /// Reads on to the last stable offsets, and lets retention take what every reader has done with.
    func observe() {
        for topic in Topic.allCases {
            for partition in 0..<cluster.partitionCount(of: topic) {
                read(topic, Int32(partition))
            }
        }
    }

    private func read(_ topic: Topic, _ partition: Int32) {
        var hash = hashes[topic.ordinal][Int(partition)]
        let from = cursors[topic.ordinal][Int(partition)]
        let next = cluster.forEachMessage(of: topic, partition, from: from) { message in
            hash.add(UInt64(bitPattern: message.offset))
            hash.add(UInt64(bitPattern: message.appendedAt.microseconds))
            hash.add(message.key)
            hash.add(message.value)
            messages += 1
            take(message, topic)
        }
        hashes[topic.ordinal][Int(partition)] = hash
        cursors[topic.ordinal][Int(partition)] = next
        guard topic.plane == .data, !Topology.edges.contains(where: { $0.keeps.contains(topic) })
        else {
            return
        }
        var done = next
        for stage in Topology.edges where stage.reads.contains(topic) {
            done = min(done, cluster.committed(stage.stage.rawValue, topic, partition) ?? 0)
        }
        cluster.trim(topic, partition, below: done)
    }

    private func take(_ message: SimulatedMessage, _ topic: Topic) {
        switch topic {
        case .scores: takeScore(message)
        case .rejects: change(message.key, topic) { $0.rejects = $0.rejects &+ 1 }
        case .verdicts:
            let isQuantum = message.value?.hasPrefix("{\"kind\":\"quantum\"") ?? false
            change(message.key, topic) { track in
                if isQuantum, track.quantumOffset < 0 {
                    track.quantumOffset = message.offset
                    track.quantumAt = message.appendedAt
                } else if !isQuantum, track.classicalOffset < 0 {
                    track.classicalOffset = message.offset
                }
            }
        case .jobs: change(message.key, topic) { $0.jobs = $0.jobs &+ 1 }
        case .measurements: change(message.key, topic) { $0.isMeasured = true }
        case .comparisons: change(message.key, topic) { $0.isCompared = true }
        case .ledger: takeEntry(message)
        case .records, .labels, .features, .reduced, .control, .models, .qpuStatus,
            .admissionState, .fallbackState, .evidence, .budgets, .leases, .instances:
            break
        }
    }

    private func change(
        _ key: ByteSlice?, _ topic: Topic, _ body: (inout RecordTrack) -> Void
    ) {
        guard let sequence = workload.sequence(of: key) else {
            foreign.append("\(topic.rawValue) has a message for '\(key?.string ?? "")'")
            return
        }
        body(&tracks[sequence])
    }

    private func takeScore(_ message: SimulatedMessage) {
        guard let value = message.value, (try? score.read(value, with: parser)) != nil else {
            foreign.append("a score at offset \(message.offset) cannot be read")
            return
        }
        var essence = TopicHash()
        essence.add(score.id)
        essence.add(score.score.bitPattern)
        essence.add(UInt64(score.decision))
        essence.add(score.source == .classical ? 1 : 0)
        essence.add(score.classicalScore.bitPattern)
        essence.add(score.classicalModel == .baseline ? 1 : 0)
        essence.add(score.model)
        change(score.id, .scores) { track in
            track.scores = track.scores &+ 1
            guard track.scores == 1 else { return }
            track.source = score.source
            track.reason = score.reason
            track.score = score.score
            track.classicalScore = score.classicalScore
            track.deadline = score.deadline
            track.decidedAt = score.time
            track.seenAt = message.appendedAt
            track.essence = essence.value
        }
    }

    private func takeEntry(_ message: SimulatedMessage) {
        guard let value = message.value, (try? entry.read(value, with: parser)) != nil else {
            foreign.append("a ledger entry at offset \(message.offset) cannot be read")
            return
        }
        ledger.take(entry)
    }
}

/// The ledger as its topic tells it, job by job.
struct LedgerBook {
    struct Job {
        var isReserved = false
        var settled: UInt8 = 0
        var released: UInt8 = 0
        var cost = 0.0
        /// Settled without a task of the device, and never with one: by the result cache.
        var isAnswered = false
    }

    private(set) var jobs: [UInt64: Job] = [:]

    /// - Returns: whether the job is settled by this entry, and was not before.
    @discardableResult
    mutating func take(_ entry: borrowing LedgerMessage) -> Bool {
        let (job, state) = (entry.job, entry.state)
        jobs[job, default: Job()].take(state, entry.cost, hasTask: entry.task != nil)
        return state == .settled && jobs[job]?.settled == 1
    }
}

extension LedgerBook.Job {
    mutating func take(_ state: LedgerMessage.State, _ price: Double, hasTask: Bool) {
        switch state {
        case .reserved: isReserved = true
        case .submitted: break
        case .settled:
            // Answered by one instance and bought by another: the bill is what counts.
            if hasTask || settled == 0 || isAnswered {
                cost = price
                isAnswered = !hasTask
            }
            settled = settled &+ 1
        case .released: released = released &+ 1
        }
    }
}
