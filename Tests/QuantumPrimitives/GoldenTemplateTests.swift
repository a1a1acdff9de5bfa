import QuantumCircuit
import QuantumPrimitives
import TestSupport
import Testing

@Suite("Templates")
struct GoldenTemplateTests {
    private func circuit(_ item: GoldenTemplates.Case) throws -> Circuit {
        let entanglement = try #require(Entanglement(rawValue: item.entanglement))
        let (qubits, repetitions) = (item.qubits, item.repetitions)
        switch item.template {
        case "z": return try ZFeatureMap.circuit(qubits: qubits, repetitions: repetitions)
        case "zz":
            return try ZZFeatureMap.circuit(
                qubits: qubits, repetitions: repetitions, entanglement: entanglement)
        case "pauli":
            return try PauliFeatureMap.circuit(
                qubits: qubits, strings: item.strings ?? [], repetitions: repetitions,
                entanglement: entanglement)
        case "iqp":
            return try IQPEncoding.circuit(
                qubits: qubits, repetitions: repetitions, entanglement: entanglement)
        case "real-amplitudes":
            return try RealAmplitudes.circuit(
                qubits: qubits, repetitions: repetitions, entanglement: entanglement)
        case "efficient-su2":
            return try EfficientSU2.circuit(
                qubits: qubits, repetitions: repetitions, entanglement: entanglement)
        default:
            let blocks = [item.rotations, item.entanglers].map { names in
                (names ?? []).compactMap { TwoLocal.Block(rawValue: $0) }
            }
            return try TwoLocal.circuit(
                qubits: qubits, rotations: blocks[0], entanglers: blocks[1],
                repetitions: repetitions, entanglement: entanglement)
        }
    }

    @Test("prepare Qiskit's states, phases included, from parameters in Qiskit's order")
    func golden() throws {
        let cases = try GoldenTemplates.load().cases
        #expect(cases.count == 84)
        for item in cases {
            let circuit = try circuit(item)
            #expect(circuit.parameters == item.inputs.count)
            #expect(circuit.operations.count == item.gates)
            let state = try DenseState.run(circuit, item.inputs)
            let name = "\(item.template) \(item.entanglement) \(item.strings ?? [])"
            #expect(state.distance(to: item.state) < 1e-10, "\(name)")
        }
    }

    @Test("keep their text: these are in trained models")
    func texts() throws {
        let factors = "(3.141592653589793+-1.0*x0)*(3.141592653589793+-1.0*x1)"
        let start = "circuit/1 qubits=2 parameters=2\nh 0\nh 1\np(2.0*(x0)) 0\np(2.0*(x1)) 1\n"
        #expect(
            try ZZFeatureMap.circuit(qubits: 2, repetitions: 1).canonicalText
                == start + "cx 0 1\np(2.0*\(factors)) 1\ncx 0 1\n")
        #expect(try ZFeatureMap.circuit(qubits: 2, repetitions: 1).canonicalText == start)
    }

    @Test("scale their inputs by the bandwidth")
    func bandwidth() throws {
        let inputs = [0.3, -1.2, 2.1]
        let scaled = inputs.map { 0.4 * $0 }
        let pairs = [
            (
                try ZFeatureMap.circuit(qubits: 3, bandwidth: 0.4),
                try ZFeatureMap.circuit(qubits: 3)
            ),
            (
                try ZZFeatureMap.circuit(qubits: 3, bandwidth: 0.4),
                try ZZFeatureMap.circuit(qubits: 3)
            ),
            (
                try PauliFeatureMap.circuit(qubits: 3, strings: ["Y", "ZX"], bandwidth: 0.4),
                try PauliFeatureMap.circuit(qubits: 3, strings: ["Y", "ZX"])
            ),
            (
                try IQPEncoding.circuit(qubits: 3, bandwidth: 0.4),
                try IQPEncoding.circuit(qubits: 3)
            ),
        ]
        for (narrow, plain) in pairs {
            let states = (try DenseState.run(narrow, inputs), try DenseState.run(plain, scaled))
            #expect(states.0.distance(to: states.1) < 1e-13)
        }
        #expect(throws: CircuitError.self) { try ZFeatureMap.circuit(qubits: 2, bandwidth: 0) }
    }

    @Test("have versioned names, each once")
    func names() {
        #expect(Set(TemplateName.all.map(\.name)).count == TemplateName.all.count)
        #expect(TemplateName.zzFeatureMap.description == "zz-feature-map@1.0.0")
        for name in TemplateName.all {
            #expect(name.version.split(separator: ".").compactMap { Int($0) }.count == 3)
        }
    }

    @Test("refuse options that they do not have")
    func limits() {
        #expect(throws: CircuitError.self) { try PauliFeatureMap.circuit(qubits: 3, strings: []) }
        #expect(throws: CircuitError.self) {
            try PauliFeatureMap.circuit(qubits: 3, strings: ["Q"])
        }
        #expect(throws: CircuitError.self) {
            try PauliFeatureMap.circuit(qubits: 2, strings: ["ZZZ"])
        }
        #expect(throws: CircuitError.self) {
            try PauliFeatureMap.circuit(qubits: 3, strings: ["ZZZ"], entanglement: .pairwise)
        }
        #expect(throws: CircuitError.self) { try TwoLocal.circuit(qubits: 2, rotations: [.cx]) }
        #expect(throws: CircuitError.self) { try TwoLocal.circuit(qubits: 2, entanglers: [.rx]) }
        #expect(throws: CircuitError.self) {
            try RealAmplitudes.circuit(qubits: 2, repetitions: -1)
        }
        #expect(throws: CircuitError.self) { try EfficientSU2.circuit(qubits: 31) }
        #expect(throws: CircuitError.self) {
            try HardwareEfficientAnsatz.circuit(qubits: 2, entangler: .crx)
        }
        #expect(throws: CircuitError.self) {
            try HardwareEfficientAnsatz.circuit(qubits: 2, repetitions: -1)
        }
        #expect(throws: CircuitError.self) { try AmplitudeEncoding(qubits: 13) }
    }
}
