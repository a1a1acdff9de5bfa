internal import CSimdJSON

/// Why bytes are not a JSON object; the text is simdjson's.
public struct JSONSyntaxError: Error, Sendable, CustomStringConvertible {
    public let description: String
}

/// A reusable parser; each parse overwrites the document before it.
///
/// Owned by one thread. Costs about 1.3 µs for an 860-byte record and allocates nothing in steady
/// state.
@safe
public final class JSONParser {
    private let handle: OpaquePointer

    /// Bytes that must be readable behind a document, for vector loads.
    public static let padding = tandem_json_padding()

    public init() {
        guard let handle = unsafe tandem_json_parser_new() else { fatalError("out of memory") }
        unsafe self.handle = handle
    }

    deinit { unsafe tandem_json_parser_free(handle) }

    /// Parses `bytes`, which must have `padding` readable bytes behind them, as batch arenas have.
    ///
    /// - Parameter keepsDigits: whether `numberText` is wanted; without it, parsing is a third
    ///   faster.
    /// - Returns: the root object, valid until the next parse.
    public func parse(
        padded bytes: ByteSlice, keepsDigits: Bool = false
    ) throws(JSONSyntaxError) -> JSONValue {
        var nodes: UnsafePointer<tandem_json_node>?
        var count: UInt32 = 0
        let code = unsafe bytes.withUnsafeBytes { raw in
            unsafe tandem_json_parse(
                handle, raw.baseAddress?.assumingMemoryBound(to: UInt8.self), raw.count,
                keepsDigits ? 1 : 0, &nodes, &count)
        }
        guard code == 0, let first = unsafe nodes else {
            throw JSONSyntaxError(
                description: unsafe String(cString: tandem_json_error_message(code)))
        }
        return unsafe JSONValue(nodes: first, index: 0)
    }

    /// Parses a message's value; none, or not an object, is a violation.
    public func object(_ value: ByteSlice?) throws(ContractViolation) -> JSONValue {
        do {
            return try parse(padded: value ?? .absent)
        } catch {
            throw ContractViolation(.malformedJSON, error.description)
        }
    }

    /// Parses a copy of bytes that have no padding: for control-plane messages and tests.
    public static func withDocument<Result>(
        _ bytes: [UInt8], _ body: (JSONValue) throws -> Result
    ) throws -> Result {
        let parser = JSONParser()
        let padded = bytes + [UInt8](repeating: 0, count: padding)
        return unsafe try padded.withUnsafeBufferPointer { buffer in
            let slice = unsafe ByteSlice(unsafeBase: buffer.baseAddress, count: bytes.count)
            return try body(parser.parse(padded: slice, keepsDigits: true))
        }
    }
}

/// A value inside a parsed document; valid until its parser's next parse.
@safe
public struct JSONValue {
    public enum Kind: Sendable {
        case object, array, string, number, boolean, null
    }

    fileprivate let nodes: UnsafePointer<tandem_json_node>
    fileprivate let index: Int

    fileprivate init(nodes: UnsafePointer<tandem_json_node>, index: Int) {
        unsafe self.nodes = nodes
        self.index = index
    }

    private var node: tandem_json_node { unsafe nodes[index] }

    public var kind: Kind {
        switch Int(unsafe node.kind) {
        case TANDEM_JSON_OBJECT: .object
        case TANDEM_JSON_ARRAY: .array
        case TANDEM_JSON_STRING: .string
        case TANDEM_JSON_NUMBER: .number
        case TANDEM_JSON_NULL: .null
        default: .boolean
        }
    }

    /// Members of an object or elements of an array.
    public var count: Int { Int(unsafe node.count) }

    /// The unescaped UTF-8 of a string, nil for any other kind.
    public var string: ByteSlice? {
        guard Int(unsafe node.kind) == TANDEM_JSON_STRING else { return nil }
        return unsafe ByteSlice(unsafeBase: node.text, count: Int(node.length))
    }

    /// A number as the nearest double, nil for any other kind. Always finite: JSON has no other. `-0`
    /// is the whole number 0, `-0.0` a negative zero.
    public var number: Double? {
        guard Int(unsafe node.kind) == TANDEM_JSON_NUMBER else { return nil }
        return unsafe node.number
    }

    /// The digits of a number as they stand in the document; nil for any other kind, and unless the
    /// parser was told to keep them.
    public var numberText: ByteSlice? {
        guard Int(unsafe node.kind) == TANDEM_JSON_NUMBER, unsafe node.length > 0 else {
            return nil
        }
        return unsafe ByteSlice(unsafeBase: node.text, count: Int(node.length))
    }

    /// A whole number within ±2⁵³, nil for any other value.
    public var integer: Int? {
        guard let number, number.rounded() == number, abs(number) <= 0x1p53 else { return nil }
        return Int(number)
    }

    public var boolean: Bool? {
        switch Int(unsafe node.kind) {
        case TANDEM_JSON_TRUE: true
        case TANDEM_JSON_FALSE: false
        default: nil
        }
    }

    /// Visits an object's members in document order.
    public func forEachMember<Failure: Error>(
        _ body: (ByteSlice, JSONValue) throws(Failure) -> Void
    ) throws(Failure) {
        guard kind == .object else { return }
        var position = index + 1
        let end = Int(unsafe node.next)
        while position < end {
            let key = unsafe nodes[position]
            try body(
                unsafe ByteSlice(unsafeBase: key.text, count: Int(key.length)),
                unsafe JSONValue(nodes: nodes, index: position + 1))
            position = Int(unsafe key.next)
        }
    }

    /// Visits an array's elements in order.
    public func forEachElement<Failure: Error>(
        _ body: (JSONValue) throws(Failure) -> Void
    ) throws(Failure) {
        guard kind == .array else { return }
        var position = index + 1
        let end = Int(unsafe node.next)
        while position < end {
            try body(unsafe JSONValue(nodes: nodes, index: position))
            position = Int(unsafe nodes[position].next)
        }
    }

    /// The first member of that name; costs a look at the members before it.
    public subscript(name: StaticString) -> JSONValue? {
        guard kind == .object else { return nil }
        var position = index + 1
        let end = Int(unsafe node.next)
        while position < end {
            let key = unsafe nodes[position]
            if unsafe ByteSlice(unsafeBase: key.text, count: Int(key.length)).equals(name) {
                return unsafe JSONValue(nodes: nodes, index: position + 1)
            }
            position = Int(unsafe key.next)
        }
        return nil
    }
}
