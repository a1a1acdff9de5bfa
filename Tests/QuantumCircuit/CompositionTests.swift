import Determinism
import QuantumCircuit
import TestSupport
import Testing

@Suite("Circuits, put together,")
struct CompositionTests {
    @Test("undo themselves")
    func inverse() throws {
        var random = RandomStream(seed: 11)
        for qubits in 1...5 {
            let circuit = try Circuit.random(
                qubits: qubits, operations: 40, parameters: 3, &random)
            let values = randomParameters(3, &random)
            let start = DenseState.haarRandom(qubits: qubits, &random)
            var state = start
            try state.apply(circuit, values)
            #expect(state.distance(to: start) > 1e-3)
            try state.apply(circuit.inverse(), values)
            #expect(state.distance(to: start) < 1e-12)
        }
        var measured = try Circuit(qubits: 1, bits: 1)
        try measured.append(.h, 0)
        try measured.measure(0, into: 0)
        #expect(throws: CircuitError.notInvertible(gate: "measure", position: 1)) {
            try measured.inverse()
        }
    }

    @Test("follow each other with their own parameters")
    func followed() throws {
        var random = RandomStream(seed: 12)
        let first = try Circuit.random(qubits: 3, operations: 20, parameters: 2, &random)
        let second = try Circuit.random(qubits: 3, operations: 20, parameters: 4, &random)
        let values = randomParameters(6, &random)
        let both = try first.followed(by: second)
        #expect(both.parameters == 6)
        var expected = try DenseState.run(first, Array(values[..<2]))
        try expected.apply(second, Array(values[2...]))
        #expect(try DenseState.run(both, values).distance(to: expected) < 1e-13)
        #expect(throws: CircuitError.placement(what: "qubits", count: 3, expected: 2)) {
            try first.followed(by: Circuit(qubits: 2))
        }
    }

    @Test("go onto other qubits and bits")
    func placement() throws {
        var small = try Circuit(qubits: 2, bits: 1)
        try small.append(.cx, 0, 1)
        try small.measure(1, into: 0)
        var large = try Circuit(qubits: 4, bits: 3)
        try large.append(small, qubits: [3, 1], bits: [2])
        #expect(
            large.operations == [
                Operation(.cx, [3, 1]), Operation(.measure(bit: 2), [1]),
            ])
        let before = large
        #expect(throws: CircuitError.self) { try large.append(small, qubits: [1, 1], bits: [0]) }
        #expect(large == before, "a refused circuit leaves nothing behind")
    }

    @Test("take numbers in place of parameters")
    func binding() throws {
        var random = RandomStream(seed: 13)
        let circuit = try Circuit.random(qubits: 3, operations: 30, parameters: 2, &random)
        let values = randomParameters(2, &random)
        let bound = try circuit.bound(to: values)
        #expect(bound.isBound && bound.parameters == 0 && !circuit.isBound)
        #expect(
            try DenseState.run(bound).distance(to: DenseState.run(circuit, values)) < 1e-14)
        #expect(throws: CircuitError.parameterValues(count: 1, expected: 2)) {
            try circuit.bound(to: [1])
        }
        #expect(throws: CircuitError.nonFiniteParameter(1)) {
            try circuit.bound(to: [1, .infinity])
        }
        var steep = try Circuit(qubits: 1, parameters: 1)
        try steep.append(.rx(.affine(0, scale: 1e300, offset: 0)), 0)
        #expect(throws: CircuitError.nonFiniteAngle(gate: "rx", position: 0)) {
            try steep.bound(to: [1e300])
        }
    }

    @Test("keep registers, bits and names apart in text, hash and equality")
    func registers() throws {
        let plain = try Circuit(qubits: 3, bits: 2)
        let named = try Circuit(
            qubitRegisters: [Register("a", size: 2), Register("b", size: 1)],
            bitRegisters: [Register("c", size: 2)], parameterNames: ["θ"])
        #expect(named.qubits == 3 && named.bits == 2 && named.parameters == 1)
        #expect(
            named.canonicalText
                == "circuit/1 qubits=3 parameters=1 bits=2 qubit[2]:a qubit[1]:b bit[2]:c input:θ\n"
        )
        #expect(plain.canonicalText == "circuit/1 qubits=3 parameters=0 bits=2\n")
        #expect(plain.contentHash != named.contentHash)
        #expect(throws: CircuitError.repeatedName("a")) {
            try Circuit(qubitRegisters: [Register("a", size: 1)], parameterNames: ["a"])
        }
        #expect(throws: CircuitError.name("2x")) { try Register("2x", size: 1) }
        #expect(throws: CircuitError.registerSize(name: "a", size: 0)) {
            try Register("a", size: 0)
        }
        #expect(throws: CircuitError.qubitCount(Int.max, limit: 30)) {
            try Circuit(qubitRegisters: [Register("a", size: .max), Register("b", size: .max)])
        }
    }

    @Test("measure into bits that exist, and count measurements and barriers as Qiskit does")
    func measurements() throws {
        var circuit = try Circuit(qubits: 3, bits: 1)
        try circuit.append(.h, 0)
        try circuit.appendBarrier()
        try circuit.append(.h, 1)
        try circuit.measure(1, into: 0)
        try circuit.measure(2, into: 0)
        #expect(circuit.depth == 4, "the barrier aligns, both measurements share a bit")
        #expect(circuit.gateCounts == ["h": 2, "barrier": 1, "measure": 2])
        #expect(circuit.entanglingGates == 0)
        #expect(throws: CircuitError.bitOutOfRange(position: 5, bit: 1, limit: 1)) {
            try circuit.measure(0, into: 1)
        }
        #expect(throws: CircuitError.repeatedQubit(gate: "barrier", position: 5, qubit: 1)) {
            try circuit.append(.barrier(2), 1, 1)
        }
        #expect(throws: CircuitError.self) { try circuit.append(Operation(.barrier(0), [])) }
    }
}
