import Contracts

/// Is a quantum verdict on this record worth a call?
enum WorthRules {
    /// By what the call is worth where the policy knows; else inside the uncertainty band a record
    /// goes on with `insideFraction`, outside with `outsideFraction`.
    static func sampling(
        _ context: AdmissionContext, _ policy: AdmissionPolicy
    ) -> RuleVerdict {
        if let verdict = context.worth { return sampling(verdict) }
        let inside = policy.uncertaintyBand.contains(context.request.classicalScore)
        let probability = inside ? policy.insideFraction : policy.outsideFraction
        let reason: ReasonCode = inside ? .sampledOut : .certain
        if probability >= 1 { return .pass }
        if probability <= 0 { return .refuse(reason) }
        return .lot(
            probability: probability, drawn: context.draw < probability, otherwise: reason)
    }

    private static func sampling(_ verdict: WorthVerdict) -> RuleVerdict {
        switch verdict {
        case .goOn: .pass
        case .lot(let propensity, _):
            .lot(probability: propensity, drawn: true, otherwise: .certain)
        case .refuse(let reason, let propensity, _):
            propensity > 0
                ? .lot(probability: propensity, drawn: false, otherwise: reason) : .refuse(reason)
        }
    }

    /// A record that does not state its value is not refused for it.
    static func value(_ context: AdmissionContext, _ policy: AdmissionPolicy) -> RuleVerdict {
        guard let value = context.request.valueAtStake else { return .pass }
        return value < policy.minimumValue ? .refuse(.lowValue) : .pass
    }
}
