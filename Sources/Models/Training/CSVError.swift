/// Why a CSV table cannot be used; the description is one line that starts with the place.
public struct CSVError: Error, Equatable, CustomStringConvertible {
    /// The file's name as the caller gave it.
    public let source: String
    /// The line on which the record starts, from 1; nil when the whole file is at fault.
    public let line: Int?
    /// The column's name, or its number from 1 where it has none.
    public let column: String?
    public let problem: Problem

    public enum Problem: Equatable, Sendable {
        case unreadable(reason: String)
        case tooLarge(bytes: Int, limit: Int)
        case empty
        case noRows
        case noFeatures
        case tooManyColumns(count: Int, limit: Int)
        case emptyName
        case repeatedName
        case missingColumn(suggestion: String?)
        case ragged(fields: Int, expected: Int)
        case missingValue
        case notANumber(text: String)
        case notFinite(text: String)
        case badLabel(text: String)
        case unterminatedQuote
        case strayQuote
        case notUTF8
    }

    public var description: String {
        var place = source
        if let line { place += ":\(line)" }
        if let column { place += ": column '\(Problem.shortened(column))'" }
        return "\(place): \(problem.text)"
    }
}

extension CSVError.Problem {
    var text: String {
        switch self {
        case .unreadable(let reason): "cannot be read: \(reason)"
        case .tooLarge(let bytes, let limit): "is \(bytes) bytes, at most \(limit) are read"
        case .empty: "is empty, needs a header line and rows"
        case .noRows: "has a header but no rows"
        case .noFeatures: "has no feature columns beside the label"
        case .tooManyColumns(let count, let limit):
            "has \(count) columns, at most \(limit) are read"
        case .emptyName: "has an empty name in the header"
        case .repeatedName: "is in the header twice"
        case .missingColumn(let suggestion):
            "is not in the header" + (suggestion.map { "; did you mean '\($0)'?" } ?? "")
        case .ragged(let fields, let expected):
            "has \(fields) field\(fields == 1 ? "" : "s"), the header has \(expected)"
        case .missingValue: "value is missing"
        case .notANumber(let text):
            "'\(Self.shortened(text))' is not a number; correct it or exclude the column"
        case .notFinite(let text): "'\(Self.shortened(text))' is not a finite number"
        case .badLabel(let text): "'\(Self.shortened(text))' is not a label, use 0 or 1"
        case .unterminatedQuote: "a quoted field is not closed"
        case .strayQuote: "a quote is followed by text, write it twice inside a quoted field"
        case .notUTF8: "is not UTF-8 text; save it as UTF-8"
        }
    }

    /// One line, at most 40 characters: user data goes into messages.
    static func shortened(_ text: String) -> String {
        let line = String(text.prefix(40)).map { $0.isNewline ? " " : $0 }
        return String(line) + (text.count > 40 ? "…" : "")
    }
}
