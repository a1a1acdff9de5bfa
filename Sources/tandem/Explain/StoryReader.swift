import Contracts
import Determinism
import Pipeline
import Policies
import Stages

/// Takes messages in and tells what they say of one record.
struct StoryReader {
    private(set) var story: RecordStory
    /// Jobs of the record, as keys of the ledger.
    private(set) var jobs: Set<String> = []
    private(set) var isDecided = false
    private let key: OwnedBytes
    private let policies: KnownPolicies
    private let parser = JSONParser()
    private var predictedWait: Double?

    init(id: String, partition: Int32, policies: KnownPolicies) {
        story = RecordStory(id: id, partition: partition)
        key = OwnedBytes(id)
        self.policies = policies
    }

    /// Topics keyed by the record's id that tell what became of it, then those that tell how far it
    /// came, then the ledger, which is keyed by the job's.
    static let outcomes: [Topic] = [
        .verdicts, .jobs, .measurements, .scores, .comparisons, .rejects,
    ]
    static let beginnings: [Topic] = [.records, .features, .reduced]

    /// Takes a message in if it is the record's.
    mutating func take(_ batch: borrowing InboundBatch, _ index: Int) {
        guard let own = batch.key(index) else { return }
        let message = batch.messages[index]
        let topic = message.position.topic
        guard topic == .ledger ? jobs.contains(own.string) : own.equals(key.slice) else { return }
        let place = StoryPlace(
            topic: topic, partition: message.position.partition, offset: message.position.offset,
            timestamp: message.timestamp)
        if topic == .rejects { return reject(RejectNote(headers: message.headers), place) }
        do {
            try tell(batch.value(index) ?? .absent, place)
        } catch {
            story.add(
                topic.rawValue, "a message that cannot be read: \(error)", at: message.timestamp,
                place)
        }
    }

    private mutating func tell(_ value: ByteSlice, _ place: StoryPlace) throws {
        switch place.topic {
        case .records:
            story.add("you", "published", at: place.timestamp, place)
        case .features:
            var message = FeaturesMessage()
            try message.read(value, with: parser)
            received(message.receivedAt, "valid under \(message.model.string)", place)
        case .reduced:
            story.add("reduction", "reduced to components", at: place.timestamp, place)
        case .verdicts: try tellVerdict(value, place)
        case .jobs: try tellJob(value, place)
        case .measurements: try tellMeasurement(value, place)
        case .ledger: try tellBill(value, place)
        case .scores: try tellScore(value, place)
        case .comparisons: try tellComparison(value, place)
        default: break
        }
    }

    private mutating func received(_ at: Timestamp, _ text: String, _ place: StoryPlace) {
        guard story.receivedAt == nil else { return }
        story.receive(at: at)
        story.add(StageName.ingestion.rawValue, "received, " + text, at: at, place)
    }

    private mutating func reject(_ note: RejectNote, _ place: StoryPlace) {
        story.add(
            "rejected", "by \(note.stage): \(note.code), \(note.message)", at: place.timestamp,
            place,
            note.attempts > 0 ? [.init(name: "sent back", value: "\(note.attempts) times")] : [])
    }

    // MARK: Verdicts

    private mutating func tellVerdict(_ value: ByteSlice, _ place: StoryPlace) throws {
        let object = try parser.object(value)
        if object["kind"]?.string?.equals("quantum") == true {
            var verdict = QuantumVerdictMessage()
            try verdict.read(object)
            return tell(verdict, place)
        }
        var verdict = ClassicalVerdictMessage()
        try verdict.read(object)
        tell(verdict, place)
    }

    private mutating func tell(_ verdict: ClassicalVerdictMessage, _ place: StoryPlace) {
        received(verdict.receivedAt, "valid under \(verdict.model.string)", place)
        isDecided = true
        predictedWait = verdict.predictedWaitMilliseconds
        var facts: [RecordStory.Fact] = [
            .init(
                name: "classical score", value: StoryText.score(verdict.score),
                verdict: "from the \(verdict.classicalModel.rawValue)"),
            .init(
                name: "latency budget",
                value: StoryText.time((verdict.deadline - verdict.receivedAt).inMilliseconds)),
            .init(name: "propensity", value: StoryText.plain(verdict.propensity)),
        ]
        if let tenant = verdict.tenant { facts.append(.init(name: "tenant", value: tenant.string)) }
        if let record = verdict.decision {
            facts +=
                DecisionStory(
                    verdict: verdict, record: record, policy: policies[record.policy]
                ).facts
        }
        let outcome = verdict.admitted ? "admitted" : "refused: \(verdict.reason.rawValue)"
        story.add(
            StageName.admission.rawValue, "\(outcome), mode \(verdict.mode.rawValue)",
            at: verdict.decision?.decidedAt ?? place.timestamp, place, facts)
    }

