import Models
import Testing

/// One trained bundle per configuration, shared by the tests of this folder.
enum Trained {
    static func bundle(
        qubits: Int = 4, _ adjust: (inout TrainingConfiguration) -> Void = { _ in }
    ) throws -> ModelBundle {
        var configuration = TrainingConfiguration()
        configuration.qubits = qubits
        adjust(&configuration)
        return try Trainer.train(
            Fixture.table("train.csv"), configuration: configuration,
            quantumFeatures: ClosedFormFeatureMap.expectations)
    }

    /// Scores of the test split as the stages would compute them, shots aside.
    static func testScores(
        _ bundle: ModelBundle
    ) throws -> (classical: [Double], quantum: [Double], labels: [Int]) {
        let test = try Fixture.table("test.csv")
        var (standardised, components): ([Double], [Double]) = ([], [])
        bundle.reduction().reduce(
            test.features.span, standardised: &standardised, components: &components)
        var classical = [Double](repeating: 0, count: test.rowCount)
        var span = classical.mutableSpan
        bundle.baseline.score(standardised.span, into: &span)
        let expectations = ClosedFormFeatureMap.expectations(
            bundle.angleEncoding().encode(components), count: test.rowCount,
            circuit: bundle.circuit)
        return (classical, bundle.head.scores(expectations), test.labels)
    }
}

@Suite("Training")
struct TrainerTests {
    @Test("the same table and seed give the same bytes, another seed others")
    func determinism() throws {
        let first = try Trained.bundle().encoded()
        #expect(try Trained.bundle().encoded() == first)
        let other = try Trained.bundle { $0.seed = 2 }
        #expect(try other.encoded() != first)
    }

    @Test("the baseline is within 0.01 AUC of scikit-learn's on the test split")
    func baselineAuc() throws {
        let (classical, _, labels) = try Trained.testScores(try Trained.bundle())
        let auc = try #require(Metrics.auc(scores: classical, labels: labels))
        #expect(abs(auc - (try Fixture.golden().plain.testAuc)) < 0.01)
    }

    @Test("the quantum head of four qubits is far better than chance on rows no fit saw")
    func quantumAuc() throws {
        let bundle = try Trained.bundle()
        #expect(bundle.metrics.quantum.validation.auc > 0.9)
        let (_, quantum, labels) = try Trained.testScores(bundle)
        #expect(try #require(Metrics.auc(scores: quantum, labels: labels)) > 0.9)
    }

    @Test("every number of qubits trains and reports", arguments: [2, 4, 6, 8])
    func report(qubits: Int) throws {
        let bundle = try Trained.bundle(qubits: qubits)
        let (classical, quantum, labels) = try Trained.testScores(bundle)
        let test = try #require(ScoreMetrics(scores: quantum, labels: labels))
        let baseline = try #require(ScoreMetrics(scores: classical, labels: labels))
        func line(_ name: String, _ metrics: ScoreMetrics) {
            print("\(qubits) qubits, \(name): \(metrics)")
        }
        line("test classical", baseline)
        line("test quantum", test)
        line("validation classical", bundle.metrics.classical.validation)
        line("validation quantum", bundle.metrics.quantum.validation)
        line("validation surrogate", bundle.metrics.surrogate.validation)
        line("validation without entanglement", bundle.metrics.withoutEntanglement.validation)
        #expect(test.auc > 0.7)
        #expect(bundle.metrics.surrogate.validation.auc > 0.9)
        #expect(bundle.metrics.withoutEntanglement.validation.auc > 0.9)
        #expect(bundle.metrics.trainRows + bundle.metrics.validationRows == 398)
        #expect(bundle.head.weights.count == qubits + qubits * (qubits - 1) / 2)
    }

    @Test("the uncertainty band straddles the decision threshold")
    func band() throws {
        let thresholds = try Trained.bundle().thresholds
        #expect(thresholds.uncertaintyBandLow < 0.5 && thresholds.uncertaintyBandHigh > 0.5)
        #expect(thresholds.uncertaintyBandLow >= 0.01 - 1e-12)
        #expect(abs(thresholds.uncertaintyBandLow + thresholds.uncertaintyBandHigh - 1) < 1e-12)
    }

    @Test("every entanglement and another number of shots can be asked for")
    func variants() throws {
        for entanglement in Entanglement.allCases {
            let bundle = try Trained.bundle(qubits: 3) {
                $0.entanglement = entanglement
                $0.shots = 256
            }
            #expect(bundle.circuit.entanglement == entanglement)
            #expect(bundle.circuit.shots == 256)
        }
    }
}

