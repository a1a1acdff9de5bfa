/// Why bytes or values are not a valid model bundle. Every case names the field by its JSON path.
public enum ModelBundleError: Error, Equatable, CustomStringConvertible {
    /// The bytes are not JSON of the bundle's shape.
    case malformed(field: String, problem: String)
    /// The format is newer or older than this code reads.
    case unsupportedFormat(version: Int, supported: Int)
    /// The value of a field breaks one of the bundle's invariants.
    case invalid(field: String, problem: String)
    /// The content does not hash to the version that the bundle claims.
    case versionMismatch(claimed: String, actual: String)

    public var description: String {
        switch self {
        case .malformed(let field, let problem):
            "model bundle: \(field): \(problem)"
        case .unsupportedFormat(let version, let supported):
            "model bundle: formatVersion: \(version) is not supported, only \(supported) is"
        case .invalid(let field, let problem):
            "model bundle: \(field): \(problem)"
        case .versionMismatch(let claimed, let actual):
            "model bundle: version: claims \(claimed) but its content hashes to \(actual)"
        }
    }
}

/// The checks that every part of a bundle shares.
enum Require {
    static func that(
        _ condition: Bool, _ field: String, _ problem: @autoclosure () -> String
    ) throws(ModelBundleError) {
        guard condition else { throw .invalid(field: field, problem: problem()) }
    }

    static func count(
        _ values: [Double], _ expected: Int, _ field: String
    ) throws(ModelBundleError) {
        try that(values.count == expected, field, "has \(values.count) values, needs \(expected)")
        try finite(values, field)
    }

    static func finite(_ values: [Double], _ field: String) throws(ModelBundleError) {
        for (index, value) in values.enumerated() where !value.isFinite {
            throw .invalid(field: "\(field)[\(index)]", problem: "\(value) is not finite")
        }
    }

    static func finite(_ value: Double, _ field: String) throws(ModelBundleError) {
        try that(value.isFinite, field, "\(value) is not finite")
    }

    static func version(_ version: String, _ field: String) throws(ModelBundleError) {
        let parts = version.split(separator: ".", omittingEmptySubsequences: false)
        try that(
            parts.count == 3 && parts.allSatisfy { UInt32($0) != nil }, field,
            "'\(version)' is not MAJOR.MINOR.PATCH")
    }

    static func positive(_ value: Double, _ field: String) throws(ModelBundleError) {
        try that(value.isFinite && value > 0, field, "\(value) is not a finite number above 0")
    }

    static func within(
        _ value: Double, _ range: ClosedRange<Double>, _ field: String
    ) throws(ModelBundleError) {
        try that(
            range.contains(value), field,
            "\(value) is not from \(range.lowerBound) to \(range.upperBound)")
    }

    static func within(
        _ value: Int, _ range: ClosedRange<Int>, _ field: String
    ) throws(ModelBundleError) {
        try that(
            range.contains(value), field,
            "\(value) is not from \(range.lowerBound) to \(range.upperBound)")
    }
}
