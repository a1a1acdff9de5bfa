/// "Did you mean": the closest of the known names.
public enum NearestName {
    /// The name with the least edit distance, ignoring case, if it is near enough: within a third of
    /// the shorter one's length, from five letters on at least two, below three letters none; the
    /// first of equals.
    public static func of(_ given: String, among names: [String]) -> String? {
        let wanted = given.lowercased()
        var best: (name: String, distance: Int)?
        for name in names {
            let distance = distance(name.lowercased(), wanted)
            let limit = limit(min(name.unicodeScalars.count, wanted.unicodeScalars.count))
            if distance <= limit, distance < best?.distance ?? .max { best = (name, distance) }
        }
        return best?.name
    }

    private static func limit(_ length: Int) -> Int {
        length < 3 ? 0 : length < 5 ? 1 : max(2, length / 3)
    }

    /// Levenshtein's distance, over Unicode scalars.
    static func distance(_ first: String, _ second: String) -> Int {
        let target = Array(second.unicodeScalars)
        var previous = Array(0...target.count)
        for (row, scalar) in first.unicodeScalars.enumerated() {
            var current = [row + 1]
            for column in target.indices {
                let substitution = previous[column] + (target[column] == scalar ? 0 : 1)
                current.append(min(substitution, previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[target.count]
    }
}
