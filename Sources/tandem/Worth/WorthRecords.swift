import Determinism
import LinearAlgebra
import Models
import Policies
import QuantumCircuit
import QuantumSimulator
import Stages

/// A record with both scorers' decisions on it, by models that had not seen it.
struct WorthRecord {
    let classicalScore: Double
    /// What live mode serves with the quantum verdict.
    let liveScore: Double
    let threshold: Double
    let label: Bool

    var isFlip: Bool { (classicalScore >= threshold) != (liveScore >= threshold) }
    var isRight: Bool { (liveScore >= threshold) == label }
}

/// Which classical scorer the quantum one runs beside.
enum WorthScorer: String, CaseIterable, Encodable {
    /// The bundle's own baseline, on every feature.
    case strong
    /// A logistic regression on two features, as a record's own `classicalScore` would bring it.
    case weak

    /// Texture and symmetry say something of the label, and far less than all features together.
    static let weakFeatures = ["mean_texture", "mean_symmetry"]
}

/// Scores every record of a table once, each by models trained without it.
struct WorthScoring {
    let table: CSVTable
    let scorer: WorthScorer
    /// Splits, training and shots follow from it.
    let seed: UInt64
    var folds = 4
    var qubits = 4
    var shots = 1_024

    /// As `confidence.maximumDisagreement` would be set beside a scorer that is known to be weak: the
    /// model's own limit takes a large disagreement for a broken calibration.
    private static let maximumDisagreement = 1.0

    func records() throws -> [WorthRecord] {
        let assigned = fold()
        return try (0..<folds).flatMap { fold in
            let held = table.labels.indices.filter { assigned[$0] == fold }
            return try score(held, trainedOn: table.labels.indices.filter { assigned[$0] != fold })
        }
    }

    /// The fold of each row: a seeded order, dealt out label by label.
    private func fold() -> [Int] {
        var random = RandomStream(seed: seed, stream: 1)
        var folds = [Int](repeating: 0, count: table.rowCount)
        for label in [0, 1] {
            let rows = table.labels.indices.filter { table.labels[$0] == label }
                .shuffled(using: &random)
            for (order, row) in rows.enumerated() { folds[row] = order % self.folds }
        }
        return folds
    }

    private func score(_ held: [Int], trainedOn rows: [Int]) throws -> [WorthRecord] {
        var configuration = TrainingConfiguration()
        configuration.qubits = qubits
        configuration.seed = seed
        configuration.shots = shots
        let evaluation = CircuitEvaluation()
        let bundle = try Trainer.train(
            subtable(rows), configuration: configuration,
            quantumFeatures: evaluation.expectations)
        let reduction = bundle.reduction()
        var standardised: [Double] = []
        var components: [Double] = []
        let features = subtable(held).features
        reduction.reduce(features.span, standardised: &standardised, components: &components)
        let classical = try classicalScores(standardised, bundle, trainedOn: rows)
        let live = try liveScores(components, classical, bundle)
        return held.indices.map { index in
            WorthRecord(
                classicalScore: classical[index], liveScore: live[index],
                threshold: bundle.thresholds.decisionThreshold,
                label: table.labels[held[index]] == 1)
        }
    }

    private func classicalScores(
        _ standardised: [Double], _ bundle: ModelBundle, trainedOn rows: [Int]
    ) throws -> [Double] {
        let width = table.featureNames.count
        let records = standardised.count / width
        switch scorer {
        case .strong:
            return (0..<records).map {
                bundle.baseline.score(standardised.span.extracting($0 * width..<($0 + 1) * width))
            }
        case .weak:
            let columns = WorthScorer.weakFeatures.compactMap(table.featureNames.firstIndex)
            guard columns.count == WorthScorer.weakFeatures.count else {
                throw CommandFailure(
                    "the data have no columns "
                        + WorthScorer.weakFeatures.joined(separator: " and "))
            }
            var seen: [Double] = []
            var ignored: [Double] = []
            bundle.reduction().reduce(
                subtable(rows).features.span, standardised: &seen, components: &ignored)
            let model = try LogisticRegression().fit(
                Matrix(
                    rows: rows.count, columns: columns.count,
                    elements: Self.pick(columns, of: seen, width: width)),
                labels: rows.map { table.labels[$0] })
            let picked = Self.pick(columns, of: standardised, width: width)
            return (0..<records).map {
                model.score(
                    picked.span.extracting($0 * columns.count..<($0 + 1) * columns.count))
            }
        }
    }

    /// What enrichment and confidence make of the records: shots, Platt's calibration, and use, blend
    /// or reject by the model's own thresholds for confidence.
    private func liveScores(
        _ components: [Double], _ classical: [Double], _ bundle: ModelBundle
    ) throws -> [Double] {
        let circuit = try CircuitTemplates.circuit(for: bundle.circuit)
        let readout = try ZReadout(
            qubits: circuit.qubits, strings: CircuitTemplates.strings(qubits: circuit.qubits),
            weights: bundle.head.weights)
        var simulator = BatchSimulator(try SimulationPlan.compile(circuit))
        var estimates = ZEstimates()
        try simulator.estimate(
            readout, parameters: bundle.angleEncoding().encode(components),
            count: classical.count, shots: shots,
            seeds: classical.indices.map { StableHash.combine(seed, UInt64($0)) },
            into: &estimates)
        let limits = bundle.thresholds
        let policy = try ConfidencePolicy(
            decisionThreshold: limits.decisionThreshold,
            acceptConfidence: limits.acceptConfidence,
            blendConfidence: max(0.5, limits.blendConfidence),
            maximumDisagreement: Self.maximumDisagreement)
        let platt = bundle.head.platt
        return classical.indices.map { index in
            let logit = bundle.head.intercept + estimates.means[index]
            let verdict = policy.judge(
                QuantumEstimate(
                    logit: platt.slope * logit + platt.offset,
                    logitStandardError: abs(platt.slope) * estimates.standardErrors[index]),
                classicalScore: classical[index])
            return verdict.servedScore
        }
    }

    private func subtable(_ rows: [Int]) -> CSVTable {
        let width = table.featureNames.count
        return CSVTable(
            source: table.source, featureNames: table.featureNames,
            features: Self.rows(rows, of: table.features, width: width),
            labels: rows.map { table.labels[$0] })
    }

    private static func rows(_ rows: [Int], of values: [Double], width: Int) -> [Double] {
        rows.flatMap { values[$0 * width..<($0 + 1) * width] }
    }

    private static func pick(_ columns: [Int], of values: [Double], width: Int) -> [Double] {
        (0..<values.count / width).flatMap { row in columns.map { values[row * width + $0] } }
    }
}
