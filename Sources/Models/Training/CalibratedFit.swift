private import Glibc
import LinearAlgebra

/// Out-of-fold logits: each row's comes from a fit that did not see the row.
struct CrossFit {
    /// The fold of each row, 0..<count.
    let folds: [Int]
    let count: Int

    init(labels: [Int], seed: UInt64) {
        count = TrainingConfiguration.foldCount
        folds = StratifiedSplit.folds(labels, count: count, seed: seed)
    }

    func logits(
        _ features: Matrix, labels: [Int],
        fit: (Matrix, [Int]) throws(TrainingError) -> LogisticModel
    ) throws(TrainingError) -> [Double] {
        var logits = [Double](repeating: 0, count: labels.count)
        for fold in 0..<count {
            let kept = folds.indices.filter { folds[$0] != fold }
            let model = try fit(features.selecting(kept), kept.map { labels[$0] })
            for row in folds.indices where folds[row] == fold {
                logits[row] = model.logit(features.row(row).span)
            }
        }
        return logits
    }
}

/// A logistic head with Platt's calibration on out-of-fold logits.
struct CalibratedFit {
    let model: LogisticModel
    let platt: PlattCalibration
    let outOfFoldLogits: [Double]

    init(
        _ features: Matrix, labels: [Int], crossFit: CrossFit,
        fit: (Matrix, [Int]) throws(TrainingError) -> LogisticModel
    ) throws(TrainingError) {
        outOfFoldLogits = try crossFit.logits(features, labels: labels, fit: fit)
        platt = try PlattCalibration.fit(logits: outOfFoldLogits, labels: labels)
        model = try fit(features, labels)
    }

    /// Calibrated scores of rows of features.
    func scores(_ features: Matrix) -> [Double] {
        (0..<features.rows).map { platt.score(model.logit(features.row($0).span)) }
    }
}

/// Logistic regression on expectation values, standardised with the shots in mind.
struct ExpectationRegression {
    let l2: Double
    let shots: Int

    /// Each expectation is divided by √(variance over records + mean shot variance (1 −
    /// ⟨S⟩²)/shots), so that the penalty keeps the head off signals that the shots would drown. The
    /// standardisation is then folded into weights and intercept.
    func fit(_ expectations: Matrix, _ labels: [Int]) throws(TrainingError) -> LogisticModel {
        let (means, scales) = moments(expectations)
        var standardised = expectations
        let columns = expectations.columns
        standardised.withMutableElements { elements in
            for index in 0..<elements.count {
                let column = index % columns
                elements[index] = (elements[index] - means[column]) / scales[column]
            }
        }
        let fitted = try LogisticRegression(l2: l2).fit(standardised, labels: labels)
        let weights = zip(fitted.weights, scales).map { $0 / $1 }
        let shift = zip(weights, means).reduce(0) { $0 + $1.0 * $1.1 }
        do {
            return try LogisticModel(weights: weights, intercept: fitted.intercept - shift)
        } catch {
            throw .bundle(error)
        }
    }

    private func moments(_ expectations: Matrix) -> (means: [Double], scales: [Double]) {
        let count = Double(expectations.rows)
        var means: [Double] = []
        var scales: [Double] = []
        for column in 0..<expectations.columns {
            var sum = 0.0
            var squares = 0.0
            for row in 0..<expectations.rows { sum += expectations[row, column] }
            let mean = sum / count
            var shotVariance = 0.0
            for row in 0..<expectations.rows {
                let value = expectations[row, column]
                squares += (value - mean) * (value - mean)
                shotVariance += max(0, 1 - value * value) / Double(shots)
            }
            let scale = ((squares + shotVariance) / count).squareRoot()
            means.append(mean)
            // A string that is ±1 in every record says nothing: any scale gives it weight zero.
            scales.append(scale > 1e-9 ? scale : 1)
        }
        return (means, scales)
    }
}

extension PlattCalibration {
    /// Fits slope and offset with Platt's own smoothed targets (1999), which keep separable logits
    /// finite.
    ///
    /// A head whose logits run against the labels has nothing to calibrate: it gets a slope so
    /// small that its scores stay at the base rate.
    static func fit(logits: [Double], labels: [Int]) throws(TrainingError) -> PlattCalibration {
        let positives = Double(labels.count { $0 == 1 })
        let negatives = Double(labels.count) - positives
        let high = (positives + 1) / (positives + 2)
        let low = 1 / (negatives + 2)
        do {
            let column = try Matrix(rows: logits.count, columns: 1, elements: logits)
            let fitted = try LogisticRegression(l2: 0).minimise(
                column, targets: labels.map { $0 == 1 ? high : low })
            guard fitted[0] > 1e-3 else {
                return try PlattCalibration(slope: 1e-3, offset: log(positives / negatives))
            }
            return try PlattCalibration(slope: fitted[0], offset: fitted[1])
        } catch {
            throw TrainingError(wrapping: error)
        }
    }
}

extension Matrix {
    /// The given rows, in the given order.
    func selecting(_ rows: [Int]) -> Matrix {
        var result = Matrix(rows: rows.count, columns: columns)
        result.withMutableElements { elements in
            for (target, source) in rows.enumerated() {
                for column in 0..<columns {
                    elements[target * columns + column] =
                        self.elements[source * columns + column]
                }
            }
        }
        return result
    }
}
