/// "Did you mean": the closest of the known names.
public enum NearestName {
    /// The name with the least edit distance, ignoring case, if it is within a third of the length
    /// of what was given (at least 2); the first of equals.
    public static func of(_ given: String, among names: [String]) -> String? {
        let limit = max(2, given.count / 3)
        let wanted = given.lowercased()
        let ranked = names.map { (name: $0, distance: distance($0.lowercased(), wanted)) }
        let best = ranked.min { $0.distance < $1.distance }
        return best.flatMap { $0.distance <= limit ? $0.name : nil }
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
