internal import Contracts
internal import Determinism
internal import Models
internal import QuantumBackends
internal import QuantumCircuit
internal import QuantumSimulator

/// A model version's circuits and their readouts on the device.
struct PreparedModel {
    let model: ActiveModel
    let own: PreparedCircuit
    let simpler: PreparedCircuit?

    init(_ model: ActiveModel, on backend: any QuantumBackend) {
        self.model = model
        own = PreparedCircuit(model.own, on: backend)
        simpler = model.simpler.map { PreparedCircuit($0, on: backend) }
    }

    /// The circuit that a job names; nil where it is none of the model's.
    func circuit(hash: ByteSlice) -> PreparedCircuit? {
        if own.circuit.hash.slice.equals(hash) { return own }
        return simpler.flatMap { $0.circuit.hash.slice.equals(hash) ? $0 : nil }
    }
}

/// A circuit and its head's readout on the device, or why the device does not take them.
struct PreparedCircuit {
    let circuit: ModelCircuit
    let executable: Result<ExecutableID, Refusal>

    struct Refusal: Error {
        let reason: String
    }

    init(_ circuit: ModelCircuit, on backend: any QuantumBackend) {
        self.circuit = circuit
        do {
            let template = try CircuitTemplates.circuit(for: circuit.specification)
            let readout = try ZReadout(
                qubits: template.qubits,
                strings: CircuitTemplates.strings(qubits: template.qubits),
                weights: circuit.head.weights)
            executable = .success(try backend.prepare(template, readout: readout))
        } catch {
            executable = .failure(Refusal(reason: "\(error)"))
        }
    }

    var refusal: String? {
        if case .failure(let refusal) = executable { refusal.reason } else { nil }
    }

    func profile(
        on backend: any QuantumBackend, shots: Int, at now: Timestamp
    ) -> ExecutableProfile? {
        guard case .success(let executable) = executable else { return nil }
        return backend.profile(of: executable, shots: shots, at: now)
    }
}
