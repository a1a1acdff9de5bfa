import Contracts

/// May this record use the quantum path at all?
enum EligibilityRules {
    static func killSwitch(_ context: AdmissionContext) -> RuleVerdict {
        context.killSwitch ? .refuse(.killSwitch) : .pass
    }

    static func mode(_ policy: AdmissionPolicy) -> RuleVerdict {
        policy.mode == .off ? .refuse(.modeOff) : .pass
    }

    static func dataClass(_ context: AdmissionContext, _ policy: AdmissionPolicy) -> RuleVerdict {
        context.request.dataClass == .restricted && !policy.allowsRestricted
            ? .refuse(.restrictedData) : .pass
    }
}
