import Determinism
import Foundation
import LinearAlgebra
import QuantumCircuit
import QuantumSimulator
import Stages
import TestSupport
import Testing

@testable import Models

@Suite("Training an ansatz")
struct AnsatzTrainingTests {
    /// Some records with a rule that is not linear in the angles.
    private func fit(
        _ family: AnsatzSpecification.Family, rows: Int = 60,
        _ adjust: (inout AnsatzTraining) -> Void = { _ in }
    ) throws -> AnsatzFit {
        var random = RandomStream(seed: 11)
        let angles = (0..<rows * 3).map { _ in random.uniform() * 0.6 - 0.3 }
        let labels = (0..<rows).map { row in
            let (x, y) = (angles[3 * row], angles[3 * row + 1])
            return x * y + 0.02 * (random.uniform() - 0.5) > 0 ? 1 : 0
        }
        var settings = AnsatzTraining()
        settings.family = family
        adjust(&settings)
        let evaluation = CircuitEvaluation()
        return AnsatzFit(
            angles: try Matrix(rows: rows, columns: 3, elements: angles), labels: labels,
            crossFit: CrossFit(labels: labels, seed: 3), settings: settings,
            regression: ExpectationRegression(l2: 0.1, shots: 4_096),
            map: try CircuitSpecification(qubits: 3, bandwidth: 0.05),
            functions: CircuitFunctions(
                features: evaluation.expectations, gradients: evaluation.gradients),
            seed: 5)
    }

    @Test(
        "has the gradient of the head's log-loss, by central differences",
        arguments: AnsatzSpecification.Family.allCases)
    func gradient(family: AnsatzSpecification.Family) throws {
        let fit = try fit(family)
        let start = fit.initialWeights
        let head = try fit.judge(start).head
        let rows = [3, 41, 7, 20, 58]
        let (value, gradient) = try fit.loss(of: rows, start, head)
        // The loss again, from expectations.
        let expectations = try fit.functions.expectations(fit.angles, fit.circuit(start))
        let scores = rows.map { sigmoid(head.logit(expectations.row($0).span)) }
        let expected = Metrics.logLoss(scores: scores, labels: rows.map { fit.labels[$0] })
        #expect(abs(value - (try #require(expected))) < 1e-12)
        for index in start.indices {
            func slope(_ step: Double) throws -> Double {
                var (up, down) = (start, start)
                up[index] += step
                down[index] -= step
                return
                    (try fit.loss(of: rows, up, head).value
                    - fit.loss(of: rows, down, head).value) / (2 * step)
            }
            let difference = try (4 * slope(0.0005) - slope(0.001)) / 3
            #expect(abs(gradient[index] - difference) < 1e-8, "weight \(index)")
        }
        #expect(gradient.contains { abs($0) > 1e-3 })
    }

    @Test("lowers the loss on the rows that stop it, and on those that fit")
    func lowersLoss() throws {
        let fit = try fit(.realAmplitudes, rows: 120)
        var progress: [AnsatzProgress] = []
        let outcome = try fit.run { progress.append($0) }
        #expect(outcome.finalLoss < outcome.initialLoss - 0.01)
        func kept(_ circuit: CircuitSpecification) throws -> Double {
            let weights = try #require(circuit.ansatz?.weights)
            return try fit.loss(of: fit.kept, weights, fit.judge(weights).head).value
        }
        #expect(try kept(outcome.trained) < kept(outcome.initial) - 0.01)
        #expect(outcome.initial == fit.circuit(fit.initialWeights))
        #expect(progress.last?.steps == outcome.steps)
        #expect(progress.last?.bestLoss == outcome.finalLoss)
        #expect(progress.map(\.steps) == Array(stride(from: 10, through: outcome.steps, by: 10)))
    }

    @Test("stops at its limit of steps, and before it when nothing improves")
    func stops() throws {
        let short = try fit(.realAmplitudes) { $0.maximumSteps = 23 }.run { _ in }
        #expect(short.steps == 23 && short.stop == .stepLimit)
        let none = try fit(.realAmplitudes) { $0.maximumSteps = 0 }.run { _ in }
        #expect(none.steps == 0 && none.trained == none.initial)
        let still = try fit(.realAmplitudes) {
            $0.learningRate = 1e-12
            $0.patience = 3
        }.run { _ in }
        #expect(still.steps == 30 && still.stop == .converged)
    }

    @Test("deals each epoch's rows once, in an order that the seed alone decides")
    func minibatches() {
        var batches = Minibatches(rows: Array(10..<30), size: 6, seed: 1)
        var again = batches
        let drawn = (0..<6).map { _ in batches.next() }
        #expect(drawn == (0..<6).map { _ in again.next() })
        for epoch in [drawn[..<3], drawn[3...]] {
            #expect(Set(epoch.joined()).count == 18 && Set(epoch.joined()).isSubset(of: 10..<30))
        }
        #expect(drawn[0] != drawn[3])
        var all = Minibatches(rows: [1, 2, 3], size: 64, seed: 1)
        #expect(all.next().sorted() == [1, 2, 3] && all.next().sorted() == [1, 2, 3])
    }

