import Determinism
import Foundation
import QuantumCircuit
import QuantumPrimitives
import TestSupport
import Testing

@Suite("Encodings")
struct EncodingTests {
    @Test("put any real vector into amplitudes, signs included", arguments: 1...7)
    func realAmplitudes(qubits: Int) throws {
        var random = RandomStream(seed: UInt64(qubits))
        let encoding = try AmplitudeEncoding(qubits: qubits)
        let circuit = try encoding.circuit()
        #expect(circuit.parameters == 1 << qubits - 1)
        #expect(circuit.gateCounts["cx", default: 0] == 1 << qubits - 2)
        for zeros in [0.0, 0.6] {
            let vector = (0..<1 << qubits).map { _ in
                random.uniform() < zeros ? 0 : random.normal()
            }
            let sum = vector.reduce(0) { $0 + $1 * $1 }
            guard sum > 0 else { continue }
            let state = try DenseState.run(circuit, encoding.parameters(for: vector))
            let expected = vector.map { $0 / sum.squareRoot() }
            #expect(largestDifference(state.amplitudes.map(\.re), expected) < 1e-12)
        }
    }

    @Test("put any complex vector into amplitudes, up to one phase", arguments: 1...6)
    func complexAmplitudes(qubits: Int) throws {
        let encoding = try AmplitudeEncoding(qubits: qubits, isComplex: true)
        let target = DenseState.haarRandom(qubits: qubits, seed: UInt64(qubits))
        let parameters = try encoding.parameters(for: target.amplitudes.map { 3 * $0 })
        let state = try DenseState.run(encoding.circuit(), parameters)
        #expect(state.distanceUpToPhase(to: target) < 1e-12)
    }

    @Test("refuse vectors that are no state")
    func wrongVectors() throws {
        let encoding = try AmplitudeEncoding(qubits: 2)
        for vector in [[0, 0], [1, .nan], [1, 2, 3, 4, 5], [1e200, 1]] as [[Double]] {
            #expect(throws: CircuitError.self) { try encoding.parameters(for: vector) }
        }
        #expect(throws: CircuitError.self) { try encoding.parameters(for: [Complex(0, 1)]) }
        let short = try encoding.parameters(for: [3, 4])
        let state = try DenseState.run(encoding.circuit(), short)
        #expect(largestDifference(state.probabilities, [0.36, 0.64, 0, 0]) < 1e-15)
    }

    @Test("turn each qubit by its input")
    func angles() throws {
        let inputs = [0.4, -1.1]
        for axis in AngleEncoding.Axis.allCases {
            let circuit = try AngleEncoding.circuit(qubits: 2, axis: axis, scale: 2)
            let state = try DenseState.run(circuit, inputs)
            for qubit in 0..<2 {
                let angle = 2 * inputs[qubit]
                let string = { (x: Int, z: Int) in
                    state.expectation(PauliString(x: UInt32(x << qubit), z: UInt32(z << qubit)))
                }
                let bloch = [string(1, 0), string(1, 1), string(0, 1)]
                let expected: [Double] =
                    switch axis {
                    case .x: [0, -sin(angle), cos(angle)]
                    case .y: [sin(angle), 0, cos(angle)]
                    case .z: [cos(angle), sin(angle), 0]
                    }
                #expect(largestDifference(bloch, expected) < 1e-14)
            }
        }
    }

    @Test("put bits into a basis state, bound or as a template")
    func basis() throws {
        let circuit = try BasisEncoding.circuit(bits: [true, false, true])
        #expect(try DenseState.run(circuit).probabilities[0b101] == 1)
        let template = try DenseState.run(BasisEncoding.circuit(qubits: 3), [1, 0, 1])
        #expect(abs(template.probabilities[0b101] - 1) < 1e-15)
    }

    @Test("give hardware-efficient weights an effect each, on the device's couplings alone")
    func hardwareEfficient() throws {
        let circuit = try HardwareEfficientAnsatz.circuit(
            qubits: 3, repetitions: 2, couplings: [(1, 0), (1, 2)], entangler: .ecr)
        #expect(circuit.parameters == 3 * (3 * 2 + 2))
        #expect(circuit.gateCounts == ["rx": 9, "rz": 15, "ecr": 4])
        let used = circuit.operations.flatMap { $0.gate.angles }.map(\.requiredParameters)
        #expect(used == Array(1...24), "each weight once, in order")
        let couplings = Set(circuit.operations.filter { $0.gate == .ecr }.map(\.qubits))
        #expect(couplings == [[1, 0], [1, 2]])
    }
}