    private mutating func tell(_ verdict: QuantumVerdictMessage, _ place: StoryPlace) {
        var facts: [RecordStory.Fact] = []
        if let estimate = verdict.estimate {
            let interval = "\(StoryText.score(estimate.low)) to \(StoryText.score(estimate.high))"
            facts = [
                .init(name: "quantum score", value: StoryText.score(estimate.score)),
                .init(name: "interval", value: interval),
                .init(name: "standard error", value: StoryText.score(estimate.standardError)),
                .init(name: "confidence", value: StoryText.score(estimate.confidence)),
                .init(name: "classical score", value: StoryText.score(verdict.classicalScore)),
            ]
        }
        facts += Self.downgrade(verdict.downgrade)
        if verdict.action == .blend {
            facts.append(.init(name: "blend weight", value: StoryText.plain(verdict.blendWeight)))
        }
        story.add(
            StageName.confidence.rawValue,
            "quantum verdict: \(verdict.action.rawValue), \(verdict.reason.rawValue)",
            at: place.timestamp, place, facts)
    }

    // MARK: The quantum path

    private mutating func tellJob(_ value: ByteSlice, _ place: StoryPlace) throws {
        var job = JobMessage()
        try job.read(value, with: parser)
        jobs.insert(Hex.digits(job.job))
        story.add(
            StageName.admission.rawValue,
            "job \(Hex.digits(job.job)) for \(job.device.string), \(job.shots) shots of "
                + job.circuit.string,
            at: place.timestamp, place, Self.downgrade(job.downgrade))
    }

    private mutating func tellMeasurement(_ value: ByteSlice, _ place: StoryPlace) throws {
        var measured = MeasurementMessage()
        try measured.read(value, with: parser)
        let waited = (measured.startedAt - measured.submittedAt).inMilliseconds
        let ran = (measured.completedAt - measured.startedAt).inMilliseconds
        var facts: [RecordStory.Fact] = [
            .init(
                name: "waited", value: StoryText.time(waited),
                verdict: predictedWait.map { "predicted \(StoryText.time($0))" }),
            .init(name: "ran", value: StoryText.time(ran)),
            .init(name: "cost", value: StoryText.money(measured.cost)),
            .init(name: "calibration", value: measured.calibration.string),
        ]
        if let error = measured.error { facts.append(.init(name: "error", value: error.string)) }
        story.add(
            StageName.enrichment.rawValue,
            measured.status == .ok
                ? "measured on \(measured.device.string)" : "failed on \(measured.device.string)",
            at: measured.completedAt, place, facts)
    }

    private mutating func tellBill(_ value: ByteSlice, _ place: StoryPlace) throws {
        var bill = LedgerMessage()
        try bill.read(value, with: parser)
        story.add(
            "ledger", "\(bill.state.rawValue) \(StoryText.money(bill.cost))", at: bill.at, place)
    }

    // MARK: What came out

    private mutating func tellScore(_ value: ByteSlice, _ place: StoryPlace) throws {
        var score = ScoreMessage()
        try score.read(value, with: parser)
        let late = (score.time - score.deadline).inMilliseconds
        let lateness =
            late > 0
            ? "\(StoryText.time(late)) late" : "\(StoryText.time(-late)) before its deadline"
        story.add(
            StageName.fallback.rawValue,
            "score \(StoryText.score(score.score)), \(score.source.rawValue): "
                + "\(score.reason.rawValue), \(lateness)",
            at: score.time, place,
            score.source == .classical ? [] : Self.downgrade(score.provenance?.downgrade ?? .none))
    }

    /// What was taken off a call; nothing for the whole of it.
    private static func downgrade(_ step: Downgrade) -> [RecordStory.Fact] {
        step == .none ? [] : [.init(name: "downgrade", value: step.rawValue)]
    }

    private mutating func tellComparison(_ value: ByteSlice, _ place: StoryPlace) throws {
        var pair = ComparisonMessage()
        try pair.read(value, with: parser)
        let quantum =
            pair.quantumScore.map { "quantum \(StoryText.score($0))" } ?? "no quantum score"
        let words = pair.flip ? "the decisions differ" : "the decisions agree"
        let label = pair.label.map { [RecordStory.Fact(name: "label", value: "\($0)")] } ?? []
        let note =
            pair.downgrade == .simplerCircuit
            ? [
                RecordStory.Fact(
                    name: "downgrade", value: pair.downgrade.rawValue,
                    verdict: "counts in no statistic and no evidence")
            ] : Self.downgrade(pair.downgrade)
        story.add(
            StageName.shadow.rawValue,
            "compared: \(quantum), classical \(StoryText.score(pair.classicalScore)); "
                + (pair.quantumScore == nil ? pair.reason.rawValue : words),
            at: place.timestamp, place,
            label + note)
    }

    // MARK: The whole

    /// - Parameter searched: messages read, by topic.
    mutating func finished(searched: [Topic: Int]) -> RecordStory {
        story.searched = Dictionary(
            uniqueKeysWithValues: searched.map { ($0.key.rawValue, $0.value) })
        story.sort()
        return story
    }
}
