import Contracts
import Determinism

/// What one rule says of one record.
enum RuleVerdict {
    /// Go on to the next rule.
    case pass
    /// Refused, and would be again however the lots fell.
    case refuse(ReasonCode)
    /// Went on with `probability`; when not `drawn`, refused with `otherwise`.
    case lot(probability: Double, drawn: Bool, otherwise: ReasonCode)
}

/// What the rules look at, worked out once per record.
struct AdmissionContext {
    let request: AdmissionRequest
    let killSwitch: Bool
    /// The mode that holds for this record.
    let mode: Mode
    /// Uniform in [0, 1), from the record's id and the policy's seed.
    let draw: Double
    /// What the call is worth; nil where the policy does not weigh that.
    var worth: WorthVerdict?
}
