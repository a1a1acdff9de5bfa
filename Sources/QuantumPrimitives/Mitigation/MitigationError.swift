public import QuantumCircuit

/// Why error mitigation refuses its input, naming the value and what is allowed.
public enum MitigationError: Error, Hashable, Sendable {
    case probability(name: String, value: Double, limit: Double)
    /// Reports that hardly depend on the truth: false ones plus false zeros, per qubit.
    case uninvertible(qubit: Int, sum: Double, limit: Double)
    case qubitCount(Int, allowed: ClosedRange<Int>)
    case counts(count: Int, expected: Int)
    case negativeCount(outcome: Int, count: Int)
    case noShots
    case stringOutOfRange(mask: UInt32, qubits: Int)
    case points(count: Int, needed: Int)
    case pointNotFinite(index: Int)
    case scale(index: Int, value: Double)
    /// Two scale factors too close to each other to extrapolate from.
    case scalesTooClose(Double, Double, separation: Double)
    case distinctScales(count: Int, needed: Int)
    case degree(Int, allowed: ClosedRange<Int>)
    /// Either every point has a standard error above 0, or all are exact.
    case standardError(index: Int, value: Double)
    /// A value that is not on the same side of the asymptote as the first.
    case asymptote(index: Int, value: Double, asymptote: Double)
    /// No decay rate fits best: the values are flat, straight or growing.
    case undeterminedRate
    case gateOperands(gate: String, position: Int, operands: Int)
    case cost(gamma: Double, limit: Double)
    case samples(Int, allowed: ClosedRange<Int>)
    case readings(count: Int, expected: Int)
    case readingNotFinite(index: Int)
    case circuit(CircuitError)
}

extension MitigationError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .probability(let name, let value, let limit):
            "\(name) is \(value): at least 0 and below \(limit) is allowed"
        case .uninvertible(let qubit, let sum, let limit):
            "readout errors of qubit \(qubit) add up to \(sum): up to \(limit) can be inverted"
        case .qubitCount(let count, let allowed):
            "\(count) qubits: \(allowed.lowerBound) to \(allowed.upperBound) are allowed"
        case .counts(let count, let expected): "\(count) counts: \(expected) are needed"
        case .negativeCount(let outcome, let count):
            "the count of outcome \(outcome) is \(count): it must not be negative"
        case .noShots: "all counts are 0: at least one shot is needed"
        case .stringOutOfRange(let mask, let qubits):
            "Z string with mask \(mask): \(qubits) qubits have masks below \(1 << qubits)"
        case .points(let count, let needed): "\(count) points: \(needed) or more are needed"
        case .pointNotFinite(let index): "point \(index) holds a number that is not finite"
        case .scale(let index, let value):
            "scale factor \(value) of point \(index): it must be above 0"
        case .scalesTooClose(let first, let second, let separation):
            "scale factors \(first) and \(second): they must differ by \(separation) or more"
        case .distinctScales(let count, let needed):
            "\(count) different scale factors: \(needed) or more are needed"
        case .degree(let degree, let allowed):
            "degree \(degree): \(allowed.lowerBound) to \(allowed.upperBound) are allowed"
        case .standardError(let index, let value):
            "standard error \(value) of point \(index): all must be above 0, or all 0"
        case .asymptote(let index, let value, let asymptote):
            "value \(value) of point \(index): all must lie on one side of \(asymptote)"
        case .undeterminedRate: "the values do not decay with the noise: no rate fits best"
        case .gateOperands(let gate, let position, let operands):
            "gate \(gate) at position \(position) has \(operands) qubits: "
                + "noise of 1 or 2 can be cancelled"
        case .cost(let gamma, let limit):
            "the quasi-probability norm is \(gamma): up to \(limit) is allowed"
        case .samples(let count, let allowed):
            "\(count) samples: \(allowed.lowerBound) to \(allowed.upperBound) are allowed"
        case .readings(let count, let expected):
            "\(count) readings: \(expected) are needed, one for each circuit"
        case .readingNotFinite(let index):
            "reading \(index) is not a finite value with a standard error of 0 or more"
        case .circuit(let error): error.description
        }
    }
}
