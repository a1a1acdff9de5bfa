import Contracts

/// May this record use the quantum path at all?
enum EligibilityRules {
    static func killSwitch(_ context: AdmissionContext) -> RuleVerdict {
        context.killSwitch ? .refuse(.killSwitch) : .pass
    }

    static func mode(_ context: AdmissionContext) -> RuleVerdict {
        context.mode == .off ? .refuse(.modeOff) : .pass
    }

    static func environment(_ policy: AdmissionPolicy) -> RuleVerdict {
        policy.isEnvironmentAllowed ? .pass : .refuse(.ineligible)
    }

    /// A record without a tenant is none of those listed.
    static func tenant(_ context: AdmissionContext, _ policy: AdmissionPolicy) -> RuleVerdict {
        guard let allowed = policy.tenants else { return .pass }
        guard let tenant = context.request.tenant, allowed.contains(tenant) else {
            return .refuse(.ineligible)
        }
        return .pass
    }
}
