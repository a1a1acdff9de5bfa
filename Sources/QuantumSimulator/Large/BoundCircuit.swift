import QuantumCircuit

/// A circuit with numbers for its angles: matrices on stored qubits, SWAPs and measurements gone.
///
/// A SWAP moves no amplitude: it exchanges two entries of `positions`.
struct BoundCircuit {
    struct Step {
        /// Row-major, 2^k rows; bit i of an index is `qubits[i]`.
        let matrix: ComplexMatrix
        /// Stored qubits, in the matrix's order.
        let qubits: [Int]
    }

    private(set) var steps: [Step] = []
    /// Stored position of each logical qubit at the end.
    private(set) var positions: [Int]
    /// Logical qubit measured into each classical bit that is measured, by ascending bit.
    private(set) var measured: [Int] = []

    /// - Throws: `.parameterValues`, `.nonFiniteAngle` or `.unsupportedGate`.
    init(_ circuit: Circuit, _ parameters: [Double]) throws(StatevectorError) {
        guard parameters.count == circuit.parameters else {
            throw .parameterValues(count: parameters.count, expected: circuit.parameters)
        }
        positions = Array(0..<circuit.qubits)
        var (bits, finished) = ([Int: Int](), Set<Int>())
        for (position, operation) in circuit.operations.enumerated() {
            let gate = operation.gate
            if case .barrier = gate { continue }
            guard finished.isDisjoint(with: operation.qubits), gate != .reset else {
                throw .unsupportedGate(gate: gate.name, position: position)
            }
            if case .measure(let bit) = gate {
                bits[bit] = operation.qubits[0]
                finished.insert(operation.qubits[0])
                continue
            }
            if case .swap = gate {
                positions.swapAt(operation.qubits[0], operation.qubits[1])
                continue
            }
            let angles = gate.angles.map { $0.evaluate(parameters) }
            guard angles.allSatisfy(\.isFinite), let matrix = gate.matrix(angles: angles) else {
                throw .nonFiniteAngle(gate: gate.name, position: position)
            }
            if gate != .id {
                steps.append(Step(matrix: matrix, qubits: operation.qubits.map { positions[$0] }))
            }
        }
        measured = bits.sorted { $0.key < $1.key }.map(\.value)
    }
}
