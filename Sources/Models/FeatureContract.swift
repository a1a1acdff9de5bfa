/// Which features a record must carry, and in which order the model reads them.
public struct FeatureContract: Codable, Sendable, Equatable {
    /// Distinct, non-empty names in the model's order.
    public let names: [String]

    /// - Throws: `ModelBundleError.invalid` when there is no name, or a name is empty or repeated.
    public init(names: [String]) throws(ModelBundleError) {
        self.names = names
        try validate("features")
    }

    public var count: Int { names.count }

    /// The index of each name in the model's order: resolve once when the model loads, then keep.
    ///
    /// A look-up costs some 33 ns, so a decoder that sees the same order in every record compares
    /// with the previous record's order first.
    public func indexByName() -> [String: Int] {
        Dictionary(uniqueKeysWithValues: zip(names, names.indices))
    }

    /// For each of `given`, its position in the model's order.
    ///
    /// - Parameter given: a source's own order, such as a table's header.
    /// - Throws: `invalid` naming the first missing, unknown or repeated feature.
    public func positions(of given: [String]) throws(ModelBundleError) -> [Int] {
        let index = indexByName()
        var seen = [Bool](repeating: false, count: count)
        var positions: [Int] = []
        for name in given {
            guard let position = index[name] else {
                throw .invalid(
                    field: "features", problem: "'\(name)' is not a feature of the model")
            }
            try Require.that(!seen[position], "features", "'\(name)' is given twice")
            seen[position] = true
            positions.append(position)
        }
        if let missing = seen.firstIndex(of: false) {
            throw .invalid(field: "features", problem: "'\(names[missing])' is missing")
        }
        return positions
    }

    func validate(_ field: String) throws(ModelBundleError) {
        try Require.that(!names.isEmpty, "\(field).names", "needs at least one name")
        var seen: Set<String> = []
        for (index, name) in names.enumerated() {
            try Require.that(!name.isEmpty, "\(field).names[\(index)]", "is empty")
            try Require.that(
                seen.insert(name).inserted, "\(field).names[\(index)]", "'\(name)' is repeated")
        }
    }
}
