/// A named run of consecutive qubits or classical bits.
///
/// A circuit's registers lie one after the other from index 0 and cover all of its qubits (or
/// bits); a circuit without registers has unnamed ones.
public struct Register: Hashable, Sendable {
    /// Longest name, in bytes.
    public static let maximumNameLength = 128

    /// A letter (of any script) or underscore, then letters, digits and underscores.
    public let name: String
    /// 1 or more.
    public let size: Int

    /// - Throws: `CircuitError.name` or `.registerSize`.
    public init(_ name: String, size: Int) throws(CircuitError) {
        guard Self.isName(name) else { throw .name(String(name.prefix(40))) }
        guard size > 0 else { throw .registerSize(name: name, size: size) }
        self.name = name
        self.size = size
    }

    /// Whether a text may name a register or a parameter: OpenQASM 3's identifiers.
    public static func isName(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, text.utf8.count <= maximumNameLength else {
            return false
        }
        return isLetter(first)
            && text.unicodeScalars.allSatisfy { isLetter($0) || ("0"..."9").contains($0) }
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar == "_" || scalar.properties.isAlphabetic }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .letterNumber:
            return true
        default: return false
        }
    }
}
