/// A borrowed run of bytes: an id, a key or a value inside a batch or a parsed document.
///
/// It is valid only as long as its owner (the batch, or the parser until its next document). What
/// must live longer is copied with `string` or `bytes`. Reads are bounds-checked.
@safe
public struct ByteSlice: @unchecked Sendable {
    @usableFromInline let base: UnsafePointer<UInt8>?
    public let count: Int

    @inlinable
    public init(unsafeBase base: UnsafePointer<UInt8>?, count: Int) {
        unsafe self.base = base
        self.count = count
    }

    /// No bytes at an address: what an absent key or value is.
    public static var absent: ByteSlice { unsafe ByteSlice(unsafeBase: nil, count: 0) }

    @inlinable public var isEmpty: Bool { count == 0 }

    @inlinable
    public subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < count, "byte index out of range")
        return unsafe base.unsafelyUnwrapped[index]
    }

    @inlinable
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        unsafe body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// The bytes as text; invalid UTF-8 is repaired with U+FFFD.
    public var string: String {
        unsafe withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// The beginning of the text as a message for people may quote it: at most `limit` code points, what
    /// would steer a terminal or break the line shown as `?`.
    ///
    /// Not characters: one of those may be any number of accents on one letter, and the message becomes
    /// headers of a reject, whose size is bounded.
    public func excerpt(_ limit: Int = 60) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in prefix(atMost: 4 * limit).string.unicodeScalars.prefix(limit) {
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            shown.append(isControl ? "?" : scalar)
        }
        return String(shown)
    }

    private func prefix(atMost length: Int) -> ByteSlice {
        unsafe ByteSlice(unsafeBase: base, count: min(length, count))
    }

    public var bytes: [UInt8] { unsafe withUnsafeBytes { unsafe [UInt8]($0) } }

    @inlinable
    public func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        return unsafe ByteSlice.equal(base, text.utf8Start, count)
    }

    @inlinable
    public func equals(_ other: ByteSlice) -> Bool {
        guard count == other.count else { return false }
        return unsafe ByteSlice.equal(base, other.base, count)
    }

    public func hasPrefix(_ text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        return unsafe ByteSlice.equal(base, text.utf8Start, text.utf8CodeUnitCount)
    }

    /// Eight bytes at a time: names and ids are compared several times for every message.
    @inlinable
    static func equal(
        _ left: UnsafePointer<UInt8>?, _ right: UnsafePointer<UInt8>?, _ count: Int
    ) -> Bool {
        guard count > 0, let left = unsafe UnsafeRawPointer(left),
            let right = unsafe UnsafeRawPointer(right)
        else { return true }
        var index = 0
        while index + 8 <= count {
            let first = unsafe left.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let second = unsafe right.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            if first != second { return false }
            index += 8
        }
        while index < count {
            let first = unsafe left.load(fromByteOffset: index, as: UInt8.self)
            let second = unsafe right.load(fromByteOffset: index, as: UInt8.self)
            if first != second { return false }
            index += 1
        }
        return true
    }
}
