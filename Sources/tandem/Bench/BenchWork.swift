import QuantumCircuit

/// A piece of work of `tandem bench quantum`, which peers can repeat.
protocol BenchWork {
    /// Such as `W1 ZZ map`; with qubits and threads it tells a piece of work from all others.
    var name: String { get }
    var qubits: Int { get }
    var threads: Int { get }

    /// - Parameter seconds: of each figure.
    func measure(seconds: Double) throws -> BenchOutcome

    /// The same work in a peer's terms, with the numbers that it must find; nil where no peer has
    /// such work.
    func peerWork(_ outcome: BenchOutcome, seconds: Double) throws -> PeerWork?
}

extension BenchWork {
    /// What `--only` looks at.
    var label: String { "\(name), \(qubits) qubits" }
}

/// What one piece of work came to: its rate, and numbers for peers to agree with.
struct BenchOutcome {
    /// Records whose numbers are compared.
    static let compared = 4

    let rate: Double
    /// Of the first records, one row each; of a large state, one amplitude (re, im) each.
    let sample: [[Double]]
    /// Of `sample`, where it is drawn by chance.
    var standardErrors: [[Double]] = []
    /// Of a large state: bytes a second that its passes read and wrote.
    var stateBytesPerSecond: Double?

    /// The first records of row-major results.
    static func rows(_ elements: [Double], _ width: Int) -> [[Double]] {
        (0..<min(compared, elements.count / width)).map {
            Array(elements[$0 * width..<($0 + 1) * width])
        }
    }
}

/// A piece of work as the peers' script reads it; keys that a kind does not need are neutral.
struct PeerWork: Encodable {
    struct Gate: Encodable {
        let gate: String
        let qubits: [Int]
        /// Indices into a record's angles.
        let angles: [Int]
        /// (re, im) by rows, of a gate that is given by its matrix.
        let matrix: [[Double]]?
    }

    let kind: String
    let qubits: Int
    let operations: [Gate]
    /// Of each record.
    let angles: [[Double]]
    let inputs: [[Double]]
    let seconds: Double
    let expected: [[Double]]
    var standardErrors: [[Double]] = []
    /// (x, z) masks.
    var strings: [[UInt32]] = []
    var shots = 0
    var trajectories = 0
    /// Repetitions of the ZZ feature map, which peers may also do by hand; 0 for other circuits.
    var repetitions = 0
    /// Of depolarising after each two-qubit gate.
    var depolarizing = 0.0
    /// `double` or `single`.
    var precision = "double"
    /// Of the amplitudes that are compared.
    var indices: [Int] = []

    /// - Parameter inputs: records × parameters of the circuit.
    init(
        _ kind: String, _ circuit: Circuit, inputs: [[Double]], _ outcome: BenchOutcome,
        seconds: Double
    ) {
        var expressions: [ParameterExpression] = []
        operations = circuit.operations.map { operation in
            let first = expressions.count
            expressions += operation.gate.angles
            return Gate(
                gate: operation.gate.name, qubits: operation.qubits,
                angles: Array(first..<expressions.count), matrix: Self.entries(operation.gate))
        }
        angles = inputs.map { row in expressions.map { $0.evaluate(row) } }
        self.kind = kind
        self.qubits = circuit.qubits
        self.inputs = inputs
        self.seconds = seconds
        expected = outcome.sample
        standardErrors = outcome.standardErrors
    }

    private static func entries(_ gate: QuantumCircuit.Gate) -> [[Double]]? {
        guard case .unitary(let unitary) = gate else { return nil }
        return unitary.matrix.elements.map { [$0.re, $0.im] }
    }
}
