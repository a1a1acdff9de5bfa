import QuantumCircuit
import Testing

@testable import QuantumSimulator

@Suite("Noise of a calibration")
struct CalibratedNoiseTests {
    private typealias Snapshot = CalibrationSnapshot

    private let snapshot = Snapshot(
        qubits: [
            .init(t1Microseconds: 100, t2Microseconds: 80, gateError: 0.002, readoutError: 0.01),
            .init(t1Microseconds: 50, t2Microseconds: 100, gateError: 0.003, readoutError: 0.02),
            .init(t1Microseconds: 70, t2Microseconds: 70, gateError: 0.004, readoutError: 0.03),
        ],
        pairs: [
            .init(first: 0, second: 1, error: 0.02, nanoseconds: 400),
            .init(first: 1, second: 2, error: 0.04, nanoseconds: 500),
        ],
        gateNanoseconds: 50, measurementNanoseconds: 1_000, resetNanoseconds: 900)

    /// Mean infidelity of what a gate does to a qubit, over the six axis states: they average like
    /// all states (a 2-design).
    private func infidelity(of gate: Gate, on qubit: Int, _ noise: NoiseModel) throws -> Double {
        var total = 0.0
        for axis in [[], [Gate.x], [.h], [.x, .h], [.h, .s], [.x, .h, .s]] {
            var circuit = try Circuit(qubits: 2)
            for gate in axis { try circuit.append(gate, qubit) }
            try circuit.append(gate, qubit)
            let rho = try DensityMatrixSimulator().run(circuit, noise: noise).matrix()
            let pure = try StatevectorSimulator().run(circuit).amplitudes()
            for row in 0..<4 {
                for column in 0..<4 {
                    total += (pure[row].conjugate * rho[row, column] * pure[column]).re
                }
            }
        }
        return 1 - total / 6
    }

    @Test("loses what the calibration says a gate loses, on the gates of the circuit alone")
    func gateErrors() throws {
        let circuit = try Circuit(
            qubits: 2, operations: [Operation(.sx, [0]), Operation(.sx, [1])])
        let noise = try NoiseModel(calibration: snapshot, for: circuit)
        #expect(abs(try infidelity(of: .sx, on: 0, noise) - 0.002) < 1e-12)
        #expect(abs(try infidelity(of: .sx, on: 1, noise) - 0.003) < 1e-12)
        #expect(abs(try infidelity(of: .y, on: 1, noise)) < 1e-12)
        #expect(noise.readout[1] == (try ReadoutError(falseOne: 0.02, falseZero: 0.02)))
        #expect(noise.readout[2] == nil)
    }

    @Test("takes figures from the pair, from the mean of pairs, and none for turns about Z")
    func figures() throws {
        let operations = [
            Operation(.h, [0]), Operation(.rz(.constant(1)), [0]), Operation(.cx, [1, 0]),
            Operation(.cx, [0, 2]), Operation(.cx, [1, 0]), Operation(.reset, [1]),
            Operation(.measure(bit: 0), [2]),
        ]
        let circuit = try Circuit(qubits: 3, bits: 1, operations: operations)
        let noise = try NoiseModel(calibration: snapshot, for: circuit)
        // Depolarising and one relaxation for each operand.
        #expect(
            noise.rules.map(\.gates)
                == ["h", "h", "cx", "cx", "cx", "cx", "cx", "cx"].map {
                    .named([$0])
                })
        #expect(
            noise.rules.map(\.qubits) == [
                [0], [0], [1, 0], [1, 0], [1, 0], [0, 2], [0, 2], [0, 2],
            ])
        let durations = operations.map { noise.duration(of: $0) }
        #expect(durations == [50, 0, 400, 450, 400, 900, 1_000])
    }

    @Test("refuses a gate on three qubits by its position, and a qubit without figures")
    func refused() throws {
        let wide = try Circuit(
            qubits: 3, operations: [Operation(.h, [0]), Operation(.ccx, [0, 1, 2])])
        let error = NoiseError.uncalibratedGate(gate: "ccx", position: 1, operands: 3)
        #expect(throws: error) { try NoiseModel(calibration: snapshot, for: wide) }
        #expect(error.description.contains("gate ccx at position 1 acts on 3 qubits"))
        let four = try Circuit(qubits: 4)
        #expect(throws: NoiseError.calibrationQubit(3, limit: 3)) {
            try NoiseModel(calibration: snapshot, for: four)
        }
    }
}
