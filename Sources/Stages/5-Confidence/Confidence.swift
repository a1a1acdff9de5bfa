public import Contracts
import Determinism
internal import Models
public import Policies

/// Thresholds that an operator sets over the model's own; nil keeps the model's.
public struct ConfidenceSettings: Sendable {
    public var intervalLevel = 0.95
    public var acceptConfidence: Double?
    public var blendConfidence: Double?
    public var maximumDisagreement: Double?

    public init() {}
}

/// Stage 5: turns measurements into a calibrated score with an interval, and into use, blend or
/// reject.
///
/// measurements → verdicts. Every job gets its quantum verdict, a failed one too, so that nobody
/// waits for nothing.
public struct Confidence: Stage {
    public let name = StageName.confidence
    public private(set) var counters = StageCounters()

    private let settings: ConfidenceSettings
    private let parser = JSONParser()
    private var policies: [(model: ActiveModel, policy: ConfidencePolicy)] = []
    private let fallbackPolicy: ConfidencePolicy
    private var measurement = MeasurementMessage()
    private var verdict = QuantumVerdictMessage()

    /// - Throws: `PolicyError` when a set threshold is out of range.
    public init(_ settings: ConfidenceSettings = ConfidenceSettings()) throws(PolicyError) {
        self.settings = settings
        fallbackPolicy = try ConfidencePolicy(intervalLevel: settings.intervalLevel)
    }

    public mutating func process(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        guard context.control.model != nil else { return }
        for index in 0..<batch.count {
            counters.received += 1
            do throws(ContractViolation) {
                try measurement.read(batch.value(index) ?? .absent, with: parser)
                judge(context.control)
                out.emit(
                    to: .verdicts, key: verdict.id, headers: batch.messages[index].headers, verdict)
                counters.emitted += 1
            } catch {
                out.reject(batch, index, by: name, because: error)
                counters.rejected += 1
            }
        }
    }

    private mutating func policy(
        of current: ActiveModel, _ control: ControlSnapshot
    ) -> ConfidencePolicy {
        if let known = policies.first(where: { $0.model === current }) { return known.policy }
        policies.removeAll { old in !control.recentModels.contains { $0 === old.model } }
        let own = current.bundle.thresholds
        let accept = settings.acceptConfidence ?? own.acceptConfidence
        let blend = min(accept, max(0.5, settings.blendConfidence ?? own.blendConfidence))
        let adopted = try? ConfidencePolicy(
            decisionThreshold: own.decisionThreshold, acceptConfidence: accept,
            blendConfidence: blend,
            maximumDisagreement: settings.maximumDisagreement ?? own.maximumDisagreement,
            intervalLevel: settings.intervalLevel)
        // Both the bundle and the configuration were validated; else the defaults hold.
        let policy = adopted ?? fallbackPolicy
        policies.append((current, policy))
        return policy
    }

    private mutating func judge(_ control: ControlSnapshot) {
        carryOver()
        let model = control.model(named: measurement.model)
        let circuit = model?.circuit(hash: measurement.circuitHash)
        // The circuit tells, though a worker may not have carried the word on.
        if let circuit, circuit.downgrade != .none { verdict.downgrade = circuit.downgrade }
        // Nothing but the head of the circuit that was measured can calibrate it.
        guard measurement.status == .ok, let model, let circuit else {
            verdict.action = .reject
            verdict.reason = .backendFailed
            verdict.blendWeight = 0
            verdict.estimate = nil
            counters.count(.backendFailed)
            return
        }
        let platt = circuit.head.platt
        // The device measures the weighted sum of expectations; the head's intercept is no
        // observable.
        let logit = circuit.head.intercept + measurement.headValue
        let result = policy(of: model, control).judge(
            QuantumEstimate(
                logit: platt.slope * logit + platt.offset,
                logitStandardError: abs(platt.slope) * measurement.headStandardError),
            classicalScore: measurement.classicalScore)
        verdict.action = result.action
        verdict.reason = result.reason.of(verdict.downgrade)
        verdict.blendWeight = result.blendWeight
        // A garbled measurement is a failed one: it has no score.
        verdict.estimate =
            result.reason == .backendFailed
            ? nil
            : QuantumVerdictMessage.Estimate(
                score: result.score, standardError: result.standardError, low: result.intervalLow,
                high: result.intervalHigh, confidence: result.confidence)
        counters.count(verdict.reason)
    }

    private mutating func carryOver() {
        verdict.id = measurement.id
        verdict.job = measurement.job
        verdict.classicalScore = measurement.classicalScore
        verdict.model = measurement.model
        verdict.circuit = measurement.circuit
        verdict.circuitHash = measurement.circuitHash
        verdict.device = measurement.device
        verdict.calibration = measurement.calibration
        verdict.shots = measurement.shots
        verdict.seed = measurement.seed
        verdict.cost = measurement.cost
        verdict.queueMilliseconds = (measurement.startedAt - measurement.submittedAt).inMilliseconds
        verdict.serviceMilliseconds =
            (measurement.completedAt - measurement.startedAt).inMilliseconds
        verdict.receivedAt = measurement.receivedAt
        verdict.completedAt = measurement.completedAt
        verdict.downgrade = measurement.downgrade
    }
}
