import Determinism
import QuantumCircuit
import TestSupport
import Testing

@Suite("Drawings")
struct DrawingTests {
    @Test("show gates in boxes, controls as dots, and what lies between")
    func example() throws {
        var circuit = try Circuit(qubits: 3, bits: 1)
        try circuit.append(.h, 0)
        try circuit.append(.rx(.constant(.pi / 2)), 2)
        try circuit.append(.cx, 0, 2)
        try circuit.append(.swap, 0, 1)
        try circuit.measure(2, into: 0)
        let expected = """
            q[0]    ────┤ H ├───────●──────╳───
                                    │      │
            q[1]    ────────────────┼──────╳───
                                    │
            q[2]    ─┤ RX(π/2) ├──┤ X ├──┤ M ├─
                                           │
            bits: 1 ═══════════════════════0═══

            """
        #expect(circuit.drawing() == expected)
    }

    @Test("wrap to a width that holds their longest gate", arguments: [40, 60, 100])
    func wrapping(width: Int) throws {
        var random = RandomStream(seed: 4)
        let circuit = try Circuit.random(qubits: 5, operations: 80, &random)
        let drawing = circuit.drawing(width: width)
        let lines = drawing.split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= max(width, 48) })
        #expect(drawing.matches(of: #/q\[0\]/#).count > 1)
    }

    @Test("show every gate")
    func everyGate() throws {
        var circuit = try Circuit(qubits: 3, parameters: 1, bits: 3)
        for gate in AnyGate.all({ .parameter(0) }) {
            try circuit.append(Operation(gate, Array([2, 0, 1].prefix(gate.qubitCount))))
        }
        try circuit.append(.reset, 1)
        try circuit.appendBarrier()
        let drawing = circuit.drawing(width: 10_000)
        for label in ["RX(x0)", "U(x0, x0, x0)", "ISWAP", "ECR:0", "√X†", "|0⟩", "░", "╳"] {
            #expect(drawing.contains(label), "\(label)")
        }
    }
}
