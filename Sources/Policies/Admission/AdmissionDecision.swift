public import Contracts
public import Determinism

/// Whether a record gets a quantum call, where, why, and the numbers that decided it.
public struct AdmissionDecision: Equatable, Sendable {
    public let admitted: Bool
    /// `accepted` when admitted, else the first rule's reason to refuse.
    public let reason: ReasonCode
    /// The probability with which this record would have been admitted, over the randomised rules
    /// alone, everything else as it was: 1 when no rule drew lots, 0 when a fixed rule refused. A
    /// statistic over admitted records weighted by 1/propensity has no selection bias.
    public let propensity: Double
    /// The mode that holds for this record: a canary is live or shadow.
    public let mode: Mode
    /// The call to make, nil when refused: device, shots, estimated price, step of the ladder.
    public let offer: DeviceOffer?
    /// What budgets have set aside for the call: to be settled or released once.
    public let reservation: BudgetReservation?
    /// How long after `now` the quantum result is expected; the cautious wait plus the record's own
    /// service, on the device chosen, or on the one that was looked at last.
    public let predictedCompletion: TimeSpan
    public let inputs: AdmissionInputs
}

/// The numbers that a decision used, as they stood before it.
public struct AdmissionInputs: Equatable, Sendable {
    /// The wait expected at `now` on the device chosen, or on the one that was looked at last.
    public let predictedWait: TimeSpan
    /// The wait there that the policy's quantile covers.
    public let cautiousWait: TimeSpan
    /// Time left until the deadline; negative when it has passed.
    public let remainingBudget: TimeSpan
    /// Records admitted to that device that its last status cannot have counted.
    public let admittedSinceStatus: Int
    /// Records admitted here, to any device, whose result is still out.
    public let inFlight: Int
    /// The device's queue depth at its last status.
    public let queueDepth: Int
    /// How old that status was; nil when none had come.
    public let statusAge: TimeSpan?
    /// The record's draw, uniform in [0, 1).
    public let draw: Double
    /// The offer chosen, or the one that was looked at last; nil without a device.
    public let offer: DeviceOffer?
    /// P(the quantum verdict flips the decision), and what the call is expected to bring above its
    /// price, in money; nil where the policy does not weigh that.
    public internal(set) var flipProbability: Double?
    public internal(set) var expectedValue: Double?
    /// The budgets' shadow price λ; nil without budgets.
    public internal(set) var lambda: Double?
}
