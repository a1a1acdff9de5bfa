import Contracts
import Determinism

/// Can the device answer, and in time?
enum DeviceRules {
    /// Silence is treated as failure: heartbeats do not depend on jobs, so calls resume with them.
    static func state(_ context: AdmissionContext, _ policy: AdmissionPolicy) -> RuleVerdict {
        guard let age = context.forecast.statusAge else {
            return policy.admitsBeforeFirstStatus ? .pass : .refuse(.backendFailed)
        }
        guard context.forecast.state == .online, age <= policy.statusStaleness else {
            return .refuse(.backendFailed)
        }
        return .pass
    }

    /// Live, the result must come `safetyMargin` before the deadline. In shadow nobody waits for
    /// it, so only `shadowWaitLimit` binds.
    static func deadline(_ context: AdmissionContext, _ policy: AdmissionPolicy) -> RuleVerdict {
        let completion = context.predictedCompletion
        switch policy.mode {
        case .live:
            let latest = context.request.deadline - policy.safetyMargin
            return context.request.now + completion <= latest ? .pass : .refuse(.queueTooLong)
        case .shadow, .off:
            guard let limit = policy.shadowWaitLimit else { return .pass }
            return completion <= limit ? .pass : .refuse(.queueTooLong)
        }
    }
}
