import Contracts
import Determinism

/// A running hash over messages, eight bytes at a time: equal only for equal bytes in equal order.
struct TopicHash {
    private(set) var value: UInt64 = 0x7461_6E64_656D

    mutating func add(_ word: UInt64) {
        value = (value ^ word) &* 0x9E37_79B9_7F4A_7C15
        value ^= value >> 29
    }

    mutating func add(_ bytes: ByteSlice?) {
        guard let bytes else { return add(UInt64.max) }
        add(UInt64(bytes.count))
        var hash = self
        unsafe bytes.withUnsafeBytes { raw in
            var index = 0
            while index + 8 <= raw.count {
                hash.add(unsafe raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                index += 8
            }
            var rest: UInt64 = 0
            while index < raw.count {
                rest = rest << 8 | UInt64(unsafe raw[index])
                index += 1
            }
            hash.add(rest)
        }
        self = hash
    }
}
