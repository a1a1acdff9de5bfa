import Contracts
import Determinism
import Foundation
import Models
import QuantumBackends
import QuantumCircuit
import QuantumSimulator
import Stages
import TestSupport

/// A small model with an ansatz, trained once with the real simulator.
enum AnsatzModel {
    static let model = ActiveModel(bundle)

    static let bundle: ModelBundle = {
        do {
            return try train()
        } catch {
            preconditionFailure("the table cannot be fitted: \(error)")
        }
    }()

    static func train(
        workers: Int = 1, _ adjust: (inout TrainingConfiguration) -> Void = { _ in }
    ) throws -> ModelBundle {
        var configuration = TrainingConfiguration()
        configuration.qubits = 3
        configuration.shots = 256
        configuration.landmarks = 8
        var ansatz = AnsatzTraining()
        ansatz.maximumSteps = 100
        configuration.ansatz = ansatz
        adjust(&configuration)
        let evaluation = CircuitEvaluation(workers: workers)
        return try Trainer.train(
            table, configuration: configuration, quantumFeatures: evaluation.expectations,
            quantumGradients: evaluation.gradients)
    }

    static var table: CSVTable {
        get throws {
            let path = Repository.root.appending(path: "fixtures/breast-cancer/train.csv").path()
            return try CSVTable.read(path: path, labelColumn: "malignant")
        }
    }

    static var control: ControlSnapshot {
        var control = ControlSnapshot()
        control.model = model
        return control
    }

    /// Components of a few records, three each.
    static let components = [[0.4, -0.9, 1.7], [-2.5, 0.3, 0.1], [3.0, 1.0, -0.5]]

    /// Exact expectations of one record, by the textbook simulator.
    static func expectations(_ record: Int) throws -> [Double] {
        let circuit = try CircuitTemplates.trainableCircuit(for: bundle.circuit)
        let angles = bundle.angleEncoding().encode(components[record])
        let state = try DenseState.run(circuit, angles + (bundle.circuit.ansatz?.weights ?? []))
        return CircuitTemplates.strings(qubits: 3).map { state.expectation(PauliString($0)) }
    }

    static func job(_ record: Int, shots: Int) -> JobMessage {
        var message = Sample.job("a\(record)", number: UInt64(record + 1))
        message.shots = shots
        message.circuit = model.circuit.slice
        message.circuitHash = model.circuitHash.slice
        message.model = model.identity.slice
        message.components = components[record]
        return message
    }
}
