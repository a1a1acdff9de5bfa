public import Contracts
public import Determinism

/// Whether a record gets a quantum call, why, and the numbers that decided it.
public struct AdmissionDecision: Equatable, Sendable {
    public let admitted: Bool
    /// `accepted` when admitted, else the first rule's reason to refuse.
    public let reason: ReasonCode
    /// The probability with which this record would have been admitted, over the randomised rules
    /// alone, everything else as it was: 1 when no rule drew lots, 0 when a fixed rule refused. A
    /// statistic over admitted records weighted by 1/propensity has no selection bias.
    public let propensity: Double
    /// How long after `now` the quantum result is expected; `predictedWait` plus the record's own
    /// service.
    public let predictedCompletion: TimeSpan
    public let inputs: AdmissionInputs

    public init(
        admitted: Bool, reason: ReasonCode, propensity: Double, predictedCompletion: TimeSpan,
        inputs: AdmissionInputs
    ) {
        self.admitted = admitted
        self.reason = reason
        self.propensity = propensity
        self.predictedCompletion = predictedCompletion
        self.inputs = inputs
    }
}

/// The numbers that a decision used, as they stood before it.
public struct AdmissionInputs: Equatable, Sendable {
    /// The wait expected on the device at `now`.
    public let predictedWait: TimeSpan
    /// Time left until the deadline; negative when it has passed.
    public let remainingBudget: TimeSpan
    /// Records admitted here that the last status cannot have counted.
    public let admittedSinceStatus: Int
    /// Records admitted here whose result is still out.
    public let inFlight: Int
    /// The device's queue depth at its last status.
    public let queueDepth: Int
    /// How old that status was; nil when none had come.
    public let statusAge: TimeSpan?
    /// The record's draw, uniform in [0, 1).
    public let draw: Double
}
