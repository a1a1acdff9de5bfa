import Contracts
import Determinism
import Policies

/// Policies that this configuration describes, by the hash that decisions carry.
struct KnownPolicies {
    private var policies: [UInt64: AdmissionPolicy] = [:]

    /// - Parameter policy: in each of its modes: operators change the mode of a running one.
    init(_ policy: AdmissionPolicy?) {
        guard let policy else { return }
        for mode in Mode.allCases {
            var variant = policy
            variant.mode = mode
            policies[PolicyFingerprint.of(variant)] = variant
        }
    }

    subscript(hash: UInt64?) -> AdmissionPolicy? { hash.flatMap { policies[$0] } }
}

/// One decision in facts: rule by rule where the policy is known, else the rule that decided.
struct DecisionStory {
    let verdict: ClassicalVerdictMessage
    let record: DecisionRecord
    let policy: AdmissionPolicy?

    var facts: [RecordStory.Fact] {
        var facts = policy.map { rules($0) } ?? deciding
        if let policy = record.policy {
            let note = self.policy == nil ? "not this configuration's: only its last rule" : nil
            facts.append(.init(name: "policy", value: Hex.digits(policy), verdict: note))
        }
        return facts + inputs
    }

    private var numbers: DecisionFacts {
        var facts = DecisionFacts()
        facts.classicalScore = verdict.score
        facts.mode = verdict.mode
        facts.draw = record.draw ?? 0
        facts.value = record.value
        facts.statusAgeMilliseconds = record.statusAgeMilliseconds
        facts.remainingMilliseconds = record.remainingBudgetMilliseconds ?? 0
        facts.completionMilliseconds =
            verdict.predictedWaitMilliseconds + (record.serviceMilliseconds ?? 0)
        facts.inFlight = record.inFlight ?? 0
        return facts
    }

    /// Every rule of the policy in its order: those behind the one that refused were not reached.
    private func rules(_ policy: AdmissionPolicy) -> [RecordStory.Fact] {
        var isDecided = false
        return policy.rules.map { rule in
            let isRefusal = rule.rawValue == record.rule
            let outcome = isDecided ? "not reached" : isRefusal ? "refused" : "passed"
            if isRefusal { isDecided = true }
            let pair = rule.numbers(numbers, policy)
            let isLast = isRefusal && record.limit != nil
            return fact(
                rule.rawValue, isLast ? record.measured : pair.measured,
                isLast ? record.limit : pair.limit, outcome)
        }
    }

    private var deciding: [RecordStory.Fact] {
        guard let rule = record.rule else { return [] }
        return [fact(rule, record.measured, record.limit, "refused")]
    }

    private func fact(
        _ rule: String, _ measured: Double?, _ limit: Double?, _ outcome: String
    ) -> RecordStory.Fact {
        let isTime = [AdmissionRule.deadline, .device].contains { $0.rawValue == rule }
        let text = { (value: Double) in isTime ? StoryText.time(value) : StoryText.plain(value) }
        return RecordStory.Fact(
            name: rule, value: measured.map(text) ?? "", limit: limit.map(text), verdict: outcome)
    }

    /// Everything else that the decision knew.
    private var inputs: [RecordStory.Fact] {
        var facts: [RecordStory.Fact] = []
        func add(_ name: String, _ value: String?) {
            if let value { facts.append(.init(name: name, value: value)) }
        }
        add("device", record.device?.string)
        add("device state", record.deviceState?.rawValue)
        add("shots", record.shots.map { "\($0)" })
        add("price", record.price.map(StoryText.money))
        add("downgrade", record.downgrade)
        add("wait predicted", StoryText.time(verdict.predictedWaitMilliseconds))
        add("wait at the quantile", record.waitQuantileMilliseconds.map(StoryText.time))
        add("time on the device", record.serviceMilliseconds.map(StoryText.time))
        add("time left", record.remainingBudgetMilliseconds.map(StoryText.time))
        add("status age", record.statusAgeMilliseconds.map(StoryText.time))
        add("queue at the status", record.queueDepth.map { "\($0)" })
        add("admitted since", record.admittedSinceStatus.map { "\($0)" })
        add("in flight", record.inFlight.map { "\($0)" })
        add("value at stake", record.value.map(StoryText.money))
        add("flip probability", record.flipProbability.map(StoryText.plain))
        add("expected value", record.expectedValue.map(StoryText.money))
        add("shadow price", record.lambda.map(StoryText.plain))
        add("priority", record.priority?.rawValue)
        add("data class", record.dataClass?.rawValue)
        return facts
    }
}
