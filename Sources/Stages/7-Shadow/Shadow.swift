public import Contracts
public import Determinism
internal import Models
public import Policies
internal import Statistics

/// Stage 7: pairs both verdicts of each admitted record, however late, and keeps the statistics.
///
/// verdicts, labels → comparisons, evidence. A classical verdict's input stays open until its pair is
/// complete or given up, so that a restart loses no comparison. Labels that come before the pair
/// travel with it; the running statistics cover the pairs that this instance has seen. What pairs and
/// labels show of the quantum path goes to `evidence`, whenever the labels come.
///
/// A pair of the simpler circuit goes to `comparisons`, marked, and counts in nothing else: statistics
/// and evidence are of the model's own circuit.
///
/// `counters.ignored` counts duplicates and verdicts whose other half never came.
public struct Shadow: Stage {
    public let name = StageName.shadow
    public private(set) var counters = StageCounters()

    private let parser = JSONParser()
    private var join: ShadowJoin<KeptClassical, KeptQuantum>
    private var agreement = AgreementStatistics()
    private var evidence: ShadowEvidence
    private var labels: [RecordKey: Int] = [:]
    private var labelOrder: [RecordKey] = []
    private var names = Interner()
    private var classical = ClassicalVerdictMessage()
    private var quantum = QuantumVerdictMessage()
    private var label = LabelMessage()
    private var comparison = ComparisonMessage()
    private var threshold = 0.5

    /// Labels kept for pairs still to come: 8 MB at most, oldest half forgotten first.
    private static let maximumLabels = 100_000

    /// - Throws: `PolicyError` when a limit is out of range.
    public init(
        limits: ShadowLimits = ShadowLimits(), evidence: EvidenceSettings = EvidenceSettings()
    ) throws(PolicyError) {
        try evidence.validate()
        join = try ShadowJoin(limits: limits)
        self.evidence = ShadowEvidence(evidence)
    }

    public var heldCount: Int { join.unpairedCount }
    public var nextDue: Timestamp? { evidence.nextDue }

    public mutating func process(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        adoptThreshold(of: context.control.model)
        evidence.follow(context.control.model)
        for index in 0..<batch.count {
            counters.received += 1
            do throws(ContractViolation) {
                let object = try parser.object(batch.value(index))
                if batch.messages[index].position.topic == .labels {
                    try label.read(object)
                    take(label, context)
                } else {
                    try take(object, batch, index, context, into: &out)
                }
            } catch {
                out.reject(batch, index, by: name, because: error)
                counters.rejected += 1
            }
        }
    }

    /// Agreement is counted at one threshold: a model with another one starts the statistics anew.
    private mutating func adoptThreshold(of model: ActiveModel?) {
        guard let current = model?.bundle.thresholds.decisionThreshold, current != threshold else {
            return
        }
        threshold = current
        agreement = AgreementStatistics(threshold: current)
    }

    public mutating func tick(_ context: StageContext, into out: inout OutboundBatch) {
        var givenUp: [MessagePosition] = []
        var count = 0
        join.expire(now: context.now) { unpaired in
            count += 1
            if case .classical(_, let kept) = unpaired { givenUp.append(kept.position) }
        }
        counters.ignored += count
        for position in givenUp { out.release(position) }
        evidence.write(context, into: &out)
    }

    public mutating func forget(topic: Topic, partition: Int32) {
        join.discard { $0.position.topic == topic && $0.position.partition == partition }
        if topic == .verdicts { evidence.forget(partition) }
    }

    private mutating func take(
        _ object: JSONValue, _ batch: borrowing InboundBatch, _ index: Int, _ context: StageContext,
        into out: inout OutboundBatch
    ) throws(ContractViolation) {
        let now = context.now
        let message = batch.messages[index]
        switch try VerdictKind(of: object) {
        case .classical:
            try classical.read(object, takesDecision: false)
            guard classical.admitted else { return }
            makeRoom(into: &out)
            let kept = KeptClassical(
                classical, context.control, at: message.position, headers: message.headers, &names)
            let action = join.classical(RecordKey(of: classical.id), kept, now: now)
            perform(action, holding: message.position, context, into: &out)
        case .quantum:
            try quantum.read(object)
            let kept = KeptQuantum(quantum, &names)
            let action = join.quantum(RecordKey(of: quantum.id), kept, now: now)
            perform(action, holding: nil, context, into: &out)
        }
    }

