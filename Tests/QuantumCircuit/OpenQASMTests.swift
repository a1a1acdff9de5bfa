import Determinism
import QuantumCircuit
import TestSupport
import Testing

@Suite("OpenQASM texts")
struct OpenQASMTests {
    @Test("of Qiskit give Qiskit's probabilities, expectations, depth and size")
    func golden() throws {
        let golden = try GoldenCircuits.load()
        #expect(golden.openqasm3.count == 26 && golden.openqasm2.count == 4)
        for item in golden.openqasm3 + golden.openqasm2 {
            let circuit = try Circuit(openQASM: item.qasm)
            #expect(circuit.qubits == item.qubits, "\(item.name)")
            let state = try DenseState.run(circuit, item.inputs)
            #expect(
                largestDifference(state.probabilities, item.probabilities) < 1e-10, "\(item.name)")
            let observable = try PauliSum(item.observable, qubits: item.qubits)
            let value = observable.value(
                expectations: observable.terms.map { state.expectation($0.string) })
            #expect(abs(value - item.expectation) < 1e-10, "\(item.name)")
            let names = Set(AnyGate.all { .constant(0) }.map(\.name))
            let definitions = item.qasm.matches(of: #/gate (\w+)/#).map { String($0.1) }
            // What is expanded here is one gate to Qiskit.
            guard item.name != "qelib1", definitions.allSatisfy(names.contains) else { continue }
            #expect(circuit.depth == item.depth, "\(item.name)")
            let barriers = circuit.gateCounts["barrier", default: 0]
            #expect(circuit.operations.count - barriers == item.gates, "\(item.name)")
        }
    }

    @Test("say the same after a round trip", arguments: 0..<12)
    func roundTrip(seed: UInt64) throws {
        var random = RandomStream(seed: seed)
        let qubits = 1 + Int(seed) % 5
        let circuit = try Circuit.random(
            qubits: qubits, operations: 60, parameters: 3, &random)
        let again = try Circuit(openQASM: circuit.openQASM)
        #expect(again.openQASM == circuit.openQASM)
        #expect(again.operations.map(\.gate.name) == circuit.operations.map(\.gate.name))
        #expect(again.operations.map(\.qubits) == circuit.operations.map(\.qubits))
        let values = randomParameters(3, &random)
        let states = (try DenseState.run(circuit, values), try DenseState.run(again, values))
        #expect(states.0.distance(to: states.1) < 1e-13)
        let bound = try circuit.bound(to: values)
        let numbers = try Circuit(openQASM: bound.openQASM)
        #expect(numbers.operations == bound.operations, "numbers come back to the last bit")
    }

    @Test("keep registers, measurements, barriers, resets and matrices on a round trip")
    func wholeRoundTrip() throws {
        var random = RandomStream(seed: 5)
        var circuit = try Circuit(
            qubitRegisters: [Register("x", size: 2), Register("measure", size: 1)],
            bitRegisters: [Register("out", size: 2)], parameterNames: ["θ", "pi"])
        try circuit.append(.rx(.parameter(0) * .affine(1, scale: -1, offset: .pi)), 2)
        for size in [1, 2] {
            let unitary = try UnitaryMatrix.haarRandom(qubits: size, &random)
            try circuit.append(Operation(.unitary(unitary), Array([2, 0].prefix(size))))
        }
        let prepared = circuit
        try circuit.appendBarrier()
        try circuit.append(.reset, 1)
        try circuit.measure(2, into: 1)
        let again = try Circuit(openQASM: circuit.openQASM)
        #expect(again.qubitRegisters.map(\.name) == ["x_0", "measure_0"])
        #expect(again.parameterNames == ["θ", "pi_0"])
        #expect(again.operations.suffix(3) == circuit.operations.suffix(3))
        var tail = Circuit(emptyLike: again)
        try tail.append(contentsOf: Array(again.operations.dropLast(3)))
        let states = (
            try DenseState.run(prepared, [0.3, 0.4]), try DenseState.run(tail, [0.3, 0.4])
        )
        #expect(states.0.distanceUpToPhase(to: states.1) < 1e-12)
    }

    @Test("may redefine a gate: what they say counts, and the closed set where it is the same")
    func definitions() throws {
        let text = """
            OPENQASM 2.0;
            gate h a { U(pi/2, 0, pi) a; }
            gate cx c, t { CX c, t; }
            gate rzz(angle) a, b { cx a, b; U(0, 0, angle) b; cx a, b; }
            gate swap a, b { cx a, b; }
            qreg q[2];
            h q[0]; rzz(0.5) q[0], q[1]; swap q[0], q[1];
            """
        let circuit = try Circuit(openQASM: text)
        let half = ParameterExpression.constant(0.5)
        #expect(
            circuit.operations == [
                Operation(.h, [0]), Operation(.rzz(half), [0, 1]), Operation(.cx, [0, 1]),
            ])
    }

    @Test("apply a gate to whole registers")
    func broadcast() throws {
        let text = """
            OPENQASM 3; include "stdgates.inc"; qubit[2] a; qubit[2] b; qubit c; bit[2] m;
            h a; cx a, b; cz c, b; barrier a, c; barrier; m = measure b; measure a[1] -> m[0];
            reset a;
            """
        let names = try Circuit(openQASM: text).operations.map {
            $0.gate.name + $0.qubits.map(String.init).joined(separator: ",")
        }
        #expect(
            names == [
                "h0", "h1", "cx0,2", "cx1,3", "cz4,2", "cz4,3", "barrier0,1,4",
                "barrier0,1,2,3,4", "measure2", "measure3", "measure1", "reset0", "reset1",
            ])
    }

    @Test("have angles that are polynomials of their inputs, in ordinary arithmetic")
    func expressions() throws {
        let text = """
            include "stdgates.inc"; input float[64] x; input float y; qubit q;
            rx(2*(pi - x)*(pi - y)) q; rx(-x/2 + 3) q; rx(2 + 3*4 - -1) q; rx(-2**2) q;
            rx(2**3**2) q; rx(cos(pi)*sqrt(4) + ln(euler)) q; rx(x**2 - y*x + 1.5e-3) q;
            rx(1_000/1e3) q; rx((x + y)*(x - y)) q; rx(tau - τ + π) q;
            """
        let circuit = try Circuit(openQASM: text)
        let (x, y) = (0.7, -1.3)
        let values = circuit.operations.map { $0.gate.angles[0].evaluate([x, y]) }
        let expected = [
            2 * (.pi - x) * (.pi - y), -x / 2 + 3, 15, -4, 512, -1, x * x - y * x + 0.0015, 1,
            x * x - y * y, .pi,
        ]
        #expect(largestDifference(values, expected) < 1e-13)
        let factors = 2 * .affine(0, scale: -1, offset: .pi) * .affine(1, scale: -1, offset: .pi)
        #expect(circuit.operations[0].gate == .rx(factors), "products stay products")
    }
}
