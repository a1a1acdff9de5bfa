import Determinism
import Foundation
import QuantumCircuit
import QuantumPrimitives
import QuantumSimulator

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
                let gate = try Gates.named(item.gate, angle ?? .constant(0))
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

enum Gates {
    struct Unknown: Error { let name: String }

    /// Every gate, with the given angle where it takes one.
    static func all(_ angle: ParameterExpression) -> [Gate] {
        [
            .h, .x, .y, .z, .s, .sdg, .t, .tdg, .sx, .rx(angle), .ry(angle), .rz(angle), .p(angle),
            .cx, .cy, .cz, .cp(angle), .swap, .rxx(angle), .ryy(angle), .rzz(angle),
        ]
    }

    static func named(_ name: String, _ angle: ParameterExpression) throws -> Gate {
        guard let gate = all(angle).first(where: { $0.name == name }) else {
            throw Unknown(name: name)
        }
        return gate
    }
}

/// Uniform random circuits over the whole gate set.
func randomCircuit(
    qubits: Int, operations: Int, parameters: Int, _ random: inout RandomStream
) throws -> Circuit {
    var circuit = try Circuit(qubits: qubits, parameters: parameters)
    while circuit.operations.count < operations {
        let angle = ParameterExpression.affine(
            Int.random(in: 0..<parameters, using: &random),
            scale: Double.random(in: -2...2, using: &random),
            offset: Double.random(in: -3...3, using: &random))
        let gates = Gates.all(angle).filter { $0.qubitCount <= qubits }
        let gate = gates[Int.random(in: 0..<gates.count, using: &random)]
        let operands = (0..<qubits).shuffled(using: &random).prefix(gate.qubitCount)
        try circuit.append(Operation(gate, Array(operands)))
    }
    return circuit
}

func randomParameters(_ count: Int, _ random: inout RandomStream) -> [Double] {
    (0..<count).map { _ in Double.random(in: -3...3, using: &random) }
}

func largestDifference(_ left: [Double], _ right: [Double]) -> Double {
    guard left.count == right.count else { return .infinity }
    return zip(left, right).map { abs($0 - $1) }.max() ?? 0
}
