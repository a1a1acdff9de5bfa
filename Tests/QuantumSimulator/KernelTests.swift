import Determinism
import Foundation
import QuantumCircuit
import QuantumPrimitives
import TestSupport
import Testing

@testable import QuantumSimulator

@Suite("Batched kernels")
struct KernelTests {
    /// Compares amplitudes, phases included, with dense matrices.
    private func difference(
        _ circuit: Circuit, _ kernels: KernelSet, records: Int, _ random: inout RandomStream
    ) throws -> Double {
        let parameters = randomParameters(records * circuit.parameters, &random)
        var simulator = BatchSimulator(
            try SimulationPlan.compile(circuit, for: .amplitudes), kernels: kernels)
        var (real, imaginary) = ([Double](), [Double]())
        try simulator.amplitudes(
            parameters: parameters, count: records, real: &real, imaginary: &imaginary)
        let dense = try (0..<records).flatMap { record in
            let row = parameters[record * circuit.parameters..<(record + 1) * circuit.parameters]
            return try DenseState.run(circuit, Array(row)).amplitudes
        }
        return max(
            largestDifference(real, dense.map(\.re)), largestDifference(imaginary, dense.map(\.im)))
    }

    @Test("equal dense matrices for every gate on random states", arguments: KernelSet.allCases)
    func everyGate(kernels: KernelSet) throws {
        var random = RandomStream(seed: 1)
        for (index, gate) in AnyGate.all({ .affine(0, scale: 1.3, offset: 0.2) }).enumerated() {
            for operands in [[2, 0, 1], [0, 3, 2], [1, 2, 3]] {
                var circuit = try Circuit.random(
                    qubits: 4, operations: 25, parameters: 3, &random)
                try circuit.append(Operation(gate, Array(operands.prefix(gate.qubitCount))))
                let error = try difference(circuit, kernels, records: 3, &random)
                #expect(error < 1e-12, "gate \(gate.name), number \(index)")
            }
        }
    }

    @Test("equal dense matrices on random circuits of 1 to 7 qubits")
    func randomCircuits() throws {
        var random = RandomStream(seed: 2)
        for qubits in 1...7 {
            for operations in [1, 5, 60] {
                let circuit = try Circuit.random(
                    qubits: qubits, operations: operations, parameters: 4, &random)
                #expect(try difference(circuit, .vectorised, records: 2, &random) < 1e-12)
            }
        }
    }

