internal import Contracts
internal import Models
internal import QuantumCircuit

/// A circuit of a model version and its read-out in words that any quantum stack understands.
struct JobProgram {
    let model: ActiveModel
    private let circuit: ModelCircuit
    /// `Z0`, `Z0Z2`, in the order of the head's weights.
    let observables: [OwnedBytes]
    let weights: [Double]
    private let template: Circuit?

    init(_ model: ActiveModel, _ circuit: ModelCircuit) {
        self.model = model
        self.circuit = circuit
        let strings = CircuitTemplates.strings(qubits: circuit.specification.qubits)
        observables = strings.map { OwnedBytes($0.description) }
        weights = circuit.head.weights
        template = try? Self.measured(CircuitTemplates.circuit(for: circuit.specification))
    }

    var downgrade: Downgrade { circuit.downgrade }

    /// OpenQASM 3 of the circuit for one record, every qubit measured into the bit of its number.
    ///
    /// Nil for a circuit that cannot be built or bound: the job then goes without, the worker fails
    /// it, and the record keeps its classical score.
    func text(for components: [Double]) -> String? {
        let angles = circuit.encoding.encode(components)
        return try? template?.bound(to: angles).openQASM
    }

    private static func measured(_ circuit: Circuit) throws(CircuitError) -> Circuit {
        var result = try Circuit(
            qubits: circuit.qubits, parameters: circuit.parameters, bits: circuit.qubits,
            operations: circuit.operations)
        for qubit in 0..<circuit.qubits { try result.append(.measure(bit: qubit), qubit) }
        return result
    }
}
