internal import Contracts

/// The hash by which Kafka's Java client, and librdkafka's `murmur2` partitioners, choose a key's
/// partition.
///
/// Austin Appleby's MurmurHash2 in 32 bits with Kafka's seed
/// (`org.apache.kafka.common.utils.Utils.murmur2`).
enum Murmur2 {
    private static let multiplier: UInt32 = 0x5bd1_e995
    private static let seed: UInt32 = 0x9747_b28c

    static func hash(_ bytes: ByteSlice) -> UInt32 {
        var hash = seed ^ UInt32(truncatingIfNeeded: bytes.count)
        let whole = bytes.count & ~3
        for start in stride(from: 0, to: whole, by: 4) {
            var word = UInt32(bytes[start])
            word |= UInt32(bytes[start + 1]) << 8
            word |= UInt32(bytes[start + 2]) << 16
            word |= UInt32(bytes[start + 3]) << 24
            word &*= multiplier
            word ^= word >> 24
            word &*= multiplier
            hash = hash &* multiplier ^ word
        }
        if whole < bytes.count {
            for index in whole..<bytes.count {
                hash ^= UInt32(bytes[index]) << UInt32(8 * (index - whole))
            }
            hash &*= multiplier
        }
        hash ^= hash >> 13
        hash &*= multiplier
        return hash ^ (hash >> 15)
    }

    /// The partition of a key: the hash without its sign, modulo the number of partitions.
    static func partition(of key: ByteSlice, count: Int) -> Int32 {
        Int32(hash(key) & 0x7fff_ffff) % Int32(count)
    }
}
