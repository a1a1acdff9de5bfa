/// What a device's last calibration measured: the input of noise models, of noise-aware layout and
/// of everything that needs gate times.
///
/// Errors are probabilities (average gate infidelities) in 0…1 below 1; times are positive.
public struct CalibrationSnapshot: Hashable, Sendable, Codable {
    public struct Qubit: Hashable, Sendable, Codable {
        /// Relaxation and dephasing times; T2 is at most 2·T1.
        public var t1Microseconds: Double
        public var t2Microseconds: Double
        /// Of a physical one-qubit gate (√X, GPI2).
        public var gateError: Double
        /// Mean of both outcomes' assignment errors.
        public var readoutError: Double

        public init(
            t1Microseconds: Double, t2Microseconds: Double, gateError: Double, readoutError: Double
        ) {
            self.t1Microseconds = t1Microseconds
            self.t2Microseconds = t2Microseconds
            self.gateError = gateError
            self.readoutError = readoutError
        }
    }

    /// The native two-qubit gate on a pair, in both orders unless the other one is listed too.
    public struct Pair: Hashable, Sendable, Codable {
        public var first: Int
        public var second: Int
        public var error: Double
        public var nanoseconds: Double

        public init(first: Int, second: Int, error: Double, nanoseconds: Double) {
            self.first = first
            self.second = second
            self.error = error
            self.nanoseconds = nanoseconds
        }
    }

    /// One for each qubit of the device.
    public var qubits: [Qubit]
    /// At least one for each coupled pair.
    public var pairs: [Pair]
    /// Of a physical one-qubit gate. RZ is a change of frame and takes no time where it is native.
    public var gateNanoseconds: Double
    public var measurementNanoseconds: Double
    public var resetNanoseconds: Double

    public init(
        qubits: [Qubit], pairs: [Pair], gateNanoseconds: Double, measurementNanoseconds: Double,
        resetNanoseconds: Double
    ) {
        self.qubits = qubits
        self.pairs = pairs
        self.gateNanoseconds = gateNanoseconds
        self.measurementNanoseconds = measurementNanoseconds
        self.resetNanoseconds = resetNanoseconds
    }

    /// The same typical figures on every qubit and pair: superconducting, T1 150 µs and CX in
    /// 300 ns; ions, T1 10 s, T2 1 s and MS in 900 µs.
    public static func uniform(
        _ coupling: CouplingMap, _ gates: NativeGateSet
    ) -> CalibrationSnapshot {
        let isIon = gates == .rxx || gates == .gpi
        let qubit = Qubit(
            t1Microseconds: isIon ? 10e6 : 150, t2Microseconds: isIon ? 1e6 : 100,
            gateError: 3e-4, readoutError: isIon ? 5e-3 : 1.5e-2)
        return CalibrationSnapshot(
            qubits: [Qubit](repeating: qubit, count: coupling.qubits),
            pairs: coupling.pairs.map {
                Pair(
                    first: $0.first, second: $0.second, error: 8e-3,
                    nanoseconds: isIon ? 900_000 : 300)
            },
            gateNanoseconds: isIon ? 130_000 : 35,
            measurementNanoseconds: isIon ? 150_000 : 1_000,
            resetNanoseconds: isIon ? 20_000 : 1_000)
    }

    /// The entry of a pair in this order, else in the other; nil when there is none.
    public func pair(_ first: Int, _ second: Int) -> Pair? {
        pairs.first { $0.first == first && $0.second == second }
            ?? pairs.first { $0.first == second && $0.second == first }
    }

    /// What a gate costs: its error, and its time on the device.
    public struct Figures: Hashable, Sendable {
        public let error: Double
        public let nanoseconds: Double
    }

    private static let free = Figures(error: 0, nanoseconds: 0)

    /// What the snapshot says of a gate, native or not, on these qubits of the device.
    ///
    /// A one-qubit gate has the figures of its qubit's physical gate, a two-qubit gate those of its
    /// pair, or the means of all pairs where the device has none: an uncompiled circuit stands for
    /// itself compiled, less what routing adds. Turns about Z, which are changes of frame, and
    /// operations that are no gates have 0.
    ///
    /// - Returns: nil for a gate on three qubits or more, which no device has.
    public func figures(of operation: Operation) -> Figures? {
        switch operation.gate {
        case .id, .z, .s, .sdg, .t, .tdg, .rz, .p: return Self.free
        case let gate where !gate.isUnitary: return Self.free
        default: break
        }
        switch operation.qubits.count {
        case 1:
            return Figures(
                error: qubits[operation.qubits[0]].gateError, nanoseconds: gateNanoseconds)
        case 2:
            if let pair = pair(operation.qubits[0], operation.qubits[1]) {
                return Figures(error: pair.error, nanoseconds: pair.nanoseconds)
            }
            let count = Double(max(pairs.count, 1))
            return Figures(
                error: pairs.reduce(0) { $0 + $1.error } / count,
                nanoseconds: pairs.reduce(0) { $0 + $1.nanoseconds } / count)
        default: return nil
        }
    }

    /// Counts and values against a device.
    func check(_ coupling: CouplingMap) throws(TargetError) {
        guard qubits.count == coupling.qubits else {
            throw .calibrationCount(
                what: "qubits", count: qubits.count, expected: coupling.qubits)
        }
        for (index, qubit) in qubits.enumerated() {
            let place = "qubit \(index)"
            try Self.positive(qubit.t1Microseconds, "t1Microseconds", place)
            try Self.positive(qubit.t2Microseconds, "t2Microseconds", place)
            guard qubit.t2Microseconds <= 2 * qubit.t1Microseconds else {
                throw .calibrationValue(
                    what: "t2Microseconds", place: place, value: qubit.t2Microseconds,
                    allowed: "up to 2·T1 = \(2 * qubit.t1Microseconds)")
            }
            try Self.probability(qubit.gateError, "gateError", place)
            try Self.probability(qubit.readoutError, "readoutError", place)
        }
        for pair in pairs {
            let range = 0..<coupling.qubits
            guard range.contains(pair.first), range.contains(pair.second),
                coupling.couples(pair.first, pair.second)
            else { throw .calibrationPair(first: pair.first, second: pair.second) }
            let place = "pair \(pair.first), \(pair.second)"
            try Self.probability(pair.error, "error", place)
            try Self.positive(pair.nanoseconds, "nanoseconds", place)
        }
        let missing = coupling.pairs.count { self.pair($0.first, $0.second) == nil }
        guard missing == 0 else {
            let count = coupling.pairs.count
            throw .calibrationCount(what: "pairs", count: count - missing, expected: count)
        }
        try Self.positive(gateNanoseconds, "gateNanoseconds", "all qubits")
        try Self.positive(measurementNanoseconds, "measurementNanoseconds", "all qubits")
        try Self.positive(resetNanoseconds, "resetNanoseconds", "all qubits")
    }

    private static func positive(
        _ value: Double, _ what: String, _ place: String
    ) throws(TargetError) {
        guard value > 0, value.isFinite else {
            throw .calibrationValue(what: what, place: place, value: value, allowed: "above 0")
        }
    }

    private static func probability(
        _ value: Double, _ what: String, _ place: String
    ) throws(TargetError) {
        guard value >= 0, value < 1 else {
            throw .calibrationValue(
                what: what, place: place, value: value, allowed: "0 to below 1")
        }
    }
}
