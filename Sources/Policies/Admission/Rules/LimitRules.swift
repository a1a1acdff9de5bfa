import Contracts
import Determinism

/// Is there room for one more call? Only looked at here; taken when every rule has passed.
enum LimitRules {
    static func rate(
        _ context: AdmissionContext, _ state: borrowing AdmissionState
    ) -> RuleVerdict {
        state.canTakeToken(now: context.request.now) ? .pass : .refuse(.rateLimited)
    }

    static func shares(_ state: borrowing AdmissionState) -> RuleVerdict {
        switch state.shareVerdict {
        case nil, .own, .borrowed: .pass
        case .rateLimited: .refuse(.rateLimited)
        case .concurrencyLimited: .refuse(.concurrencyLimited)
        }
    }

    static func concurrency(
        _ policy: AdmissionPolicy, _ state: borrowing AdmissionState
    ) -> RuleVerdict {
        guard let limit = policy.concurrencyLimit else { return .pass }
        return state.inFlight < limit ? .pass : .refuse(.concurrencyLimited)
    }
}
