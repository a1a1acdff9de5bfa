/// Bytes that own their storage, to be written again and again: names of models, circuits, devices.
@safe
public final class OwnedBytes: @unchecked Sendable {
    private let buffer: UnsafeMutableBufferPointer<UInt8>

    public init(_ bytes: some Collection<UInt8>) {
        unsafe buffer = .allocate(capacity: bytes.count)
        _ = unsafe buffer.initialize(from: bytes)
    }

    public convenience init(_ text: String) { self.init(Array(text.utf8)) }

    deinit { unsafe buffer.deallocate() }

    /// Valid as long as this object: never take it from a temporary, and hold a local one with
    /// `withExtendedLifetime` until the slice has been used.
    public var slice: ByteSlice {
        unsafe ByteSlice(unsafeBase: UnsafePointer(buffer.baseAddress), count: buffer.count)
    }
}
