/// Builds a configuration from its layers: defaults < file < environment < overrides.
///
/// Pure: the caller reads the file and the environment.
public struct ConfigurationLoader: Sendable {
    /// A configuration file that is larger is no configuration file.
    public static let maximumFileBytes = 1_048_576

    private var configuration = TandemConfiguration()
    private var sources: [String: SettingSource] = [:]
    private var problems: [ConfigurationProblem] = []

    private init() {}

    /// - Parameters:
    ///   - file: the text of the YAML file, if there is one.
    ///   - fileName: the file's name, for messages.
    ///   - environment: all variables; only those that begin with `TANDEM_` are looked at.
    ///   - overrides: `key=value`, as from the command line; a later one wins.
    ///   - checkProperty: what librdkafka says of a property of its own.
    /// - Throws: every problem of every layer at once.
    public static func load(
        file: String? = nil, fileName: String? = nil, environment: [String: String] = [:],
        overrides: [String] = [], checkProperty: PropertyCheck = { _, _ in nil }
    ) throws(ConfigurationError) -> EffectiveConfiguration {
        var loader = ConfigurationLoader()
        if let file { loader.apply(file: file) }
        loader.apply(environment: environment)
        for text in overrides { loader.apply(override: text) }
        loader.problems += ConfigurationChecks.problems(
            in: loader.configuration, sources: loader.sources, checkProperty: checkProperty)
        guard loader.problems.isEmpty else {
            throw ConfigurationError(problems: loader.problems, fileName: fileName)
        }
        return EffectiveConfiguration(
            configuration: loader.configuration, sources: loader.sources)
    }
}

// MARK: - One value

extension ConfigurationLoader {
    private mutating func set(_ setting: Setting, _ raw: RawNode, _ source: SettingSource) {
        guard let value = setting.parse(raw), setting.assign(value, to: &configuration) else {
            problems.append(
                .invalid(raw.shown, key: setting.key, source, allowed: setting.allowed))
            return
        }
        guard setting.type == .properties, case .map(let entries) = value else {
            sources[setting.key] = source
            return
        }
        for entry in entries { sources[setting.key + "." + entry.key] = source }
        // In a file each property has a line of its own.
        guard case .file = source, case .map(let items) = raw.content else { return }
        for item in items { sources[setting.key + "." + item.key] = .file(line: item.line) }
    }

    /// Text of the environment or the command line, which has no types: lists and maps are written
    /// as in YAML, on one line; nothing at all means `null`.
    private mutating func set(_ setting: Setting, text: String, _ source: SettingSource) {
        let isFlow = text.hasPrefix("[") || text.hasPrefix("{")
        guard isFlow, setting.type.hasFlowSyntax else {
            let isNull = text.isEmpty || text == "null"
            set(setting, RawNode(content: isNull ? .null : .scalar(text), line: 0), source)
            return
        }
        do throws(ConfigurationProblem) {
            let raw = try YAMLReader.read(text, source: source)
            set(setting, raw ?? RawNode(content: .null, line: 0), source)
        } catch {
            problems.append(
                .invalid("'\(text)'", key: setting.key, source, allowed: setting.allowed))
        }
    }
}

// MARK: - Layers

extension ConfigurationLoader {
    private mutating func apply(file: String) {
        guard file.utf8.count <= Self.maximumFileBytes else {
            problems.append(
                .init(
                    key: "", source: .file(line: 1),
                    message: "\(file.utf8.count) bytes are too many for a configuration; "
                        + "allowed are \(Self.maximumFileBytes)"))
            return
        }
        do throws(ConfigurationProblem) {
            guard let root = try YAMLReader.read(file) else { return }
            walk(root, section: "", line: 1)
        } catch {
            problems.append(error)
        }
    }

    private mutating func walk(_ node: RawNode, section: String, line: Int) {
        guard case .map(let entries) = node.content else {
            if node.content == .null { return }
            let name = section.isEmpty ? "the file" : section
            problems.append(
                .invalid(
                    node.shown, key: name, .file(line: line), allowed: "a map of keys to values"))
            return
        }
        for entry in entries {
            let key = section.isEmpty ? entry.key : section + "." + entry.key
            let source = SettingSource.file(line: entry.line)
            if Settings.sectionNames.contains(key), !entry.key.contains(".") {
                walk(entry.value, section: key, line: entry.line)
            } else if let setting = Settings.setting(key), !entry.key.contains(".") {
                set(setting, entry.value, source)
            } else {
                problems.append(
                    .unknownKey(key, source, suggestion: KeySuggestion.phrase(for: key)))
            }
        }
    }

    private mutating func apply(override text: String) {
        guard let equals = text.firstIndex(of: "=") else {
            problems.append(
                .init(
                    key: text, source: .override,
                    message: "'\(text)' is not key=value, as in mode=live"))
            return
        }
        let key = String(text[..<equals])
        let value = String(text[text.index(after: equals)...])
        if let setting = Settings.setting(key) {
            set(setting, text: value, .override)
        } else if let (setting, property) = Settings.property(key) {
            set(setting, RawNode(property: property, value: value), .override)
        } else {
            problems.append(
                .unknownKey(key, .override, suggestion: KeySuggestion.phrase(for: key)))
        }
    }

    /// In order of names, so that the same environment gives the same messages.
    private mutating func apply(environment: [String: String]) {
        for (variable, value) in environment.sorted(by: { $0.key < $1.key })
        where EnvironmentNames.isSetting(variable, value) {
            let source = SettingSource.environment(variable: variable)
            if let setting = Settings.byEnvironmentName[variable] {
                set(setting, text: value, source)
            } else if let (setting, property) = EnvironmentNames.property(variable) {
                set(setting, RawNode(property: property, value: value), source)
            } else {
                let names = Settings.all.map(\.environmentName)
                problems.append(
                    .init(
                        key: variable, source: source,
                        message: "unknown environment variable '\(variable)'"
                            + Suggestion.phrase(for: variable, among: names)))
            }
        }
    }
}

extension RawNode {
    /// A map of one librdkafka property.
    fileprivate init(property: String, value: String) {
        let scalar = RawNode(content: .scalar(value), line: 0)
        self.init(content: .map([(property, 0, scalar)]), line: 0)
    }
}

extension SettingType {
    fileprivate var hasFlowSyntax: Bool {
        switch self {
        case .addresses, .words, .shares, .interval, .outages, .devices, .properties, .weights,
            .budgets:
            true
        default: false
        }
    }
}
