import LinearAlgebra

/// What the quantum modules compute for the trainer, checked.
struct CircuitFunctions {
    let features: Trainer.QuantumFeatures
    let gradients: Trainer.QuantumGradients?

    /// n × terms expectations of n × q angles.
    func expectations(_ angles: Matrix, _ circuit: CircuitSpecification) throws -> Matrix {
        let count = angles.rows
        let terms = QuantumHead.terms(qubits: circuit.qubits).count
        let values = try features(angles.elements, count, circuit)
        guard values.count == count * terms else {
            throw TrainingError.expectationCount(got: values.count, expected: count * terms)
        }
        for (index, value) in values.enumerated() where !(value.magnitude <= 1 + 1e-9) {
            throw TrainingError.expectationRange(index: index, value: value)
        }
        return try Matrix(rows: count, columns: terms, elements: values)
    }

    /// Σ weightₖ⟨Sₖ⟩ of each record, and its n × W derivatives by the ansatz' weights.
    func gradients(
        _ angles: Matrix, _ circuit: CircuitSpecification, _ weights: [Double]
    ) throws -> (values: [Double], gradients: [Double]) {
        guard let gradients else { throw TrainingError.noGradients }
        let count = angles.rows
        let result = try gradients(angles.elements, count, circuit, weights)
        let expected = count * (circuit.ansatz?.weights.count ?? 0)
        guard result.values.count == count, result.gradients.count == expected else {
            throw TrainingError.gradientCount(got: result.gradients.count, expected: expected)
        }
        if let index = result.gradients.firstIndex(where: { !$0.isFinite }) {
            throw TrainingError.nonFiniteGradient(index: index)
        }
        return result
    }
}