    @Test("name the gate and its place where the plan has no form for it")
    func unsupported() throws {
        var circuit = try Circuit(qubits: 2, bits: 1)
        try circuit.append(.h, 0)
        try circuit.measure(0, into: 0)
        try circuit.appendBarrier()
        #expect(try SimulationPlan.compile(circuit).description == "|+⟩×1")
        var branching = circuit
        try branching.append(.x, 0)
        #expect(throws: SimulationError.unsupportedGate(gate: "measure", position: 1)) {
            try SimulationPlan.compile(branching)
        }
        var refused = try Circuit(qubits: 2)
        try refused.append(.h, 0)
        try refused.append(.reset, 1)
        #expect(throws: SimulationError.unsupportedGate(gate: "reset", position: 1)) {
            try SimulationPlan.compile(refused)
        }
    }

    @Test("equal dense matrices for any unitary of one or two qubits, phases included")
    func unitaries() throws {
        var random = RandomStream(seed: 7)
        for size in [1, 2, 1, 2, 2] {
            var circuit = try Circuit.random(qubits: 4, operations: 20, parameters: 2, &random)
            let unitary = try UnitaryMatrix.haarRandom(qubits: size, &random)
            try circuit.append(Operation(.unitary(unitary), Array([3, 1].prefix(size))))
            try circuit.append(.ch, 1, 0)
            #expect(try difference(circuit, .vectorised, records: 3, &random) < 1e-12)
        }
    }

    @Test(
        "equal dense matrices for any unitary on one and two qubits",
        arguments: KernelSet.allCases)
    func unitaries(kernels: KernelSet) throws {
        var random = RandomStream(seed: 7)
        for operands in [[3], [0], [1, 2], [3, 0], [2, 3]] {
            var circuit = try Circuit.random(qubits: 4, operations: 20, parameters: 3, &random)
            for _ in 0..<3 {
                let unitary = try UnitaryMatrix.haarRandom(qubits: operands.count, &random)
                try circuit.append(.h, operands[0])
                try circuit.append(Operation(.unitary(unitary), operands))
                try circuit.append(.rx(.parameter(1)), operands[0])
                try circuit.append(.unitary(UnitaryMatrix(GateMatrix.tGate)), operands[0])
            }
            try circuit.append(.unitary(UnitaryMatrix(GateMatrix.controlledZ)), 2, 1)
            #expect(try difference(circuit, kernels, records: 3, &random) < 1e-12)
        }
    }

    @Test("equal dense matrices on random states given as a layer of unitaries and a ladder")
    func randomStates() throws {
        var random = RandomStream(seed: 8)
        for gate in AnyGate.all({ .affine(0, scale: 1.3, offset: 0.2) }) {
            // Two-qubit unitaries on a ladder reach an entangled state without any symmetry.
            var circuit = try Circuit(qubits: 4, parameters: 1)
            for pair in [[0, 1], [2, 3], [1, 2], [0, 3], [2, 0], [3, 1]] {
                let unitary = try UnitaryMatrix.haarRandom(qubits: 2, &random)
                try circuit.append(Operation(.unitary(unitary), pair))
            }
            try circuit.append(Operation(gate, Array([3, 1, 0].prefix(gate.qubitCount))))
            #expect(
                try difference(circuit, .vectorised, records: 2, &random) < 1e-12, "\(gate.name)")
        }
    }

    @Test("fuse a run of gates on one qubit into one matrix, and start from one on |0⟩")
    func fusion() throws {
        var random = RandomStream(seed: 9)
        var circuit = try Circuit(qubits: 3, parameters: 3)
        for qubit in 0..<3 {
            try circuit.append(.ry(.parameter(qubit)), qubit)
            try circuit.append(.rz(.parameter(2 - qubit)), qubit)
        }
        try circuit.append(.cx, 0, 1)
        try circuit.append(.cx, 1, 2)
        for gate in [Gate.rx(.parameter(0)), .t, .h, .ry(.parameter(1)), .sx] {
            try circuit.append(gate, 1)
        }
        try circuit.append(.ccx, 0, 1, 2)
        #expect(try SimulationPlan.compile(circuit).description == "|u⟩×3 U U")
        #expect(try difference(circuit, .vectorised, records: 9, &random) < 1e-13)
    }

    @Test("merge parities of three qubits and more into one step")
    func highParities() throws {
        var random = RandomStream(seed: 3)
        var circuit = try Circuit(qubits: 5, parameters: 2)
        for qubit in 0..<5 { try circuit.append(.h, qubit) }
        for (first, second) in [(0, 1), (1, 2), (2, 3), (3, 4)] {
            try circuit.append(.cx, first, second)
            try circuit.append(.rz(.parameter(second % 2)), second)
        }
        for (first, second) in [(3, 4), (2, 3), (1, 2), (0, 1)] {
            try circuit.append(.cx, first, second)
        }
        for qubit in 0..<5 { try circuit.append(.h, qubit) }
        #expect(try SimulationPlan.compile(circuit).description == "|+⟩×5 P×4 H×5")
        #expect(try difference(circuit, .vectorised, records: 9, &random) < 1e-13)
        #expect(try difference(circuit, .reference, records: 9, &random) < 1e-13)
    }

    @Test("bring the ZZ feature map down to phase tables between Hadamard layers")
    func plans() throws {
        let two = try SimulationPlan.compile(ZZFeatureMap.circuit(qubits: 6, repetitions: 2))
        #expect(two.description == "|+⟩×6 D0 H×6")
        let three = try SimulationPlan.compile(ZZFeatureMap.circuit(qubits: 6, repetitions: 3))
        #expect(three.description == "|+⟩×6 D0 H×6 D0 H×6")
        #expect(three.tables.count == 1)
    }

    @Test("cancel Hadamards in pairs and pass X, CX and SWAP on to the read-out")
    func cancellation() throws {
        var circuit = try Circuit(qubits: 3)
        for gate in [Gate.h, .h, .x] { try circuit.append(gate, 1) }
        try circuit.append(.cx, 1, 2)
        try circuit.append(.swap, 0, 1)
        let plan = try SimulationPlan.compile(circuit)
        #expect(plan.description == "|0⟩")
        var simulator = BatchSimulator(plan)
        var probabilities: [Double] = []
        try simulator.probabilities(parameters: [], count: 1, into: &probabilities)
        #expect(probabilities == [0, 0, 0, 0, 0, 1, 0, 0])
    }

    @Test("give the same bits in C and in Swift")
    func bitForBit() throws {
        var random = RandomStream(seed: 4)
        var circuits = [try ZZFeatureMap.circuit(qubits: 9, repetitions: 3)]
        circuits.append(try ZZFeatureMap.circuit(qubits: 4, repetitions: 2, entanglement: .linear))
        for qubits in 2...6 {
            circuits.append(
                try Circuit.random(qubits: qubits, operations: 50, parameters: 3, &random))
            let unitary = try UnitaryMatrix.haarRandom(qubits: 2, &random)
            try circuits[circuits.count - 1].append(.unitary(unitary), 1, 0)
        }
        for circuit in circuits {
            let plan = try SimulationPlan.compile(circuit)
            let parameters = randomParameters(11 * circuit.parameters, &random)
            let strings = MeasuredStrings.upToPairs(qubits: circuit.qubits)
            let weights = strings.map { _ in Double.random(in: -1...1, using: &random) }
            let readout = try ZReadout(
                qubits: circuit.qubits, strings: strings, weights: weights)
            let seeds = (0..<11).map { UInt64($0) }
            var fast = BatchSimulator(plan)
            var plain = BatchSimulator(plan, kernels: .reference)
            var (left, right) = (ZEstimates(), ZEstimates())
            try fast.estimate(readout, parameters: parameters, count: 11, into: &left)
            try plain.estimate(readout, parameters: parameters, count: 11, into: &right)
            #expect(left == right)
            for shots in [1, 63, 1_024, 1_500] {
                try fast.estimate(
                    readout, parameters: parameters, count: 11, shots: shots, seeds: seeds,
                    into: &left)
                try plain.estimate(
                    readout, parameters: parameters, count: 11, shots: shots, seeds: seeds,
                    into: &right)
                #expect(left == right)
            }
        }
    }

    @Test("know sine and cosine to 3e-16 for phases up to 1e8")
    func sineAccuracy() {
        var random = RandomStream(seed: 5)
        let special: [Double] = [
            0, .pi / 4, .pi / 2, .pi, -.pi, 3 * .pi / 4, 1e4, -1e4, 1e-300, 0x1p-40,
            1, 2, 3, 4, 5, 6,
        ]
        let draws = (0..<40_000).map { index in
            Double.random(in: -1...1, using: &random) * [10, 1e4, 1e8][index % 3]
        }
        let x = special + draws
        let lanes = BatchSimulator.lanes
        let (input, output) = unsafe (
            UnsafeMutableRawPointer.allocate(byteCount: x.count * 8, alignment: 64)
                .bindMemory(to: Double.self, capacity: x.count),
            UnsafeMutableRawPointer.allocate(byteCount: x.count * 16, alignment: 64)
                .bindMemory(to: Double.self, capacity: 2 * x.count)
        )
        defer {
            unsafe input.deallocate()
            unsafe output.deallocate()
        }
        for index in x.indices { unsafe input[index] = x[index] }
        unsafe KernelSet.vectorised.sincos(input, output, output + x.count, x.count / lanes)
        let cosines = x.indices.map { unsafe output[$0] }
        let sines = x.indices.map { unsafe output[x.count + $0] }
        #expect(largestDifference(sines, x.map { sin($0) }) < 3e-16)
        #expect(largestDifference(cosines, x.map { cos($0) }) < 3e-16)
    }
}

enum GateMatrix {
    static let tGate = ComplexMatrix(diagonal: [.one, Complex(0.5.squareRoot(), 0.5.squareRoot())])
    static let controlledZ = ComplexMatrix(diagonal: [.one, .one, .one, -.one])
}
