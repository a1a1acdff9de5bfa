/// How many columns a text takes, and how it is brought to a width.
public enum TextWidth {
    /// Columns on a terminal: one for most characters, two for East Asian wide ones and emoji.
    public static func columns(_ text: String) -> Int {
        text.reduce(0) { $0 + columns(of: $1) }
    }

    private static func columns(of character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF,
            0x20000...0x3FFFD:
            return 2
        default:
            return 1
        }
    }

    /// Spaces after (or before, for `trailing` alignment) up to `width`; longer text stays.
    public static func padded(
        _ text: String, to width: Int, alignment: TextTable.Alignment
    ) -> String {
        let spaces = String(repeating: " ", count: max(0, width - columns(text)))
        return alignment == .trailing ? spaces + text : text + spaces
    }

    /// At most `width` columns; what is cut is marked.
    static func cut(_ text: String, to width: Int, style: Style) -> String {
        guard columns(text) > width else { return text }
        let mark = style.choose("…", "~")
        var kept = ""
        var used = 0
        for character in text {
            used += columns(of: character)
            guard used < width else { break }
            kept.append(character)
        }
        return width > 0 ? kept + mark : ""
    }

    /// Text from outside must not steer the terminal: control characters become `?`, and so does
    /// everything beyond ASCII where only that may be written.
    public static func cleaned(_ text: String, style: Style) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            let isFormat = scalar.properties.generalCategory == .format
            let isForeign = !style.usesUnicode && !scalar.isASCII
            result.append(isControl || isFormat || isForeign ? "?" : scalar)
        }
        return String(result)
    }
}
