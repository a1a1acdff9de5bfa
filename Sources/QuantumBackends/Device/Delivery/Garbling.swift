import Determinism
public import QuantumSimulator

/// A way in which a result is damaged.
struct Garbling: Hashable {
    enum Kind: CaseIterable {
        /// The last record is missing.
        case truncated
        /// One number is not a number.
        case notANumber
        /// One number is far out of its range.
        case outOfRange
        /// One low bit differs: only the checksum tells.
        case flippedBit
    }

    let kind: Kind
    /// Says where.
    let position: Int

    init(draw: UInt64) {
        kind = Kind.allCases[Int(draw & 3)]
        position = Int(draw >> 3 & 0xFFFF_FFFF)
    }

    func damaged(_ estimates: ZEstimates) -> ZEstimates {
        let records = estimates.means.count
        guard records > 0 else { return estimates }
        if kind == .truncated { return estimates.slice(0..<records - 1) }
        var (expectations, means) = (estimates.expectations, estimates.means)
        if expectations.isEmpty {
            means[position % records] = altered(means[position % records])
        } else {
            let place = position % expectations.count
            expectations[place] = altered(expectations[place])
        }
        return ZEstimates(
            expectations: expectations, means: means, standardErrors: estimates.standardErrors)
    }

    private func altered(_ value: Double) -> Double {
        switch kind {
        case .truncated, .notANumber: .nan
        case .outOfRange: value + 1e6
        case .flippedBit: Double(bitPattern: value.bitPattern ^ 1 << 20)
        }
    }
}

extension ZEstimates {
    /// A hash of every number's bits, the same on every machine: what a device sends with a result.
    public var checksum: UInt64 {
        var hash = StableHash.combine(UInt64(expectations.count), UInt64(means.count))
        for values in [expectations, means, standardErrors] {
            for value in values { hash = StableHash.combine(hash, value.bitPattern) }
        }
        return hash
    }
}
