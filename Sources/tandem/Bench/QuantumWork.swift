import Determinism
import QuantumCircuit
import QuantumPrimitives
import QuantumSimulator

/// One piece of work for the batched simulator, with its circuit and its inputs.
struct QuantumWork {
    enum Kind: String {
        case expectations, shots, kernel, gradient
    }

    let name: String
    let kind: Kind
    let circuit: Circuit
    /// Row-major records × parameters.
    let inputs: [Double]
    let records: Int
    let strings: [ZString]
    var path = SimulationPath.general
    var shots = 0
    /// Repetitions of the ZZ feature map, which peers may also do by hand; 0 for other circuits.
    var repetitions = 0
    var threads = 1

    /// Records of one call: enough that setting up does not count.
    static let batch = 1_024
    private static let kernelSize = 500

    /// - Parameter qubits: of the general circuits; W1 alone runs on 4, 6, 10 and 12 too.
    static func all() throws -> [QuantumWork] {
        var works: [QuantumWork] = []
        for qubits in [4, 6, 8, 10, 12] {
            works.append(try featureMap("W1 ZZ map", qubits: qubits))
        }
        var closed = try featureMap("W1 ZZ map, closed form", qubits: 8)
        closed.path = .closedForm
        var two = try featureMap("W1 ZZ map", qubits: 8)
        two.threads = 2
        works += [closed, two]
        works.append(try featureMap("W1 ZZ map, 3 repetitions", qubits: 8, repetitions: 3))
        works.append(try expectations("W1 ZZ map, RealAmplitudes", mapWithAnsatz(qubits: 8)))
        works.append(try expectations("W1 EfficientSU2", efficientSU2(qubits: 8, repetitions: 3)))
        works.append(try expectations("W1 random, 60 gates", random(qubits: 8, gates: 60)))
        var sampled = try featureMap("W2 ZZ map, 1024 shots", qubits: 8, kind: .shots)
        sampled.shots = 1_024
        works.append(sampled)
        works.append(
            try featureMap("W3 kernel matrix 500", qubits: 8, kind: .kernel, records: kernelSize))
        works.append(
            try expectations(
                "W4 gradient of Z0, EfficientSU2", efficientSU2(qubits: 8, repetitions: 3),
                kind: .gradient, records: 256, strings: [ZString(qubits: 0)]))
        return works
    }

    private static func featureMap(
        _ name: String, qubits: Int, repetitions: Int = 2, kind: Kind = .expectations,
        records: Int = batch
    ) throws -> QuantumWork {
        let circuit = try ZZFeatureMap.circuit(qubits: qubits, repetitions: repetitions)
        var work = try expectations(name, circuit, kind: kind, records: records)
        work.repetitions = repetitions
        return work
    }

    private static func expectations(
        _ name: String, _ circuit: Circuit, kind: Kind = .expectations, records: Int = batch,
        strings: [ZString]? = nil
    ) throws -> QuantumWork {
        var random = RandomStream(seed: 1)
        return QuantumWork(
            name: name, kind: kind, circuit: circuit,
            inputs: (0..<records * circuit.parameters).map { _ in random.uniform() * 2 - 1 },
            records: records,
            strings: strings ?? MeasuredStrings.upToPairs(qubits: circuit.qubits))
    }

    /// A model's circuit with a trained ansatz: two repetitions of each, weights as constants.
    private static func mapWithAnsatz(qubits: Int) throws -> Circuit {
        var circuit = try ZZFeatureMap.circuit(qubits: qubits)
        let ansatz = try RealAmplitudes.circuit(qubits: qubits, repetitions: 2)
        var random = RandomStream(seed: 2)
        let weights = (0..<ansatz.parameters).map { _ in random.uniform() * 2 - 1 }
        try circuit.append(ansatz.bound(to: weights))
        return circuit
    }

    /// RY and RZ layers and a chain of CX from the last pair to the first, as Qiskit's
    /// `efficient_su2`.
    private static func efficientSU2(qubits: Int, repetitions: Int) throws -> Circuit {
        var circuit = try Circuit(qubits: qubits, parameters: 2 * qubits * (repetitions + 1))
        for layer in 0...repetitions {
            for qubit in 0..<qubits {
                try circuit.append(.ry(.parameter(2 * qubits * layer + qubit)), qubit)
            }
            for qubit in 0..<qubits {
                try circuit.append(.rz(.parameter(2 * qubits * layer + qubits + qubit)), qubit)
            }
            guard layer < repetitions else { break }
            for qubit in (0..<qubits - 1).reversed() { try circuit.append(.cx, qubit, qubit + 1) }
        }
        return circuit
    }

    /// Gates that every peer has, drawn evenly; one parameter per angle.
    private static func random(qubits: Int, gates: Int) throws -> Circuit {
        var random = RandomStream(seed: 60)
        var operations: [Operation] = []
        var parameters = 0
        func angle() -> ParameterExpression {
            parameters += 1
            return .affine(parameters - 1, scale: 3, offset: 0)
        }
        for _ in 0..<gates {
            let makers: [() -> Gate] = [
                { .h }, { .x }, { .y }, { .s }, { .t }, { .sx }, { .rx(angle()) },
                { .ry(angle()) }, { .rz(angle()) }, { .p(angle()) }, { .cx }, { .cz },
                { .cp(angle()) }, { .swap }, { .rxx(angle()) }, { .ryy(angle()) },
                { .rzz(angle()) },
            ]
            let gate = makers[Int.random(in: 0..<makers.count, using: &random)]()
            let operands = (0..<qubits).shuffled(using: &random).prefix(gate.qubitCount)
            operations.append(Operation(gate, Array(operands)))
        }
        return try Circuit(qubits: qubits, parameters: parameters, operations: operations)
    }
}
