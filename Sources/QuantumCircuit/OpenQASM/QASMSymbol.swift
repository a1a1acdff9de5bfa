/// Symbols of OpenQASM; the raw value holds the bytes, the first in the low one.
///
/// Those that no supported statement uses are here so that a message can quote them whole.
enum QASMSymbol: UInt16 {
    case openParenthesis = 0x28, closeParenthesis = 0x29
    case openBracket = 0x5B, closeBracket = 0x5D
    case openBrace = 0x7B, closeBrace = 0x7D
    case semicolon = 0x3B, comma = 0x2C, colon = 0x3A
    case plus = 0x2B, minus = 0x2D, star = 0x2A, slash = 0x2F, percent = 0x25
    case caret = 0x5E, at = 0x40, tilde = 0x7E, bang = 0x21, and = 0x26, or = 0x7C
    case equal = 0x3D, less = 0x3C, greater = 0x3E
    case arrow = 0x3E2D, power = 0x2A2A, equals = 0x3D3D, atMost = 0x3D3C, atLeast = 0x3D3E
    case differs = 0x3D21, both = 0x2626, either = 0x7C7C, concatenate = 0x2B2B

    var text: String {
        let bytes = [UInt8(truncatingIfNeeded: rawValue), UInt8(rawValue >> 8)]
        return String(decoding: bytes.filter { $0 != 0 }, as: UTF8.self)
    }
}
