/// Splits CSV bytes into records, after RFC 4180: quoted fields may hold commas, line ends and
/// doubled quotes. Lines end in LF or CRLF; lines without any character are skipped.
struct CSVParser {
    struct Record: Equatable {
        /// The line on which the record starts, from 1.
        var line: Int
        var fields: [String]
    }

    private let bytes: [UInt8]
    private let source: String
    private var position = 0
    private var line = 1

    private static let quote = UInt8(ascii: "\"")
    private static let comma = UInt8(ascii: ",")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    init(bytes: [UInt8], source: String) {
        self.bytes = bytes
        self.source = source
        // A byte order mark would otherwise become part of the first name.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// The next record, or nil at the end.
    mutating func next() throws(CSVError) -> Record? {
        skipEmptyLines()
        guard position < bytes.count else { return nil }
        var record = Record(line: line, fields: [])
        while true {
            record.fields.append(try field(of: record))
            guard position < bytes.count else { return record }
            let separator = bytes[position]
            if separator == Self.comma {
                position += 1
                continue
            }
            skipLineEnd()
            return record
        }
    }

    private mutating func field(of record: Record) throws(CSVError) -> String {
        guard position < bytes.count, bytes[position] == Self.quote else { return try plainField() }
        return try quotedField(of: record)
    }

    private mutating func plainField() throws(CSVError) -> String {
        let start = position
        while position < bytes.count, bytes[position] != Self.comma, !isLineEnd(position) {
            position += 1
        }
        return try text(bytes[start..<position])
    }

    private mutating func quotedField(of record: Record) throws(CSVError) -> String {
        position += 1
        var content: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == Self.lineFeed { line += 1 }
            guard byte == Self.quote else {
                content.append(byte)
                continue
            }
            guard position < bytes.count else { return try text(content[...]) }
            if bytes[position] == Self.quote {
                content.append(Self.quote)
                position += 1
            } else if bytes[position] == Self.comma || isLineEnd(position) {
                return try text(content[...])
            } else {
                throw error(.strayQuote, in: record)
            }
        }
        throw error(.unterminatedQuote, in: record)
    }

    private func error(_ problem: CSVError.Problem, in record: Record) -> CSVError {
        CSVError(
            source: source, line: record.line, column: "\(record.fields.count + 1)",
            problem: problem)
    }

    private func text(_ bytes: ArraySlice<UInt8>) throws(CSVError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CSVError(source: source, line: line, column: nil, problem: .notUTF8)
        }
        return text
    }

    private func isLineEnd(_ index: Int) -> Bool {
        bytes[index] == Self.lineFeed
            || (bytes[index] == Self.carriageReturn
                && (index + 1 == bytes.count || bytes[index + 1] == Self.lineFeed))
    }

    private mutating func skipEmptyLines() {
        while position < bytes.count, isLineEnd(position) { skipLineEnd() }
    }

    private mutating func skipLineEnd() {
        if position < bytes.count, bytes[position] == Self.carriageReturn { position += 1 }
        if position < bytes.count, bytes[position] == Self.lineFeed { position += 1 }
        line += 1
    }
}
