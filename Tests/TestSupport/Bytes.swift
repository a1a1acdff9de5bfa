public import Contracts
import Synchronization

/// Bytes that live until the tests end, so that slices of them are always valid.
private let storage = Mutex<[OwnedBytes]>([])

public func kept(_ bytes: some Collection<UInt8>) -> ByteSlice {
    let owned = OwnedBytes(bytes)
    storage.withLock { $0.append(owned) }
    return owned.slice
}

public func kept(_ text: String) -> ByteSlice { kept(Array(text.utf8)) }

/// A document followed by the padding that the parser wants.
public func keptDocument(_ bytes: some Collection<UInt8>) -> ByteSlice {
    var writer = ByteWriter(capacity: 256)
    writer.append(bytes: Array(bytes) + [UInt8](repeating: 0x20, count: JSONParser.padding))
    return kept(writer.contents).prefix(bytes.count)
}

public func keptDocument(_ text: String) -> ByteSlice { keptDocument(Array(text.utf8)) }

extension ByteSlice {
    /// The first `length` bytes of the same storage.
    public func prefix(_ length: Int) -> ByteSlice {
        unsafe withUnsafeBytes { raw in
            unsafe ByteSlice(
                unsafeBase: raw.baseAddress?.assumingMemoryBound(to: UInt8.self),
                count: min(length, raw.count))
        }
    }
}

extension TopicMessage {
    /// The message as its topic carries it.
    public var encoded: [UInt8] {
        var writer = ByteWriter(capacity: 1_024)
        write(into: &writer)
        return writer.contents
    }

    /// Reads a document whose bytes, and the parser's own, stay valid until the tests end.
    public static func decoding(_ text: some Collection<UInt8>) throws(ContractViolation) -> Self {
        var message = Self()
        let parser = JSONParser()
        parsers.withLock { $0.append(Kept(parser: parser)) }
        try message.read(keptDocument(text), with: parser)
        return message
    }
}

/// A parser that nobody uses any more: only its buffers are still read.
private struct Kept: @unchecked Sendable { let parser: JSONParser }

private let parsers = Mutex<[Kept]>([])
