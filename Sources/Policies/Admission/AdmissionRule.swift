import Contracts

/// The rules that may refuse a record. Each answers alone; the first to refuse gives the decision
/// its reason.
///
/// A rule looks at the record once, or at each offer of a device that is still in the running; when
/// no offer is left, it has refused the record. A new rule is a case here with its scope, a function
/// beside the others, a line in `verdict` or `refusal`, and one in `standardOrder`.
public enum AdmissionRule: String, CaseIterable, Sendable {
    /// The operator's kill switch.
    case killSwitch
    /// The mode is off.
    case mode
    /// This environment makes no quantum calls.
    case environment
    /// The tenant is not among those allowed.
    case tenant
    /// A device outside the data's trust zone.
    case dataClass
    /// Certain records, and those not drawn.
    case sampling
    /// Records of little value.
    case value
    /// A device that is down, in maintenance, or not heard of.
    case device
    /// A device whose circuit breaker is open.
    case breaker
    /// A device dearer than the call may be.
    case price
    /// No budget left for the call.
    case budget
    /// Calls per time.
    case rate
    /// The tenant's and priority's share.
    case shares
    /// Calls in flight.
    case concurrency
    /// Calls in flight on a device, as many as do it good.
    case adaptive
    /// A device whose result would come too late.
    case deadline

    /// What a rule looks at.
    public enum Scope: Sendable { case record, offer }

    public var scope: Scope {
        switch self {
        case .dataClass, .device, .breaker, .price, .budget, .adaptive, .deadline: .offer
        case .killSwitch, .mode, .environment, .tenant, .sampling, .value, .rate, .shares,
            .concurrency:
            .record
        }
    }

    /// May it at all, is it worth it, is there money and room, does it fit: cheap and final reasons
    /// first.
    public static let standardOrder: [AdmissionRule] = [
        .killSwitch, .mode, .environment, .tenant, .dataClass, .sampling, .value, .device, .breaker,
        .price, .budget, .rate, .shares, .concurrency, .adaptive, .deadline,
    ]

    /// What a rule on records says of one; it changes nothing.
    func verdict(
        _ context: AdmissionContext, _ policy: AdmissionPolicy, _ state: borrowing AdmissionState
    ) -> RuleVerdict {
        switch self {
        case .killSwitch: EligibilityRules.killSwitch(context)
        case .mode: EligibilityRules.mode(context)
        case .environment: EligibilityRules.environment(policy)
        case .tenant: EligibilityRules.tenant(context, policy)
        case .sampling: WorthRules.sampling(context, policy)
        case .value: WorthRules.value(context, policy)
        case .rate: LimitRules.rate(context, state)
        case .shares: LimitRules.shares(state)
        case .concurrency: LimitRules.concurrency(policy, state)
        case .dataClass, .device, .breaker, .price, .budget, .adaptive, .deadline: .pass
        }
    }

    /// Why a rule on offers strikes one out, or nil; it changes nothing.
    func refusal(
        _ offer: DeviceOffer, of device: DeviceForecast, _ context: AdmissionContext,
        _ policy: AdmissionPolicy, _ state: borrowing AdmissionState
    ) -> ReasonCode? {
        switch self {
        case .dataClass: DeviceRules.trust(device, context, policy)
        case .device: DeviceRules.state(device, policy)
        case .breaker: state.devices[offer.device].permits(context.request.now)
        case .price: DeviceRules.price(offer, context)
        case .budget: state.hasBudget(offer, device, context.request)
        case .adaptive: state.devices[offer.device].hasRoom
        case .deadline: DeviceRules.deadline(offer, context, policy)
        case .killSwitch, .mode, .environment, .tenant, .sampling, .value, .rate, .shares,
            .concurrency:
            nil
        }
    }
}
