/// A checked configuration and where each value that is not a default came from.
public struct EffectiveConfiguration: Equatable, Sendable {
    public let configuration: TandemConfiguration
    /// By dotted key, properties of librdkafka each under `kafka.common.NAME`; only keys that a
    /// layer set.
    public let sources: [String: SettingSource]

    /// The defaults.
    public init() {
        self.init(configuration: TandemConfiguration(), sources: [:])
    }

    init(configuration: TandemConfiguration, sources: [String: SettingSource]) {
        self.configuration = configuration
        self.sources = sources
    }

    /// Where the value of a dotted key came from.
    public func source(of key: String) -> SettingSource { sources[key] ?? .defaults }

    /// Every key with its value, nested as in the file; secrets hidden.
    public var dictionary: ConfigurationValue {
        tree(Settings.all.map { ($0.key, shown($0)) })
    }

    /// `dictionary` as JSON on one line, keys in the order of the settings table.
    public var json: String { dictionary.json }

    /// The effective configuration as YAML that can be loaded again (but for hidden secrets); a
    /// comment names the source of each value that a layer set.
    public func rendered() -> String {
        var writer = SettingWriter()
        for setting in Settings.all {
            writer.enter(sectionsOf: setting)
            let value = shown(setting)
            guard setting.type == .properties, case .map(let entries) = value, !entries.isEmpty
            else {
                writer.line(setting.name + ": " + value.yaml, comment: comment(setting.key))
                continue
            }
            writer.line(setting.name + ":", comment: "")
            for entry in entries {
                let name = ConfigurationValue.text(entry.key).yaml
                writer.line(
                    "  \(name): \(entry.value.yaml)",
                    comment: comment(setting.key + "." + entry.key))
            }
        }
        return writer.text
    }

    private func comment(_ key: String) -> String {
        sources[key].map { "  # \($0)" } ?? ""
    }

    /// The setting's value with secrets among the properties hidden.
    private func shown(_ setting: Setting) -> ConfigurationValue {
        let value = setting.value(in: configuration)
        guard setting.type == .properties, case .map(let entries) = value else { return value }
        return .map(
            entries.map { entry in
                Self.isSecret(entry.key) ? .init(entry.key, .text("(hidden)")) : entry
            })
    }

    /// Whether a librdkafka property may hold a secret.
    static func isSecret(_ property: String) -> Bool {
        let name = property.lowercased()
        return ["password", "secret", "token", ".pem", "sasl.jaas", "oauthbearer.config"]
            .contains { name.contains($0) }
    }

    /// Nests dotted keys; keys of one section stay in their order.
    private func tree(_ pairs: [(key: String, value: ConfigurationValue)]) -> ConfigurationValue {
        var names: [String] = []
        var leaves: [String: ConfigurationValue] = [:]
        var groups: [String: [(key: String, value: ConfigurationValue)]] = [:]
        for (key, value) in pairs {
            let parts = key.split(separator: ".", maxSplits: 1).map(String.init)
            if !names.contains(parts[0]) { names.append(parts[0]) }
            if parts.count == 1 {
                leaves[parts[0]] = value
            } else {
                groups[parts[0], default: []].append((parts[1], value))
            }
        }
        return .map(names.map { .init($0, leaves[$0] ?? tree(groups[$0] ?? [])) })
    }
}
