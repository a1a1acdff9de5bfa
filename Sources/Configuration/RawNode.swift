/// A value as written, before its setting says what it must be.
struct RawNode: Equatable, Sendable {
    enum Content: Equatable, Sendable {
        case null
        /// Any scalar, as written, without quotes.
        case scalar(String)
        case list([RawNode])
        case map([(key: String, line: Int, value: RawNode)])

        static func == (first: Content, second: Content) -> Bool {
            switch (first, second) {
            case (.null, .null): true
            case (.scalar(let one), .scalar(let other)): one == other
            case (.list(let one), .list(let other)): one == other
            case (.map(let one), .map(let other)):
                one.elementsEqual(other) { $0.key == $1.key && $0.value == $1.value }
            default: false
            }
        }
    }

    let content: Content
    /// Counted from 1; 0 when the value was not in a file.
    let line: Int

    /// The value in an error message: scalars quoted, long ones cut, collections named only.
    var shown: String {
        switch content {
        case .null: "null"
        case .scalar(let text): "'\(text.count > 60 ? text.prefix(60) + "…" : text[...])'"
        case .list: "(a list)"
        case .map: "(a map)"
        }
    }
}
