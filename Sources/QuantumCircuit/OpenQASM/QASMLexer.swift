/// A piece of an OpenQASM text.
struct QASMToken {
    enum Kind: UInt8 {
        case identifier, integer, real, string, symbol, end
    }

    var kind: Kind
    var start: Int
    var end: Int
    var symbol: QASMSymbol?
}

/// Cuts an OpenQASM text into tokens, one at a time.
struct QASMLexer {
    let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() throws(QASMFault) -> QASMToken {
        try skipSpace()
        let start = position
        guard position < bytes.count else { return QASMToken(kind: .end, start: start, end: start) }
        let byte = bytes[position]
        if Self.isLetter(byte) { return try identifier(start) }
        if Self.isDigit(byte) || byte == UInt8(ascii: ".") && isDigit(at: position + 1) {
            return number(start)
        }
        if byte == UInt8(ascii: "\"") { return try string(start) }
        return try symbol(start)
    }

    func text(_ token: QASMToken) -> String {
        String(decoding: bytes[token.start..<token.end], as: UTF8.self)
    }

    /// What stands at a token, shortened, for a message.
    func quoted(_ token: QASMToken) -> String {
        token.kind == .end ? "the end of the text" : "'\(text(token).prefix(24))'"
    }

    // MARK: Kinds

    private mutating func identifier(_ start: Int) throws(QASMFault) -> QASMToken {
        var isPlain = true
        while position < bytes.count,
            Self.isLetter(bytes[position]) || Self.isDigit(bytes[position])
        {
            if bytes[position] >= 0x80 { isPlain = false }
            position += 1
        }
        let token = QASMToken(kind: .identifier, start: start, end: position)
        if !isPlain && !Register.isName(text(token)) {
            throw QASMFault(
                start,
                .unexpected(found: quoted(token), expected: "a name of letters, digits and _"))
        }
        return token
    }

    private mutating func number(_ start: Int) -> QASMToken {
        var isReal = false
        skipDigits()
        if byte(at: position) == UInt8(ascii: ".") {
            isReal = true
            position += 1
            skipDigits()
        }
        if let mark = byte(at: position), mark | 0x20 == UInt8(ascii: "e") {
            let next = byte(at: position + 1)
            let isSigned = next == UInt8(ascii: "+") || next == UInt8(ascii: "-")
            if isDigit(at: position + (isSigned ? 2 : 1)) {
                isReal = true
                position += isSigned ? 2 : 1
                skipDigits()
            }
        }
        return QASMToken(kind: isReal ? .real : .integer, start: start, end: position)
    }

    private mutating func string(_ start: Int) throws(QASMFault) -> QASMToken {
        position += 1
        while let byte = byte(at: position), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\n")
        {
            position += 1
        }
        guard byte(at: position) == UInt8(ascii: "\"") else {
            throw QASMFault(
                start, .unexpected(found: "an open string", expected: "'\"' on the same line"))
        }
        position += 1
        return QASMToken(kind: .string, start: start, end: position)
    }

    private mutating func symbol(_ start: Int) throws(QASMFault) -> QASMToken {
        let first = UInt16(bytes[position])
        if let second = byte(at: position + 1),
            let long = QASMSymbol(rawValue: first | UInt16(second) << 8), second != 0
        {
            position += 2
            return QASMToken(kind: .symbol, start: start, end: position, symbol: long)
        }
        guard let short = QASMSymbol(rawValue: first) else {
            let rest = String(decoding: bytes[position...].prefix(8), as: UTF8.self)
            throw QASMFault(
                start,
                .unexpected(
                    found: "'\(rest.prefix(1))'", expected: "a name, a number or a symbol"))
        }
        position += 1
        return QASMToken(kind: .symbol, start: start, end: position, symbol: short)
    }

    // MARK: Space and bytes

    private mutating func skipSpace() throws(QASMFault) {
        while let byte = byte(at: position) {
            if byte == 0x20 || (0x09...0x0D).contains(byte) {
                position += 1
            } else if byte == UInt8(ascii: "/"), self.byte(at: position + 1) == UInt8(ascii: "/") {
                while let next = self.byte(at: position), next != UInt8(ascii: "\n") {
                    position += 1
                }
            } else if byte == UInt8(ascii: "/"), self.byte(at: position + 1) == UInt8(ascii: "*") {
                try skipComment()
            } else {
                return
            }
        }
    }

    private mutating func skipComment() throws(QASMFault) {
        let start = position
        position += 2
        while position + 1 < bytes.count {
            if bytes[position] == UInt8(ascii: "*") && bytes[position + 1] == UInt8(ascii: "/") {
                position += 2
                return
            }
            position += 1
        }
        throw QASMFault(start, .unexpected(found: "an open comment", expected: "'*/'"))
    }

    private mutating func skipDigits() {
        while position < bytes.count,
            Self.isDigit(bytes[position])
                || bytes[position] == UInt8(ascii: "_") && isDigit(at: position + 1)
        {
            position += 1
        }
    }

    private func byte(at index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

    private func isDigit(at index: Int) -> Bool {
        index < bytes.count && Self.isDigit(bytes[index])
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// Letters, the underscore, and every byte of a character beyond ASCII.
    private static func isLetter(_ byte: UInt8) -> Bool {
        byte == 0x5F || byte >= 0x80 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
    }
}
