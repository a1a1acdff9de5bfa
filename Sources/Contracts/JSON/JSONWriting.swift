public import Determinism

/// JSON on top of the byte writer: each call writes `,"name":value`, the first in an object without
/// the comma.
extension ByteWriter {
    public mutating func beginObject() { append(UInt8(ascii: "{")) }
    public mutating func endObject() { append(UInt8(ascii: "}")) }

    public mutating func member(_ key: StaticString, _ value: Double) {
        name(key)
        append(number: value)
    }

    public mutating func member(_ key: StaticString, _ value: Int) {
        name(key)
        append(integer: value)
    }

    public mutating func member(_ key: StaticString, _ value: Bool) {
        name(key)
        append(value ? "true" : "false")
    }

    public mutating func member(_ key: StaticString, _ value: ByteSlice) {
        name(key)
        appendQuoted(value)
    }

    public mutating func member(_ key: StaticString, _ value: String) {
        name(key)
        appendQuoted(value)
    }

    public mutating func member(_ key: StaticString, hex value: UInt64) {
        name(key)
        append(UInt8(ascii: "\""))
        append(hex: value)
        append(UInt8(ascii: "\""))
    }

    public mutating func member(_ key: StaticString, time value: Timestamp) {
        name(key)
        append(UInt8(ascii: "\""))
        append(rfc3339: value)
        append(UInt8(ascii: "\""))
    }

    public mutating func member(_ key: StaticString, numbers: [Double]) {
        name(key)
        append(UInt8(ascii: "["))
        for index in numbers.indices {
            if index > 0 { append(UInt8(ascii: ",")) }
            append(number: numbers[index])
        }
        append(UInt8(ascii: "]"))
    }

    public mutating func memberNull(_ key: StaticString) {
        name(key)
        append("null")
    }

    public mutating func appendQuoted(_ text: String) {
        var text = text
        text.withUTF8 { buffer in
            appendQuoted(unsafe ByteSlice(unsafeBase: buffer.baseAddress, count: buffer.count))
        }
    }

    /// A JSON string: quotes, backslashes and control characters escaped (RFC 8259, section 7).
    public mutating func appendQuoted(_ text: ByteSlice) {
        append(UInt8(ascii: "\""))
        var clean = 0
        for index in 0..<text.count {
            let byte = text[index]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else {
                continue
            }
            append(text.dropping(clean, until: index))
            appendEscaped(byte)
            clean = index + 1
        }
        append(text.dropping(clean, until: text.count))
        append(UInt8(ascii: "\""))
    }

    private mutating func appendEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x0A: append("\\n")
        case 0x0D: append("\\r")
        case 0x09: append("\\t")
        default:
            append("\\u00")
            for digit in [byte >> 4, byte & 15] { append(digit < 10 ? 48 + digit : 87 + digit) }
        }
    }
}

extension ByteSlice {
    /// The bytes from `start` up to `end`.
    func dropping(_ start: Int, until end: Int) -> ByteSlice {
        precondition(start >= 0 && start <= end && end <= count)
        guard let base = unsafe base else { return self }
        return unsafe ByteSlice(unsafeBase: base + start, count: end - start)
    }
}
