public import QuantumCircuit

/// What to estimate from measurements in the computational basis: Z strings, and one weighted sum
/// of them.
///
/// Made once per model: the weighted sum becomes a table over all bit strings, so that its mean and
/// variance cost one pass over a histogram, correlations between strings included.
public struct ZReadout: Hashable, Sendable {
    public let qubits: Int
    public let strings: [ZString]
    /// Weight of each string in the functional h(b) = Σ wₖ Sₖ(b).
    public let weights: [Double]
    /// h(b) for every bit string b, least significant bit first.
    public let table: [Double]

    /// - Parameters:
    ///   - strings: masks below 2^qubits; any order, repeats allowed.
    ///   - weights: one per string; nil for zeros (no functional).
    public init(
        qubits: Int, strings: [ZString], weights: [Double]? = nil
    ) throws(SimulationError) {
        guard (1...BatchSimulator.maximumQubits).contains(qubits) else {
            throw .tooManyQubits(qubits, limit: BatchSimulator.maximumQubits)
        }
        for string in strings where string.mask >> UInt32(qubits) != 0 {
            throw .stringOutOfRange(mask: string.mask, qubits: qubits)
        }
        let weights = weights ?? [Double](repeating: 0, count: strings.count)
        guard weights.count == strings.count else {
            throw .weights(count: weights.count, expected: strings.count)
        }
        self.qubits = qubits
        self.strings = strings
        self.weights = weights
        masks = strings.map(\.mask)
        isUpToPairs = strings.allSatisfy { $0.weight <= 2 }
        table = Self.tabulate(qubits, strings, weights)
    }

    let masks: [UInt32]
    /// Whether every string acts on at most two qubits, which a shorter transform serves.
    let isUpToPairs: Bool

    /// A Walsh–Hadamard transform of the weights.
    private static func tabulate(
        _ qubits: Int, _ strings: [ZString], _ weights: [Double]
    ) -> [Double] {
        var table = [Double](repeating: 0, count: 1 << qubits)
        for (string, weight) in zip(strings, weights) { table[Int(string.mask)] += weight }
        for bit in 0..<qubits {
            let half = 1 << bit
            for low in table.indices where low & half == 0 {
                let (x, y) = (table[low], table[low | half])
                table[low] = x + y
                table[low | half] = x - y
            }
        }
        return table
    }
}

/// Estimates for a batch of records, row-major; reuse one value to avoid allocation.
public struct ZEstimates: Hashable, Sendable {
    /// count × strings: each string's mean, −1…1.
    public internal(set) var expectations: [Double] = []
    /// The functional's mean, one per record.
    public internal(set) var means: [Double] = []
    /// Standard error of the functional's mean from shot noise; 0 when exact, and with a single
    /// shot.
    public internal(set) var standardErrors: [Double] = []

    public init() {}

    mutating func resize(records: Int, strings: Int) {
        expectations.fit(records * strings)
        means.fit(records)
        standardErrors.fit(records)
    }
}

extension [Double] {
    /// Becomes `size` elements long; keeps its storage when it is already.
    mutating func fit(_ size: Int) {
        if count != size { self = [Double](repeating: 0, count: size) }
    }

    /// The index of the first infinity or NaN.
    var firstNonFinite: Int? {
        // A value times zero is zero unless it is not finite: eight sums say whether to look closer.
        var sums = SIMD8<Double>()
        let whole = count / 8 * 8
        unsafe withUnsafeBytes { bytes in
            for index in stride(from: 0, to: whole, by: 8) {
                sums +=
                    unsafe bytes.loadUnaligned(
                        fromByteOffset: index * MemoryLayout<Double>.stride, as: SIMD8<Double>.self)
                    * 0
            }
        }
        let rest = self[whole...].reduce(0) { $0 + $1 * 0 }
        return sums.sum() + rest == 0 ? nil : firstIndex { !$0.isFinite }
    }
}

extension ZEstimates {
    /// The estimates of a range of records.
    public func slice(_ records: Range<Int>) -> ZEstimates {
        let strings = means.isEmpty ? 0 : expectations.count / means.count
        var part = ZEstimates()
        part.expectations = Array(
            expectations[records.lowerBound * strings..<records.upperBound * strings])
        part.means = Array(means[records])
        part.standardErrors = Array(standardErrors[records])
        return part
    }
}
