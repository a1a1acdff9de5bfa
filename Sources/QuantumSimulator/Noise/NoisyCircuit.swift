import QuantumCircuit

/// A circuit with numbers for its angles and the channels of a noise model in their places.
struct NoisyCircuit {
    enum Step {
        case unitary(ComplexMatrix, [Int])
        case channel(KrausChannel, [Int])
    }

    let qubits: Int
    private(set) var steps: [Step] = []
    /// Qubit measured into each classical bit that is measured, by ascending bit; all qubits if
    /// none is.
    let measured: [Int]

    /// - Throws: `.parameterValues`, `.nonFiniteAngle`, `.gateAfterMeasurement` or
    ///   `.channelQubits`.
    init(
        _ circuit: Circuit, _ parameters: [Double], _ noise: NoiseModel
    ) throws(NoiseError) {
        guard parameters.count == circuit.parameters else {
            throw .parameterValues(count: parameters.count, expected: circuit.parameters)
        }
        qubits = circuit.qubits
        var (bits, finished) = ([Int: Int](), Set<Int>())
        for (position, operation) in circuit.operations.enumerated() {
            let gate = operation.gate
            if case .barrier = gate { continue }
            guard finished.isDisjoint(with: operation.qubits) else {
                throw .gateAfterMeasurement(gate: gate.name, position: position)
            }
            if case .measure(let bit) = gate {
                bits[bit] = operation.qubits[0]
                finished.insert(operation.qubits[0])
                continue
            }
            if case .reset = gate {
                steps.append(.channel(.reset, operation.qubits))
            } else {
                let angles = gate.angles.map { $0.evaluate(parameters) }
                guard angles.allSatisfy(\.isFinite), let matrix = gate.matrix(angles: angles)
                else { throw .nonFiniteAngle(gate: gate.name, position: position) }
                if gate != .id { steps.append(.unitary(matrix, operation.qubits)) }
            }
            for (channel, qubits) in try noise.channels(after: operation) {
                steps.append(.channel(channel, qubits))
            }
        }
        let listed = bits.sorted { $0.key < $1.key }.map(\.value)
        measured = listed.isEmpty ? Array(0..<circuit.qubits) : listed
    }
}
