private import Determinism

extension CSVTable {
    /// 16 hexadecimal digits over names, values and labels, not over how the file spelt them: 1 and
    /// 1.0 hash alike, and so do files that differ in quotes or line ends.
    public var contentHash: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(features.count * 8 + labels.count + featureNames.count * 16)
        for name in featureNames {
            Self.append(UInt64(name.utf8.count), to: &bytes)
            bytes += Array(name.utf8)
        }
        for value in features {
            // −0 and 0 are the same number.
            Self.append(value == 0 ? 0 : value.bitPattern, to: &bytes)
        }
        for label in labels { bytes.append(UInt8(truncatingIfNeeded: label)) }
        return hexadecimal(StableHash.hash64(bytes))
    }

    private static func append(_ word: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
        }
    }
}
