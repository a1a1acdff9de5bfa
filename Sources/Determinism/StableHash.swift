/// Hashes that are the same on every machine, in every process and release: ids of jobs, seeds,
/// shares.
///
/// `Hashable` is seeded per process and must never reach a message or a seed.
public enum StableHash {
    /// FNV-1a over the bytes, finished with the 64-bit mixer of SplitMix64 so that all bits
    /// avalanche.
    @inlinable
    public static func hash64(_ bytes: some Sequence<UInt8>, seed: UInt64 = 0) -> UInt64 {
        var state: UInt64 = 0xCBF2_9CE4_8422_2325 ^ seed
        for byte in bytes {
            state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        }
        return mix(state)
    }

    public static func hash64(_ text: String, seed: UInt64 = 0) -> UInt64 {
        hash64(text.utf8, seed: seed)
    }

    /// SplitMix64's finaliser (Steele, Lea, Flood, OOPSLA'14): a bijection of 64-bit words.
    @inlinable
    public static func mix(_ value: UInt64) -> UInt64 {
        var word = value
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// A seed that depends on both arguments and their order.
    @inlinable
    public static func combine(_ first: UInt64, _ second: UInt64) -> UInt64 {
        mix(first &+ 0x9E37_79B9_7F4A_7C15 &* (mix(second) | 1))
    }
}
