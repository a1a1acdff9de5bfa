import Determinism
import QuantumCircuit
import QuantumPrimitives
import QuantumSimulator

/// One piece of work for the batched simulator, with its circuit and its inputs.
struct QuantumWork: BenchWork {
    enum Kind: String {
        /// Of Z strings.
        case expectations
        /// Expectations of any strings.
        case observables
        case shots, kernel, gradient
    }

    let name: String
    let kind: Kind
    let circuit: Circuit
    /// Row-major records × parameters.
    let inputs: [Double]
    let records: Int
    let strings: [PauliString]
    var path = SimulationPath.general
    var shots = 0
    /// Repetitions of the ZZ feature map, which peers may also do by hand; 0 for other circuits.
    var repetitions = 0
    var threads = 1

    var qubits: Int { circuit.qubits }

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
        works += try offDiagonal(qubits: 8)
        let ansatz = try EfficientSU2.circuit(qubits: 8, repetitions: 3)
        works.append(try expectations("W1 EfficientSU2", ansatz))
        works.append(try expectations("W1 random, 60 gates", random(qubits: 8, gates: 60)))
        var sampled = try featureMap("W2 ZZ map, 1024 shots", qubits: 8, kind: .shots)
        sampled.shots = 1_024
        works.append(sampled)
        works.append(
            try featureMap("W3 kernel matrix 500", qubits: 8, kind: .kernel, records: kernelSize))
        works.append(
            try expectations(
                "W4 gradient of Z0, EfficientSU2", ansatz, kind: .gradient, records: 256,
                strings: [PauliString(x: 0, z: 1)]))
        return works
    }

    /// What no closed form gives: the reduced state of each qubit, as projected kernels read it,
    /// and correlations of X and of Y.
    private static func offDiagonal(qubits: Int) throws -> [QuantumWork] {
        let single = (0..<UInt32(qubits)).map { 1 << $0 as UInt32 }
        let pairs = single.flatMap { low in single.filter { $0 > low }.map { low | $0 } }
        let local = single.flatMap {
            [PauliString(x: $0, z: 0), PauliString(x: $0, z: $0), PauliString(x: 0, z: $0)]
        }
        let correlations = pairs.flatMap { [PauliString(x: $0, z: 0), PauliString(x: $0, z: $0)] }
        return try [
            ("W1 ZZ map, X Y Z", 1, local), ("W1 ZZ map, X Y Z", 2, local),
            ("W1 ZZ map, XX YY", 1, correlations),
        ].map { name, threads, strings in
            var work = try featureMap(name, qubits: qubits, kind: .observables, strings: strings)
            work.threads = threads
            return work
        }
    }

    private static func featureMap(
        _ name: String, qubits: Int, repetitions: Int = 2, kind: Kind = .expectations,
        records: Int = batch, strings: [PauliString]? = nil
    ) throws -> QuantumWork {
        let circuit = try ZZFeatureMap.circuit(qubits: qubits, repetitions: repetitions)
        var work = try expectations(
            name, circuit, kind: kind, records: records, strings: strings)
        work.repetitions = repetitions
        return work
    }

    private static func expectations(
        _ name: String, _ circuit: Circuit, kind: Kind = .expectations, records: Int = batch,
        strings: [PauliString]? = nil
    ) throws -> QuantumWork {
        var random = RandomStream(seed: 1)
        return QuantumWork(
            name: name, kind: kind, circuit: circuit,
            inputs: (0..<records * circuit.parameters).map { _ in random.uniform() * 2 - 1 },
            records: records,
            strings: strings
                ?? MeasuredStrings.upToPairs(qubits: circuit.qubits).map { PauliString($0) })
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

extension QuantumWork {
    func measure(seconds: Double) throws -> BenchOutcome {
        try QuantumBench.measure(self, seconds: seconds)
    }

    func peerWork(_ outcome: BenchOutcome, seconds: Double) throws -> PeerWork? {
        // A kernel needs every record; rates of other work need only a batch of them.
        let count = kind == .kernel ? records : min(records, 256)
        let width = circuit.parameters
        let rows = (0..<count).map { Array(inputs[$0 * width..<($0 + 1) * width]) }
        // Peers do not tell Z strings from others.
        let name = kind == .observables ? Kind.expectations : kind
        var peer = PeerWork(name.rawValue, circuit, inputs: rows, outcome, seconds: seconds)
        peer.strings = strings.map { [$0.x, $0.z] }
        peer.shots = shots
        peer.repetitions = repetitions
        return peer
    }
}
