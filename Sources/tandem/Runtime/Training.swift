import Models
import QuantumCircuit
import QuantumSimulator
import Stages

/// Joins the trainer, which knows no simulator, with the batched simulator.
enum Training {
    static func train(
        _ table: CSVTable, _ configuration: TrainingConfiguration
    ) throws -> ModelBundle {
        try Trainer.train(table, configuration: configuration, quantumFeatures: expectations)
    }

    /// Exact ⟨Zᵢ⟩ and ⟨ZᵢZⱼ⟩ of every record.
    static func expectations(
        _ angles: [Double], _ count: Int, _ specification: CircuitSpecification
    ) throws -> [Double] {
        let circuit = try CircuitTemplates.circuit(for: specification)
        var simulator = BatchSimulator(try SimulationPlan.compile(circuit))
        var output: [Double] = []
        try simulator.zExpectations(
            CircuitTemplates.strings(qubits: specification.qubits), parameters: angles,
            count: count, into: &output)
        return output
    }
}
