/// How exact expectation values of Z strings are found.
///
/// Both ways agree to rounding; each is a test of the other.
public enum SimulationPath: String, Hashable, Sendable, CaseIterable {
    /// By formulas where the plan has them, by the state otherwise.
    case automatic
    /// Always by the state.
    case general
    /// By formulas only; an error where there are none.
    case closedForm = "closed-form"
}
