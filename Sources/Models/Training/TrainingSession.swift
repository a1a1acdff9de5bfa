private import Determinism
import LinearAlgebra

/// One training run: the split and the classical parts, then the quantum parts on top of them.
struct TrainingSession {
    private let table: CSVTable
    private let configuration: TrainingConfiguration
    private let features: FeatureContract
    private let scaler: StandardScaler
    private let pca: PrincipalComponents
    private let train: PreparedRows
    private let validation: PreparedRows
    private let crossFit: CrossFit

    /// Independent streams under the run's one seed.
    private enum Stream: UInt64 {
        case split = 1
        case folds, landmarks, ansatz
    }

    /// The product-state control turns its qubits by up to some ±1 rad over the data: wide enough
    /// for a signal well above the shots' noise, narrow enough to stay monotone.
    private static let controlBandwidth = 0.25
    /// Where cos(2x) is steepest; without it the control could not tell left from right.
    private static let controlOffset = Double.pi / 4

    init(_ table: CSVTable, _ configuration: TrainingConfiguration) throws {
        self.table = table
        self.configuration = configuration
        features = try FeatureContract(names: table.featureNames)
        let seed = { (stream: Stream) in
            StableHash.combine(configuration.seed, stream.rawValue)
        }
        let (kept, held) = StratifiedSplit.holdOut(
            table.labels, fraction: configuration.validationFraction, seed: seed(.split))
        scaler = try StandardScaler.fit(
            table.matrix(kept), names: table.featureNames, clip: configuration.clip)
        pca = try Self.components(table, kept, scaler, count: configuration.qubits)
        let reduction = Reduction(scaler: scaler, components: pca)
        train = try PreparedRows(kept, of: table, with: reduction)
        validation = try PreparedRows(held, of: table, with: reduction)
        crossFit = CrossFit(labels: train.labels, seed: seed(.folds))
    }

    func bundle(
        _ functions: CircuitFunctions, _ onProgress: (AnsatzProgress) -> Void
    ) throws -> ModelBundle {
        let baseline = try LogisticRegression(l2: configuration.l2)
            .fit(train.standardised, labels: train.labels)
        let map = try specification(
            configuration.entanglement, repetitions: configuration.repetitions,
            bandwidth: configuration.bandwidth)
        let trained = try ansatz(map, functions, onProgress)
        let circuit = trained?.circuit ?? map
        let quantum = try head(circuit, offset: 0, functions)
        // One repetition alone would measure nothing.
        let control = try specification(
            .none, repetitions: max(2, configuration.repetitions),
            bandwidth: Self.controlBandwidth)
        let product = try head(control, offset: Self.controlOffset, functions)
        let surrogate = try surrogate()
        let thresholds = try thresholds()
        let scorers = ModelMetrics(
            trainRows: train.labels.count, validationRows: validation.labels.count,
            classical: try metrics(
                train: Self.scores(baseline, train.standardised),
                validation: Self.scores(baseline, validation.standardised)),
            quantum: quantum.metrics,
            surrogate: try metrics(
                train: Self.scores(surrogate, train.components),
                validation: Self.scores(surrogate, validation.components)),
            withoutEntanglement: product.metrics, ansatz: trained?.metrics)
        var bundle = ModelBundle(
            formatVersion: ModelBundle.currentFormat, name: configuration.name, version: "",
            features: features, scaler: scaler, pca: pca, baseline: baseline, circuit: circuit,
            circuitHash: circuit.hash, head: quantum.head, thresholds: thresholds,
            controls: .init(
                surrogate: surrogate,
                withoutEntanglement: ProductStateControl(
                    circuit: control, angleOffset: Self.controlOffset, head: product.head)),
            datasetHash: table.contentHash, seed: configuration.seed, metrics: scorers)
        try bundle.validate()
        bundle.version = try bundle.contentVersion()
        return bundle
    }
}

// MARK: - Classical parts

extension TrainingSession {
    private static func components(
        _ table: CSVTable, _ rows: [Int], _ scaler: StandardScaler, count: Int
    ) throws -> PrincipalComponents {
        let raw = try table.matrix(rows)
        var standardised = Matrix(rows: raw.rows, columns: raw.columns)
        standardised.withMutableElements { elements in
            scaler.standardise(raw.elements.span, into: &elements)
        }
        return try PrincipalComponents.fit(standardised, count: count)
    }

