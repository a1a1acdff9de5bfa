import Determinism
import QuantumCircuit
import QuantumCompiler
import TestSupport
import Testing

@Suite("Every pass")
struct PassTests {
    static let targets = [
        "line-5", "grid-2x3-ecr", "falcon-5-cx-directed", "all-to-all-5", "ring-5-gpi",
    ]

    @Test("alone keeps the circuit, bound or not", arguments: targets)
    func alone(name: String) throws {
        let target = try DeviceTarget.named(name)
        for (seed, parameters) in [(UInt64(1), 0), (2, 0), (3, 3), (4, 3)] {
            var random = RandomStream(seed: seed)
            let source = try EveryGate.circuit(qubits: 4, parameters: parameters, &random)
            let values = randomParameters(parameters, &random)
            var placed = PlacedCircuit(source)
            for (number, pass) in Compiler(attempts: 2).passes.enumerated() {
                let next = try pass.run(placed, on: target)
                let deviation = try Equivalence.deviation(
                    source, next.circuit, initial: next.initial, final: next.final, values,
                    seed: seed)
                try #require(deviation < 1e-9, "pass \(number), \(pass.name), seed \(seed)")
                placed = next
            }
        }
    }

    @Test("keeps each gate by itself", arguments: targets)
    func eachGate(name: String) throws {
        let target = try DeviceTarget.named(name)
        var random = RandomStream(seed: 11)
        for parameters in [0, 2] {
            for gate in AnyGate.all({
                parameters == 0
                    ? .constant(random.uniform(-4...4))
                    : .affine(0, scale: random.uniform(-2...2), offset: random.uniform(-3...3))
            }) {
                let source = try Circuit(
                    qubits: 3, parameters: parameters,
                    operations: [Operation(gate, Array([2, 0, 1].prefix(gate.qubitCount)))])
                let compiled = try Compiler(attempts: 1).compile(source, for: target)
                let values = randomParameters(parameters, &random)
                let deviation = try Equivalence.deviation(source, compiled, values, seed: 5)
                #expect(deviation < 1e-10, "\(gate)")
            }
        }
    }
}