    @Test("follows Adam's published first steps")
    func adam() {
        var adam = Adam(count: 2, rate: 0.1)
        var weights = [1.0, 1.0]
        // The first step is the rate, whatever the slope's size; so are all of a constant slope.
        for step in 1...3 {
            adam.step(&weights, [4, -0.001])
            #expect(abs(weights[0] - (1 - 0.1 * Double(step))) < 1e-8)
            #expect(abs(weights[1] - (1 + 0.1 * Double(step))) < 1e-5)
        }
        // m = (0.9(0.4·… ) …) by hand: slopes 1, then −1.
        adam = Adam(count: 1, rate: 0.1)
        weights = [0]
        adam.step(&weights, [1])
        adam.step(&weights, [-1])
        let mean = (0.9 * 0.1 - 0.1) / (1 - 0.81)
        #expect(abs(weights[0] - (-0.1 - 0.1 * mean)) < 1e-8)
    }

    @Test("gives the same bytes for the same seed on any number of threads, and others for another")
    func determinism() throws {
        let bytes = try AnsatzModel.bundle.encoded()
        #expect(try AnsatzModel.train(workers: 3).encoded() == bytes)
        #expect(try AnsatzModel.train { $0.seed = 2 }.encoded() != bytes)
    }

    @Test("improves the head on rows that no fit saw, and leaves nothing trivial")
    func model() throws {
        let bundle = AnsatzModel.bundle
        let metrics = try #require(bundle.metrics.ansatz)
        #expect(metrics.finalLoss < metrics.initialLoss && metrics.steps > 0)
        let trained = bundle.metrics.quantum
        #expect(trained.train.auc > metrics.untrained.train.auc)
        #expect(trained.validation.auc > metrics.withoutAnsatz.validation.auc)
        print(
            "AUC train/validation: map \(metrics.withoutAnsatz.train.auc) "
                + "\(metrics.withoutAnsatz.validation.auc), untrained "
                + "\(metrics.untrained.train.auc) \(metrics.untrained.validation.auc), trained "
                + "\(trained.train.auc) \(trained.validation.auc), surrogate "
                + "\(bundle.metrics.surrogate.train.auc) \(bundle.metrics.surrogate.validation.auc)"
        )
        #expect(CircuitTemplates.warning(for: bundle.circuit) == nil)
        var map = bundle.circuit
        map.ansatz = nil
        #expect(CircuitTemplates.warning(for: map) != nil)
        map.repetitions = 3
        #expect(CircuitTemplates.warning(for: map) == nil)
    }

    @Test("works on one repetition of the feature map, which alone says nothing")
    func oneRepetition() throws {
        let bundle = try AnsatzModel.train {
            $0.repetitions = 1
            $0.ansatz?.family = .efficientSU2
            $0.ansatz?.repetitions = 1
            $0.ansatz?.maximumSteps = 30
        }
        #expect(bundle.circuit.ansatz?.weights.count == 12)
        #expect(try #require(bundle.metrics.ansatz).withoutAnsatz.validation.auc == 0.5)
        #expect(bundle.metrics.quantum.validation.auc > 0.8)
        #expect(CircuitTemplates.warning(for: bundle.circuit) == nil)
    }

    @Test("names settings out of range, and a circuit that gives no gradients")
    func errors() throws {
        func failure(_ adjust: (inout TrainingConfiguration) -> Void) -> String {
            do {
                _ = try AnsatzModel.train(adjust)
                return "no error"
            } catch {
                return "\(error)"
            }
        }
        let ranges: [(String, (inout AnsatzTraining) -> Void)] = [
            ("ansatz repetitions is 9, allowed is 1 to 8", { $0.repetitions = 9 }),
            ("ansatz steps is -1, allowed is 0 to 100000", { $0.maximumSteps = -1 }),
            ("ansatz batch size is 0, allowed is 1 to 65536", { $0.batchSize = 0 }),
            (
                "ansatz learning rate is nan, allowed is above 0, at most 1",
                { $0.learningRate = .nan }
            ),
            ("ansatz patience is 0, allowed is 1 to 1000", { $0.patience = 0 }),
        ]
        for (text, change) in ranges {
            var settings = AnsatzTraining()
            change(&settings)
            #expect(failure { $0.ansatz = settings } == text)
        }
        var configuration = TrainingConfiguration()
        configuration.ansatz = AnsatzTraining()
        let evaluation = CircuitEvaluation()
        let table = try AnsatzModel.table
        #expect(throws: TrainingError.noGradients) {
            try Trainer.train(
                table, configuration: configuration, quantumFeatures: evaluation.expectations)
        }
        #expect(throws: TrainingError.gradientCount(got: 3, expected: 64 * 12)) {
            try Trainer.train(
                table, configuration: configuration, quantumFeatures: evaluation.expectations
            ) { _, count, _, _ in ([Double](repeating: 0, count: count), [1, 2, 3]) }
        }
        #expect(throws: TrainingError.nonFiniteGradient(index: 0)) {
            try Trainer.train(
                table, configuration: configuration, quantumFeatures: evaluation.expectations
            ) { _, count, _, _ in
                ([Double](repeating: 0, count: count), [Double](repeating: .nan, count: count * 12))
            }
        }
    }
}
