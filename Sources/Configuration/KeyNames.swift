extension Settings {
    /// `kafka.common.security.protocol` as its setting and the property's name.
    static func property(_ key: String) -> (setting: Setting, property: String)? {
        for setting in kafka where key.hasPrefix(setting.key + ".") {
            let name = String(key.dropFirst(setting.key.count + 1))
            return name.isEmpty ? nil : (setting, name)
        }
        return nil
    }
}

/// What a user meant by a key that does not exist.
enum KeySuggestion {
    static func phrase(for key: String) -> String {
        let parts = key.split(separator: ".").map(String.init)
        if Settings.setting(key) != nil, let name = parts.last {
            return "; write '\(name)' in the section '\(parts.dropLast().joined(separator: "."))'"
        }
        if parts.first == "kafka", parts.count > 2 {
            return "; did you mean 'kafka.common.\(parts.dropFirst().joined(separator: "."))'?"
        }
        let known = Settings.all.map(\.key) + Settings.sectionTitles.map(\.section)
        if let near = Suggestion.nearest(to: key, among: known) {
            return "; did you mean '\(near)'?"
        }
        return elsewhere(parts.last ?? key, known)
    }

    /// The right name in the wrong section.
    private static func elsewhere(_ name: String, _ known: [String]) -> String {
        let names = Settings.all.map(\.name)
        guard let near = Suggestion.nearest(to: name, among: names),
            let setting = Settings.all.first(where: { $0.name == near })
        else { return "" }
        return "; did you mean '\(setting.key)'?"
    }
}

/// Which variables of the environment are settings.
enum EnvironmentNames {
    /// Variables with our prefix that other parts of Tandem read.
    private static let others: Set<String> = ["TANDEM_CONFIG", "TANDEM_HOME"]

    static func isSetting(_ variable: String, _ value: String) -> Bool {
        variable.hasPrefix("TANDEM_") && !variable.hasPrefix("TANDEM_TEST_")
            && !others.contains(variable) && !isServiceLink(variable, value)
    }

    /// Kubernetes gives every container variables for every service of its namespace: a service
    /// called `tandem-http` brings TANDEM_HTTP_PORT=tcp://10.0.0.7:8080, which is not ours.
    private static func isServiceLink(_ variable: String, _ value: String) -> Bool {
        variable.hasSuffix("_SERVICE_HOST") || variable.contains("_SERVICE_PORT")
            || (variable.hasSuffix("_PORT") && value.contains("://"))
            || variable.contains("_TCP") || variable.contains("_UDP")
    }

    /// TANDEM_KAFKA_COMMON_SASL_PASSWORD is the property sasl.password of kafka.common.
    static func property(_ variable: String) -> (setting: Setting, property: String)? {
        for setting in Settings.kafka where variable.hasPrefix(setting.environmentName + "_") {
            let name = variable.dropFirst(setting.environmentName.count + 1)
            let property = String(name.map { $0 == "_" ? "." : $0 }).lowercased()
            return property.isEmpty ? nil : (setting, property)
        }
        return nil
    }
}
