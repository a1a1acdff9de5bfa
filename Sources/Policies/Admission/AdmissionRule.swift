/// The rules that may refuse a record. Each answers alone; the first to refuse gives the decision
/// its reason. A new rule is a case here, a function beside the others, and a line in
/// `standardOrder`.
public enum AdmissionRule: String, CaseIterable, Sendable {
    /// The operator's kill switch.
    case killSwitch
    /// The mode is off.
    case mode
    /// Restricted data stays here.
    case dataClass
    /// Certain records, and those not drawn.
    case sampling
    /// Records of little value.
    case value
    /// The device is down, in maintenance, or not heard of.
    case device
    /// The result would come too late.
    case deadline
    /// Calls per time.
    case rate
    /// Calls in flight.
    case concurrency

    /// Cheap and final reasons first; what is scarce is looked at last.
    public static let standardOrder: [AdmissionRule] = [
        .killSwitch, .mode, .dataClass, .sampling, .value, .device, .deadline, .rate, .concurrency,
    ]

    /// What the rule says of one record; it changes nothing.
    func verdict(
        _ context: AdmissionContext, _ policy: AdmissionPolicy, _ state: borrowing AdmissionState
    ) -> RuleVerdict {
        switch self {
        case .killSwitch: EligibilityRules.killSwitch(context)
        case .mode: EligibilityRules.mode(policy)
        case .dataClass: EligibilityRules.dataClass(context, policy)
        case .sampling: WorthRules.sampling(context, policy)
        case .value: WorthRules.value(context, policy)
        case .device: DeviceRules.state(context, policy)
        case .deadline: DeviceRules.deadline(context, policy)
        case .rate: LimitRules.rate(context, state)
        case .concurrency: LimitRules.concurrency(policy, state)
        }
    }
}
