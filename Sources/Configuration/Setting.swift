/// One key of the configuration: name, type, default, documentation, and where its value lives.
public struct Setting: Sendable {
    /// Dotted path, `admission.maximumInFlight`; at most two dots.
    public let key: String
    public let type: SettingType
    /// Whether `null` is a value, and what it means is in the documentation.
    public let admitsNull: Bool
    /// Plain sentences.
    public let documentation: String
    private let store: @Sendable (ConfigurationValue, inout TandemConfiguration) -> Bool
    private let load: @Sendable (TandemConfiguration) -> ConfigurationValue

    init<Value: SettingRepresentable>(
        _ key: String,
        _ path: any WritableKeyPath<TandemConfiguration, Value> & Sendable,
        _ type: SettingType,
        _ documentation: String
    ) {
        self.key = key
        self.type = type
        self.documentation = documentation
        admitsNull = Value.admitsNull
        store = { value, configuration in
            guard let typed = Value(settingValue: value) else { return false }
            configuration[keyPath: path] = typed
            return true
        }
        load = { $0[keyPath: path].settingValue }
    }

    /// The value when no layer sets one.
    public var defaultValue: ConfigurationValue { load(TandemConfiguration()) }

    /// The value in `configuration`.
    public func value(in configuration: TandemConfiguration) -> ConfigurationValue {
        load(configuration)
    }

    /// The accepted values in words.
    public var allowed: String { (admitsNull ? "null or " : "") + type.allowed }

    /// `admission.maximumInFlight` is `TANDEM_ADMISSION_MAXIMUM_IN_FLIGHT`.
    public var environmentName: String {
        var name = "TANDEM_"
        for scalar in key.unicodeScalars {
            if scalar == "." {
                name += "_"
            } else if ("A"..."Z").contains(scalar) {
                name += "_" + String(scalar)
            } else {
                name += String(scalar).uppercased()
            }
        }
        return name
    }

    /// The enclosing sections, outermost first; empty for a key of the top level.
    var sections: [String] { key.split(separator: ".").dropLast().map(String.init) }

    /// The key's last part.
    var name: String { key.split(separator: ".").last.map(String.init) ?? key }

    /// The value that `raw` stands for, or `nil` when it is none of the allowed ones.
    func parse(_ raw: RawNode) -> ConfigurationValue? {
        if admitsNull, raw.content == .null { return .null }
        return type.parse(raw)
    }

    /// Stores a parsed value; properties are merged name by name, everything else is replaced.
    /// - Returns: whether the value had the setting's type; `parse` gives no other.
    func assign(_ value: ConfigurationValue, to configuration: inout TandemConfiguration) -> Bool {
        guard type == .properties, case .map(let new) = value,
            case .map(let old) = load(configuration)
        else { return store(value, &configuration) }
        let kept = old.filter { entry in !new.contains { $0.key == entry.key } }
        return store(.map(kept + new), &configuration)
    }
}
