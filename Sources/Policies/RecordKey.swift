public import Determinism

/// A record's id as 128 hashed bits, so that hot tables hold no strings.
///
/// Two stable 64-bit hashes under different seeds: the same on every machine and in every release.
/// Among a billion ids in one table, the chance that any two share a key is below 1e-20 for ids not
/// built to collide; the hash is not cryptographic.
public struct RecordKey: Hashable, Comparable, Sendable {
    public let high: UInt64
    public let low: UInt64

    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The key of a record's id.
    public init(id: String) {
        self.init(
            high: StableHash.hash64(id, seed: RecordKey.highSeed),
            low: StableHash.hash64(id, seed: RecordKey.lowSeed))
    }

    /// The key of a record's id given as its UTF-8 bytes; equal to the key of the same `String`.
    @inlinable
    public init(bytes: some Sequence<UInt8>) {
        self.init(
            high: StableHash.hash64(bytes, seed: RecordKey.highSeed),
            low: StableHash.hash64(bytes, seed: RecordKey.lowSeed))
    }

    @usableFromInline static let highSeed: UInt64 = 0x7461_6E64_656D_2D68
    @usableFromInline static let lowSeed: UInt64 = 0x7461_6E64_656D_2D6C

    /// The words are already well mixed: one of them is enough to choose a bucket.
    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(low)
    }

    /// What dictionaries ask for: one multiplication that folds both words and the table's seed,
    /// in place of SipHash over words that are hashes already.
    @inlinable
    public func _rawHashValue(seed: Int) -> Int {
        let product = (low ^ UInt64(truncatingIfNeeded: seed)).multipliedFullWidth(by: high | 1)
        return Int(truncatingIfNeeded: product.high ^ product.low)
    }

    @inlinable
    public static func < (left: RecordKey, right: RecordKey) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }
}
