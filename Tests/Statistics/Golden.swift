import Foundation

/// Reference values from NumPy, SciPy and scikit-learn; `fixtures/statistics/make.py` made them.
struct Golden: Decodable {
    struct Scores: Decodable {
        let scores: [Double]
        let labels: [Int]
        let accuracy, precision, recall, brier, logLoss, auc: Double
        let tp, fp, tn, fn: Int
    }

    struct Agreement: Decodable {
        let classical, quantum: [Double]
        let agreementRate, meanDelta, meanAbsoluteDelta, variance: Double
        let flipsToPositive, flipsToNegative: Int
    }

    struct Quantiles: Decodable {
        let values: [Int64]
        let fractions: [Double]
        let exact: [Int64]
        let mean: Double
    }

    struct Sequential: Decodable {
        let differences, lower, upper, eValueQuantumBetter, eValueClassicalBetter: [Double]
        let decidedAt: Int
    }

    let smooth, tied: Scores
    let agreement: Agreement
    let quantiles: Quantiles
    let sequential: Sequential

    static func load() throws -> Golden {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appending(path: "fixtures/statistics/golden.json")
        return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
    }
}

/// Whether two numbers agree to `tolerance`, relative above 1 and absolute below.
func isClose(_ left: Double?, _ right: Double, within tolerance: Double = 1e-12) -> Bool {
    guard let left else { return false }
    return abs(left - right) <= tolerance * max(1, abs(right))
}
