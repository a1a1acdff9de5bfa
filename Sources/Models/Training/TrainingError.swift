public import LinearAlgebra

/// Why a table or a configuration cannot be trained on. One line each: what, the value, what is
/// allowed.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
    case invalidSetting(name: String, value: String, allowed: String)
    case noLabels(source: String)
    case constantFeature(name: String, value: Double)
    case featureRange(name: String)
    case tooManyComponents(components: Int, features: Int)
    case tooFewDirections(components: Int, found: Int)
    case oneClass(label: Int, rows: Int)
    case tooFewRows(label: Int, rows: Int, minimum: Int)
    case expectationCount(got: Int, expected: Int)
    case expectationRange(index: Int, value: Double)
    /// An ansatz is to be trained, and nobody said how to find gradients.
    case noGradients
    case gradientCount(got: Int, expected: Int)
    case nonFiniteGradient(index: Int)
    case notConverged(iterations: Int)
    case numeric(LinearAlgebraError)
    case bundle(ModelBundleError)
    case unexpected(String)

    public var description: String {
        switch self {
        case .invalidSetting(let name, let value, let allowed):
            "\(name) is \(value), allowed is \(allowed)"
        case .noLabels(let source):
            "\(source): was read without a label column, training needs one"
        case .constantFeature(let name, let value):
            "feature '\(name)' is \(value) in every training row: remove the column"
        case .featureRange(let name):
            "feature '\(name)' has values too large to standardise: rescale the column"
        case .tooManyComponents(let components, let features):
            "\(components) components (one per qubit) need as many features, "
                + "the table has \(features); use fewer qubits"
        case .tooFewDirections(let components, let found):
            "\(components) components (one per qubit) need as many independent features, "
                + "the table has \(found); use fewer qubits"
        case .oneClass(let label, let rows):
            "all \(rows) rows have label \(label), training needs rows of both labels"
        case .tooFewRows(let label, let rows, let minimum):
            "\(rows) row\(rows == 1 ? " has" : "s have") label \(label), "
                + "training needs at least \(minimum) of each label"
        case .expectationCount(let got, let expected):
            "the circuit gave \(got) expectation values, expected \(expected)"
        case .expectationRange(let index, let value):
            "the circuit gave expectation value \(value) at \(index), allowed is -1 to 1"
        case .noGradients:
            "an ansatz cannot be trained without the circuit's gradients"
        case .gradientCount(let got, let expected):
            "the circuit gave \(got) derivatives, expected \(expected)"
        case .nonFiniteGradient(let index):
            "the circuit gave a derivative at \(index) that is not finite"
        case .notConverged(let iterations):
            "logistic regression did not converge in \(iterations) iterations"
        case .numeric(let error): "training failed: \(error)"
        case .bundle(let error): "training gave an invalid model: \(error)"
        case .unexpected(let text): "training failed: \(text)"
        }
    }

    /// An error of a step that can fail in several ways, as one of these cases.
    init(wrapping error: any Error) {
        switch error {
        case let error as TrainingError: self = error
        case let error as LinearAlgebraError: self = .numeric(error)
        case let error as ModelBundleError: self = .bundle(error)
        default: self = .unexpected("\(error)")
        }
    }
}
