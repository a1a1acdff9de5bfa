/// Where a value came from; later layers win: defaults < file < environment < overrides.
public enum SettingSource: Equatable, Sendable, CustomStringConvertible {
    case defaults
    /// A line of the configuration file, counted from 1.
    case file(line: Int)
    case environment(variable: String)
    /// A `key=value` given on the command line.
    case override

    public var description: String {
        switch self {
        case .defaults: "default"
        case .file(let line): "file, line \(line)"
        case .environment(let variable): "environment \(variable)"
        case .override: "command line"
        }
    }

    /// The end of "… 'key'": where to look for the mistake.
    var place: String {
        switch self {
        case .defaults: ""
        case .file(let line): " at line \(line)"
        case .environment(let variable): " in environment variable \(variable)"
        case .override: " on the command line"
        }
    }
}

/// One thing wrong with a configuration: what, where, and what is allowed, on one line.
public struct ConfigurationProblem: Equatable, Sendable, CustomStringConvertible {
    /// The full dotted key, or the text that could not be read as one.
    public let key: String
    public let source: SettingSource
    public let message: String
    public var description: String { message }

    static func unknownKey(
        _ key: String, _ source: SettingSource, suggestion: String
    ) -> ConfigurationProblem {
        .init(
            key: key, source: source,
            message: "unknown key '\(key)'\(source.place)\(suggestion)")
    }

    static func invalid(
        _ value: String, key: String, _ source: SettingSource, allowed: String
    ) -> ConfigurationProblem {
        .init(
            key: key, source: source,
            message: "invalid value \(value) for '\(key)'\(source.place): allowed is \(allowed)")
    }
}

/// All that is wrong with a configuration: never only the first mistake.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// At least one, in the order of the layers and lines.
    public let problems: [ConfigurationProblem]
    /// The file's name, for the message.
    public let fileName: String?

    /// One line per problem; those of the file begin with its name.
    public var description: String {
        problems.map { problem in
            if case .file = problem.source, let fileName { return "\(fileName): \(problem)" }
            return problem.description
        }.joined(separator: "\n")
    }
}
