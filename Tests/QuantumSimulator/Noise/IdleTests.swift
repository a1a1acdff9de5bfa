import Foundation
import QuantumCircuit
import QuantumSimulator
import TestSupport
import Testing

/// Not Foundation's.
private typealias Operation = QuantumCircuit.Operation

/// What `fixtures/quantum/make_idle.py` wrote.
private struct IdleGolden: Decodable {
    struct Durations: Decodable {
        let one: Double
        let two: Double
        let cx01: Double
    }

    struct Item: Decodable {
        let gate: String
        let qubits: [Int]
        let angle: Double?
    }

    struct Case: Decodable {
        let qubits: Int
        /// T1, T2 and the excited population of each qubit.
        let relaxation: [[Double]]
        let operations: [Item]
        let real: [Double]
        let imaginary: [Double]

        func circuit() throws -> Circuit {
            var circuit = try Circuit(qubits: qubits)
            for item in operations {
                let angles = item.angle.map { [ParameterExpression.constant($0)] } ?? []
                let gate: Gate =
                    item.gate == "barrier"
                    ? .barrier(item.qubits.count) : try AnyGate.named(item.gate, angles)
                try circuit.append(Operation(gate, item.qubits))
            }
            return circuit
        }
    }

    let durations: Durations
    let depolarizing: Double
    let cases: [Case]

    func noise(_ item: Case) throws -> NoiseModel {
        var noise = NoiseModel()
        noise.add(try .depolarizing(depolarizing, qubits: 2), after: .operands(2))
        try noise.setDuration(durations.one, of: .operands(1))
        try noise.setDuration(0, of: .named(["rz"]))
        try noise.setDuration(durations.two, of: .operands(2))
        try noise.setDuration(durations.cx01, of: .named(["cx"]), on: [0, 1])
        for (qubit, values) in item.relaxation.enumerated() {
            noise.setIdle(
                try Relaxation(t1: values[0], t2: values[1], excitedPopulation: values[2]),
                of: qubit)
        }
        return noise
    }

    static func load() throws -> IdleGolden {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: root.appending(path: "fixtures/quantum/idle.json"))
        return try JSONDecoder().decode(IdleGolden.self, from: data)
    }
}

@Suite("Qubits that wait")
struct IdleTests {
    @Test("relax as in Qiskit Aer, whose scheduled circuits have explicit delays, to 1e-10")
    func densityMatrices() throws {
        let golden = try IdleGolden.load()
        #expect(golden.cases.count == 6)
        for (index, item) in golden.cases.enumerated() {
            let state = try DensityMatrixSimulator().run(
                item.circuit(), noise: golden.noise(item))
            let found = state.matrix().elements
            let worst = max(
                largestDifference(found.map(\.re), item.real),
                largestDifference(found.map(\.im), item.imaginary))
            #expect(worst < 1e-10, "case \(index)")
        }
    }

    @Test("relax in trajectories too, within 5 standard errors")
    func trajectories() throws {
        let golden = try IdleGolden.load()
        for (index, item) in golden.cases.enumerated() {
            let (circuit, noise) = (try item.circuit(), try golden.noise(item))
            let mask: UInt32 = 1 << UInt32(item.qubits) - 1
            let strings = (UInt32(1)..<32).map { PauliString(x: $0 >> 3 & mask, z: $0 & mask) }
            let expected = try DensityMatrixSimulator().run(circuit, noise: noise)
                .expectations(of: strings)
            let estimates = try TrajectorySimulator(threads: 2).estimate(
                strings, of: circuit, noise: noise, trajectories: 800, seed: UInt64(index))
            for (position, mean) in estimates.means.enumerated() {
                let bound = 5 * estimates.standardErrors[position] + 1e-9
                #expect(
                    abs(mean - expected[position]) < bound,
                    "case \(index), string \(strings[position])")
            }
        }
    }

    /// ⟨X₀⟩ and ⟨Z₀⟩ of a qubit that gates on others keep waiting.
    private func waiting(_ operations: [Operation], bits: Int = 0) throws -> [Double] {
        var noise = NoiseModel()
        try noise.setDuration(100, of: .operands(1))
        try noise.setDuration(500, of: .named(["measure"]))
        noise.setIdle(try Relaxation(t1: 1_000, t2: 800), of: 0)
        let circuit = try Circuit(qubits: 2, bits: bits, operations: operations)
        return try DensityMatrixSimulator().run(circuit, noise: noise).expectations(
            of: [PauliString(x: 1, z: 0), PauliString(x: 0, z: 1)])
    }

    @Test("lose e^(−t/T2) of a coherence and e^(−t/T1) of a population")
    func closedForm() throws {
        let slow = [Gate](repeating: .y, count: 3).map { Operation($0, [1]) }
        // 300 ns of gates on qubit 1 beside 100 ns on qubit 0.
        let coherent = try waiting([Operation(.h, [0])] + slow)
        #expect(abs(coherent[0] - exp(-200.0 / 800)) < 1e-12)
        let excited = try waiting([Operation(.x, [0])] + slow)
        #expect(abs(excited[1] - (1 - 2 * exp(-200.0 / 1_000))) < 1e-12)
        // A barrier holds the gate back, and |0⟩ waits unharmed.
        let late = try waiting(
            slow + [Operation(.barrier(2), [0, 1]), Operation(.h, [0])])
        #expect(abs(late[0] - 1) < 1e-12)
    }

    @Test("do not relax after their measurement, nor during it while others are measured")
    func measured() throws {
        let first = try waiting(
            [Operation(.x, [0]), Operation(.measure(bit: 0), [0]), Operation(.y, [1])], bits: 1)
        #expect(abs(first[1] + 1) < 1e-12)
        // Qubit 0 is not measured: it waits 500 ns for the circuit's end.
        let other = try waiting(
            [Operation(.x, [0]), Operation(.y, [1]), Operation(.measure(bit: 0), [1])], bits: 1)
        #expect(abs(other[1] - (1 - 2 * exp(-500.0 / 1_000))) < 1e-12)
    }

    @Test("refuse times that cannot be")
    func refused() throws {
        #expect(throws: NoiseError.relaxationTimes(t1: 10, t2: 21)) {
            try Relaxation(t1: 10, t2: 21)
        }
        var noise = NoiseModel()
        #expect(throws: NoiseError.self) { try noise.setDuration(-1, of: .operands(1)) }
        #expect(throws: NoiseError.self) { try noise.setDuration(.nan, of: .operands(1)) }
    }
}
