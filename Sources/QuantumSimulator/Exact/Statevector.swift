public import QuantumCircuit

/// One pure state that gates act on, for circuits run once: what a large-state engine must do.
///
/// Qubit 0 is the least significant bit of a basis state's index. The norm may be below 1 after
/// projections.
public protocol Statevector {
    /// |0…0⟩.
    init(qubits: Int) throws(SimulationError)
    /// - Parameters:
    ///   - gate: with a matrix; barriers, measurements and resets change nothing.
    ///   - angles: values of the gate's angles.
    mutating func apply(_ gate: Gate, angles: [Double], to qubits: [Int])
    /// Keeps the part where the qubit has that value, and does not normalise.
    mutating func project(_ qubit: Int, onto bit: Int)
    /// Squared magnitudes of all basis states.
    var probabilities: [Double] { get }
}

/// A dense state that multiplies each gate's matrix in: any gate, plain loops.
public struct DenseStatevector: Statevector {
    /// 2^24 amplitudes are 256 MiB.
    public static let maximumQubits = 24

    public let qubits: Int
    public private(set) var amplitudes: [Complex]

    public init(qubits: Int) throws(SimulationError) {
        guard (1...Self.maximumQubits).contains(qubits) else {
            throw .tooManyQubits(qubits, limit: Self.maximumQubits)
        }
        self.qubits = qubits
        amplitudes = [Complex](repeating: .zero, count: 1 << qubits)
        amplitudes[0] = .one
    }

    public mutating func apply(_ gate: Gate, angles: [Double], to qubits: [Int]) {
        guard let matrix = gate.matrix(angles: angles) else { return }
        if qubits.count == 1 {
            applySingle(matrix, qubits[0])
        } else {
            applyMany(matrix, qubits)
        }
    }

    private mutating func applySingle(_ matrix: ComplexMatrix, _ qubit: Int) {
        let (a, b, c, d) = (matrix[0, 0], matrix[0, 1], matrix[1, 0], matrix[1, 1])
        let half = 1 << qubit
        for block in stride(from: 0, to: amplitudes.count, by: 2 * half) {
            for low in block..<block + half {
                let (zero, one) = (amplitudes[low], amplitudes[low + half])
                amplitudes[low] = a * zero + b * one
                amplitudes[low + half] = c * zero + d * one
            }
        }
    }

    /// Gathers the amplitudes that a matrix mixes, multiplies, and writes them back.
    private mutating func applyMany(_ matrix: ComplexMatrix, _ qubits: [Int]) {
        let size = matrix.dimension
        let offsets = (0..<size).map { index in
            qubits.indices.reduce(0) { $0 | (index >> $1 & 1) << qubits[$1] }
        }
        let mask = offsets[size - 1]
        var gathered = [Complex](repeating: .zero, count: size)
        for base in amplitudes.indices where base & mask == 0 {
            for index in 0..<size { gathered[index] = amplitudes[base | offsets[index]] }
            for row in 0..<size {
                var sum = Complex.zero
                for column in 0..<size { sum = sum + matrix[row, column] * gathered[column] }
                amplitudes[base | offsets[row]] = sum
            }
        }
    }

    public mutating func project(_ qubit: Int, onto bit: Int) {
        for index in amplitudes.indices where index >> qubit & 1 != bit {
            amplitudes[index] = .zero
        }
    }

    public var probabilities: [Double] { amplitudes.map(\.normSquared) }
}
