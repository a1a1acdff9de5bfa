public import LinearAlgebra

extension PrincipalComponents {
    /// Fits the first `count` components of standardised features, with scikit-learn's definitions.
    ///
    /// The eigenvectors are those of the covariance with divisor n − 1; in each, the loading of
    /// largest absolute value (the first of equals) is made positive.
    /// - Throws: `tooManyComponents`, `tooFewDirections` when the features have fewer independent
    ///   directions, or `numeric`.
    public static func fit(
        _ standardised: Matrix, count: Int
    ) throws(TrainingError) -> PrincipalComponents {
        let features = standardised.columns
        guard count <= features else {
            throw .tooManyComponents(components: count, features: features)
        }
        let mean = columnMeans(standardised)
        let eigen = try decomposition(centred(standardised, mean))
        let total = eigen.values.reduce(0) { $0 + max($1, 0) }
        let found = eigen.values.count { $0 > total * 1e-12 }
        guard found >= count else { throw .tooFewDirections(components: count, found: found) }
        let variance = Array(eigen.values.prefix(count))
        let components = (0..<count).flatMap { oriented(eigen.vectors.row($0)) }
        do {
            return try PrincipalComponents(
                mean: mean, components: components, explainedVariance: variance,
                explainedVarianceRatio: variance.map { $0 / total })
        } catch {
            throw .bundle(error)
        }
    }

    private static func decomposition(
        _ centred: Matrix
    ) throws(TrainingError) -> EigenDecomposition {
        do {
            var covariance = try centred.product(.transposed, with: centred)
            let divisor = Double(centred.rows - 1)
            covariance.withMutableElements { elements in
                for index in 0..<elements.count { elements[index] /= divisor }
            }
            return try covariance.symmetricEigenDecomposition()
        } catch {
            throw .numeric(error)
        }
    }

    private static func columnMeans(_ matrix: Matrix) -> [Double] {
        var means = [Double](repeating: 0, count: matrix.columns)
        for row in 0..<matrix.rows {
            for (column, value) in matrix.row(row).enumerated() { means[column] += value }
        }
        return means.map { $0 / Double(matrix.rows) }
    }

    private static func centred(_ matrix: Matrix, _ mean: [Double]) -> Matrix {
        var centred = matrix
        let columns = matrix.columns
        centred.withMutableElements { elements in
            for index in 0..<elements.count { elements[index] -= mean[index % columns] }
        }
        return centred
    }

    private static func oriented(_ vector: ArraySlice<Double>) -> [Double] {
        var largest = 0.0
        for value in vector where value.magnitude > largest.magnitude { largest = value }
        return largest < 0 ? vector.map { -$0 } : Array(vector)
    }
}
