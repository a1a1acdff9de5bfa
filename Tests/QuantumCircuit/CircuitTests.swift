import QuantumCircuit
import Testing

@Suite("Circuits")
struct CircuitTests {
    @Test("name the gate, the position and the limit when an operation is wrong")
    func validation() throws {
        var circuit = try Circuit(qubits: 2, parameters: 1)
        try circuit.append(.h, 0)
        #expect(throws: CircuitError.qubitOutOfRange(gate: "h", position: 1, qubit: 2, limit: 2)) {
            try circuit.append(.h, 2)
        }
        #expect(throws: CircuitError.repeatedQubit(gate: "cx", position: 1, qubit: 0)) {
            try circuit.append(.cx, 0, 0)
        }
        #expect(throws: CircuitError.operandCount(gate: "cx", position: 1, count: 1, expected: 2)) {
            try circuit.append(.cx, 0)
        }
        #expect(
            throws: CircuitError.parameterOutOfRange(
                gate: "rx", position: 1, parameter: 1, limit: 1)
        ) {
            try circuit.append(.rx(.parameter(1)), 0)
        }
        #expect(throws: CircuitError.nonFiniteAngle(gate: "p", position: 1)) {
            try circuit.append(.p(.constant(.nan)), 0)
        }
        #expect(throws: CircuitError.qubitCount(31, limit: 30)) { try Circuit(qubits: 31) }
        #expect(circuit.operations.count == 1)
        let error = CircuitError.qubitOutOfRange(gate: "h", position: 1, qubit: 2, limit: 2)
        #expect(error.description == "gate h at position 1 uses qubit 2: the circuit has 0 to 1")
    }

    @Test("count their depth and gates")
    func summary() throws {
        var circuit = try Circuit(qubits: 3)
        try circuit.append(.h, 0)
        try circuit.append(.h, 1)
        try circuit.append(.cx, 0, 1)
        try circuit.append(.x, 2)
        try circuit.append(.cx, 1, 2)
        #expect(circuit.depth == 3)
        #expect(circuit.gateCounts == ["h": 2, "cx": 2, "x": 1])
        #expect(try Circuit(qubits: 1).depth == 0)
    }

    @Test("have a text and a hash that depend on their content alone")
    func canonicalForm() throws {
        var circuit = try Circuit(qubits: 2, parameters: 2)
        try circuit.append(.h, 0)
        let factor = ParameterExpression.affine(0, scale: -1, offset: 3)
        try circuit.append(.p(2 * factor * ParameterExpression.parameter(1)), 1)
        #expect(
            circuit.canonicalText
                == "circuit/1 qubits=2 parameters=2\nh 0\np(2.0*(3.0+-1.0*x0)*(x1)) 1\n")
        #expect(circuit.contentHash.count == 16)
        #expect(circuit.contentHash == "4c907452f9a4f416")
        var other = circuit
        try other.append(.x, 0)
        #expect(other.contentHash != circuit.contentHash)
    }

    @Test("have angles that are polynomials of the inputs")
    func expressions() {
        let first = ParameterExpression.affine(0, scale: -1, offset: .pi)
        let second = ParameterExpression.affine(1, scale: -1, offset: .pi)
        let angle = 2 * first * second + .parameter(2) + .constant(0.5)
        let (x, y, z) = (0.3, -1.7, 2.5)
        let expected = 2 * (.pi - x) * (.pi - y) + z + 0.5
        #expect(abs(angle.evaluate([x, y, z]) - expected) < 1e-14)
        #expect(angle.requiredParameters == 3)
        #expect((-angle).evaluate([x, y, z]) == -angle.evaluate([x, y, z]))
    }

    @Test("have observables whose values follow from bits")
    func observables() {
        let string = ZString(qubits: 0, 3)
        #expect(string.mask == 0b1001)
        #expect(string.value(on: 0b0001) == -1)
        #expect(string.value(on: 0b1001) == 1)
        #expect("\(string)" == "Z0Z3")
        #expect(PauliString(x: 0b11, z: 0b01).yCount == 1)
        #expect(PauliString(string).isDiagonal)
    }
}
