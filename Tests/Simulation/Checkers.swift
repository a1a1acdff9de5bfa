import Contracts
import Determinism
import SimulatedTransport
import Stages

/// What a run left on its topics, decoded: what the checkers look at. They know nothing of the
/// workload but the ids that were published.
struct Outcome {
    struct Score: Equatable {
        let id: String
        let score: Double
        let decision: Int
        let source: ScoreSource
        let reason: ReasonCode
        let deadline: Timestamp
        let time: Timestamp
        let latencyMilliseconds: Double
        let classicalScore: Double
        let partition: Int32
        let appendedAt: Timestamp
    }

    struct LedgerEntry {
        let job: UInt64
        let state: LedgerMessage.State
        let cost: Double
    }

    let scores: [Score]
    let rejectedIDs: [String]
    let ledger: [LedgerEntry]
    let measuredJobs: [UInt64]
    let jobs: [UInt64]
    /// When each id's quantum verdict came to `verdicts`: the first of them.
    let quantumVerdicts: [String: Timestamp]
    let comparedIDs: [String]

    init(_ cluster: SimulatedCluster) throws {
        scores = try cluster.decode(.scores) { (message: borrowing ScoreMessage, record) in
            Score(
                id: message.id.string, score: message.score, decision: message.decision,
                source: message.source, reason: message.reason, deadline: message.deadline,
                time: message.time, latencyMilliseconds: message.latencyMilliseconds,
                classicalScore: message.classicalScore, partition: record.partition,
                appendedAt: record.appendedAt)
        }
        rejectedIDs = cluster.records(of: .rejects).map {
            String(decoding: $0.key ?? [], as: UTF8.self)
        }
        ledger = try cluster.decode(.ledger) { (message: borrowing LedgerMessage, _) in
            LedgerEntry(job: message.job, state: message.state, cost: message.cost)
        }
        measuredJobs = try cluster.decode(.measurements) {
            (message: borrowing MeasurementMessage, _) in message.job
        }
        jobs = try cluster.decode(.jobs) { (message: borrowing JobMessage, _) in message.job }
        comparedIDs = try cluster.decode(.comparisons) {
            (message: borrowing ComparisonMessage, _) in message.id.string
        }
        quantumVerdicts = try Self.quantumVerdicts(cluster)
    }

    private static func quantumVerdicts(
        _ cluster: SimulatedCluster
    ) throws -> [String: Timestamp] {
        var arrivals: [String: Timestamp] = [:]
        for record in cluster.records(of: .verdicts) {
            let id = try JSONParser.withDocument(record.value ?? []) { object in
                object["kind"]?.string?.string == "quantum" ? object["id"]?.string?.string : nil
            }
            guard let id else { continue }
            arrivals[id] = min(arrivals[id] ?? record.appendedAt, record.appendedAt)
        }
        return arrivals
    }

    var scoresByID: [String: [Score]] { Dictionary(grouping: scores, by: \.id) }

    func count(_ reason: ReasonCode) -> Int { scores.count { $0.reason == reason } }
}

extension SimulatedCluster {
    func decode<Message: TopicMessage, Value>(
        _ topic: Topic, _ body: (borrowing Message, SimulatedRecord) -> Value
    ) throws -> [Value] {
        try records(of: topic).map { record in
            try JSONParser.withDocument(record.value ?? []) { object in
                var message = Message()
                try message.read(object)
                return body(message, record)
            }
        }
    }
}

/// Invariants over an outcome; each returns what is wrong, in words, and nothing when it holds.
enum Checkers {
    /// Exactly one score per accepted id, or with `duplicates` allowed at least one; none for any
    /// other id.
    static func oneScore(
        _ outcome: Outcome, accepted: Set<String>, allowsDuplicates: Bool = false
    ) -> [String] {
        let scores = outcome.scoresByID
        let missing = accepted.filter { scores[$0] == nil }.sorted()
        let foreign = scores.keys.filter { !accepted.contains($0) }.sorted()
        let doubled = scores.filter { $0.value.count > 1 }.keys.sorted()
        return missing.map { "no score for \($0)" } + foreign.map { "a score for \($0)" }
            + (allowsDuplicates ? [] : doubled.map { "more than one score for \($0)" })
    }

    /// In = scored + rejected, as sets of ids, and nothing is both.
    static func conservation(_ outcome: Outcome, published: Set<String>) -> [String] {
        let scored = Set(outcome.scores.map(\.id))
        let rejected = Set(outcome.rejectedIDs)
        let lost = published.subtracting(scored).subtracting(rejected).sorted()
        let both = scored.intersection(rejected).sorted()
        return lost.map { "\($0) is lost" } + both.map { "\($0) is scored and rejected" }
    }

    /// Every score is decided by its deadline, or within `slack` of it.
    static func deadlines(_ outcome: Outcome, slack: TimeSpan) -> [String] {
        outcome.scores.filter { $0.time > $0.deadline + slack }.map {
            "\($0.id) is scored \(($0.time - $0.deadline).inMilliseconds) ms after its deadline"
        }
    }

    /// A quantum or blended score had its verdict in the log before the deadline and before the
    /// decision, and a classical one stays what the classical scorer said.
    static func lateNeverOverrides(_ outcome: Outcome) -> [String] {
        outcome.scores.compactMap { score in
            guard score.source != .classical else {
                return score.score == score.classicalScore
                    ? nil : "\(score.id) is classical with another score"
            }
            guard let verdict = outcome.quantumVerdicts[score.id] else {
                return "\(score.id) is \(score.source) without a verdict"
            }
            // A score's time has whole milliseconds.
            return verdict < score.deadline && verdict < score.time + .milliseconds(1)
                ? nil : "\(score.id) took a verdict that came too late"
        }
    }

    /// Every emission of a measurement has one settled or released line, and every job has a
    /// measurement.
    ///
    /// - Parameter allowsCrashes: a crash between the two loses the line; the repetition writes both.
    static func ledger(_ outcome: Outcome, allowsCrashes: Bool = false) -> [String] {
        let closed = outcome.ledger.filter { $0.state == .settled || $0.state == .released }
        let lines = Dictionary(grouping: closed, by: \.job).mapValues(\.count)
        let measured = Dictionary(grouping: outcome.measuredJobs, by: \.self).mapValues(\.count)
        var wrong: [String] = []
        for (job, count) in measured.sorted(by: { $0.key < $1.key }) {
            let least = allowsCrashes ? 1 : count
            if (least...count).contains(lines[job] ?? 0) { continue }
            wrong.append("job \(job): \(count) measurements, \(lines[job] ?? 0) ledger lines")
        }
        wrong += lines.keys.filter { measured[$0] == nil }.map { "job \($0): a line for nothing" }
        wrong += Set(outcome.jobs).filter { measured[$0] == nil }.sorted().map {
            "job \($0) has no measurement"
        }
        return wrong
    }

    /// Every admitted record is compared at least once.
    static func comparisons(_ outcome: Outcome, allowsDuplicates: Bool = false) -> [String] {
        let compared = Dictionary(grouping: outcome.comparedIDs, by: \.self).mapValues(\.count)
        let missing = outcome.quantumVerdicts.keys.filter { compared[$0] == nil }.sorted()
        let doubled = compared.filter { $0.value > 1 }.keys.sorted()
        return missing.map { "\($0) is not compared" }
            + (allowsDuplicates ? [] : doubled.map { "\($0) is compared more than once" })
    }
}
