import Foundation

/// Reference values from SciPy; `fixtures/statistics/make.py` made them.
struct Golden: Decodable {
    struct Confidence: Decodable {
        struct Row: Decodable {
            let logit, error, score, standardError, low, high, confidence: Double
        }
        let threshold, level: Double
        let rows: [Row]
    }

    struct Normal: Decodable {
        let points, cumulative, shares, quantiles: [Double]
    }

    let confidence: Confidence
    let normal: Normal

    static func load() throws -> Golden {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appending(path: "fixtures/statistics/golden.json")
        return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
    }
}
