/// Why a record got the score that it got: one closed enumeration for admission, confidence and
/// fallback.
///
/// Raw values are the codes on the wire; they are part of the public contract of `scores` and never
/// change meaning. A new reason is a new case.
public enum ReasonCode: String, Sendable, CaseIterable, Codable {
    /// The operator's kill switch is on: no quantum calls anywhere.
    case killSwitch
    /// The mode is `off`: the quantum path is not used.
    case modeOff
    /// The record cannot be scored by the quantum model (no model head, or a tenant not allowed).
    case ineligible
    /// The record's data class may not leave for the device's trust zone.
    case restrictedData
    /// The classical score is far enough from the threshold that a quantum verdict is not worth its
    /// price.
    case certain
    /// The value at stake is below the price of a call.
    case lowValue
    /// The device's circuit breaker is open after failures or slow calls.
    case breakerOpen
    /// The budget for quantum calls is spent.
    case budgetExhausted
    /// The token bucket is empty.
    case rateLimited
    /// Too many quantum calls are in flight.
    case concurrencyLimited
    /// The predicted wait on the device does not fit the record's remaining latency budget.
    case queueTooLong
    /// Not drawn by the sampling that keeps comparisons unbiased.
    case sampledOut
    /// No usable quantum verdict arrived by the record's deadline.
    case deadlineExceeded
    /// The device failed the job, or is known to be down.
    case backendFailed
    /// The quantum score's confidence is below the rejection threshold.
    case lowConfidence
    /// The two scorers disagree by more than the policy allows.
    case disagreement
    /// Shadow mode: the classical score is served, the quantum verdict only compared.
    case shadowMode
    /// The quantum verdict was accepted (on an admission decision: the record was admitted).
    case accepted
    /// The quantum and classical scores were blended.
    case blended
    /// The quantum verdict was accepted or blended, but of less than the whole call: fewer shots, the
    /// simpler circuit, a cheaper device or the simulator, as `downgrade` says.
    case downgraded
}

extension ReasonCode {
    /// The same reason for a call of which something was taken off: served scores say so.
    public func of(_ downgrade: Downgrade) -> ReasonCode {
        switch self {
        case .accepted, .blended: downgrade == .none ? self : .downgraded
        default: self
        }
    }

    /// Position in `allCases`: for arrays of counts.
    public var ordinal: Int {
        switch self {
        case .killSwitch: 0
        case .modeOff: 1
        case .ineligible: 2
        case .restrictedData: 3
        case .certain: 4
        case .lowValue: 5
        case .breakerOpen: 6
        case .budgetExhausted: 7
        case .rateLimited: 8
        case .concurrencyLimited: 9
        case .queueTooLong: 10
        case .sampledOut: 11
        case .deadlineExceeded: 12
        case .backendFailed: 13
        case .lowConfidence: 14
        case .disagreement: 15
        case .shadowMode: 16
        case .accepted: 17
        case .blended: 18
        case .downgraded: 19
        }
    }
}
