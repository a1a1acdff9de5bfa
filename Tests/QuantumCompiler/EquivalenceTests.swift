import Determinism
import QuantumCircuit
import QuantumCompiler
import QuantumPrimitives
import TestSupport
import Testing

@Suite("A compiled circuit")
struct EquivalenceTests {
    static let targets = [
        "line-5", "line-6-ecr", "line-5-cx-directed", "line-5-gpi", "ring-5-cz", "ring-6",
        "grid-2x3", "grid-2x3-ecr", "grid-3x3-rxx", "all-to-all-5", "all-to-all-6-gpi",
        "all-to-all-5-cx", "falcon-5", "falcon-5-cx-directed", "falcon-7-ecr", "falcon-27",
        "falcon-27-ecr", "heavy-hex-2x5", "heavy-hex-2x5-ecr",
    ]

    @Test("equals its source, for every gate and target", arguments: targets)
    func everyGate(name: String) throws {
        let target = try DeviceTarget.named(name)
        for seed in 1...2 as ClosedRange<UInt64> {
            var random = RandomStream(seed: seed)
            let source = try EveryGate.circuit(qubits: 5, &random)
            let compiled = try Compiler(attempts: 2).compile(source, for: target)
            let deviation = try Equivalence.deviation(source, compiled, seed: seed)
            #expect(deviation < 1e-9, "seed \(seed)")
        }
    }

    @Test("of a template equals it for all parameters, which it still has", arguments: targets)
    func templates(name: String) throws {
        let target = try DeviceTarget.named(name)
        var random = RandomStream(seed: 7)
        let source = try EveryGate.circuit(qubits: 4, parameters: 3, &random)
        let compiled = try Compiler(attempts: 2).compile(source, for: target)
        #expect(compiled.circuit.parameters == 3)
        for seed in 1...2 as ClosedRange<UInt64> {
            let values = randomParameters(3, &random)
            let deviation = try Equivalence.deviation(source, compiled, values, seed: seed)
            #expect(deviation < 1e-9, "seed \(seed)")
        }
    }

    @Test("on one or two qubits equals its source", arguments: targets)
    func small(name: String) throws {
        let target = try DeviceTarget.named(name)
        for seed in 1...6 as ClosedRange<UInt64> {
            var random = RandomStream(seed: seed)
            let qubits = Int(seed) % 2 + 1
            let source = try Circuit.random(qubits: qubits, operations: 12, &random)
            let compiled = try Compiler(attempts: 1).compile(source, for: target)
            #expect(try Equivalence.deviation(source, compiled, seed: seed) < 1e-9)
            if qubits == 2 {
                #expect(compiled.circuit.entanglingGates <= 3, "seed \(seed)")
            } else {
                let limit = target.gates == .rxx ? 1 : target.gates == .gpi ? 3 : 5
                #expect(compiled.circuit.operations.count <= limit, "seed \(seed)")
            }
        }
    }

    @Test("of a feature map equals it for all inputs", arguments: targets)
    func featureMaps(name: String) throws {
        let target = try DeviceTarget.named(name)
        let source = try ZZFeatureMap.circuit(qubits: 4)
        let compiled = try Compiler(attempts: 3).compile(source, for: target)
        var random = RandomStream(seed: 3)
        let values = randomParameters(4, &random)
        #expect(try Equivalence.deviation(source, compiled, values, seed: 3) < 1e-9)
    }
}
