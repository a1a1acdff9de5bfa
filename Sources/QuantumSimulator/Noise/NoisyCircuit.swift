import QuantumCircuit

/// A noisy template with numbers for its angles.
struct NoisyCircuit {
    enum Step {
        case unitary(ComplexMatrix, [Int])
        case channel(KrausChannel, [Int])
    }

    let qubits: Int
    let steps: [Step]
    /// As the template's.
    let measured: [Int]

    /// - Throws: `.parameterValues` or `.nonFiniteAngle`.
    init(_ template: NoisyTemplate, _ parameters: [Double]) throws(NoiseError) {
        let circuit = template.circuit
        guard parameters.count == circuit.parameters else {
            throw .parameterValues(count: parameters.count, expected: circuit.parameters)
        }
        var steps: [Step] = []
        steps.reserveCapacity(template.slots.count)
        for slot in template.slots {
            switch slot {
            case .channel(let channel, let qubits): steps.append(.channel(channel, qubits))
            case .gate(let position):
                let operation = circuit.operations[position]
                let angles = operation.gate.angles.map { $0.evaluate(parameters) }
                guard angles.allSatisfy(\.isFinite),
                    let matrix = operation.gate.matrix(angles: angles)
                else { throw .nonFiniteAngle(gate: operation.gate.name, position: position) }
                steps.append(.unitary(matrix, operation.qubits))
            }
        }
        self.steps = steps
        qubits = circuit.qubits
        measured = template.measured
    }
}
