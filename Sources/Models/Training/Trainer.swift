private import LinearAlgebra

/// Fits a model bundle from a table.
///
/// 1. A stratified validation part is set aside; no fit sees it.
/// 2. Scaler, PCA and baseline are fitted on the rest.
/// 3. The quantum head is fitted on exact expectations of the rest, and calibrated on out-of-fold
///    logits (five folds), so that calibration too is on rows that the head had not seen.
///    With an ansatz, its weights are trained first, on those rows too: calibration then is on rows
///    that the head had not seen, but four fifths of which the ansatz had.
/// 4. The controls are fitted on the same rows, components and folds as the quantum head.
/// 5. Every scorer is measured on both parts.
public enum Trainer {
    /// Exact expectation values of a batch of records, from the quantum modules.
    ///
    /// - Parameters:
    ///   - angles: n × q radians, record after record.
    ///   - count: n.
    ///   - circuit: which circuit; the control's has entanglement `none`.
    /// - Returns: n × terms values in −1…1, terms as `QuantumHead.terms(qubits:)` orders them.
    public typealias QuantumFeatures = (
        _ angles: [Double], _ count: Int, _ circuit: CircuitSpecification
    ) throws -> [Double]

    /// The derivatives of Σ weightₖ⟨Sₖ⟩ by the weights of a circuit's ansatz, record by record.
    ///
    /// - Parameters:
    ///   - angles, count, circuit: as of `QuantumFeatures`; the circuit has an ansatz.
    ///   - weights: one per term.
    /// - Returns: the n sums themselves, and n × W derivatives.
    public typealias QuantumGradients = (
        _ angles: [Double], _ count: Int, _ circuit: CircuitSpecification, _ weights: [Double]
    ) throws -> (values: [Double], gradients: [Double])

    /// Same table, configuration and machine type: the same bundle, byte for byte.
    ///
    /// - Parameters:
    ///   - quantumGradients: needed to train an ansatz.
    ///   - onProgress: hears of every round of an ansatz' training.
    /// - Throws: `TrainingError`, or what the quantum functions throw.
    public static func train(
        _ table: CSVTable, configuration: TrainingConfiguration,
        quantumFeatures: @escaping QuantumFeatures, quantumGradients: QuantumGradients? = nil,
        onProgress: (AnsatzProgress) -> Void = { _ in }
    ) throws -> ModelBundle {
        try configuration.validate()
        try check(table, configuration)
        do {
            let session = try TrainingSession(table, configuration)
            return try session.bundle(
                CircuitFunctions(features: quantumFeatures, gradients: quantumGradients),
                onProgress)
        } catch let error as LinearAlgebraError {
            throw TrainingError.numeric(error)
        } catch let error as ModelBundleError {
            throw TrainingError.bundle(error)
        }
    }

    private static func check(
        _ table: CSVTable, _ configuration: TrainingConfiguration
    ) throws(TrainingError) {
        guard !table.labels.isEmpty else { throw .noLabels(source: table.source) }
        let features = table.featureNames.count
        guard configuration.qubits <= features else {
            throw .tooManyComponents(components: configuration.qubits, features: features)
        }
        let counts = [0, 1].map { label in table.labels.count { $0 == label } }
        for label in [0, 1] where counts[label] == 0 {
            throw .oneClass(label: 1 - label, rows: table.rowCount)
        }
        let minimum = TrainingConfiguration.minimumRowsPerLabel
        for label in [0, 1] where counts[label] < minimum {
            throw .tooFewRows(label: label, rows: counts[label], minimum: minimum)
        }
    }
}
