/// A policy or limit whose numbers cannot work, named with its value and what is allowed.
public struct PolicyError: Error, Equatable, CustomStringConvertible, Sendable {
    /// The setting's name, as in the policy type.
    public let setting: String
    /// The refused value, printed.
    public let value: String
    /// What would be accepted.
    public let allowed: String

    public init(setting: String, value: String, allowed: String) {
        self.setting = setting
        self.value = value
        self.allowed = allowed
    }

    public var description: String { "\(setting) is \(value); allowed: \(allowed)" }

    /// Throws unless `condition` holds.
    static func require(
        _ condition: Bool, _ setting: String, _ value: some CustomStringConvertible,
        _ allowed: String
    ) throws(PolicyError) {
        guard condition else {
            throw PolicyError(setting: setting, value: value.description, allowed: allowed)
        }
    }
}
