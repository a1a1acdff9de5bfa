private import Determinism
private import Glibc

/// The classical surrogate of the quantum head: a logistic head on an RBF kernel of the same
/// components, at equal cost in data.
///
/// If it scores as well as the quantum head, the circuit adds nothing on this data. The components
/// are first scaled to unit variance; the kernel is expanded on landmarks (Nyström: Williams and
/// Seeger, NIPS 2000), whose whitening is folded into the weights.
public struct KernelSurrogate: Codable, Sendable, Equatable {
    /// q factors, 1 / √explainedVariance.
    public let componentScale: [Double]
    /// m × q scaled training records, row-major.
    public let landmarks: [Double]
    /// The kernel is e^(−gamma · squared distance); above 0.
    public let gamma: Double
    /// m weights.
    public let weights: [Double]
    public let intercept: Double
    public let platt: PlattCalibration

    /// The calibrated score of one record, strictly between 0 and 1.
    ///
    /// - Parameter components: q values, not yet scaled.
    public func score(_ components: Span<Double>) -> Double {
        precondition(components.count == componentScale.count, "not as many components as scales")
        var logit = intercept
        for landmark in 0..<weights.count {
            var distance = 0.0
            for index in 0..<componentScale.count {
                let difference =
                    components[index] * componentScale[index]
                    - landmarks[landmark * componentScale.count + index]
                distance += difference * difference
            }
            logit += weights[landmark] * exp(-gamma * distance)
        }
        return platt.score(logit)
    }

    func validate(_ field: String, qubits: Int) throws(ModelBundleError) {
        try Require.count(componentScale, qubits, "\(field).componentScale")
        try Require.that(!weights.isEmpty, "\(field).weights", "is empty")
        try Require.finite(weights, "\(field).weights")
        try Require.count(landmarks, weights.count * qubits, "\(field).landmarks")
        try Require.positive(gamma, "\(field).gamma")
        try Require.finite(intercept, "\(field).intercept")
        try platt.validate("\(field).platt")
    }
}

/// The same circuit family without entanglement, with its own head.
///
/// Without an offset its expectations are even in every component and cannot tell left from right:
/// a control that would lose by construction. So its angles are moved by π/4, where cos(2x) is
/// steepest, and it has a bandwidth of its own: the strongest simple product-state opponent.
public struct ProductStateControl: Codable, Sendable, Equatable {
    /// `entanglement` is `none`; qubits and shots are the main circuit's.
    public let circuit: CircuitSpecification
    /// Radians added to every angle.
    public let angleOffset: Double
    public let head: QuantumHead

    /// `zz-feature-map@1.0.0+without-entanglement`: as messages name the circuit.
    public var identity: String { circuit.identity + "+without-entanglement" }

    /// 16 hexadecimal digits over the circuit and its offset: never those of a model's own circuit.
    public var circuitHash: String {
        let offset = hexadecimal(angleOffset.bitPattern)
        return hexadecimal(
            StableHash.hash64("without-entanglement|\(circuit.hash)|\(offset)"))
    }

    func validate(_ field: String, qubits: Int) throws(ModelBundleError) {
        try circuit.validate("\(field).circuit")
        try Require.that(
            circuit.entanglement == .none, "\(field).circuit.entanglement", "is not 'none'")
        try Require.that(
            circuit.qubits == qubits, "\(field).circuit.qubits",
            "\(circuit.qubits) is not the model's \(qubits)")
        try Require.within(angleOffset, -Double.pi...Double.pi, "\(field).angleOffset")
        try head.validate("\(field).head", qubits: qubits)
    }
}
