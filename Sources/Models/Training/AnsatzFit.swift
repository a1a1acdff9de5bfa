private import Determinism
private import Glibc
import LinearAlgebra

/// How far the training of an ansatz has come.
public struct AnsatzProgress: Sendable, Equatable {
    public let steps: Int
    public let maximumSteps: Int
    /// The held-out rows' mean log-loss after the last round.
    public let loss: Double
    /// The lowest so far.
    public let bestLoss: Double
}

/// Trains an ansatz' weights for the head that reads the circuit.
///
/// Rounds alternate: the head is fitted to the present circuit by Newton's method, exactly; then Adam
/// takes ten steps of the ansatz against that head's log-loss on minibatches, with adjoint gradients
/// of the head's logit. By the envelope theorem those are gradients of the loss at the best head,
/// where a round begins. One fold of the training rows takes part in neither: its loss tells which
/// round's weights are kept and when to stop.
struct AnsatzFit {
    /// n × q radians.
    let angles: Matrix
    let labels: [Int]
    let settings: AnsatzTraining
    let regression: ExpectationRegression
    /// The feature map; its ansatz, if any, is ignored.
    let map: CircuitSpecification
    let functions: CircuitFunctions
    let seed: UInt64
    /// Rows that fit, and rows that judge.
    let kept: [Int]
    let held: [Int]

    struct Outcome {
        let initial: CircuitSpecification
        let trained: CircuitSpecification
        let steps: Int
        let stop: AnsatzMetrics.Stop
        let initialLoss: Double
        let finalLoss: Double
    }

    /// Weights with the head that fits them best and what the held-out rows say of both.
    struct Judged {
        let weights: [Double]
        let head: LogisticModel
        let loss: Double
    }

    static let stepsPerRound = 10
    /// Nats; what is less does not keep the training going.
    static let leastImprovement = 1e-4
    /// The weights' first values are uniform within ± this many radians: not so small that the
    /// layers' symmetry must first be broken, nor so large that the map is scrambled.
    static let initialSpread = 0.5

    init(
        angles: Matrix, labels: [Int], crossFit: CrossFit, settings: AnsatzTraining,
        regression: ExpectationRegression, map: CircuitSpecification, functions: CircuitFunctions,
        seed: UInt64
    ) {
        self.angles = angles
        self.labels = labels
        self.settings = settings
        self.regression = regression
        self.map = map
        self.functions = functions
        self.seed = seed
        kept = crossFit.folds.indices.filter { crossFit.folds[$0] != 0 }
        held = crossFit.folds.indices.filter { crossFit.folds[$0] == 0 }
    }

    func run(_ onProgress: (AnsatzProgress) -> Void) throws -> Outcome {
        let initial = try judge(initialWeights)
        var (current, best) = (initial, initial)
        var optimiser = Adam(count: initial.weights.count, rate: settings.learningRate)
        var batches = Minibatches(
            rows: kept, size: settings.batchSize, seed: StableHash.combine(seed, 1))
        var (steps, idleRounds) = (0, 0)
        while steps < settings.maximumSteps, idleRounds < settings.patience {
            var weights = current.weights
            for _ in 0..<min(Self.stepsPerRound, settings.maximumSteps - steps) {
                let slope = try loss(of: batches.next(), weights, current.head).gradient
                optimiser.step(&weights, slope)
                steps += 1
            }
            current = try judge(weights)
            idleRounds = current.loss < best.loss - Self.leastImprovement ? 0 : idleRounds + 1
            if current.loss < best.loss { best = current }
            onProgress(
                AnsatzProgress(
                    steps: steps, maximumSteps: settings.maximumSteps, loss: current.loss,
                    bestLoss: best.loss))
        }
        return Outcome(
            initial: circuit(initial.weights), trained: circuit(best.weights), steps: steps,
            stop: idleRounds < settings.patience ? .stepLimit : .converged,
            initialLoss: initial.loss, finalLoss: best.loss)
    }

    /// The feature map, then the ansatz with these weights.
    func circuit(_ weights: [Double]) -> CircuitSpecification {
        var circuit = map
        circuit.ansatz = AnsatzSpecification(
            name: settings.family, repetitions: settings.repetitions,
            entanglement: settings.entanglement, weights: weights)
        return circuit
    }

    var initialWeights: [Double] {
        var random = RandomStream(seed: seed)
        let count = AnsatzSpecification.weightCount(
            settings.family, qubits: map.qubits, repetitions: settings.repetitions)
        return (0..<count).map { _ in (2 * random.uniform() - 1) * Self.initialSpread }
    }

    func judge(_ weights: [Double]) throws -> Judged {
        let expectations = try functions.expectations(angles, circuit(weights))
        let head = try regression.fit(expectations.selecting(kept), kept.map { labels[$0] })
        let scores = held.map { sigmoid(head.logit(expectations.row($0).span)) }
        let loss = Metrics.logLoss(scores: scores, labels: held.map { labels[$0] })
        return Judged(weights: weights, head: head, loss: loss ?? .infinity)
    }

    /// The mean log-loss of some rows under a head that stays as it is, and its derivatives by the
    /// ansatz' weights: mean of (score − label)·∂logit.
    func loss(
        of rows: [Int], _ weights: [Double], _ head: LogisticModel
    ) throws -> (value: Double, gradient: [Double]) {
        let (values, slopes) = try functions.gradients(
            angles.selecting(rows), circuit(weights), head.weights)
        var sum = 0.0
        var gradient = [Double](repeating: 0, count: weights.count)
        for (index, row) in rows.enumerated() {
            let logit = head.intercept + values[index]
            let label = Double(labels[row])
            sum += max(logit, 0) + log1p(exp(-logit.magnitude)) - label * logit
            let residual = sigmoid(logit) - label
            for weight in gradient.indices {
                gradient[weight] += residual * slopes[index * weights.count + weight]
            }
        }
        let count = Double(rows.count)
        return (sum / count, gradient.map { $0 / count })
    }
}
