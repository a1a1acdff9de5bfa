/// Bytes that outlive the batch or document they came from; one allocation, shared by copies.
public struct OwnedBytes: @unchecked Sendable {
    // The count is the header, the bytes follow it. Never changed after `init`.
    private let storage: ManagedBuffer<Int, UInt8>

    public init(_ bytes: some Collection<UInt8>) {
        let count = bytes.count
        storage = ManagedBuffer<Int, UInt8>.create(minimumCapacity: count) { _ in count }
        unsafe storage.withUnsafeMutablePointerToElements { base in
            _ = unsafe UnsafeMutableBufferPointer(start: base, count: count).initialize(from: bytes)
        }
    }

    public init(_ slice: ByteSlice) {
        let count = slice.count
        storage = ManagedBuffer<Int, UInt8>.create(minimumCapacity: count) { _ in count }
        unsafe storage.withUnsafeMutablePointerToElements { base in
            unsafe slice.withUnsafeBytes { bytes in
                unsafe UnsafeMutableRawBufferPointer(start: base, count: bytes.count)
                    .copyMemory(from: bytes)
            }
        }
    }

    public init(_ text: String) { self.init(Array(text.utf8)) }

    /// `ByteSlice.excerpt` of them.
    func excerpt(_ limit: Int) -> String { withExtendedLifetime(self) { slice.excerpt(limit) } }

    /// Valid as long as a copy of this value lives: never take it from a temporary, and hold a
    /// local one with `withExtendedLifetime` until the slice has been used.
    public var slice: ByteSlice {
        unsafe storage.withUnsafeMutablePointers { count, base in
            unsafe ByteSlice(unsafeBase: UnsafePointer(base), count: count.pointee)
        }
    }
}
