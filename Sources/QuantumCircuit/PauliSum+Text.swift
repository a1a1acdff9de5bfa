extension PauliSum {
    /// Reads what `description` writes: terms `coefficient*string` joined by + and −, where the
    /// coefficient or the string may be missing and strings are `I` or letters with qubit numbers.
    ///
    /// - Throws: `ObservableError.text` with the column, or what `init(qubits:terms:)` throws.
    public init(_ text: String, qubits: Int) throws(ObservableError) {
        var parser = PauliSumParser(text)
        try self.init(qubits: qubits, terms: try parser.parse())
    }
}

private struct PauliSumParser {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func parse() throws(ObservableError) -> [PauliSum.Term] {
        var terms: [PauliSum.Term] = []
        skipSpace()
        if bytes.dropFirst(position).elementsEqual("0".utf8) { return [] }
        var sign = takeSign() ?? 1
        while true {
            guard terms.count < PauliSum.maximumTerms else {
                throw .tooManyTerms(limit: PauliSum.maximumTerms)
            }
            terms.append(try takeTerm(sign))
            skipSpace()
            if position == bytes.count { return terms }
            guard let next = takeSign() else { throw wrong("'+', '-' or the end") }
            sign = next
        }
    }

    private mutating func takeSign() -> Double? {
        skipSpace()
        guard let byte = current, byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") else {
            return nil
        }
        position += 1
        return byte == UInt8(ascii: "-") ? -1 : 1
    }

    private mutating func takeTerm(_ sign: Double) throws(ObservableError) -> PauliSum.Term {
        skipSpace()
        guard let coefficient = try takeNumber() else {
            return PauliSum.Term(sign, try takeString())
        }
        skipSpace()
        guard current == UInt8(ascii: "*") else {
            return PauliSum.Term(sign * coefficient, PauliString(x: 0, z: 0))
        }
        position += 1
        skipSpace()
        return PauliSum.Term(sign * coefficient, try takeString())
    }

    private mutating func takeNumber() throws(ObservableError) -> Double? {
        guard let first = current, isDigit(first) || first == UInt8(ascii: ".") else { return nil }
        let start = position
        var previous: UInt8 = 0
        while let byte = current {
            let isExponent = previous == UInt8(ascii: "e") || previous == UInt8(ascii: "E")
            let isSign = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
            guard
                isDigit(byte) || byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e")
                    || isSign && isExponent
            else { break }
            previous = byte
            position += 1
        }
        guard let value = Double(String(decoding: bytes[start..<position], as: UTF8.self)),
            value.isFinite
        else {
            position = start
            throw wrong("a finite number")
        }
        return value
    }

    private mutating func takeString() throws(ObservableError) -> PauliString {
        let expected = "I, or X, Y or Z with a qubit number"
        if current == UInt8(ascii: "I") {
            position += 1
            return PauliString(x: 0, z: 0)
        }
        var (x, z): (UInt32, UInt32) = (0, 0)
        let start = position
        while let letter = current, (UInt8(ascii: "X")...UInt8(ascii: "Z")).contains(letter) {
            position += 1
            var number: Int?
            while let digit = current, isDigit(digit), (number ?? 0) < 100 {
                number = 10 * (number ?? 0) + Int(digit - UInt8(ascii: "0"))
                position += 1
            }
            guard let qubit = number, qubit < 32 else { throw wrong("a qubit number below 32") }
            let bit = UInt32(1) << UInt32(qubit)
            guard (x | z) & bit == 0 else { throw wrong("each qubit once in a string") }
            if letter != UInt8(ascii: "Z") { x |= bit }
            if letter != UInt8(ascii: "X") { z |= bit }
        }
        guard position > start else { throw wrong(expected) }
        return PauliString(x: x, z: z)
    }

    // MARK: Bytes

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A { position += 1 }
    }

    private func wrong(_ expected: String) -> ObservableError {
        let before = String(decoding: bytes[..<position], as: UTF8.self)
        let rest = String(decoding: bytes[position...].prefix(16), as: UTF8.self)
        let found = rest.first.map { "'\($0)'" } ?? "the end"
        return .text(column: before.count + 1, found: found, expected: expected)
    }
}