    private func surrogate() throws(TrainingError) -> KernelSurrogate {
        let scale = pca.explainedVariance.map { 1 / $0.squareRoot() }
        var inputs = train.components
        inputs.withMutableElements { elements in
            for index in 0..<elements.count { elements[index] *= scale[index % scale.count] }
        }
        let fit = SurrogateFit(
            inputs: inputs, labels: train.labels, crossFit: crossFit, l2: configuration.l2,
            landmarkCount: configuration.landmarks,
            seed: StableHash.combine(configuration.seed, Stream.landmarks.rawValue))
        return try fit.fit(componentScale: scale)
    }

    private func thresholds() throws -> ConfidenceThresholds {
        let l2 = configuration.l2
        let logits = try crossFit.logits(train.standardised, labels: train.labels) {
            (features, labels) throws(TrainingError) in
            try LogisticRegression(l2: l2).fit(features, labels: labels)
        }
        return try ConfidenceThresholds.fit(outOfFoldLogits: logits, labels: train.labels)
    }

    private static func scores(_ model: LogisticModel, _ features: Matrix) -> [Double] {
        var scores = [Double](repeating: 0, count: features.rows)
        var span = scores.mutableSpan
        model.score(features.elements.span, into: &span)
        return scores
    }

    private static func scores(_ surrogate: KernelSurrogate, _ components: Matrix) -> [Double] {
        (0..<components.rows).map { surrogate.score(components.row($0).span) }
    }

    private func metrics(
        train trainScores: [Double], validation validationScores: [Double]
    ) throws(TrainingError) -> ScorerMetrics {
        ScorerMetrics(
            train: try Self.metrics(trainScores, train.labels),
            validation: try Self.metrics(validationScores, validation.labels))
    }

    private static func metrics(
        _ scores: [Double], _ labels: [Int]
    ) throws(TrainingError) -> ScoreMetrics {
        guard let metrics = ScoreMetrics(scores: scores, labels: labels) else {
            throw .oneClass(label: labels.first ?? 0, rows: labels.count)
        }
        return metrics
    }
}

// MARK: - Quantum parts

extension TrainingSession {
    private func specification(
        _ entanglement: Entanglement, repetitions: Int, bandwidth: Double
    ) throws(ModelBundleError) -> CircuitSpecification {
        try CircuitSpecification(
            qubits: configuration.qubits, repetitions: repetitions, entanglement: entanglement,
            bandwidth: bandwidth, shots: configuration.shots)
    }

    /// The circuit with a trained ansatz; nil where none is wanted.
    private func ansatz(
        _ map: CircuitSpecification, _ functions: CircuitFunctions,
        _ onProgress: (AnsatzProgress) -> Void
    ) throws -> (circuit: CircuitSpecification, metrics: AnsatzMetrics)? {
        guard let settings = configuration.ansatz else { return nil }
        let fit = AnsatzFit(
            angles: try angles(train, map, offset: 0), labels: train.labels, crossFit: crossFit,
            settings: settings, regression: regression, map: map, functions: functions,
            seed: StableHash.combine(configuration.seed, Stream.ansatz.rawValue))
        let outcome = try fit.run(onProgress)
        let metrics = AnsatzMetrics(
            steps: outcome.steps, stop: outcome.stop, initialLoss: outcome.initialLoss,
            finalLoss: outcome.finalLoss,
            untrained: try head(outcome.initial, offset: 0, functions).metrics,
            withoutAnsatz: try head(map, offset: 0, functions).metrics)
        return (outcome.trained, metrics)
    }

    private var regression: ExpectationRegression {
        ExpectationRegression(l2: configuration.l2, shots: configuration.shots)
    }

    /// n × q radians.
    private func angles(
        _ rows: PreparedRows, _ circuit: CircuitSpecification, offset: Double
    ) throws(LinearAlgebraError) -> Matrix {
        let encoding = AngleEncoding(circuit: circuit, components: pca, offset: offset)
        return try Matrix(
            rows: rows.components.rows, columns: circuit.qubits,
            elements: encoding.encode(rows.components.elements))
    }

    private func head(
        _ circuit: CircuitSpecification, offset: Double, _ functions: CircuitFunctions
    ) throws -> (head: QuantumHead, metrics: ScorerMetrics) {
        let trainExpectations = try functions.expectations(
            angles(train, circuit, offset: offset), circuit)
        let validationExpectations = try functions.expectations(
            angles(validation, circuit, offset: offset), circuit)
        let fitted = try CalibratedFit(
            trainExpectations, labels: train.labels, crossFit: crossFit, fit: regression.fit)
        let head = try QuantumHead(
            terms: QuantumHead.terms(qubits: circuit.qubits), weights: fitted.model.weights,
            intercept: fitted.model.intercept, platt: fitted.platt)
        let measured = try metrics(
            train: head.scores(trainExpectations.elements),
            validation: head.scores(validationExpectations.elements))
        return (head, measured)
    }
}
