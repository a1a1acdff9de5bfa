/// A file that says how admission should decide, to be tried before it is turned on: the keys of the
/// configuration's `admission:` section, and `mode`.
public struct AdmissionPolicyFile: Sendable {
    /// The dotted keys that it sets, sorted.
    public let keys: [String]
    private let configuration: TandemConfiguration

    /// - Throws: every problem at once, as for a configuration; keys that admission does not decide
    ///   by are problems too.
    public init(_ text: String, fileName: String?) throws(ConfigurationError) {
        let loaded = try ConfigurationLoader.load(file: text, fileName: fileName)
        let foreign = loaded.sources.filter { !Self.isAdmission($0.key) }
        guard foreign.isEmpty else {
            throw ConfigurationError(
                problems: foreign.sorted { $0.key < $1.key }.map { key, source in
                    ConfigurationProblem(
                        key: key, source: source,
                        message: "'\(key)'\(source.place) is not what admission decides by; "
                            + "allowed are mode and the keys of admission")
                },
                fileName: fileName)
        }
        keys = loaded.sources.keys.sorted()
        configuration = loaded.configuration
    }

    private static func isAdmission(_ key: String) -> Bool {
        key == "mode" || key.hasPrefix("admission.")
    }

    /// Whether it sets a key of its own.
    public func sets(_ key: String) -> Bool { keys.contains(key) }

    /// A configuration with the file's keys in place of its own; all others stay.
    public func applied(to base: TandemConfiguration) -> TandemConfiguration {
        var result = base
        for key in keys {
            guard let setting = Settings.setting(key) else { continue }
            _ = setting.assign(setting.value(in: configuration), to: &result)
        }
        return result
    }
}
