/// A named run of consecutive qubits or classical bits.
///
/// A circuit's registers lie one after the other from index 0 and cover all of its qubits (or
/// bits); a circuit without registers has unnamed ones.
public struct Register: Hashable, Sendable {
    /// Longest name, in bytes.
    public static let maximumNameLength = 128

    /// A letter or underscore, then letters, digits and underscores (ASCII, as OpenQASM 2 and 3
    /// share).
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

    /// Whether a text may name a register or a parameter.
    public static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= maximumNameLength else {
            return false
        }
        let isLetter = { (byte: UInt8) in
            byte == 0x5F || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        return isLetter(first)
            && text.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) }
    }
}
