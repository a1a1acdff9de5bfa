/// One value of the configuration as data, for rendering and comparison.
public indirect enum ConfigurationValue: Equatable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case list([ConfigurationValue])
    case map([Entry])

    /// One key of a map; maps keep the order of the settings table.
    public struct Entry: Equatable, Sendable {
        public let key: String
        public let value: ConfigurationValue
        public init(_ key: String, _ value: ConfigurationValue) {
            self.key = key
            self.value = value
        }
    }
}

extension ConfigurationValue {
    /// The value on one line of YAML: scalars plain where that is safe, collections in flow style.
    public var yaml: String {
        switch self {
        case .null: "null"
        case .boolean(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .number(let value): Self.text(of: value)
        case .text(let value): Self.isPlainSafe(value) ? value : Self.quoted(value)
        case .list(let values): "[" + values.map(\.yaml).joined(separator: ", ") + "]"
        case .map(let entries):
            "{"
                + entries.map { "\(ConfigurationValue.text($0.key).yaml): \($0.value.yaml)" }
                .joined(separator: ", ") + "}"
        }
    }

    /// The value as JSON on one line.
    public var json: String {
        switch self {
        case .null, .boolean, .integer, .number: yaml
        case .text(let value): Self.quoted(value)
        case .list(let values): "[" + values.map(\.json).joined(separator: ",") + "]"
        case .map(let entries):
            "{"
                + entries.map { "\(Self.quoted($0.key)):\($0.value.json)" }
                .joined(separator: ",") + "}"
        }
    }

    /// The shortest text that reads back as the same number; whole numbers without a fraction.
    static func text(of number: Double) -> String {
        if number == number.rounded(), abs(number) < 1e15 { return String(Int(number)) }
        return "\(number)"
    }

    /// Words that YAML 1.1 readers take for booleans or null, so that they must be quoted as text.
    private static let reservedWords: Set<String> = [
        "null", "~", "true", "false", "yes", "no", "on", "off", "y", "n",
    ]

    static func isPlainSafe(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, isLetter(first) || first == "/" else {
            return false
        }
        guard !reservedWords.contains(text.lowercased()), text.last != ":" else { return false }
        return text.unicodeScalars.allSatisfy {
            isLetter($0) || ("0"..."9").contains($0) || "._-/:@".unicodeScalars.contains($0)
        }
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
    }

    /// A double-quoted string with escapes that JSON and YAML both read.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
