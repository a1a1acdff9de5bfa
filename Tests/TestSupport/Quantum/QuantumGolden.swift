import Foundation
import QuantumCircuit

/// circuits.json of fixtures/quantum, written by make_circuits.py with Qiskit.
public struct GoldenCircuits: Decodable {
    public struct Matrix: Decodable {
        public let gate: String
        public let angles: [Double]
        public let real: [Double]
        public let imaginary: [Double]
    }

    public struct Text: Decodable {
        public let name: String
        public let qasm: String
        /// In the order of the text's inputs.
        public let inputs: [Double]
        public let qubits: Int
        public let depth: Int
        public let gates: Int
        public let probabilities: [Double]
        public let observable: String
        public let expectation: Double
    }

    public let matrices: [Matrix]
    public let openqasm3: [Text]
    public let openqasm2: [Text]

    public static func load() throws -> GoldenCircuits {
        let url = Repository.root.appending(path: "fixtures/quantum/circuits.json")
        return try JSONDecoder().decode(GoldenCircuits.self, from: Data(contentsOf: url))
    }
}

/// templates.json of fixtures/quantum, written by make_templates.py with Qiskit.
public struct GoldenTemplates: Decodable {
    public struct Case: Decodable {
        public let template: String
        public let qubits: Int
        public let repetitions: Int
        /// Qiskit's word, which is ours too.
        public let entanglement: String
        public let strings: [String]?
        public let rotations: [String]?
        public let entanglers: [String]?
        public let inputs: [Double]
        public let gates: Int
        public let real: [Double]
        public let imaginary: [Double]

        /// The state's amplitudes, phases included.
        public var state: DenseState {
            DenseState(amplitudes: zip(real, imaginary).map { Complex($0, $1) })
        }
    }

    public let cases: [Case]

    public static func load() throws -> GoldenTemplates {
        let url = Repository.root.appending(path: "fixtures/quantum/templates.json")
        return try JSONDecoder().decode(GoldenTemplates.self, from: Data(contentsOf: url))
    }
}
