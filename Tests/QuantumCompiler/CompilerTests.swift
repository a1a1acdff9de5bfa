import Determinism
import QuantumCircuit
import QuantumCompiler
import QuantumPrimitives
import TestSupport
import Testing

@Suite("The compiler")
struct CompilerTests {
    @Test("gives the same circuit for the same seed, and reports every pass")
    func determinism() throws {
        let target = try DeviceTarget.named("falcon-7-ecr")
        var random = RandomStream(seed: 1)
        let source = try Circuit.random(qubits: 6, operations: 40, &random)
        let first = try Compiler(seed: 3, attempts: 3).compile(source, for: target)
        #expect(try Compiler(seed: 3, attempts: 3).compile(source, for: target) == first)
        let others = try (4...9).map {
            try Compiler(seed: $0, attempts: 1).compile(source, for: target).circuit
        }
        #expect(Set(others).count > 1)
        #expect(first.passes.map(\.pass) == Compiler().passes.map(\.name))
        #expect(first.passes.first?.before == CircuitSize(source))
        #expect(first.passes.last?.after == CircuitSize(first.circuit))
        for (pass, next) in zip(first.passes, first.passes.dropFirst()) {
            #expect(pass.after == next.before)
        }
        #expect(first.estimatedFidelity > 0 && first.estimatedFidelity < 1)
    }

    @Test("keeps the probabilities of what is measured, and bits and names")
    func measured() throws {
        for name in ["line-5", "falcon-5-cx-directed", "all-to-all-5-gpi", "grid-2x3-ecr"] {
            for seed in 1...3 as ClosedRange<UInt64> {
                var random = RandomStream(seed: seed)
                let body = try Circuit.random(qubits: 4, operations: 25, &random)
                var source = try Circuit(
                    qubitRegisters: [Register("a", size: 4)],
                    bitRegisters: [Register("m", size: 2)])
                try source.append(body)
                try source.measure(2, into: 0)
                try source.measure(0, into: 1)
                let compiled = try Compiler(attempts: 2)
                    .compile(source, for: try DeviceTarget.named(name))
                #expect(compiled.circuit.bitRegisters == source.bitRegisters)
                #expect(compiled.circuit.gateCounts["measure"] == 2)
                let difference = largestDifference(
                    try Self.probabilities(source), try Self.probabilities(compiled.circuit))
                #expect(difference < 1e-9, "\(name), seed \(seed)")
            }
        }
    }

    /// Of the classical bits, all measured once: a CX into a qubit of its own takes each
    /// measurement's place, so that the measured qubit may go on.
    private static func probabilities(_ circuit: Circuit) throws -> [Double] {
        var state = DenseState(qubits: circuit.qubits + circuit.bits)
        for operation in circuit.operations {
            if case .measure(let bit) = operation.gate {
                try state.apply(
                    Operation(.cx, [operation.qubits[0], circuit.qubits + bit]))
            } else {
                try state.apply(operation)
            }
        }
        var result = [Double](repeating: 0, count: 1 << circuit.bits)
        for (index, probability) in state.probabilities.enumerated() {
            result[index >> circuit.qubits] += probability
        }
        return result
    }

    @Test("measures after the last swap where nothing may follow a measurement")
    func finalMeasurements() throws {
        let target = try DeviceTarget(
            name: "strict", coupling: .line(5), gates: .cx, supportsMidCircuitMeasurement: false)
        var random = RandomStream(seed: 5)
        let body = try Circuit.random(qubits: 5, operations: 30, &random)
        var source = try Circuit(qubits: 5, bits: 5)
        try source.append(body)
        for qubit in 0..<5 { try source.measure(qubit, into: 4 - qubit) }
        let compiled = try Compiler(attempts: 2).compile(source, for: target).circuit
        var measured = Set<Int>()
        for operation in compiled.operations {
            #expect(measured.isDisjoint(with: operation.qubits))
            if case .measure = operation.gate { measured.formUnion(operation.qubits) }
        }
        #expect(measured.count == 5)
        let difference = largestDifference(
            try Self.probabilities(source), try Self.probabilities(compiled))
        #expect(difference < 1e-9)
    }

    @Test("drops gates outside the light cone and phases before a measurement")
    func unobserved() throws {
        var circuit = try Circuit(qubits: 4, bits: 1)
        try circuit.append(.h, 0)
        try circuit.append(.h, 2)
        try circuit.append(.cx, 2, 3)
        try circuit.append(.cx, 0, 1)
        try circuit.append(.t, 0)
        try circuit.append(.cz, 0, 3)
        try circuit.measure(0, into: 0)
        try circuit.append(.x, 0)
        let target = try DeviceTarget.named("line-4")
        let kept = try DropUnobserved().run(circuit, on: target)
        // CX from the measured qubit into one that nobody sees only changes its phase.
        #expect(kept.gateCounts == ["h": 1, "measure": 1])
    }

