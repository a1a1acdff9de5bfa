import Determinism
import QuantumBackends
import QuantumCircuit
import Testing

/// Templates that a backend cannot run: refused when they are prepared, by gate, position and limit.
@Suite("A backend refuses a template")
struct WrongCircuitTests {
    private func refusal(
        _ backend: any QuantumBackend, _ circuit: Circuit, strings: [ZString] = [ZString(mask: 1)]
    ) throws -> String {
        let error = #expect(throws: BackendError.self) {
            _ = try backend.prepare(circuit, strings: strings)
        }
        #expect(error?.kind == .invalidJob)
        return error?.detail ?? ""
    }

    /// A falcon of 7 qubits that takes short circuits without resets.
    private func strict() throws -> any QuantumBackend {
        let device = try DeviceTarget(
            name: "strict", coupling: .falcon(7), gates: .cx, supportsReset: false,
            maximumDepth: 20)
        var configuration = SimulatedQPUConfiguration()
        configuration.qubits = 7
        configuration.target = device
        return try SimulatedQPU(
            configuration, start: BackendUnderTest.start, compilation: .testCompiler)
    }

    @Test("of more qubits than it has", arguments: BackendUnderTest.allCases)
    func qubits(kind: BackendUnderTest) throws {
        let backend = try kind.make()
        let limit = backend.target.qubits
        let detail = try refusal(backend, try Circuit(qubits: limit + 1))
        #expect(detail.contains("\(limit + 1) qubits: ") && detail.hasSuffix(" \(limit)"))
    }

    @Test(
        "with a string on a qubit that the circuit does not have",
        arguments: BackendUnderTest.allCases)
    func strings(kind: BackendUnderTest) throws {
        let detail = try refusal(
            kind.make(), try Circuit(qubits: 2), strings: [ZString(qubits: 2)])
        #expect(detail == "Z string with mask 4: 2 qubits have masks below 4")
    }

    @Test("with a gate after its qubit's measurement", arguments: BackendUnderTest.allCases)
    func lateGates(kind: BackendUnderTest) throws {
        let circuit = try Circuit(
            qubits: 2, bits: 1,
            operations: [
                Operation(.h, [1]), Operation(.measure(bit: 0), [1]), Operation(.x, [1]),
            ])
        let detail = try refusal(kind.make(), circuit)
        // Whichever of the two gates a backend stumbles over.
        #expect(
            detail.contains("gate measure at position 1")
                || detail.contains("gate x at position 2"))
    }

    @Test("with a gate that it does not execute: a reset where records share a run")
    func resets() throws {
        let circuit = try Circuit(
            qubits: 2, operations: [Operation(.h, [0]), Operation(.reset, [0])])
        #expect(
            try refusal(IdealBackend(), circuit)
                == "gate reset at position 1: the batched simulator cannot run it there")
        #expect(
            try refusal(strict(), circuit)
                == "reset at position 1 on target strict: it has no reset")
        // The noisy simulators run it.
        _ = try BackendUnderTest.noisy.make().prepare(circuit, strings: [ZString(mask: 1)])
    }

    @Test("with a gate on three qubits that no calibration knows")
    func wideGates() throws {
        let circuit = try Circuit(
            qubits: 3, operations: [Operation(.h, [0]), Operation(.ccx, [0, 1, 2])])
        #expect(
            try refusal(BackendUnderTest.noisy.make(), circuit)
                == "gate ccx at position 1 acts on 3 qubits: a calibrated device has gates on 1 or "
                + "2, compile it first")
        // A device with a compiler takes it apart.
        _ = try BackendUnderTest.compilingQPU.make().prepare(circuit, strings: [ZString(mask: 1)])
    }

    @Test("that is deeper on the target than it takes, or wider than the target")
    func targets() throws {
        let backend = try strict()
        var wide = try Circuit(qubits: 3)
        for layer in 0..<12 {
            for qubit in 0..<3 { try wide.append(.ry(.constant(0.3 + Double(layer))), qubit) }
            try wide.append(.cx, 0, 1)
            try wide.append(.cx, 1, 2)
        }
        let detail = try refusal(backend, wide)
        #expect(detail.hasPrefix("a compiled circuit of depth "))
        #expect(detail.hasSuffix(" on target strict: up to 20 is allowed"))
        #expect(
            try refusal(backend, try Circuit(qubits: 8))
                == "a circuit of 8 qubits: simulated-qpu has 7")
    }
}
