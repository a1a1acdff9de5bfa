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

    public var bytes: [UInt8] { unsafe withUnsafeBytes { unsafe [UInt8]($0) } }

    @inlinable
    public func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        guard count > 0 else { return true }
        let words = unsafe UnsafeRawBufferPointer(start: base, count: count)
        let other = unsafe UnsafeRawBufferPointer(start: text.utf8Start, count: count)
        for index in 0..<count where unsafe words[index] != other[index] { return false }
        return true
    }

    public func equals(_ other: ByteSlice) -> Bool {
        guard count == other.count else { return false }
        for index in 0..<count where self[index] != other[index] { return false }
        return true
    }
}
