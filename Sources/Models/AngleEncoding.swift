/// Components to rotation angles: angle = bandwidth · component / √explainedVariance, within ±π.
///
/// Built once when a model loads. Same components, same bits, on every machine.
public struct AngleEncoding: Sendable, Equatable {
    /// Radians per unit of each component; one per qubit.
    public let factors: [Double]
    /// Added to every angle after the bound: zero but for the control without entanglement.
    public let offset: Double

    /// - Precondition: the PCA has at least as many components as the circuit has qubits.
    public init(
        circuit: CircuitSpecification, components pca: PrincipalComponents, offset: Double = 0
    ) {
        precondition(pca.componentCount >= circuit.qubits, "fewer components than qubits")
        factors = pca.explainedVariance.prefix(circuit.qubits).map {
            circuit.bandwidth / $0.squareRoot()
        }
        self.offset = offset
    }

    public var qubits: Int { factors.count }

    /// Encodes n records.
    ///
    /// - Parameters:
    ///   - components: n × q values, record after record.
    ///   - angles: n × q radians in ±π (plus `offset`), overwritten.
    public func encode(_ components: Span<Double>, into angles: inout MutableSpan<Double>) {
        precondition(components.count.isMultiple(of: qubits), "not whole records")
        precondition(angles.count >= components.count, "no room for the angles")
        let factors = factors.span
        for record in 0..<components.count / qubits {
            for qubit in 0..<factors.count {
                let index = record &* factors.count &+ qubit
                let angle = unsafe components[unchecked: index] * factors[unchecked: qubit]
                unsafe angles[unchecked: index] = min(max(angle, -.pi), .pi) + offset
            }
        }
    }

    /// Encodes n records into a new array of n × q radians.
    public func encode(_ components: [Double]) -> [Double] {
        var angles = [Double](repeating: 0, count: components.count)
        var span = angles.mutableSpan
        encode(components.span, into: &span)
        return angles
    }
}
