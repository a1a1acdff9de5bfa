import Contracts
import Determinism
import SimulatedTransport
import Stages

/// What the topics said of one record of a scenario.
struct ScenarioTrack {
    var scores: UInt8 = 0
    var rejects: UInt8 = 0
    var isAdmitted = false
    var isDecided = false
    var source = ScoreSource.classical
    var reason = ReasonCode.shadowMode
    var score = 0.0
    var classicalScore = 0.0
    var quantumScore: Double?
    var receivedAt = Timestamp(microseconds: 0)
    var deadline = Timestamp(microseconds: 0)
    /// When fallback decided.
    var decidedAt = Timestamp(microseconds: 0)
    /// When `read_committed` consumers could first have the score.
    var seenAt = Timestamp(microseconds: 0)
}

/// Reads the topics as a consumer does, and keeps what a scenario's report needs.
final class ScenarioObserver {
    private let cluster: SimulatedCluster
    private let ids: ChaosWorkload
    private let start: Timestamp
    let slice: TimeSpan
    private var cursors: [[Int64]]
    private var hashes: [[TopicHash]]
    private let parser = JSONParser()
    private var score = ScoreMessage()
    private var entry = LedgerMessage()
    private var classical = ClassicalVerdictMessage()
    private var quantum = QuantumVerdictMessage()
    private var status = QPUStatusMessage()
    private(set) var tracks: [ScenarioTrack]
    private(set) var ledger = LedgerBook()
    private(set) var slices: [ScenarioSlice]
    private(set) var unreadable = 0

    init(
        _ cluster: SimulatedCluster, _ ids: ChaosWorkload, start: Timestamp, slice: TimeSpan,
        slices count: Int
    ) {
        self.cluster = cluster
        self.ids = ids
        self.start = start
        self.slice = slice
        slices = [ScenarioSlice](repeating: ScenarioSlice(), count: count)
        tracks = [ScenarioTrack](repeating: ScenarioTrack(), count: ids.records)
        cursors = Topic.allCases.map {
            [Int64](repeating: 0, count: cluster.partitionCount(of: $0))
        }
        hashes = Topic.allCases.map {
            [TopicHash](repeating: TopicHash(), count: cluster.partitionCount(of: $0))
        }
    }

    /// One number for all that was ever readable on all topics.
    var hash: UInt64 { hashes.joined().reduce(0) { StableHash.combine($0, $1.value) } }

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
            do throws(ContractViolation) { try take(message, topic) } catch { unreadable += 1 }
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

    private func take(_ message: SimulatedMessage, _ topic: Topic) throws(ContractViolation) {
        let value = message.value ?? .absent
        switch topic {
        case .records: slices[place(message.appendedAt)].published += 1
        case .scores: try takeScore(value, at: message.appendedAt)
        case .rejects: change(message.key) { $0.rejects = $0.rejects &+ 1 }
        case .verdicts: try takeVerdict(value)
        case .ledger:
            try entry.read(value, with: parser)
            if ledger.take(entry) { slices[place(message.appendedAt)].spent += entry.cost }
        case .qpuStatus:
            try status.read(value, with: parser)
            let index = place(status.at)
            slices[index].waitMilliseconds = max(
                slices[index].waitMilliseconds ?? 0, status.waitMilliseconds)
        default: break
        }
    }

    /// The slice of an instant; what comes after the end counts in the last one.
    private func place(_ instant: Timestamp) -> Int {
        let index = (instant - start).microseconds / slice.microseconds
        return Int(max(0, min(index, Int64(slices.count) - 1)))
    }

    private func change(_ key: ByteSlice?, _ body: (inout ScenarioTrack) -> Void) {
        guard let sequence = ids.sequence(of: key) else {
            unreadable += 1
            return
        }
        body(&tracks[sequence])
    }

    private func takeVerdict(_ value: ByteSlice) throws(ContractViolation) {
        guard !value.hasPrefix("{\"kind\":\"quantum\"") else {
            try quantum.read(value, with: parser)
            let score = quantum.estimate?.score
            change(quantum.id) { $0.quantumScore = $0.quantumScore ?? score }
            return
        }
        try classical.read(value, with: parser)
        let (admitted, reason) = (classical.admitted, classical.reason)
        let index = place(classical.receivedAt)
        var isFirst = false
        change(classical.id) { track in
            isFirst = !track.isDecided
            track.isDecided = true
            track.isAdmitted = track.isAdmitted || admitted
        }
        if isFirst { slices[index].decisions[reason.ordinal] += 1 }
    }

    private func takeScore(_ value: ByteSlice, at instant: Timestamp) throws(ContractViolation) {
        try score.read(value, with: parser)
        let isClassical = score.source == .classical
        var isFirst = false
        change(score.id) { track in
            track.scores = track.scores &+ 1
            isFirst = track.scores == 1
            guard isFirst else { return }
            track.source = score.source
            track.reason = score.reason
            track.score = score.score
            track.classicalScore = score.classicalScore
            track.receivedAt = score.receivedAt
            track.deadline = score.deadline
            track.decidedAt = score.time
            track.seenAt = instant
        }
        guard isFirst else { return }
        let index = place(score.receivedAt)
        slices[index].classical += isClassical ? 1 : 0
        slices[index].quantum += isClassical ? 0 : 1
    }

    /// Notes whether a quantum score was right, in the slice of its record.
    func count(quantumRight isRight: Bool, receivedAt: Timestamp) {
        let index = place(receivedAt)
        slices[index].quantumScored += 1
        slices[index].quantumRight += isRight ? 1 : 0
    }
}
