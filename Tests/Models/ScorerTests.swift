import Models
import Testing

@Suite("Scorers and encodings")
struct ScorerTests {
    @Test("the sigmoid neither overflows nor loses symmetry")
    func stableSigmoid() {
        #expect(sigmoid(0) == 0.5)
        #expect(sigmoid(800) == 1 && sigmoid(-800) == 0)
        #expect(sigmoid(-700) > 0)
        for logit in stride(from: -30.0, through: 30, by: 0.37) {
            #expect(abs(sigmoid(logit) + sigmoid(-logit) - 1) < 1e-15)
        }
    }

    @Test("scores stay strictly between 0 and 1 at any logit")
    func openScores() throws {
        let model = try LogisticModel(weights: [1], intercept: 0)
        for value in [-1e308, -1e3, 0, 1e3, 1e308] {
            let score = model.score([value].span)
            #expect(score > 0 && score < 1)
        }
        let platt = PlattCalibration.identity
        #expect(platt.score(1e9) < 1 && platt.score(-1e9) > 0)
    }

    @Test("terms are all singles, then all pairs in lexicographic order")
    func terms() {
        #expect(QuantumHead.terms(qubits: 3) == [[0], [1], [2], [0, 1], [0, 2], [1, 2]])
        #expect(QuantumHead.terms(qubits: 12).count == 78)
    }

    @Test("entanglement patterns couple the pairs that they name")
    func entanglement() {
        func pairs(_ entanglement: Entanglement, _ qubits: Int) -> [[Int]] {
            entanglement.pairs(qubits: qubits).map { [$0.0, $0.1] }
        }
        #expect(pairs(.linear, 4) == [[0, 1], [1, 2], [2, 3]])
        #expect(pairs(.circular, 4) == [[0, 1], [1, 2], [2, 3], [0, 3]])
        #expect(pairs(.circular, 2) == [[0, 1]])
        #expect(pairs(.full, 3) == [[0, 1], [0, 2], [1, 2]])
        #expect(pairs(.none, 5).isEmpty)
    }

    @Test("outcome logits average to the logit of the expectations")
    func outcomeLogits() throws {
        let head = try QuantumHead(
            terms: QuantumHead.terms(qubits: 2), weights: [0.5, -1, 2], intercept: 0.25,
            platt: .identity)
        // Outcome bits: qubit 0 lowest. 00, 10 (qubit 0 is one), 01, 11.
        #expect(head.outcomeLogits() == [1.75, -3.25, -0.25, 2.75])
        let probabilities = [0.1, 0.2, 0.3, 0.4]
        let expectations = [-0.2, -0.4, 0.0]
        let mean = zip(probabilities, head.outcomeLogits()).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(mean - head.logit(expectations.span)) < 1e-15)
    }

    @Test("angles are components in standard deviations times the bandwidth, within ±π")
    func angles() throws {
        let pca = try PrincipalComponents(
            mean: [0, 0], components: [1, 0, 0, 1], explainedVariance: [4, 0.25],
            explainedVarianceRatio: [0.9, 0.1])
        let circuit = try CircuitSpecification(qubits: 2, bandwidth: 0.5)
        let encoding = AngleEncoding(circuit: circuit, components: pca)
        #expect(encoding.encode([2, 0.5, -1, 100]) == [0.5, 0.5, -0.25, .pi])
        let shifted = AngleEncoding(circuit: circuit, components: pca, offset: 1)
        #expect(shifted.encode([0, 0]) == [1, 1])
    }

    @Test("the circuit hash follows the circuit and not the shots")
    func circuitHash() throws {
        let circuit = try CircuitSpecification(qubits: 4, bandwidth: 0.05)
        var other = circuit
        other.shots = 9
        #expect(other.hash == circuit.hash)
        other.bandwidth = 0.05.nextUp
        #expect(other.hash != circuit.hash)
        #expect(circuit.hash.utf8.count == 16)
    }

    @Test("reduction of many records equals the plain formula, for every number of components")
    func reduction() throws {
        let train = try Fixture.table("train.csv")
        let golden = try Fixture.golden().clipped
        let features = train.featureNames.count
        for count in 1...8 {
            let scaler = try StandardScaler(mean: golden.mean, scale: golden.scale, clip: 5)
            let pca = try PrincipalComponents(
                mean: golden.pcaMean, components: golden.components.prefix(count).flatMap { $0 },
                explainedVariance: Array(golden.explainedVariance.prefix(count)),
                explainedVarianceRatio: Array(golden.explainedVarianceRatio.prefix(count)))
            var (standardised, components): ([Double], [Double]) = ([], [])
            Reduction(scaler: scaler, components: pca).reduce(
                train.features.span, standardised: &standardised, components: &components)
            var expected: [Double] = []
            for record in 0..<train.rowCount {
                for component in 0..<count {
                    expected.append(
                        (0..<features).reduce(0.0) { sum, feature in
                            let value = train.features[record * features + feature]
                            let scaled = (value - golden.mean[feature]) / golden.scale[feature]
                            return sum + (min(max(scaled, -5), 5) - golden.pcaMean[feature])
                                * golden.components[component][feature]
                        })
                }
            }
            #expect(largestDifference(components, expected) < 1e-12)
            #expect(standardised.allSatisfy { abs($0) <= 5 })
        }
    }

    @Test("arrays kept from batch to batch fit batches of any size")
    func batchSizes() throws {
        let bundle = try Trained.bundle(qubits: 2)
        let reduction = bundle.reduction()
        let test = try Fixture.table("test.csv")
        var (standardised, components): ([Double], [Double]) = ([], [])
        for count in [5, 1, 0, 8] {
            reduction.reduce(
                test.features.span.extracting(0..<count * 30), standardised: &standardised,
                components: &components)
            #expect(standardised.count == count * 30 && components.count == count * 2)
        }
    }

    @Test("a feature contract maps any order of its names, and names what is wrong")
    func featureContract() throws {
        let contract = try FeatureContract(names: ["a", "b", "c"])
        #expect(try contract.positions(of: ["c", "a", "b"]) == [2, 0, 1])
        #expect(throws: ModelBundleError.self) { try contract.positions(of: ["a", "b"]) }
        #expect(throws: ModelBundleError.self) { try contract.positions(of: ["a", "b", "x"]) }
        #expect(throws: ModelBundleError.self) { try contract.positions(of: ["a", "a", "b"]) }
        #expect(throws: ModelBundleError.self) { try FeatureContract(names: []) }
        #expect(throws: ModelBundleError.self) { try FeatureContract(names: ["a", "a"]) }
    }

    @Test("AUC needs both labels; the other metrics need a record")
    func undefinedMetrics() {
        #expect(Metrics.auc(scores: [0.2, 0.4], labels: [1, 1]) == nil)
        #expect(Metrics.accuracy(scores: [], labels: []) == nil)
        #expect(Metrics.auc(scores: [0.1, 0.9], labels: [0, 1]) == 1)
        #expect(Metrics.auc(scores: [0.5, 0.5], labels: [0, 1]) == 0.5)
    }
}
