import Determinism
import QuantumCircuit
import TestSupport
import Testing

@Suite("OpenQASM modifiers")
struct OpenQASMModifierTests {
    /// The matrix of a text's circuit, by columns, on a random state.
    private func state(_ body: String, qubits: Int) throws -> DenseState {
        let text = "include \"stdgates.inc\"; qubit[\(qubits)] q; " + body
        var state = DenseState.haarRandom(qubits: qubits, seed: 9)
        try state.apply(Circuit(openQASM: text))
        return state
    }

    private func name(_ gate: Gate) -> String {
        let angles = gate.angles.map { "\($0.evaluate([]))" }.joined(separator: ", ")
        return gate.name + (angles.isEmpty ? "" : "(\(angles))")
    }

    private func call(_ gate: Gate) -> String {
        let qubits = (0..<gate.qubitCount).map { "q[\($0)]" }.joined(separator: ", ")
        return "\(name(gate)) \(qubits);"
    }

    @Test("put any gate under one to three controls, phases included")
    func controls() throws {
        for gate in AnyGate.all({ .constant(0.7) }) {
            let matrix = try #require(gate.matrix(angles: gate.angles.map { $0.evaluate([]) }))
            for controls in 1...3 {
                let qubits = controls + gate.qubitCount
                let list = (0..<qubits).map { "q[\($0)]" }.joined(separator: ", ")
                let body = "ctrl(\(controls)) @ \(name(gate)) \(list);"
                var expected = DenseState.haarRandom(qubits: qubits, seed: 9)
                let controlled = (0..<controls).reduce(matrix) { matrix, _ in matrix.controlled }
                expected.apply(controlled, to: Array(0..<qubits))
                let actual = try state(body, qubits: qubits)
                #expect(
                    actual.distanceUpToPhase(to: expected) < 1e-12, "\(gate.name), \(controls)")
            }
        }
    }

    @Test("invert and repeat")
    func inverses() throws {
        for gate in AnyGate.all({ .constant(0.7) }) {
            let size = gate.qubitCount
            let back = try state(call(gate) + " inv @ " + call(gate), qubits: size)
            #expect(back.distance(to: .haarRandom(qubits: size, seed: 9)) < 1e-13, "\(gate.name)")
            let thrice = try state("pow(3) @ " + call(gate), qubits: size)
            let spelled = try state(
                call(gate) + call(gate) + call(gate), qubits: size)
            #expect(thrice.distance(to: spelled) < 1e-13)
            let undone = try state("pow(-2) @ " + call(gate), qubits: size)
            let inverted = try state(
                "inv @ " + call(gate) + "inv @ " + call(gate), qubits: size)
            #expect(undone.distance(to: inverted) < 1e-13)
        }
    }

    @Test("take roots of Pauli gates and rotations")
    func roots() throws {
        for gate in ["x", "y", "z", "s", "h", "rx(0.4)", "p(1.1)", "cx", "swap", "rzz(0.3)"] {
            let qubits = ["cx", "swap", "rzz(0.3)"].contains(gate) ? 2 : 1
            let list = qubits == 2 ? "q[0], q[1];" : "q[0];"
            let half = "pow(0.5) @ \(gate) \(list)"
            #expect(
                try state(half + half, qubits: qubits)
                    .distanceUpToPhase(to: state("\(gate) \(list)", qubits: qubits)) < 1e-12,
                "\(gate)")
        }
        #expect(throws: QASMError.self) { try state("pow(0.5) @ iswap q[0], q[1];", qubits: 2) }
    }

    @Test("see the phase of U, of gphase and of controls on 0")
    func phases() throws {
        // The standard library's own definition of cu.
        let cu = try state(
            "cu(0.3, 0.4, 0.5, 0.6) q[0], q[1];", qubits: 2)
        let spelled = try state(
            "p(0.6 - 0.3/2) q[0]; ctrl @ U(0.3, 0.4, 0.5) q[0], q[1];", qubits: 2)
        #expect(cu.distanceUpToPhase(to: spelled) < 1e-13)
        let phase = try state("ctrl @ gphase(0.9) q[1];", qubits: 2)
        #expect(phase.distance(to: try state("p(0.9) q[1];", qubits: 2)) < 1e-13)
        let onZero = try state("negctrl @ x q[0], q[1];", qubits: 2)
        let flipped = try state("x q[0]; cx q[0], q[1]; x q[0];", qubits: 2)
        #expect(onZero.distance(to: flipped) < 1e-13)
        // A definition equal to sxdg up to a phase keeps its own phase under a control.
        let own = """
            gate sxdg a { s a; h a; s a; }
            ctrl @ sxdg q[0], q[1];
            """
        let body = "cp(pi/2) q[0], q[1]; ch q[0], q[1]; cp(pi/2) q[0], q[1];"
        #expect(
            try state(own, qubits: 2).distanceUpToPhase(to: state(body, qubits: 2)) < 1e-12)
    }
}
