import Foundation

/// As much of JSON Schema 2020-12 as the schemas in `topics/` use, for values of JSONSerialization.
public enum SchemaValidator {
    /// What is wrong with `value`, one line each with the path; empty when it is valid.
    public static func problems(of value: Any, schema: Any, path: String = "$") -> [String] {
        if let verdict = schema as? Bool, isBoolean(schema) {
            return verdict ? [] : ["\(path): not allowed here"]
        }
        guard let schema = schema as? [String: Any] else { return ["\(path): no schema"] }
        return typeProblems(value, schema, path) + wordProblems(value, schema, path)
            + numberProblems(value, schema, path) + textProblems(value, schema, path)
            + listProblems(value, schema, path) + objectProblems(value, schema, path)
            + combinationProblems(value, schema, path)
    }

    private static let annotations: Set<String> = [
        "$schema", "$id", "$comment", "title", "description", "examples",
    ]
    private static let checked: Set<String> = [
        "type", "enum", "const", "minimum", "maximum", "minLength", "maxLength", "pattern",
        "format", "items", "minItems", "maxItems", "properties", "required", "additionalProperties",
        "minProperties", "oneOf", "if", "then", "else",
    ]

    /// Keywords that `problems` would pass over in silence.
    public static func unknownKeywords(in schema: Any) -> Set<String> {
        guard let schema = schema as? [String: Any] else { return [] }
        var unknown = Set(schema.keys).subtracting(annotations).subtracting(checked)
        for key in ["items", "additionalProperties", "if", "then", "else"] {
            unknown.formUnion(unknownKeywords(in: schema[key] ?? true))
        }
        for property in (schema["properties"] as? [String: Any] ?? [:]).values {
            unknown.formUnion(unknownKeywords(in: property))
        }
        for choice in schema["oneOf"] as? [Any] ?? [] {
            unknown.formUnion(unknownKeywords(in: choice))
        }
        return unknown
    }

    // MARK: - Values

    /// JSONSerialization gives booleans and numbers one class; only the encoding tells them apart.
    private static func isBoolean(_ value: Any) -> Bool {
        guard let number = value as? NSNumber else { return false }
        return unsafe String(cString: number.objCType) == "c"
    }

    private static func number(_ value: Any) -> Double? {
        isBoolean(value) ? nil : (value as? NSNumber)?.doubleValue
    }

    private static func type(of value: Any) -> Set<String> {
        if value is NSNull { return ["null"] }
        if value is String { return ["string"] }
        if value is [Any] { return ["array"] }
        if value is [String: Any] { return ["object"] }
        if isBoolean(value) { return ["boolean"] }
        guard let number = number(value) else { return [] }
        return number == number.rounded() ? ["number", "integer"] : ["number"]
    }

    private static func isEqual(_ first: Any, _ second: Any) -> Bool {
        guard type(of: first) == type(of: second) else { return false }
        if let one = number(first), let other = number(second) { return one == other }
        if let one = first as? String, let other = second as? String { return one == other }
        return first is NSNull
    }

    // MARK: - Keywords

    private static func typeProblems(
        _ value: Any, _ schema: [String: Any], _ path: String
    ) -> [String] {
        let allowed = (schema["type"] as? String).map { [$0] } ?? schema["type"] as? [String]
        guard let allowed, type(of: value).isDisjoint(with: allowed) else { return [] }
        return ["\(path): not \(allowed.joined(separator: " or "))"]
    }

    private static func wordProblems(
        _ value: Any, _ schema: [String: Any], _ path: String
    ) -> [String] {
        var problems: [String] = []
        if let words = schema["enum"] as? [Any], !words.contains(where: { isEqual($0, value) }) {
            problems.append("\(path): none of \(words)")
        }
        if let constant = schema["const"], !isEqual(constant, value) {
            problems.append("\(path): not \(constant)")
        }
        return problems
    }

    private static func numberProblems(
        _ value: Any, _ schema: [String: Any], _ path: String
    ) -> [String] {
        guard let number = number(value) else { return [] }
        let low = (schema["minimum"] as? NSNumber)?.doubleValue ?? -.infinity
        let high = (schema["maximum"] as? NSNumber)?.doubleValue ?? .infinity
        return number < low || number > high ? ["\(path): not from \(low) to \(high)"] : []
    }

    private static func textProblems(
        _ value: Any, _ schema: [String: Any], _ path: String
    ) -> [String] {
        guard let text = value as? String else { return [] }
        let length = text.unicodeScalars.count
        var problems: [String] = []
        if length < schema["minLength"] as? Int ?? 0 { problems.append("\(path): too short") }
        if length > schema["maxLength"] as? Int ?? .max { problems.append("\(path): too long") }
        if let pattern = schema["pattern"] as? String,
            text.range(of: pattern, options: .regularExpression) == nil
        {
            problems.append("\(path): not like \(pattern)")
        }
        let time = "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$"
        if schema["format"] as? String == "date-time",
            text.range(of: time, options: .regularExpression) == nil
        {
            problems.append("\(path): not an RFC 3339 time")
        }
        return problems
    }

    private static func listProblems(
        _ value: Any, _ schema: [String: Any], _ path: String
    ) -> [String] {
        guard let list = value as? [Any] else { return [] }
        var problems: [String] = []
        if list.count < schema["minItems"] as? Int ?? 0 { problems.append("\(path): too few") }
        if list.count > schema["maxItems"] as? Int ?? .max { problems.append("\(path): too many") }
        guard let items = schema["items"] else { return problems }
        return problems
            + list.enumerated().flatMap { index, item in
                Self.problems(of: item, schema: items, path: "\(path)[\(index)]")
            }
    }

    private static func objectProblems(
        _ value: Any, _ schema: [String: Any], _ path: String
    ) -> [String] {
        guard let object = value as? [String: Any] else { return [] }
        var problems = (schema["required"] as? [String] ?? []).filter { object[$0] == nil }
            .map { "\(path): '\($0)' is missing" }
        if object.count < schema["minProperties"] as? Int ?? 0 {
            problems.append("\(path): too few properties")
        }
        let properties = schema["properties"] as? [String: Any] ?? [:]
        for (key, member) in object {
            let rule = properties[key] ?? schema["additionalProperties"] ?? true
            problems += Self.problems(of: member, schema: rule, path: "\(path).\(key)")
        }
        return problems
    }

    private static func combinationProblems(
        _ value: Any, _ schema: [String: Any], _ path: String
    ) -> [String] {
        var found: [String] = []
        if let choices = schema["oneOf"] as? [Any] {
            let tried = choices.map { problems(of: value, schema: $0, path: path) }
            if tried.filter(\.isEmpty).count != 1 {
                found.append("\(path): matches not exactly one of \(choices.count): \(tried)")
            }
        }
        if let condition = schema["if"] {
            let holds = problems(of: value, schema: condition, path: path).isEmpty
            found += problems(
                of: value, schema: schema[holds ? "then" : "else"] ?? true, path: path)
        }
        return found
    }
}
