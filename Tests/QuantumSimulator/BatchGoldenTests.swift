import LinearAlgebra
import Foundation
import QuantumCircuit
import QuantumPrimitives
import QuantumSimulator
import TestSupport
import Testing

@Suite("Numbers of Qiskit and qulacs over the whole gate set")
struct BatchGoldenTests {
    @Test("are met by amplitudes and by X, Y and Z strings to 1e-10")
    func circuits() throws {
        let golden = try BatchGolden.load()
        #expect(golden.circuits.count == 18)
        var gates: Set<String> = []
        for item in golden.circuits {
            let circuit = try item.circuit()
            gates.formUnion(circuit.gateCounts.keys)
            var simulator = BatchSimulator(
                try SimulationPlan.compile(circuit, for: .amplitudes))
            var (real, imaginary, values) = ([Double](), [Double](), [Double]())
            try simulator.amplitudes(
                parameters: [], count: 1, real: &real, imaginary: &imaginary)
            try simulator.expectations(
                of: item.strings.map(BatchGolden.string), parameters: [], count: 1, into: &values)
            // Unitaries are rounded to 13 decimals, so the product is up to some 1e-12 away.
            #expect(largestDifference(real, item.real) < 1e-10)
            #expect(largestDifference(imaginary, item.imaginary) < 1e-10)
            #expect(largestDifference(values, item.expectations) < 1e-10)
        }
        #expect(gates.isSuperset(of: AnyGate.all { .constant(0) }.map(\.name) + ["unitary"]))
    }

    @Test("are met by values and gradients of ansätze to 1e-10")
    func gradients() throws {
        let golden = try BatchGolden.load()
        #expect(golden.ansatze.count == 4)
        for item in golden.ansatze {
            let observable = try PauliSum(item.observable, qubits: item.qubits)
            var adjoint = try AdjointGradients(item.circuit(), observable)
            var (values, gradients) = ([Double](), [Double]())
            // Three copies: lanes must not mix.
            let weights = item.weights
            try adjoint.evaluate(
                parameters: weights + weights + weights, count: 3, values: &values,
                into: &gradients)
            let expected = item.gradient + item.gradient + item.gradient
            #expect(largestDifference(gradients, expected) < 1e-10, "\(item.name)")
            #expect(values.allSatisfy { abs($0 - item.value) < 1e-10 }, "\(item.name)")
        }
    }

    @Test("are met by fidelity kernels to 1e-10")
    func kernels() throws {
        for item in try BatchGolden.load().kernels {
            let circuit = try ZZFeatureMap.circuit(
                qubits: item.qubits, repetitions: item.repetitions)
            var kernel = try FidelityKernel(circuit)
            let states = try kernel.states(
                parameters: item.inputs, count: item.inputs.count / item.qubits)
            let matrix = try FidelityKernel.matrix(states)
            #expect(largestDifference(matrix.elements, item.matrix) < 1e-10)
        }
    }
}

/// golden.json of fixtures/quantum/batch, written by make.py.
private struct BatchGolden: Decodable {
    struct Item: Decodable {
        let gate: String
        let qubits: [Int]
        let angles: [Double]?
        let weight: Int?
        let real: [Double]?
        let imaginary: [Double]?

        func operation() throws -> QuantumCircuit.Operation {
            if let real, let imaginary {
                let size = 1 << qubits.count
                let entries = zip(real, imaginary).map { Complex($0, $1) }
                let rows = (0..<size).map { Array(entries[$0 * size..<($0 + 1) * size]) }
                let unitary = try UnitaryMatrix(ComplexMatrix(rows: rows))
                return QuantumCircuit.Operation(.unitary(unitary), qubits)
            }
            let angles =
                weight.map { [.parameter($0)] }
                ?? (self.angles ?? []).map { ParameterExpression.constant($0) }
            return QuantumCircuit.Operation(try AnyGate.named(gate, angles), qubits)
        }
    }

    struct CircuitCase: Decodable {
        let qubits: Int
        let operations: [Item]
        let real: [Double]
        let imaginary: [Double]
        let strings: [String]
        let expectations: [Double]

        func circuit() throws -> Circuit {
            try Circuit(qubits: qubits, operations: operations.map { try $0.operation() })
        }
    }

    struct AnsatzCase: Decodable {
        let name: String
        let qubits: Int
        let operations: [Item]
        let weights: [Double]
        let observable: String
        let value: Double
        let gradient: [Double]

        func circuit() throws -> Circuit {
            try Circuit(
                qubits: qubits, parameters: weights.count,
                operations: operations.map { try $0.operation() })
        }
    }

    struct KernelCase: Decodable {
        let qubits: Int
        let repetitions: Int
        let inputs: [Double]
        let matrix: [Double]
    }

    let circuits: [CircuitCase]
    let ansatze: [AnsatzCase]
    let kernels: [KernelCase]

    static func load() throws -> BatchGolden {
        let path = Repository.root.appending(path: "fixtures/quantum/batch/golden.json")
        return try JSONDecoder().decode(BatchGolden.self, from: Data(contentsOf: path))
    }

    /// A label of Qiskit: the last letter is qubit 0.
    static func string(_ label: String) -> PauliString {
        var (x, z): (UInt32, UInt32) = (0, 0)
        for (qubit, letter) in label.reversed().enumerated() {
            if letter == "X" || letter == "Y" { x |= 1 << UInt32(qubit) }
            if letter == "Z" || letter == "Y" { z |= 1 << UInt32(qubit) }
        }
        return PauliString(x: x, z: z)
    }
}
