private import Glibc

/// How good scores in 0…1 are against labels 0 or 1. Pure functions; an empty input gives nil.
///
/// - Precondition (all): `scores` and `labels` have the same length, scores are not NaN.
public enum Metrics {
    /// The share of records whose decision (score ≥ threshold) is their label.
    public static func accuracy(
        scores: [Double], labels: [Int], threshold: Double = 0.5
    ) -> Double? {
        mean(scores, labels) { score, label in (score >= threshold) == (label == 1) ? 1 : 0 }
    }

    /// The mean squared difference of score and label; 0 is best, a constant 0.5 gives 0.25.
    public static func brier(scores: [Double], labels: [Int]) -> Double? {
        mean(scores, labels) { score, label in
            let difference = score - Double(label)
            return difference * difference
        }
    }

    /// The mean negative log-likelihood in nats. A certain and wrong score costs some 708.
    public static func logLoss(scores: [Double], labels: [Int]) -> Double? {
        mean(scores, labels) { score, label in
            -log(max(label == 1 ? score : 1 - score, .leastNormalMagnitude))
        }
    }

    /// The chance that a random record labelled 1 scores above a random one labelled 0, ties half.
    ///
    /// From ranks (Mann and Whitney, 1947), tied scores sharing their mean rank: O(n log n).
    /// - Returns: nil unless both labels occur.
    public static func auc(scores: [Double], labels: [Int]) -> Double? {
        precondition(scores.count == labels.count, "scores and labels differ in number")
        let positives = labels.count { $0 == 1 }
        let negatives = labels.count - positives
        guard positives > 0, negatives > 0 else { return nil }
        let order = scores.indices.sorted { scores[$0] < scores[$1] }
        var rankSum = 0.0
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count && scores[order[end]] == scores[order[start]] { end += 1 }
            let sharedRank = Double(start + 1 + end) / 2
            let tiedPositives = order[start..<end].count { labels[$0] == 1 }
            rankSum += sharedRank * Double(tiedPositives)
            start = end
        }
        let least = Double(positives) * Double(positives + 1) / 2
        return (rankSum - least) / (Double(positives) * Double(negatives))
    }

    private static func mean(
        _ scores: [Double], _ labels: [Int], of loss: (Double, Int) -> Double
    ) -> Double? {
        precondition(scores.count == labels.count, "scores and labels differ in number")
        guard !scores.isEmpty else { return nil }
        var sum = 0.0
        for (score, label) in zip(scores, labels) { sum += loss(score, label) }
        return sum / Double(scores.count)
    }
}
