/// A linear classifier on expectation values: logit = intercept + Σ weightₖ ⟨Sₖ⟩, then Platt's
/// calibration.
///
/// Standardisation of the expectations is folded into weights and intercept, so that a measurement
/// is used as it comes.
public struct QuantumHead: Codable, Sendable, Equatable {
    /// The qubits of each Z string, ascending: as `terms(qubits:)` gives them.
    public let terms: [[Int]]
    /// One weight per term.
    public let weights: [Double]
    public let intercept: Double
    public let platt: PlattCalibration

    /// - Throws: `ModelBundleError.invalid` when there are not as many weights as terms, the terms
    ///   are not those of some number of qubits, or a value is not finite.
    public init(
        terms: [[Int]], weights: [Double], intercept: Double, platt: PlattCalibration
    ) throws(ModelBundleError) {
        self.terms = terms
        self.weights = weights
        self.intercept = intercept
        self.platt = platt
        try validate("head", qubits: terms.count { $0.count == 1 })
    }

    /// The measured strings of `qubits` qubits: every single Zᵢ, then every ZᵢZⱼ with i < j, both
    /// in lexicographic order. There are q + q(q−1)/2.
    public static func terms(qubits: Int) -> [[Int]] {
        (0..<qubits).map { [$0] } + Entanglement.full.pairs(qubits: qubits).map { [$0.0, $0.1] }
    }

    /// The uncalibrated log-odds of one record.
    ///
    /// - Parameter expectations: one value in −1…1 per term, exact or averaged over shots.
    public func logit(_ expectations: Span<Double>) -> Double {
        precondition(expectations.count == weights.count, "expectations and terms differ in number")
        let weights = weights.span
        var sum = intercept
        for index in 0..<weights.count { sum += weights[index] * expectations[index] }
        return sum
    }

    /// The calibrated score of one record, strictly between 0 and 1.
    public func score(_ expectations: Span<Double>) -> Double {
        platt.score(logit(expectations))
    }

    /// The calibrated scores of n records from n × terms expectations.
    public func scores(_ expectations: [Double]) -> [Double] {
        precondition(expectations.count.isMultiple(of: weights.count), "not whole records")
        return stride(from: 0, to: expectations.count, by: weights.count).map { base in
            score(expectations.span.extracting(base..<base + weights.count))
        }
    }

    /// What each outcome contributes to the uncalibrated logit: 2^q values of intercept + Σ weightₖ
    /// · (±1), where bit i of the index is the outcome of qubit i.
    ///
    /// Over the counts of a measured record, their mean is `logit` and their variance divided by
    /// the shots is the logit's squared standard error, with every covariance between terms
    /// included.
    public func outcomeLogits() -> [Double] {
        let qubits = terms.count { $0.count == 1 }
        return (0..<1 << qubits).map { outcome in
            zip(terms, weights).reduce(intercept) { sum, term in
                let ones = term.0.count { outcome >> $0 & 1 == 1 }
                return sum + (ones.isMultiple(of: 2) ? term.1 : -term.1)
            }
        }
    }

    func validate(_ field: String, qubits: Int) throws(ModelBundleError) {
        try Require.within(qubits, CircuitSpecification.qubitRange, "\(field).terms")
        try Require.that(
            terms == Self.terms(qubits: qubits), "\(field).terms",
            "are not the single and pair strings of \(qubits) qubits in order")
        try Require.count(weights, terms.count, "\(field).weights")
        try Require.finite(intercept, "\(field).intercept")
        try platt.validate("\(field).platt")
    }
}
