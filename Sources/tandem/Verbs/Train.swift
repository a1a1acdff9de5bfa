import ArgumentParser
import Foundation
import Models
import Stages
import Terminal

/// `tandem train`: a model bundle from a CSV of numeric features and a 0/1 label.
struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fit a model bundle: scaler, PCA, classical baseline, quantum head, controls.",
        discussion: "The same data and the same seed give the same bytes.")

    @Option(help: "Training data, CSV with a header.")
    var data: String

    @Option(help: "The label column, 0 or 1.")
    var label: String

    @Option(
        help: ArgumentHelp("Columns to leave out, such as an id; repeatable.", valueName: "column"))
    var exclude: [String] = []

    @Option(help: "Where to write the bundle.")
    var out: String

    @Option(help: "Name of the model.")
    var name = "default"

    @Option(help: "Principal components and qubits, 2 to 12.")
    var qubits = 4

    @OptionGroup var circuitOptions: CircuitOptions

    @Option(help: "Radians per standard deviation of a component.")
    var bandwidth: Double?

    @Option(help: "Shots of each quantum call.")
    var shots = 1_024

    @Option(help: "Seed of splits, landmarks and the ansatz' first weights.")
    var seed: UInt64 = 1

    @OptionGroup var outputOptions: OutputOptions

    private struct Result: Encodable {
        let name: String
        let version: String
        let path: String
        let features: Int
        let metrics: ModelMetrics
    }

    func run() throws {
        // Before training, which takes long: the bundle must have a place to go.
        try OutputPlace.check(out)
        let table = try CSVTable.read(path: data, labelColumn: label, excluding: exclude)
        var configuration = circuitOptions.configuration
        configuration.name = name
        configuration.qubits = qubits
        configuration.seed = seed
        configuration.shots = shots
        if let bandwidth { configuration.bandwidth = bandwidth }
        let bundle = try Training.train(table, configuration)
        do {
            try Data(try bundle.encoded()).write(to: URL(filePath: out), options: .atomic)
        } catch {
            throw CommandFailure(
                "cannot write '\(out)': \(error.localizedDescription); choose another place "
                    + "with --out")
        }
        if outputOptions.isJSON {
            return try JSONOutput.print(
                Result(
                    name: bundle.name, version: bundle.version, path: out,
                    features: bundle.features.count, metrics: bundle.metrics))
        }
        Console.print(Self.summary(bundle, path: out))
    }

    static func summary(_ bundle: ModelBundle, path: String) -> String {
        var table = TextTable(columns: [
            .init("scorer"), .init("accuracy", .trailing), .init("AUC", .trailing),
            .init("Brier", .trailing),
        ])
        let metrics = bundle.metrics
        let rows = [
            ("classical baseline", metrics.classical), ("quantum head", metrics.quantum),
            ("surrogate: RBF kernel", metrics.surrogate),
            ("control: no entanglement", metrics.withoutEntanglement),
        ]
        for (name, scorer) in rows {
            table.addRow([
                name, Format.percentage(scorer.validation.accuracy, decimals: 2),
                Format.number(scorer.validation.auc, decimals: 4),
                Format.number(scorer.validation.brier, decimals: 4),
            ])
        }
        return """
            model \(bundle.name)@\(bundle.version): \(bundle.features.count) features, \
            \(bundle.circuit.qubits) qubits, written to \(path)
            on \(metrics.validationRows) rows held out:
            \(table.rendered(style: Console.outputStyle))\
            \(metrics.ansatz.map { "\n" + ansatz($0, bundle) } ?? "")\
            \(CircuitTemplates.warning(for: bundle.circuit).map { "\nCircuit: \($0)" } ?? "")
            """
    }
    /// What training the ansatz did to the quantum head.
    private static func ansatz(_ metrics: AnsatzMetrics, _ bundle: ModelBundle) -> String {
        var table = TextTable(columns: [
            .init("AUC of the head on"), .init("training rows", .trailing),
            .init("rows held out", .trailing),
        ])
        let rows = [
            ("the feature map alone", metrics.withoutAnsatz),
            ("the ansatz before training", metrics.untrained),
            ("the ansatz after training", bundle.metrics.quantum),
            ("(surrogate: RBF kernel)", bundle.metrics.surrogate),
        ]
        for (name, scorer) in rows {
            table.addRow([
                name, Format.number(scorer.train.auc, decimals: 4),
                Format.number(scorer.validation.auc, decimals: 4),
            ])
        }
        let reason = metrics.stop == .converged ? "no more improvement" : "the limit"
        return """
            ansatz \(bundle.circuit.ansatz?.name.rawValue ?? ""): \
            \(bundle.circuit.ansatz?.weights.count ?? 0) weights, \(metrics.steps) steps until \
            \(reason), log-loss \(Format.number(metrics.initialLoss, decimals: 4)) to \
            \(Format.number(metrics.finalLoss, decimals: 4))
            \(table.rendered(style: Console.outputStyle))
            """
    }
}
