import Foundation
import Models

/// The fixture's tables and golden values, found from this file's own place.
enum Fixture {
    static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "fixtures/breast-cancer")

    static func table(_ name: String) throws -> CSVTable {
        try CSVTable.read(
            path: folder.appending(path: name).path(), labelColumn: "malignant")
    }

    static func golden() throws -> Golden {
        try JSONDecoder().decode(
            Golden.self, from: Data(contentsOf: folder.appending(path: "golden.json")))
    }
}

struct Golden: Decodable {
    struct Pipeline: Decodable {
        let clip: Double?
        let mean: [Double]
        let scale: [Double]
        let pcaMean: [Double]
        let components: [[Double]]
        let explainedVariance: [Double]
        let explainedVarianceRatio: [Double]
        let testComponents: [[Double]]
        let weights: [Double]
        let intercept: Double
        let testScores: [Double]
        let testAuc: Double
        let testAccuracy: Double
        let testBrier: Double
    }

    struct Tied: Decodable {
        let labels: [Int]
        let scores: [Double]
        let auc: Double
        let accuracy: Double
        let brier: Double
    }

    struct FeatureMap: Decodable {
        let entanglement: Entanglement
        let angles: [Double]
        let expectations: [Double]
    }

    let plain: Pipeline
    let clipped: Pipeline
    let tiedMetrics: Tied
    let featureMaps: [FeatureMap]
}

/// The largest difference, relative to the expected value where that is above 1.
func largestDifference(_ got: [Double], _ want: [Double]) -> Double {
    guard got.count == want.count else { return .infinity }
    return zip(got, want).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? 0
}
