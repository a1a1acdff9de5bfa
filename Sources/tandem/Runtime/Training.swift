import Foundation
import Models
import Stages
import Terminal

/// Joins the trainer, which knows no simulator, with the batched simulator.
enum Training {
    static func train(
        _ table: CSVTable, _ configuration: TrainingConfiguration
    ) throws -> ModelBundle {
        let evaluation = CircuitEvaluation(
            workers: min(8, ProcessInfo.processInfo.activeProcessorCount))
        let begin = Date()
        defer { Console.endProgress() }
        return try Trainer.train(
            table, configuration: configuration, quantumFeatures: evaluation.expectations,
            quantumGradients: evaluation.gradients
        ) { progress in
            show(progress, since: begin)
        }
    }

    /// The model that benches and tests of delivery score with: the default circuit, seed 1.
    static func standard(_ table: CSVTable, name: String) throws -> ModelBundle {
        var training = TrainingConfiguration()
        training.name = name
        training.seed = 1
        return try train(table, training)
    }

    private static func show(_ progress: AnsatzProgress, since begin: Date) {
        guard Console.isInteractive else { return }
        let note =
            "log-loss \(Format.number(progress.loss, decimals: 4))  "
            + "best \(Format.number(progress.bestLoss, decimals: 4))"
        let line = ProgressLine(width: 110).rendered(
            ProgressLine.Snapshot(
                label: "ansatz steps", completed: progress.steps, total: progress.maximumSteps,
                elapsedSeconds: Date().timeIntervalSince(begin), note: note),
            style: Console.errorStyle)
        Console.progress(line)
    }
}
