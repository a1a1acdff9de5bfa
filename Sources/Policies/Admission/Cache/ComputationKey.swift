import Determinism

/// What a quantum call computes, whoever asks for it: model, circuit, shots and encoded input as
/// 128 hashed bits. Equal for the same computation on every machine; no allocation.
///
/// Among a billion computations, the chance that any two share a key is below 1e-20 for inputs not
/// built to collide; the hash is not cryptographic.
public struct ComputationKey: Hashable, Sendable {
    public let high: UInt64
    public let low: UInt64

    /// - Parameters:
    ///   - model: a hash of the model's name and version.
    ///   - circuit: a hash of the circuit.
    ///   - components: the encoded input, bit by bit; 0 and -0 are the same.
    public init(model: RecordKey, circuit: RecordKey, shots: Int, components: [Double]) {
        var high = StableHash.combine(model.high, circuit.high)
        var low = StableHash.combine(model.low, circuit.low)
        high = StableHash.combine(high, UInt64(bitPattern: Int64(shots)))
        low = StableHash.combine(low, UInt64(components.count))
        for component in components {
            let bits = component == 0 ? 0 : component.bitPattern
            high = StableHash.combine(high, bits)
            // Another word than above: what falls together there does not here.
            low = StableHash.combine(low, bits &+ 0x9FB2_1C65_1E98_DF25)
        }
        self.high = high
        self.low = low
    }

    /// The words are already well mixed: one of them is enough to choose a bucket.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(low)
    }
}
