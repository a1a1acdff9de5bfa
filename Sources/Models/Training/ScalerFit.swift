public import LinearAlgebra

extension StandardScaler {
    /// Fits mean and population standard deviation (divisor n), as scikit-learn does.
    ///
    /// - Parameters:
    ///   - features: n × d finite values.
    ///   - names: d names, for errors.
    /// - Throws: `constantFeature` for one without variance beyond rounding, `featureRange` for one
    ///   whose variance overflows.
    public static func fit(
        _ features: Matrix, names: [String], clip: Double
    ) throws(TrainingError) -> StandardScaler {
        var means: [Double] = []
        var scales: [Double] = []
        for column in 0..<features.columns {
            let (mean, variance) = moments(features, column)
            guard mean.isFinite, variance.isFinite else {
                throw .featureRange(name: names[column])
            }
            // scikit-learn's own bound for a variance that is rounding alone.
            let rounding = Double(features.rows) * mean * Double.ulpOfOne
            guard variance > rounding * rounding, variance.squareRoot() > 0,
                (1 / variance.squareRoot()).isFinite
            else {
                throw .constantFeature(name: names[column], value: features[0, column])
            }
            means.append(mean)
            scales.append(variance.squareRoot())
        }
        do {
            return try StandardScaler(mean: means, scale: scales, clip: clip)
        } catch {
            throw .bundle(error)
        }
    }

    /// Two passes, the second corrected by its own sum: exact to rounding for any offset.
    private static func moments(_ features: Matrix, _ column: Int) -> (Double, Double) {
        let count = Double(features.rows)
        var sum = 0.0
        for row in 0..<features.rows { sum += features[row, column] }
        let mean = sum / count
        var squares = 0.0
        var residue = 0.0
        for row in 0..<features.rows {
            let difference = features[row, column] - mean
            squares += difference * difference
            residue += difference
        }
        return (mean, (squares - residue * residue / count) / count)
    }
}
