/// Documentation made from the settings table.
public enum ConfigurationReference {
    /// A configuration file with every key at its default and documented: `deploy/tandem.yaml`.
    public static func annotatedYAML() -> String {
        var writer = SettingWriter()
        for sentence in introduction { writer.comment(sentence) }
        for setting in Settings.all {
            writer.enter(sectionsOf: setting, titled: true)
            if setting.sections.isEmpty { writer.emptyLine() }
            writer.comment(setting.documentation)
            writer.comment("Allowed: \(setting.allowed).")
            writer.line("\(setting.name): \(setting.defaultValue.yaml)", comment: "")
        }
        return writer.text
    }

    /// A Markdown table of every key: key, default, allowed values, meaning.
    public static func markdown() -> String {
        var text = "| key | default | allowed | meaning |\n| --- | --- | --- | --- |\n"
        for setting in Settings.all {
            text +=
                "| `\(setting.key)` | `\(setting.defaultValue.yaml)` | \(setting.allowed)"
                + " | \(setting.documentation) |\n"
        }
        return text
    }

    private static let introduction = [
        "Tandem's configuration: every key, each at its default. Delete what you do not change.",
        "A later layer wins: defaults, this file, environment variables, command line.",
        "admission.maximumInFlight is TANDEM_ADMISSION_MAXIMUM_IN_FLIGHT in the environment, and",
        "sasl.password of kafka.common is TANDEM_KAFKA_COMMON_SASL_PASSWORD: keep secrets there.",
        "Check a file with: tandem config check --config FILE",
    ]
}
