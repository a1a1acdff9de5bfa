/// Bytes that are no text, sixteen a line, as `hexdump -C` shows them.
///
///     00000000  7b 22 69 64 22 3a 22 e4  22 7d                    |{"id":"."}|
public enum HexDump {
    /// One line for each sixteen bytes, each ended by a line break; nothing for no bytes.
    public static func rendered(_ bytes: [UInt8]) -> String {
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 16) {
            let line = bytes[start..<min(start + 16, bytes.count)]
            var pairs = ""
            for (index, byte) in line.enumerated() {
                pairs += (index == 8 ? "  " : index > 0 ? " " : "") + hex(UInt64(byte), digits: 2)
            }
            let padding = String(repeating: " ", count: 48 - pairs.count)
            let shown = line.map {
                (0x20...0x7E).contains($0) ? Character(Unicode.Scalar($0)) : "."
            }
            text += "\(hex(UInt64(start), digits: 8))  \(pairs)\(padding)  |\(String(shown))|\n"
        }
        return text
    }

    /// The bytes as text if they are UTF-8 that cannot steer a terminal: no control characters but
    /// tabs and line breaks.
    public static func text(_ bytes: [UInt8]) -> String? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let isPlain = text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control: scalar == "\t" || scalar == "\n" || scalar == "\r"
            case .format: false
            default: true
            }
        }
        return isPlain ? text : nil
    }

    private static func hex(_ value: UInt64, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
