/// What is wrong with an observable, naming the term or the column.
public enum ObservableError: Error, Hashable, Sendable {
    case stringOutOfRange(term: Int, qubit: Int, qubits: Int)
    case nonFiniteCoefficient(term: Int)
    case tooManyTerms(limit: Int)
    case qubitCount(Int, limit: Int)
    /// Columns count characters from 1.
    case text(column: Int, found: String, expected: String)
}

extension ObservableError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .stringOutOfRange(let term, let qubit, let qubits):
            "term \(term) acts on qubit \(qubit): the observable has 0 to \(qubits - 1)"
        case .nonFiniteCoefficient(let term): "the coefficient of term \(term) is not finite"
        case .tooManyTerms(let limit): "an observable of more than \(limit) terms"
        case .qubitCount(let count, let limit):
            "an observable on \(count) qubits: 1 to \(limit) are allowed"
        case .text(let column, let found, let expected):
            "column \(column): found \(found), expected \(expected)"
        }
    }
}

/// An observable: a sum of Pauli strings with real coefficients.
public struct PauliSum: Hashable, Sendable {
    public static let maximumTerms = 100_000

    public struct Term: Hashable, Sendable {
        public let coefficient: Double
        public let string: PauliString

        public init(_ coefficient: Double, _ string: PauliString) {
            self.coefficient = coefficient
            self.string = string
        }
    }

    public let qubits: Int
    /// In the given order; the same string may occur more than once.
    public let terms: [Term]

    /// - Parameters:
    ///   - qubits: 1…`Circuit.maximumQubits`.
    ///   - terms: finite coefficients, strings within the qubits; may be empty (zero).
    public init(qubits: Int, terms: [Term]) throws(ObservableError) {
        guard (1...Circuit.maximumQubits).contains(qubits) else {
            throw .qubitCount(qubits, limit: Circuit.maximumQubits)
        }
        guard terms.count <= Self.maximumTerms else {
            throw .tooManyTerms(limit: Self.maximumTerms)
        }
        for (index, term) in terms.enumerated() {
            guard term.coefficient.isFinite else { throw .nonFiniteCoefficient(term: index) }
            let above = (term.string.x | term.string.z) >> UInt32(qubits)
            guard above == 0 else {
                throw .stringOutOfRange(
                    term: index, qubit: qubits + above.trailingZeroBitCount, qubits: qubits)
            }
        }
        self.qubits = qubits
        self.terms = terms
    }

    /// Whether it can be read off measurements in the computational basis.
    public var isDiagonal: Bool { terms.allSatisfy(\.string.isDiagonal) }

    /// Equal strings added up, in the order of their first occurrence; zeros dropped.
    public var simplified: PauliSum {
        var sums: [PauliString: Double] = [:]
        for term in terms { sums[term.string, default: 0] += term.coefficient }
        var kept: [Term] = []
        for term in terms {
            guard let sum = sums.removeValue(forKey: term.string), sum != 0 else { continue }
            kept.append(Term(sum, term.string))
        }
        return PauliSum(checked: kept, qubits: qubits)
    }

    private init(checked terms: [Term], qubits: Int) {
        self.terms = terms
        self.qubits = qubits
    }

    /// Σ coefficient·⟨string⟩ from the strings' expectation values, in the order of `terms`.
    public func value(expectations: [Double]) -> Double {
        zip(terms, expectations).reduce(0) { $0 + $1.0.coefficient * $1.1 }
    }
}

extension PauliSum: CustomStringConvertible {
    /// `0.5*Z0Z3 - 1.25*X1Y2 + 2.0*I`; `0` without terms. Numbers are the shortest that read back
    /// exactly, so that the text parses to an equal value.
    public var description: String {
        guard let first = terms.first else { return "0" }
        return terms.dropFirst().reduce("\(first.coefficient)*\(first.string)") { text, term in
            let sign = term.coefficient < 0 ? " - " : " + "
            return text + sign + "\(abs(term.coefficient))*\(term.string)"
        }
    }
}

extension PauliString {
    /// Whether both strings can be read off one measurement: on each qubit that both act on, they
    /// act with the same Pauli operator.
    public func commutesQubitWise(with other: PauliString) -> Bool {
        let common = (x | z) & (other.x | other.z)
        return (x ^ other.x) & common == 0 && (z ^ other.z) & common == 0
    }

    /// Whether the operators commute.
    public func commutes(with other: PauliString) -> Bool {
        ((x & other.z).nonzeroBitCount + (z & other.x).nonzeroBitCount) & 1 == 0
    }
}

extension PauliString: CustomStringConvertible {
    /// `X0Y2`; `I` for the identity.
    public var description: String {
        guard x | z != 0 else { return "I" }
        return (0..<32).map { qubit in
            switch (x >> UInt32(qubit) & 1, z >> UInt32(qubit) & 1) {
            case (1, 1): "Y\(qubit)"
            case (1, _): "X\(qubit)"
            case (_, 1): "Z\(qubit)"
            default: ""
            }
        }.joined()
    }
}
