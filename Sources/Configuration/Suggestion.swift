/// "Did you mean …?" for keys, verbs, flags, topics and stages.
public enum Suggestion {
    /// The candidate that a user most likely meant by `word`; `nil` when none is near.
    ///
    /// Nearness is `distance` without regard to case, within what `limit` allows. Among equally near
    /// ones a candidate of the word's own length comes first, then the earlier.
    public static func nearest(
        to word: String, among candidates: some Sequence<String>
    ) -> String? {
        let wanted = Array(word.lowercased().unicodeScalars)
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let letters = Array(candidate.lowercased().unicodeScalars)
            let limit = limit(min(letters.count, wanted.count))
            guard abs(letters.count - wanted.count) <= limit else { continue }
            // Doubled, so that another length can count as half a step more.
            let near = distance(wanted, letters)
            let ranked = 2 * near + (letters.count == wanted.count ? 0 : 1)
            if near <= limit, ranked < best?.distance ?? .max { best = (candidate, ranked) }
        }
        return best?.candidate
    }

    /// Changes that two words may differ by, from the shorter one's length: a third of it, from five
    /// letters on at least two. Below three letters any two words are a change or two apart: none.
    private static func limit(_ length: Int) -> Int {
        length < 3 ? 0 : length < 5 ? 1 : max(2, length / 3)
    }

    /// `unknown stage 'x'; did you mean 'y'? Allowed: …`, on one line.
    ///
    /// - Parameter kind: what the word should have been one of, such as `stage`.
    public static func unknown(
        _ kind: String, _ word: String, among candidates: [String]
    ) -> String {
        let list = candidates.joined(separator: ", ")
        guard let near = nearest(to: word, among: candidates) else {
            return "unknown \(kind) '\(word)'; allowed: \(list)"
        }
        return "unknown \(kind) '\(word)'; did you mean '\(near)'? Allowed: \(list)"
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
