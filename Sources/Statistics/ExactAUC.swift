/// The area under the ROC curve of arrays, exact, ties counted half.
public enum ExactAUC {
    /// The Mann–Whitney statistic by ranks: (R⁺ − n⁺(n⁺+1)/2) / (n⁺ n⁻), R⁺ the sum of the
    /// positives' mid-ranks (Hanley and McNeil, Radiology 143, 1982). O(n log n).
    ///
    /// - Parameters:
    ///   - scores: any finite numbers, higher meaning more positive.
    ///   - labels: as many as scores.
    /// - Returns: 0…1; nil without both classes, when counts differ, or when a score is not a
    ///   number.
    public static func value(scores: [Double], labels: [Bool]) -> Double? {
        guard scores.count == labels.count, !scores.contains(where: \.isNaN) else { return nil }
        let order = scores.indices.sorted { scores[$0] < scores[$1] }
        // Twice the rank sum is a whole number: exact up to 94 million records.
        var (doubledRankSum, positives, start) = (0.0, 0, 0)
        while start < order.count {
            var (end, tiedPositives) = (start, 0)
            while end < order.count, scores[order[end]] == scores[order[start]] {
                tiedPositives += labels[order[end]] ? 1 : 0
                end += 1
            }
            doubledRankSum += Double(tiedPositives) * Double(start + 1 + end)
            positives += tiedPositives
            start = end
        }
        let negatives = order.count - positives
        guard positives > 0, negatives > 0 else { return nil }
        let least = Double(positives) * Double(positives + 1)
        return (doubledRankSum - least) / 2 / (Double(positives) * Double(negatives))
    }
}
