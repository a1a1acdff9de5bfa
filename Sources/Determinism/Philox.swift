/// Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw,
/// "Parallel random numbers: as easy as 1, 2, 3" (SC'11).
///
/// A draw is a pure function of (key, counter): the same job gives the same numbers on any machine,
/// in any order and on any thread. Verified against the Random123 known-answer vectors.
public struct Philox4x32: Sendable {
    @usableFromInline let key0: UInt32
    @usableFromInline let key1: UInt32

    public init(key: UInt64) {
        key0 = UInt32(truncatingIfNeeded: key)
        key1 = UInt32(truncatingIfNeeded: key >> 32)
    }

    /// Four uniform 32-bit words for one counter value.
    @inlinable
    public func block(_ counter: SIMD4<UInt32>) -> SIMD4<UInt32> {
        var (c0, c1, c2, c3) = (counter.x, counter.y, counter.z, counter.w)
        var (k0, k1) = (key0, key1)
        for _ in 0..<10 {
            let product0 = UInt64(c0) &* 0xD251_1F53
            let product1 = UInt64(c2) &* 0xCD9E_8D57
            let next0 = UInt32(truncatingIfNeeded: product1 >> 32) ^ c1 ^ k0
            let next2 = UInt32(truncatingIfNeeded: product0 >> 32) ^ c3 ^ k1
            c1 = UInt32(truncatingIfNeeded: product1)
            c3 = UInt32(truncatingIfNeeded: product0)
            c0 = next0
            c2 = next2
            k0 = k0 &+ 0x9E37_79B9
            k1 = k1 &+ 0xBB67_AE85
        }
        return SIMD4(c0, c1, c2, c3)
    }

    /// Four uniform 32-bit words for counter (low, high 64 bits).
    @inlinable
    public func block(_ low: UInt64, stream: UInt64 = 0) -> SIMD4<UInt32> {
        block(
            SIMD4(
                UInt32(truncatingIfNeeded: low), UInt32(truncatingIfNeeded: low >> 32),
                UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32)))
    }
}

/// A sequential generator over one Philox key and stream, for callers that draw one number after
/// another.
public struct RandomStream: RandomNumberGenerator, Sendable {
    @usableFromInline let philox: Philox4x32
    @usableFromInline let stream: UInt64
    @usableFromInline var counter: UInt64 = 0
    @usableFromInline var spare: UInt64?

    /// - Parameters:
    ///   - seed: the key; equal seeds give equal sequences.
    ///   - stream: independent sequences under one seed.
    public init(seed: UInt64, stream: UInt64 = 0) {
        philox = Philox4x32(key: seed)
        self.stream = stream
    }

    @inlinable
    public mutating func next() -> UInt64 {
        if let value = spare {
            spare = nil
            return value
        }
        let words = philox.block(counter, stream: stream)
        counter &+= 1
        spare = UInt64(words.z) | UInt64(words.w) << 32
        return UInt64(words.x) | UInt64(words.y) << 32
    }

    /// Uniform in [0, 1) with 53 random bits.
    @inlinable
    public mutating func uniform() -> Double {
        Double(next() >> 11) * 0x1p-53
    }
}