    @Test("drops the last diagonal of a feature map when all is read in the Z basis")
    func zBasis() throws {
        let target = try DeviceTarget.named("all-to-all-4-cx")
        let source = try ZZFeatureMap.circuit(qubits: 4)
        let all = try Compiler(attempts: 1).compile(source, for: target).circuit
        let read = try Compiler(readout: .zBasis, attempts: 1).compile(source, for: target)
        #expect(all.entanglingGates == 24)
        #expect(read.circuit.entanglingGates == 12)
        let values = [0.3, 1.2, -0.4, 2]
        let expected = try DenseState.run(source, values).probabilities
        let actual = try DenseState.run(read.circuit, values).permuted(
            Self.inverse(read.finalLayout)
        ).probabilities
        #expect(largestDifference(expected, actual) < 1e-12)
    }

    private static func inverse(_ places: [Int]) -> [Int] {
        places.indices.map { places.firstIndex(of: $0) ?? 0 }
    }

    @Test("merges symbols on one pair into three CX")
    func symbolicBlocks() throws {
        let target = try DeviceTarget.named("line-2")
        var exchange = try Circuit(qubits: 2, parameters: 3)
        try exchange.append(.rxx(.parameter(0)), 0, 1)
        try exchange.append(.s, 0)
        try exchange.append(.sdg, 0)
        try exchange.append(.ryy(.parameter(1)), 1, 0)
        try exchange.append(.rzz(.parameter(2)), 0, 1)
        var swapped = try Circuit(qubits: 2, parameters: 1)
        try swapped.append(.cp(.parameter(0)), 0, 1)
        try swapped.append(.swap, 0, 1)
        try swapped.append(.h, 1)
        for (source, count) in [(exchange, 3), (swapped, 3)] {
            let block = Compiler(passes: [
                CommutativeCancellation(), ControlledRotations(), BlockResynthesis(),
                ExpandToEntanglers(), TranslateToNative(), OneQubitFusion(), CheckNative(),
            ])
            let compiled = try block.compile(source, for: target)
            #expect(compiled.circuit.entanglingGates == count)
            let values = Array([0.4, -1.1, 2.3].prefix(source.parameters))
            #expect(try Equivalence.deviation(source, compiled, values, seed: 1) < 1e-10)
        }
    }

    @Test("keeps nearly diagonal and nearly antidiagonal unitaries to rounding")
    func nearlyDiagonal() throws {
        let target = try DeviceTarget.named("line-1")
        var random = RandomStream(seed: 8)
        for size in [1e-6, 1e-8, 1e-9, 1e-10] {
            for turn in [Gate.id, .x] {
                var source = try Circuit(qubits: 1)
                for _ in 0..<3 {
                    // There and back: the small entries are differences of large ones.
                    let there = try UnitaryMatrix.haarRandom(qubits: 1, &random)
                    try source.append(.unitary(there), 0)
                    try source.append(.rz(.constant(size)), 0)
                    try source.append(.unitary(there.adjoint), 0)
                }
                try source.append(turn, 0)
                let compiled = try Compiler().compile(source, for: target)
                #expect(try Equivalence.deviation(source, compiled, seed: 1) < 1e-12)
            }
        }
    }

    @Test("makes a chain of CX between all pairs in order")
    func networks() throws {
        var source = try Circuit(qubits: 6)
        for first in 0..<6 {
            for second in first + 1..<6 { try source.append(.cx, first, second) }
        }
        let target = try DeviceTarget.named("line-6")
        let compiled = try Compiler(attempts: 1).compile(source, for: target)
        #expect(compiled.circuit.entanglingGates == 5)
        #expect(try Equivalence.deviation(source, compiled, seed: 2) < 1e-10)
    }

