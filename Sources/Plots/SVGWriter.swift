/// Writes SVG elements as text: what is escaped, how numbers look, and nothing of charts.
struct SVGWriter {
    private(set) var text = ""
    private var open: [String] = []

    /// Opens an element; `close()` ends it.
    mutating func open(_ name: String, _ attributes: [(String, String)] = []) {
        line("<\(name)\(Self.rendered(attributes))>")
        open.append(name)
    }

    mutating func close() {
        guard let name = open.popLast() else { return }
        line("</\(name)>")
    }

    mutating func element(_ name: String, _ attributes: [(String, String)]) {
        line("<\(name)\(Self.rendered(attributes))/>")
    }

    /// An element with text in it; both are escaped.
    mutating func element(_ name: String, _ attributes: [(String, String)], text: String) {
        line("<\(name)\(Self.rendered(attributes))>\(Self.escaped(text))</\(name)>")
    }

    /// Text of the program's own, such as a style sheet: not escaped.
    mutating func line(_ raw: String) {
        text += String(repeating: " ", count: open.count) + raw + "\n"
    }

    private static func rendered(_ attributes: [(String, String)]) -> String {
        attributes.map { " \($0)=\"\(escaped($1))\"" }.joined()
    }

    /// Text as XML may hold it: the five special characters as entities, and no control characters,
    /// which XML 1.0 forbids even as entities.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\t", "\n", "\r": result += " "
            case _
            where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                || scalar.value == 0xFFFE || scalar.value == 0xFFFF:
                result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A coordinate: a tenth of a pixel is fine enough, and short.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        let tenths = (min(max(value, -1e9), 1e9) * 10).rounded()
        let whole = Int(abs(tenths)) / 10
        let digit = Int(abs(tenths)) % 10
        let sign = tenths < 0 ? "-" : ""
        return digit == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(digit)"
    }
}
