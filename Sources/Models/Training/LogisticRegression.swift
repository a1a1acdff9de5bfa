private import Glibc
public import LinearAlgebra

/// Logistic regression with an L2 penalty on the weights, not on the intercept, by Newton's method.
///
/// Minimises Σ log-loss + ½·l2·‖w‖²: the objective of scikit-learn's `LogisticRegression(C=1/l2)`,
/// and for l2 > 0 with both labels present the same unique optimum, whatever the solver.
public struct LogisticRegression: Sendable {
    /// At least 0.
    public var l2: Double
    static let maximumIterations = 100

    public init(l2: Double = 1) { self.l2 = l2 }

    /// - Parameters:
    ///   - features: n × d finite values.
    ///   - labels: n labels, 0 or 1.
    /// - Throws: `notConverged`, `numeric` or `bundle`.
    public func fit(_ features: Matrix, labels: [Int]) throws(TrainingError) -> LogisticModel {
        let parameters = try minimise(features, targets: labels.map(Double.init))
        do {
            return try LogisticModel(
                weights: Array(parameters.dropLast()), intercept: parameters[features.columns])
        } catch {
            throw .bundle(error)
        }
    }

    /// The d weights and then the intercept.
    ///
    /// - Parameter targets: n probabilities in 0…1; Platt's targets are not whole.
    func minimise(_ features: Matrix, targets: [Double]) throws(TrainingError) -> [Double] {
        precondition(targets.count == features.rows, "as many targets as rows")
        let design = withInterceptColumn(features)
        var parameters = [Double](repeating: 0, count: design.columns)
        var current = evaluate(design, targets, parameters)
        for _ in 0..<Self.maximumIterations {
            let step: [Double]
            do {
                step = try hessian(design, current.logits)
                    .solvePositiveDefinite(current.gradient)
            } catch {
                throw .numeric(error)
            }
            let decrement = zip(step, current.gradient).reduce(0) { $0 + $1.0 * $1.1 }
            // Below this the quadratic step is exact to rounding, and the loss too coarse to judge
            // it.
            if decrement <= 1e-11 { return zip(parameters, step).map { $0 - $1 } }
            (parameters, current) = try search(
                design, targets, from: parameters, loss: current.loss, along: step, decrement)
        }
        throw .notConverged(iterations: Self.maximumIterations)
    }

    private struct Evaluation {
        var loss: Double
        var logits: [Double]
        var gradient: [Double]
    }

    /// Halves Newton's step until it lowers the loss enough (Armijo), which it must: the loss is
    /// convex.
    private func search(
        _ design: Matrix, _ targets: [Double], from parameters: [Double], loss: Double,
        along step: [Double], _ decrement: Double
    ) throws(TrainingError) -> ([Double], Evaluation) {
        var length = 1.0
        for _ in 0..<50 {
            let next = zip(parameters, step).map { $0 - length * $1 }
            let evaluation = evaluate(design, targets, next)
            if evaluation.loss <= loss - 1e-4 * length * decrement {
                return (next, evaluation)
            }
            length /= 2
        }
        throw .notConverged(iterations: Self.maximumIterations)
    }

    private func evaluate(
        _ design: Matrix, _ targets: [Double], _ parameters: [Double]
    ) -> Evaluation {
        let columns = design.columns
        let elements = design.elements.span
        var loss = 0.0
        var logits = [Double](repeating: 0, count: design.rows)
        var gradient = [Double](repeating: 0, count: columns)
        for row in 0..<design.rows {
            var logit = 0.0
            for column in 0..<columns {
                logit += elements[row * columns + column] * parameters[column]
            }
            logits[row] = logit
            // log(1 + e^z) − t·z, without overflow.
            loss += max(logit, 0) + log1p(exp(-logit.magnitude)) - targets[row] * logit
            let residual = sigmoid(logit) - targets[row]
            for column in 0..<columns {
                gradient[column] += residual * elements[row * columns + column]
            }
        }
        for column in 0..<columns - 1 {
            loss += l2 / 2 * parameters[column] * parameters[column]
            gradient[column] += l2 * parameters[column]
        }
        return Evaluation(loss: loss, logits: logits, gradient: gradient)
    }

    /// Xᵀ diag(p(1 − p)) X + l2·I, the intercept's place without the penalty.
    private func hessian(
        _ design: Matrix, _ logits: [Double]
    ) throws(LinearAlgebraError) -> Matrix {
        let columns = design.columns
        var weighted = design
        weighted.withMutableElements { elements in
            for row in 0..<logits.count {
                let score = sigmoid(logits[row])
                let weight = (score * (1 - score)).squareRoot()
                for column in 0..<columns { elements[row * columns + column] *= weight }
            }
        }
        var hessian = try weighted.product(.transposed, with: weighted)
        for index in 0..<columns {
            // The last term keeps a saturated or constant column solvable; it moves steps, not
            // optima.
            hessian[index, index] += (index < columns - 1 ? l2 : 0) + 1e-10
        }
        return hessian
    }

    private func withInterceptColumn(_ features: Matrix) -> Matrix {
        var design = Matrix(rows: features.rows, columns: features.columns + 1, repeating: 1)
        let columns = features.columns
        design.withMutableElements { elements in
            for (index, value) in features.elements.enumerated() {
                elements[index / columns * (columns + 1) + index % columns] = value
            }
        }
        return design
    }
}