    @Test("finds the good qubits and couplings of a calibration")
    func noiseAware() throws {
        let plain = try DeviceTarget.named("line-6")
        var calibration = plain.calibration
        for index in calibration.pairs.indices where calibration.pairs[index].first != 3 {
            calibration.pairs[index].error = 0.2
        }
        let target = try plain.calibrated(calibration)
        var source = try Circuit(qubits: 2)
        try source.append(.h, 0)
        try source.append(.cx, 0, 1)
        let compiled = try Compiler().compile(source, for: target)
        #expect(Set(compiled.initialLayout) == [3, 4])
        // Three qubits: the pair that meets most gets the good coupling.
        var star = try Circuit(qubits: 3, parameters: 5)
        for parameter in 0..<5 {
            try star.append(.rzz(.parameter(parameter)), 0, parameter == 0 ? 1 : 2)
            try star.append(.rx(.parameter(parameter)), 0)
        }
        let placed = try Compiler().compile(star, for: target)
        #expect(Set([placed.initialLayout[0], placed.initialLayout[2]]) == [3, 4])
        // Readout decides between equal couplings.
        calibration = plain.calibration
        calibration.qubits[5].readoutError = 0.001
        let single = try Compiler().compile(
            try Circuit(qubits: 1, operations: [Operation(.h, [0])]),
            for: try plain.calibrated(calibration))
        #expect(single.initialLayout == [5])
    }

    @Test("refuses what the target cannot do, by gate, position and limit")
    func refusals() throws {
        let line = try DeviceTarget.named("line-3")
        let wide = try Circuit(qubits: 4)
        #expect(throws: CompileError.tooManyQubits(4, target: "line-3", limit: 3)) {
            try Compiler().compile(wide, for: line)
        }
        let islands = try DeviceTarget(
            name: "islands", coupling: CouplingMap(qubits: 4, edges: [.init(0, 1), .init(2, 3)]),
            gates: .cx)
        #expect(throws: CompileError.disconnected(qubits: 3, target: "islands", limit: 2)) {
            try Compiler().compile(try Circuit(qubits: 3), for: islands)
        }
        let strict = try DeviceTarget(
            name: "strict", coupling: .line(2), gates: .cx, supportsReset: false,
            supportsMidCircuitMeasurement: false, maximumDepth: 5)
        var reset = try Circuit(qubits: 2, bits: 1)
        try reset.append(.x, 0)
        try reset.append(.reset, 0)
        let refused = CompileError.unsupportedOperation(
            gate: "reset", position: 1, target: "strict", allowed: "it has no reset")
        #expect(throws: refused) { try Compiler().compile(reset, for: strict) }
        var middle = try Circuit(qubits: 2, bits: 1)
        try middle.measure(0, into: 0)
        try middle.append(.cx, 1, 0)
        let followed = CompileError.unsupportedOperation(
            gate: "cx", position: 1, target: "strict",
            allowed: "nothing may follow the measurement of qubit 0")
        #expect(throws: followed) { try Compiler().compile(middle, for: strict) }
        #expect(throws: CompileError.tooDeep(9, target: "strict", limit: 5)) {
            try Compiler(passes: [Pad()]).compile(
                try Circuit(qubits: 2), for: strict)
        }
        let toffoli = try Circuit(qubits: 3, operations: [Operation(.ccx, [0, 1, 2])])
        #expect(throws: CompileError.self) {
            try Compiler(passes: [PlaceAndRoute()]).compile(toffoli, for: line)
        }
        #expect(throws: CompileError.self) {
            try Compiler(passes: [CheckNative()]).compile(toffoli, for: line)
        }
        let far = try Circuit(qubits: 3, operations: [Operation(.cx, [0, 2])])
        #expect(throws: CompileError.self) {
            try Compiler(passes: [CheckNative()]).compile(far, for: line)
        }
    }

    /// A circuit of nine gates in a row, whatever is given.
    private struct Pad: CircuitPass {
        let name = "pad"

        func run(_ circuit: Circuit, on target: DeviceTarget) throws(CompileError) -> Circuit {
            var result = Circuit(emptyLike: circuit)
            do throws(CircuitError) {
                for _ in 0..<9 { try result.append(.x, 0) }
            } catch { throw .circuit(error) }
            return result
        }
    }

    @Test("keeps resets, barriers and measurements in the middle in their order")
    func middle() throws {
        var source = try Circuit(qubits: 3, bits: 2)
        try source.append(.h, 0)
        try source.append(.cx, 0, 2)
        try source.measure(2, into: 0)
        try source.append(.reset, 2)
        try source.append(.h, 2)
        try source.append(Operation(.barrier(3), [0, 1, 2]))
        try source.append(.cx, 2, 1)
        try source.append(.cx, 0, 1)
        try source.measure(1, into: 1)
        try source.measure(0, into: 1)
        let compiled = try Compiler(attempts: 3)
            .compile(source, for: try DeviceTarget.named("line-3-ecr")).circuit
        let order = compiled.operations.compactMap { operation -> String? in
            switch operation.gate {
            case .measure(let bit): "measure \(bit)"
            case .reset, .barrier: operation.gate.name
            default: nil
            }
        }
        #expect(order == ["measure 0", "reset", "barrier", "measure 1", "measure 1"])
    }
}
