import Determinism
import Foundation
import QuantumCircuit
import QuantumPrimitives
import QuantumSimulator
import TestSupport

/// golden.json of fixtures/quantum, written by make.py with Qiskit.
struct Golden: Decodable {
    struct FeatureMapCase: Decodable {
        let map: String
        let qubits: Int
        let repetitions: Int
        let entanglement: Entanglement
        let inputs: [Double]
        let probabilities: [Double]
        let expectations: [Double]

        func circuit() throws -> Circuit {
            map == "z"
                ? try ZFeatureMap.circuit(qubits: qubits, repetitions: repetitions)
                : try ZZFeatureMap.circuit(
                    qubits: qubits, repetitions: repetitions, entanglement: entanglement)
        }
    }

    struct CircuitCase: Decodable {
        struct Item: Decodable {
            let gate: String
            let qubits: [Int]
            let parameter: Int?
            let scale: Double?
            let offset: Double?
        }

        let qubits: Int
        let parameters: Int
        let operations: [Item]
        let inputs: [Double]
        let real: [Double]
        let imaginary: [Double]

        func circuit() throws -> Circuit {
            var circuit = try Circuit(qubits: qubits, parameters: parameters)
            for item in operations {
                let angle = item.parameter.map {
                    ParameterExpression.affine($0, scale: item.scale ?? 1, offset: item.offset ?? 0)
                }
                let gate = try AnyGate.named(item.gate, angle.map { [$0] } ?? [])
                try circuit.append(Operation(gate, item.qubits))
            }
            return circuit
        }
    }

    let featureMaps: [FeatureMapCase]
    let circuits: [CircuitCase]

    static func load() throws -> Golden {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: root.appending(path: "fixtures/quantum/golden.json"))
        return try JSONDecoder().decode(Golden.self, from: data)
    }
}
