public import Contracts
internal import Determinism

/// What a rule looked at, and what it held it against: a decision's explanation in numbers.
public struct RuleNumbers: Equatable, Sendable {
    public let rule: AdmissionRule
    public let measured: Double?
    public let limit: Double?
}

/// What a decision was made of, in the words that explain it: from the request and the decision, or
/// from a recorded one.
public struct DecisionFacts: Equatable, Sendable {
    public var classicalScore = 0.0
    public var mode = Mode.shadow
    public var draw = 0.0
    /// Money at stake; nil when the record did not say.
    public var value: Double?
    public var statusAgeMilliseconds: Double?
    public var remainingMilliseconds = 0.0
    /// Until the quantum result was expected.
    public var completionMilliseconds = 0.0
    public var inFlight = 0

    public init() {}

    public init(_ request: AdmissionRequest, _ decision: AdmissionDecision, mode: Mode) {
        classicalScore = request.classicalScore
        self.mode = mode
        draw = decision.inputs.draw
        value = request.valueAtStake
        statusAgeMilliseconds = decision.inputs.statusAge?.inMilliseconds
        remainingMilliseconds = decision.inputs.remainingBudget.inMilliseconds
        completionMilliseconds = decision.predictedCompletion.inMilliseconds
        inFlight = decision.inputs.inFlight
    }
}

extension AdmissionRule {
    /// The rule that gives a reason to refuse; nil for a reason that is none of admission's.
    public init?(refusing reason: ReasonCode) {
        switch reason {
        case .killSwitch: self = .killSwitch
        case .modeOff: self = .mode
        case .restrictedData: self = .dataClass
        case .certain, .sampledOut: self = .sampling
        case .lowValue: self = .value
        case .backendFailed: self = .device
        case .queueTooLong: self = .deadline
        case .rateLimited: self = .rate
        case .concurrencyLimited: self = .concurrency
        case .breakerOpen: self = .breaker
        case .budgetExhausted: self = .budget
        default: return nil
        }
    }

    /// The numbers that the rule decides by; none of either for a rule that knows only yes or no.
    public func numbers(_ facts: DecisionFacts, _ policy: AdmissionPolicy) -> RuleNumbers {
        let (measured, limit) = pair(facts, policy)
        return RuleNumbers(rule: self, measured: measured, limit: limit)
    }

    private func pair(
        _ facts: DecisionFacts, _ policy: AdmissionPolicy
    ) -> (measured: Double?, limit: Double?) {
        switch self {
        case .sampling: Self.sampling(facts, policy)
        case .value: (facts.value, policy.minimumValue)
        case .device:
            (facts.statusAgeMilliseconds, policy.statusStaleness.inMilliseconds)
        case .deadline:
            (
                facts.completionMilliseconds,
                facts.mode == .live
                    ? facts.remainingMilliseconds - policy.safetyMargin.inMilliseconds
                    : policy.shadowWaitLimit?.inMilliseconds
            )
        case .rate: (nil, policy.rateLimit.map(\.tokensPerSecond))
        case .concurrency: (Double(facts.inFlight), policy.concurrencyLimit.map { Double($0) })
        default: (nil, nil)
        }
    }

    /// The lot against the share drawn; where none is drawn, the score against the band's edge.
    private static func sampling(
        _ facts: DecisionFacts, _ policy: AdmissionPolicy
    ) -> (measured: Double?, limit: Double?) {
        let band = policy.uncertaintyBand
        let isInside = band.contains(facts.classicalScore)
        let share = isInside ? policy.insideFraction : policy.outsideFraction
        if share > 0, share < 1 { return (facts.draw, share) }
        let edge = facts.classicalScore < band.lowerBound ? band.lowerBound : band.upperBound
        return isInside ? (facts.draw, share) : (facts.classicalScore, edge)
    }
}
