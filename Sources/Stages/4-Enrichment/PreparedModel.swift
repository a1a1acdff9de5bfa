internal import Models
internal import QuantumBackends
internal import QuantumCircuit
internal import QuantumSimulator

/// A model version's circuit and readout on the device, or why the device does not take them.
struct PreparedModel {
    let model: ActiveModel
    let executable: Result<ExecutableID, Refusal>

    struct Refusal: Error {
        let reason: String
    }

    init(_ model: ActiveModel, on backend: any QuantumBackend) {
        self.model = model
        do {
            let circuit = try CircuitTemplates.circuit(for: model.bundle.circuit)
            let readout = try ZReadout(
                qubits: circuit.qubits,
                strings: CircuitTemplates.strings(qubits: circuit.qubits),
                weights: model.bundle.head.weights)
            executable = .success(try backend.prepare(circuit, readout: readout))
        } catch {
            executable = .failure(Refusal(reason: "\(error)"))
        }
    }

    var refusal: String? {
        if case .failure(let refusal) = executable { refusal.reason } else { nil }
    }
}
