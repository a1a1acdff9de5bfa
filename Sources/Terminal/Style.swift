/// How text may look on the output that it goes to: colours or none, Unicode blocks or plain ASCII.
///
/// A value decided once by the caller; nothing here asks the system.
public struct Style: Equatable, Sendable {
    /// Whether ANSI escape sequences are written.
    public let usesColor: Bool
    /// Whether characters outside ASCII are written.
    public let usesUnicode: Bool

    public init(usesColor: Bool, usesUnicode: Bool) {
        self.usesColor = usesColor
        self.usesUnicode = usesUnicode
    }

    /// No escapes, but Unicode: for files and pipes that are UTF-8.
    public static let plain = Style(usesColor: false, usesUnicode: true)
    /// Nothing but ASCII.
    public static let ascii = Style(usesColor: false, usesUnicode: false)

    /// Decides from what the caller read of its surroundings.
    ///
    /// - Parameters:
    ///   - isTerminal: what `isatty` says of the output.
    ///   - noColor: the variable NO_COLOR; any value but an empty one forbids colour
    ///     (no-color.org).
    ///   - term: the variable TERM; `dumb` forbids colour.
    ///   - locale: the first of LC_ALL, LC_CTYPE and LANG that is set and not empty; Unicode needs
    ///     UTF-8 in it.
    public static func decide(
        isTerminal: Bool, noColor: String?, term: String?, locale: String?
    ) -> Style {
        let forbidden = !(noColor ?? "").isEmpty || term == "dumb"
        let encoding = (locale ?? "").lowercased()
        return Style(
            usesColor: isTerminal && !forbidden,
            usesUnicode: encoding.contains("utf-8") || encoding.contains("utf8"))
    }

    /// The looks that reports use; a look is never the only carrier of a meaning.
    public enum Look: String, Sendable, CaseIterable {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
    }

    /// `text` in a look, or as it is when there are no colours.
    public func apply(_ look: Look, _ text: String) -> String {
        usesColor ? "\u{1B}[\(look.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// `unicode`, or `ascii` where only that may be written.
    func choose(_ unicode: String, _ ascii: String) -> String { usesUnicode ? unicode : ascii }
}
