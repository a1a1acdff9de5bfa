/// "Did you mean …?" for keys, verbs, flags, topics and stages.
public enum Suggestion {
    /// The candidate that a user most likely meant by `word`; `nil` when none is near.
    ///
    /// Nearness is `distance` without regard to case, at most a third of the word's length (at
    /// least 2, and never the whole word). Among equally near ones a candidate of the word's own
    /// length comes first, then the earlier.
    public static func nearest(
        to word: String, among candidates: some Sequence<String>
    ) -> String? {
        let wanted = Array(word.lowercased().unicodeScalars)
        let limit = min(max(2, wanted.count / 3), wanted.count - 1)
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let letters = Array(candidate.lowercased().unicodeScalars)
            guard abs(letters.count - wanted.count) <= limit else { continue }
            // Doubled, so that another length can count as half a step more.
            let near = distance(wanted, letters)
            let ranked = 2 * near + (letters.count == wanted.count ? 0 : 1)
            if near <= limit, ranked < best?.distance ?? .max { best = (candidate, ranked) }
        }
        return best?.candidate
    }

    /// `; did you mean 'x'?` or nothing, to end an error message with.
    public static func phrase(
        for word: String, among candidates: some Sequence<String>
    ) -> String {
        nearest(to: word, among: candidates).map { "; did you mean '\($0)'?" } ?? ""
    }

    /// Insertions, deletions, substitutions and exchanges of neighbours that turn one word into the
    /// other: the Levenshtein distance in Damerau's restricted form (optimal string alignment),
    /// three rows of the table at a time.
    static func distance(_ first: [Unicode.Scalar], _ second: [Unicode.Scalar]) -> Int {
        var before: [Int] = []
        var above = Array(0...second.count)
        for (index, letter) in first.enumerated() {
            var row = [index + 1]
            for (column, other) in second.enumerated() {
                let replaced = above[column] + (letter == other ? 0 : 1)
                var least = min(replaced, above[column + 1] + 1, row[column] + 1)
                if index > 0, column > 0, letter == second[column - 1], first[index - 1] == other {
                    least = min(least, before[column - 1] + 1)
                }
                row.append(least)
            }
            (before, above) = (above, row)
        }
        return above[second.count]
    }
}
