import Determinism
import QuantumCircuit
import QuantumCompiler
import TestSupport
import Testing

@Suite("A mitigation")
struct MitigationTests {
    static let targets = ["line-4", "line-4-ecr", "line-4-cz", "all-to-all-4", "all-to-all-4-gpi"]

    static func compiled(
        _ name: String, parameters: Int = 0, seed: UInt64 = 1
    ) throws -> (circuit: Circuit, target: DeviceTarget) {
        let target = try DeviceTarget.named(name)
        var random = RandomStream(seed: seed)
        let source = try Circuit.random(
            qubits: 4, operations: 14, parameters: parameters, &random)
        return (try Compiler(attempts: 1).compile(source, for: target).circuit, target)
    }

    static func deviation(
        _ source: Circuit, _ result: Circuit, _ parameters: [Double] = []
    ) throws -> Double {
        let places = Array(0..<source.qubits)
        return try Equivalence.deviation(
            source, result, initial: places, final: places, parameters, seed: 9)
    }

    @Test("by folding keeps the circuit and reaches its factor", arguments: targets)
    func folding(name: String) throws {
        let (circuit, target) = try Self.compiled(name)
        for scope in GateFolding.Scope.allCases {
            for factor in [1, 1.5, 2, 3, 4.2, 5] {
                let folded = try GateFolding(scope, scaleFactor: factor).fold(
                    circuit, in: target.gates)
                #expect(try Self.deviation(circuit, folded) < 1e-9)
                #expect(folded.operations.allSatisfy { target.gates.contains($0.gate) })
                let achieved = GateFolding.achievedFactor(
                    scope, source: circuit, folded: folded)
                // An MS backwards takes eight GPI that the count of all gates sees.
                if target.gates == .gpi, scope == .global { continue }
                let gates = circuit.operations.count {
                    $0.gate.name != "rz" && (scope == .global || $0.qubits.count == 2)
                }
                #expect(abs(achieved - factor) <= 1 / Double(gates) + 1e-12, "\(scope) \(factor)")
            }
        }
    }

    @Test("by folding keeps a template for all parameters")
    func foldedTemplate() throws {
        let (circuit, target) = try Self.compiled("line-4", parameters: 2)
        let values = [0.7, -1.3]
        for scope in GateFolding.Scope.allCases {
            let folded = try GateFolding(scope, scaleFactor: 2.5).fold(circuit, in: target.gates)
            #expect(try Self.deviation(circuit, folded, values) < 1e-9)
        }
    }

    @Test("by folding leaves measurements at the end and refuses others")
    func foldedMeasurements() throws {
        var circuit = try Circuit(qubits: 2, bits: 2)
        try circuit.append(.h, 0)
        try circuit.append(.cx, 0, 1)
        try circuit.measure(0, into: 0)
        try circuit.measure(1, into: 1)
        let folded = try GateFolding(.global, scaleFactor: 3).fold(circuit)
        #expect(folded.gateCounts == ["h": 3, "cx": 3, "measure": 2])
        #expect(folded.operations.suffix(2).allSatisfy { !$0.gate.isUnitary })
        try circuit.append(.x, 1)
        #expect(throws: CompileError.foldsMeasurement(gate: "measure", position: 2)) {
            try GateFolding(.global, scaleFactor: 3).fold(circuit)
        }
        #expect(throws: CompileError.self) { try GateFolding(.local, scaleFactor: 0.5) }
        #expect(throws: CompileError.self) { try GateFolding(.local, scaleFactor: .nan) }
    }

    @Test("by decoupling keeps the circuit and pulses in idle times alone", arguments: targets)
    func decoupling(name: String) throws {
        for sequence in DynamicalDecoupling.Sequence.allCases {
            let (circuit, target) = try Self.compiled(name, seed: 4)
            let pass = DynamicalDecoupling(sequence, repetitions: 2)
            let decoupled = try pass.run(circuit, on: target)
            #expect(try Self.deviation(circuit, decoupled) < 1e-9)
            #expect(decoupled.operations.allSatisfy { target.gates.contains($0.gate) })
            let windows = try pass.windows(circuit, on: target)
            #expect(!windows.isEmpty)
            let pulse = target.calibration.gateNanoseconds
            let schedule = Schedule(circuit, on: target)
            for window in windows {
                #expect(window.pulses.count % (sequence == .xx ? 2 : 4) == 0)
                for start in window.pulses {
                    #expect(start >= window.start - 1e-6 && start + pulse <= window.end + 1e-6)
                    let overlaps = circuit.operations.indices.contains { index in
                        circuit.operations[index].qubits.contains(window.qubit)
                            && schedule.starts[index] < start + pulse - 1e-6
                            && start + 1e-6 < schedule.starts[index] + schedule.durations[index]
                    }
                    #expect(!overlaps)
                }
            }
        }
    }

    @Test("by decoupling adds nothing where the pulses do not fit")
    func tightWindows() throws {
        let coupling = try CouplingMap.line(3)
        var calibration = CalibrationSnapshot.uniform(coupling, .cx)
        // Qubit 2 idles for one CX: 300 ns, and four pulses of 76 ns are 304 ns.
        calibration.gateNanoseconds = 76
        let target = try DeviceTarget(
            name: "test", coupling: coupling, gates: .cx, calibration: calibration)
        var circuit = try Circuit(qubits: 3)
        try circuit.append(.cx, 1, 2)
        try circuit.append(.cx, 0, 1)
        try circuit.append(.cx, 1, 2)
        #expect(try DynamicalDecoupling(.xy4).run(circuit, on: target) == circuit)
        let windows = try DynamicalDecoupling(.xx).windows(circuit, on: target)
        #expect(windows.count == 1)
        #expect(windows.first?.qubit == 2)
        #expect(windows.first?.start == 300)
        #expect(windows.first?.end == 600)
        #expect(windows.first?.pulses == [375 - 38, 525 - 38])
    }

    @Test("by twirling keeps the circuit in every draw", arguments: targets)
    func twirling(name: String) throws {
        let (circuit, target) = try Self.compiled(name, parameters: 2, seed: 2)
        let twirling = PauliTwirling(seed: 5)
        let ensemble = try twirling.ensemble(circuit, size: 6)
        for member in ensemble {
            #expect(try Self.deviation(circuit, member, [0.4, 2.2]) < 1e-9)
        }
        // RXX of any angle has no Pauli frame: a partial entangler is not twirled.
        if target.gates == .rxx { return }
        #expect(Set(ensemble).count > 1)
        #expect(try twirling.member(4, of: circuit) == ensemble[4])
        #expect(try PauliTwirling(seed: 6).ensemble(circuit, size: 6) != ensemble)
    }

    @Test("by twirling draws all sixteen Paulis about equally often, and undoes them")
    func twirlFrames() throws {
        for gate in [Gate.cx, .cz, .ecr, .cy] {
            let circuit = try Circuit(qubits: 2, operations: [Operation(gate, [0, 1])])
            let ensemble = try PauliTwirling(seed: 3).ensemble(circuit, size: 800)
            var counts: [[Operation]: Int] = [:]
            for member in ensemble {
                counts[Array(member.operations.prefix { $0.gate != gate }), default: 0] += 1
            }
            #expect(counts.count == 16)
            // Binomial with mean 50: five standard deviations are 34.
            #expect(counts.values.allSatisfy { abs($0 - 50) < 34 })
            for member in Set(ensemble) {
                #expect(try Self.deviation(circuit, member) < 1e-12)
            }
        }
        let empty = try Circuit(qubits: 1)
        #expect(throws: CompileError.self) { try PauliTwirling().ensemble(empty, size: 0) }
    }
}
