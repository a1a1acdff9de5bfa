import Determinism

/// A message that can be read from and written to its topic.
///
/// Reading overwrites the whole value and keeps its arrays' storage, so that one variable serves a
/// whole batch without allocating. `ByteSlice` fields live as long as the batch and the parsed
/// document do.
public protocol TopicMessage {
    init()
    /// Reads a parsed object; unknown fields are ignored.
    mutating func read(_ object: JSONValue) throws(ContractViolation)
    /// Appends the message as one JSON object.
    func write(into out: inout ByteWriter)
}

extension TopicMessage {
    /// Parses and reads bytes that have `JSONParser.padding` readable bytes behind them.
    public mutating func read(
        _ bytes: ByteSlice, with parser: JSONParser
    ) throws(ContractViolation) {
        let object: JSONValue
        do {
            object = try parser.parse(padded: bytes)
        } catch {
            throw ContractViolation(.malformedJSON, error.description)
        }
        try read(object)
    }
}

/// Reads the fields of one object: finds names, refuses duplicates, reports what is missing.
struct FieldCursor {
    let names: FieldNames
    private var seen: UInt64 = 0
    private var hint = 0

    init(_ names: FieldNames) { self.names = names }

    /// The index of a known field, nil for an unknown one.
    mutating func next(_ key: ByteSlice) throws(ContractViolation) -> Int? {
        guard let index = names.index(of: key, hint: hint) else { return nil }
        guard seen & (1 << UInt64(index)) == 0 else {
            throw ContractViolation(.duplicateField, "field '\(names.names[index])' stands twice")
        }
        seen |= 1 << UInt64(index)
        hint = index + 1
        return index
    }

    /// Fails for the first of the leading `count` fields that was not seen.
    func require(first count: Int) throws(ContractViolation) {
        let wanted: UInt64 = count == 64 ? .max : (1 << UInt64(count)) - 1
        let missing = wanted & ~seen
        guard missing != 0 else { return }
        let name = names.names[missing.trailingZeroBitCount]
        throw ContractViolation(.missingField, "required field '\(name)' is missing")
    }
}

extension JSONValue {
    func requireString(_ field: StaticString) throws(ContractViolation) -> ByteSlice {
        guard let string else { throw wrongType(field, "a string") }
        return string
    }

    func requireNumber(_ field: StaticString) throws(ContractViolation) -> Double {
        guard let number else { throw wrongType(field, "a number") }
        return number
    }

    func requireInteger(_ field: StaticString) throws(ContractViolation) -> Int {
        guard let integer else { throw wrongType(field, "a whole number within ±2^53") }
        return integer
    }

    func requireBoolean(_ field: StaticString) throws(ContractViolation) -> Bool {
        guard let boolean else { throw wrongType(field, "true or false") }
        return boolean
    }

    func requireMilliseconds(_ field: StaticString) throws(ContractViolation) -> Timestamp {
        let milliseconds = Int64(try requireInteger(field))
        guard (0...CivilDate.latest).contains(milliseconds) else {
            throw ContractViolation(
                .outOfRange,
                "field '\(field)' is \(milliseconds); it must be 0 to \(CivilDate.latest)")
        }
        return Timestamp(milliseconds: milliseconds)
    }

    /// A number in 0…1: what is computed from it stays finite.
    func requireProbability(_ field: StaticString) throws(ContractViolation) -> Double {
        let value = try requireNumber(field)
        guard value >= 0, value <= 1 else {
            throw ContractViolation(.outOfRange, "field '\(field)' is \(value); it must be 0 to 1")
        }
        return value
    }

    func requireHex(_ field: StaticString) throws(ContractViolation) -> UInt64 {
        guard let string, string.count == 16 else {
            throw wrongType(field, "16 hexadecimal digits")
        }
        var word: UInt64 = 0
        for index in 0..<16 {
            let byte = string[index]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw wrongType(field, "16 hexadecimal digits")
            }
            word = word << 4 | UInt64(digit)
        }
        return word
    }

    /// One of an enumeration's raw values.
    func requireCase<Value: WireCase>(_ field: StaticString) throws(ContractViolation) -> Value {
        guard let string else { throw wrongType(field, "a string") }
        if let value = Value.wireNames.match(string) { return value }
        let allowed = Value.allCases.map(\.rawValue).joined(separator: ", ")
        throw ContractViolation(
            .outOfRange, "field '\(field)' is '\(string.excerpt(40))'; allowed: \(allowed)")
    }

    func requireNumbers(
        _ field: StaticString, into target: inout [Double]
    ) throws(ContractViolation) {
        guard kind == .array else { throw wrongType(field, "an array of numbers") }
        target.removeAll(keepingCapacity: true)
        var whole = true
        forEachElement { element in
            if let number = element.number { target.append(number) } else { whole = false }
        }
        guard whole else { throw wrongType(field, "an array of numbers") }
    }

    func wrongType(_ field: StaticString, _ wanted: String) -> ContractViolation {
        ContractViolation(.wrongType, "field '\(field)' is \(kindName); it must be \(wanted)")
    }

    var kindName: String {
        switch kind {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .boolean: "a boolean"
        case .null: "null"
        }
    }
}