    /// Gives up the oldest waiting record where there is no room for another, closing its input.
    private mutating func makeRoom(into out: inout OutboundBatch) {
        guard let oldest = join.evictOldestClassicalIfFull() else { return }
        counters.ignored += 1
        out.release(oldest.position)
    }

    private mutating func perform(
        _ action: ShadowAction<KeptClassical, KeptQuantum>, holding position: MessagePosition?,
        _ context: StageContext, into out: inout OutboundBatch
    ) {
        switch action {
        case .pair(let pair):
            if pair.classical.position != position { out.release(pair.classical.position) }
            emit(pair, context, into: &out)
        case .keep: if let position { out.hold(position) }
        case .duplicate: counters.ignored += 1
        }
    }

    private mutating func emit(
        _ pair: ShadowPair<KeptClassical, KeptQuantum>, _ context: StageContext,
        into out: inout OutboundBatch
    ) {
        let (classical, quantum) = (pair.classical, pair.quantum)
        comparison.id = classical.id.slice
        comparison.classicalScore = classical.score
        comparison.quantumScore = quantum.estimate?.score
        comparison.flip = false
        if let score = quantum.estimate?.score {
            let cut = classical.threshold
            comparison.flip = (score >= cut) != (classical.score >= cut)
            // A straggler of an older version with another threshold would blur the statistics, and
            // so would another circuit's scores.
            if cut == threshold, quantum.isOfOwnCircuit {
                agreement.add(classical: classical.score, quantum: score)
            }
        }
        comparison.liveScore = quantum.liveScore ?? classical.score
        comparison.reason = quantum.reason
        comparison.quantumLatencyMilliseconds = quantum.latencyMilliseconds
        comparison.queueMilliseconds = quantum.queueMilliseconds
        comparison.shots = quantum.shots
        comparison.cost = quantum.cost
        comparison.downgrade = quantum.downgrade
        comparison.propensity = classical.propensity
        comparison.device = quantum.device.slice
        comparison.calibration = quantum.calibration.slice
        comparison.model = classical.model.slice
        comparison.label = labels.isEmpty ? nil : labels.removeValue(forKey: pair.key)
        learn(pair, label: comparison.label, context)
        comparison.pairs = agreement.count
        comparison.agreement = agreement.agreementRate ?? 0
        comparison.meanDelta = agreement.meanDelta
        comparison.deltaStandardDeviation = (agreement.deltaVariance ?? 0).squareRoot()
        counters.count(quantum.reason)
        counters.emitted += 1
        out.emit(to: .comparisons, key: comparison.id, headers: classical.headers, comparison)
    }

    /// A failed job has no verdict to learn from, an older version's shows nothing of this one, and
    /// the simpler circuit's nothing of the model's own: to the evidence it is a record that was not
    /// admitted.
    private mutating func learn(
        _ pair: ShadowPair<KeptClassical, KeptQuantum>, label: Int?, _ context: StageContext
    ) {
        let (classical, quantum) = (pair.classical, pair.quantum)
        guard quantum.estimate != nil, quantum.isOfOwnCircuit, classical.threshold == threshold,
            evidence.concerns(classical.model)
        else { return }
        evidence.add(
            pair.key, (classical.score, quantum.liveScore ?? classical.score),
            threshold: threshold, propensity: classical.propensity, label: label,
            partition: classical.position.partition, context)
    }

    private mutating func take(_ label: LabelMessage, _ context: StageContext) {
        let key = RecordKey(of: label.id)
        if evidence.add(label: label.label, of: key, context) { return }
        if labels.updateValue(label.label, forKey: key) == nil { labelOrder.append(key) }
        guard labelOrder.count > Self.maximumLabels else { return }
        for old in labelOrder.prefix(Self.maximumLabels / 2) { labels[old] = nil }
        labelOrder.removeFirst(Self.maximumLabels / 2)
    }
}
