/// A number that a weighted least-squares fit gives, as weights on the fitted values.
enum LinearFunctional {
    /// Squared part of a column that must remain beside the ones before it.
    private static let independence = 1e-20

    /// With coefficients c that minimise Σ wᵢ(yᵢ − Σ cⱼ·columnⱼᵢ)², Σ targetⱼ·cⱼ = Σ resultᵢ·yᵢ.
    ///
    /// By Gram–Schmidt in the weighted inner product, each column twice, which keeps rounding small
    /// ("twice is enough": Giraud, Langou and Rozložník, 2005).
    ///
    /// - Returns: nil when the columns depend on each other.
    static func weights(
        columns: [[Double]], target: [Double], inverseVariances: [Double]
    ) -> [Double]? {
        func product(_ left: [Double], _ right: [Double]) -> Double {
            left.indices.reduce(0) { $0 + inverseVariances[$1] * left[$1] * right[$1] }
        }
        var basis: [(column: [Double], target: Double, norm: Double)] = []
        for (column, value) in zip(columns, target) {
            var (rest, share) = (column, value)
            for _ in 0..<2 {
                for earlier in basis {
                    let factor = product(earlier.column, rest) / earlier.norm
                    for index in rest.indices { rest[index] -= factor * earlier.column[index] }
                    share -= factor * earlier.target
                }
            }
            let norm = product(rest, rest)
            guard norm > independence * product(column, column) else { return nil }
            basis.append((rest, share, norm))
        }
        return inverseVariances.indices.map { index in
            basis.reduce(0) {
                $0 + $1.target / $1.norm * inverseVariances[index] * $1.column[index]
            }
        }
    }
}