@Suite("Training on unfit input")
struct TrainingErrorTests {
    /// 40 rows of three features, of which the first tells the labels apart.
    private func table(_ change: (inout [Double], inout [Int]) -> Void = { _, _ in }) -> CSVTable {
        var labels = (0..<40).map { $0 % 2 }
        var features: [Double] = []
        for row in 0..<40 {
            features.append(Double(row % 2) + 0.3 * Double(row % 5))
            features.append(Double(row % 7))
            features.append(Double(row % 11))
        }
        change(&features, &labels)
        return CSVTable(
            source: "t.csv", featureNames: ["a", "b", "c"], features: features, labels: labels)
    }

    private func failure(
        of table: CSVTable, qubits: Int = 2,
        _ adjust: (inout TrainingConfiguration) -> Void = { _ in }
    ) -> String {
        var configuration = TrainingConfiguration()
        configuration.qubits = qubits
        adjust(&configuration)
        do {
            _ = try Trainer.train(
                table, configuration: configuration,
                quantumFeatures: ClosedFormFeatureMap.expectations)
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test("the unchanged table trains")
    func sound() {
        #expect(failure(of: table()) == "no error")
    }

    @Test("a constant feature is named")
    func constant() {
        let table = table { features, _ in for row in 0..<40 { features[row * 3 + 1] = 7.5 } }
        #expect(
            failure(of: table) == "feature 'b' is 7.5 in every training row: remove the column")
    }

    @Test("a feature whose variance overflows is named")
    func overflow() {
        let table = table { features, _ in
            for row in 0..<40 { features[row * 3] *= 1e200 }
        }
        #expect(
            failure(of: table)
                == "feature 'a' has values too large to standardise: rescale the column")
    }

    @Test("more components than features is an error that gives both numbers")
    func components() {
        #expect(
            failure(of: table(), qubits: 4)
                == "4 components (one per qubit) need as many features, the table has 3; "
                + "use fewer qubits")
    }

    @Test("features that repeat each other have too few directions")
    func directions() {
        let table = table { features, _ in
            for row in 0..<40 { features[row * 3 + 2] = 2 * features[row * 3 + 1] + 1 }
        }
        #expect(
            failure(of: table, qubits: 3)
                == "3 components (one per qubit) need as many independent features, "
                + "the table has 2; use fewer qubits")
    }

    @Test("one class only, and too few rows of a class, are errors")
    func classes() {
        let one = table { _, labels in labels = labels.map { _ in 1 } }
        #expect(failure(of: one) == "all 40 rows have label 1, training needs rows of both labels")
        let few = table { _, labels in
            labels = labels.map { _ in 0 }
            labels[3] = 1
        }
        #expect(failure(of: few) == "1 row has label 1, training needs at least 10 of each label")
    }

    @Test("a table read without labels is an error")
    func unlabelled() {
        let labelled = table()
        let table = CSVTable(
            source: "t.csv", featureNames: labelled.featureNames, features: labelled.features,
            labels: [])
        #expect(
            failure(of: table) == "t.csv: was read without a label column, training needs one")
    }

    @Test("a setting out of range is named with what is allowed")
    func settings() {
        #expect(failure(of: table(), qubits: 13) == "qubits is 13, allowed is 2 to 12")
        #expect(failure(of: table()) { $0.shots = 0 } == "shots is 0, allowed is 1 to 1000000")
        #expect(
            failure(of: table()) { $0.bandwidth = .nan }
                == "bandwidth is nan, allowed is above 0, at most π")
        #expect(
            failure(of: table()) { $0.name = "A b" }
                == "name is 'A b', allowed is 1–64 of a–z, 0–9, '-', '_', '.'")
        #expect(
            failure(of: table()) { $0.l2 = 0 }
                == "l2 is 0.0, allowed is finite and at least 0.000001")
    }

    @Test("a circuit that gives too few or impossible values is an error, and its own error passes")
    func circuit() {
        struct Outage: Error, Equatable {}
        var configuration = TrainingConfiguration()
        configuration.qubits = 2
        #expect(throws: TrainingError.expectationCount(got: 1, expected: 90)) {
            try Trainer.train(table(), configuration: configuration) { _, _, _ in [0] }
        }
        #expect(throws: TrainingError.expectationRange(index: 0, value: 1.5)) {
            try Trainer.train(table(), configuration: configuration) { _, count, _ in
                [Double](repeating: 1.5, count: count * 3)
            }
        }
        #expect(throws: Outage()) {
            try Trainer.train(table(), configuration: configuration) { _, _, _ in throw Outage() }
        }
    }

    @Test("a circuit without any signal gives a head that stays at the base rate")
    func noSignal() throws {
        var configuration = TrainingConfiguration()
        configuration.qubits = 2
        let bundle = try Trainer.train(table(), configuration: configuration) { _, count, _ in
            [Double](repeating: 0, count: count * 3)
        }
        let score = bundle.head.score([0, 0, 0].span)
        #expect(abs(score - 0.5) < 0.05)
    }
}
