import LinearAlgebra
import Models
import Testing

@Suite("Agreement with scikit-learn")
struct ScikitLearnTests {
    /// What the trainer does before its own split, on the whole training file.
    private struct Fitted {
        let scaler: StandardScaler
        let pca: PrincipalComponents
        let baseline: LogisticModel
        let testStandardised: [Double]
        let testComponents: [Double]
        let test: CSVTable

        init(clip: Double) throws {
            let train = try Fixture.table("train.csv")
            let test = try Fixture.table("test.csv")
            self.test = test
            let names = train.featureNames
            let features = try Matrix(
                rows: train.rowCount, columns: names.count, elements: train.features)
            let scaler = try StandardScaler.fit(features, names: names, clip: clip)
            var standardised = Matrix(rows: features.rows, columns: features.columns)
            standardised.withMutableElements { elements in
                scaler.standardise(features.elements.span, into: &elements)
            }
            pca = try PrincipalComponents.fit(standardised, count: 8)
            baseline = try LogisticRegression(l2: 1).fit(standardised, labels: train.labels)
            self.scaler = scaler
            var (reduced, components): ([Double], [Double]) = ([], [])
            Reduction(scaler: scaler, components: pca).reduce(
                test.features.span, standardised: &reduced, components: &components)
            testStandardised = reduced
            testComponents = components
        }

        var testScores: [Double] {
            var scores = [Double](repeating: 0, count: test.rowCount)
            var span = scores.mutableSpan
            baseline.score(testStandardised.span, into: &span)
            return scores
        }
    }

    private static func cases() throws -> [(Golden.Pipeline, Fitted)] {
        let golden = try Fixture.golden()
        return try [golden.plain, golden.clipped].map {
            ($0, try Fitted(clip: $0.clip ?? 1e6))
        }
    }

    @Test("means and scales agree to 1e-9")
    func scaler() throws {
        for (golden, fitted) in try Self.cases() {
            #expect(largestDifference(fitted.scaler.mean, golden.mean) < 1e-9)
            #expect(largestDifference(fitted.scaler.scale, golden.scale) < 1e-9)
        }
    }

    @Test("components, variances and projected records agree to 1e-9, up to sign")
    func components() throws {
        for (golden, fitted) in try Self.cases() {
            let pca = fitted.pca
            #expect(largestDifference(pca.mean, golden.pcaMean) < 1e-9)
            #expect(largestDifference(pca.explainedVariance, golden.explainedVariance) < 1e-9)
            #expect(
                largestDifference(pca.explainedVarianceRatio, golden.explainedVarianceRatio) < 1e-9)
            for (index, want) in golden.components.enumerated() {
                let got = Array(pca.components[index * want.count..<(index + 1) * want.count])
                let sign = zip(got, want).reduce(0) { $0 + $1.0 * $1.1 } < 0 ? -1.0 : 1
                #expect(largestDifference(got.map { $0 * sign }, want) < 1e-9)
                let projected = stride(from: index, to: fitted.testComponents.count, by: 8)
                    .map { fitted.testComponents[$0] * sign }
                let wanted = golden.testComponents.map { $0[index] }
                #expect(largestDifference(projected, wanted) < 1e-9)
            }
        }
    }

    @Test("the sign convention is scikit-learn's: the largest loading is positive")
    func signs() throws {
        for (golden, fitted) in try Self.cases() {
            let wanted = golden.components.flatMap { $0 }
            #expect(largestDifference(fitted.pca.components, wanted) < 1e-9)
        }
    }

    @Test("the baseline's weights, scores and metrics agree")
    func baseline() throws {
        for (golden, fitted) in try Self.cases() {
            #expect(largestDifference(fitted.baseline.weights, golden.weights) < 1e-4)
            #expect(largestDifference([fitted.baseline.intercept], [golden.intercept]) < 1e-4)
            let scores = fitted.testScores
            #expect(largestDifference(scores, golden.testScores) < 1e-4)
            let metrics = try #require(ScoreMetrics(scores: scores, labels: fitted.test.labels))
            #expect(abs(metrics.auc - golden.testAuc) < 1e-4)
            #expect(metrics.accuracy == golden.testAccuracy)
            #expect(abs(metrics.brier - golden.testBrier) < 1e-4)
        }
    }

    @Test("metrics of tied scores agree")
    func tiedMetrics() throws {
        let tied = try Fixture.golden().tiedMetrics
        let metrics = try #require(ScoreMetrics(scores: tied.scores, labels: tied.labels))
        #expect(abs(metrics.auc - tied.auc) < 1e-12)
        #expect(abs(metrics.accuracy - tied.accuracy) < 1e-12)
        #expect(abs(metrics.brier - tied.brier) < 1e-12)
    }

    @Test("the closed form that stands in for the circuit is the dense state vector's")
    func featureMap() throws {
        for golden in try Fixture.golden().featureMaps {
            let got = ClosedFormFeatureMap.expectations(golden.angles, golden.entanglement)
            #expect(largestDifference(got, golden.expectations) < 1e-12)
        }
    }
}
