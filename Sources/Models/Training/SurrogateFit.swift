private import Glibc
import LinearAlgebra

/// Fits the RBF surrogate on the quantum head's own inputs and rows.
struct SurrogateFit {
    /// n × q components scaled to unit variance.
    let inputs: Matrix
    let labels: [Int]
    let crossFit: CrossFit
    let l2: Double
    /// m × q rows of `inputs`.
    let landmarks: Matrix

    /// Candidates for gamma · q; scikit-learn's "scale" is 1. The best log-loss out of fold wins.
    static let gammaTimesQubits = [0.1, 0.3, 1, 3]
    /// Kernel directions below this share of the largest are rounding.
    static let rankTolerance = 1e-9

    init(
        inputs: Matrix, labels: [Int], crossFit: CrossFit, l2: Double, landmarkCount: Int,
        seed: UInt64
    ) {
        self.inputs = inputs
        self.labels = labels
        self.crossFit = crossFit
        self.l2 = l2
        let count = min(landmarkCount, inputs.rows)
        landmarks = inputs.selecting(
            StratifiedSplit.sample(count, of: inputs.rows, seed: seed))
    }

    func fit(componentScale: [Double]) throws(TrainingError) -> KernelSurrogate {
        var best: (loss: Double, surrogate: KernelSurrogate)?
        for candidate in Self.gammaTimesQubits {
            let gamma = candidate / Double(inputs.columns)
            let (loss, surrogate) = try fit(gamma: gamma, componentScale: componentScale)
            if loss < best?.loss ?? .infinity { best = (loss, surrogate) }
        }
        guard let best else {
            throw .notConverged(iterations: LogisticRegression.maximumIterations)
        }
        return best.surrogate
    }

    private func fit(
        gamma: Double, componentScale: [Double]
    ) throws(TrainingError) -> (loss: Double, surrogate: KernelSurrogate) {
        do {
            let whitening = try whitening(gamma: gamma)
            let features = try kernel(inputs, landmarks, gamma: gamma).product(with: whitening)
            let fitted = try CalibratedFit(features, labels: labels, crossFit: crossFit) {
                (features, labels) throws(TrainingError) in
                try LogisticRegression(l2: l2).fit(features, labels: labels)
            }
            let weights = try Matrix(
                rows: whitening.columns, columns: 1, elements: fitted.model.weights)
            let surrogate = KernelSurrogate(
                componentScale: componentScale, landmarks: landmarks.elements, gamma: gamma,
                weights: try whitening.product(with: weights).elements,
                intercept: fitted.model.intercept, platt: fitted.platt)
            let scores = fitted.outOfFoldLogits.map { fitted.platt.score($0) }
            return (Metrics.logLoss(scores: scores, labels: labels) ?? .infinity, surrogate)
        } catch {
            throw TrainingError(wrapping: error)
        }
    }

    /// m × r: U · Λ^(−½) of the landmarks' kernel, the r directions that are not rounding.
    private func whitening(gamma: Double) throws(LinearAlgebraError) -> Matrix {
        let eigen = try kernel(landmarks, landmarks, gamma: gamma).symmetricEigenDecomposition()
        let rank = eigen.values.count { $0 > eigen.values[0] * Self.rankTolerance }
        var result = Matrix(rows: landmarks.rows, columns: rank)
        for row in 0..<landmarks.rows {
            for column in 0..<rank {
                result[row, column] = eigen.vectors[column, row] / eigen.values[column].squareRoot()
            }
        }
        return result
    }

    private func kernel(_ left: Matrix, _ right: Matrix, gamma: Double) -> Matrix {
        var kernel = Matrix(rows: left.rows, columns: right.rows)
        for first in 0..<left.rows {
            for second in 0..<right.rows {
                let distance = zip(left.row(first), right.row(second)).reduce(0.0) {
                    $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
                }
                kernel[first, second] = exp(-gamma * distance)
            }
        }
        return kernel
    }
}
