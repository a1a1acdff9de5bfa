private import Glibc
public import QuantumCircuit

/// The textbook simulator, as the reference for every other: `Gate.matrix(angles:)` times a dense
/// state, one operation at a time. Slow and plain.
///
/// Qubit 0 is the least significant bit of an amplitude's index. Barriers and measurements do
/// nothing (read the final state); resets are refused.
public struct DenseState: Sendable {
    public struct Unsupported: Error {
        public let gate: String
    }

    public let qubits: Int
    public private(set) var amplitudes: [Complex]

    /// |0…0⟩.
    public init(qubits: Int) {
        self.qubits = qubits
        amplitudes = [Complex](repeating: .zero, count: 1 << qubits)
        amplitudes[0] = .one
    }

    /// - Parameter amplitudes: 2^n of them, taken as they are.
    public init(amplitudes: [Complex]) {
        precondition(amplitudes.count.nonzeroBitCount == 1)
        qubits = amplitudes.count.trailingZeroBitCount
        self.amplitudes = amplitudes
    }

    /// The final state of a circuit that starts in |0…0⟩.
    public static func run(_ circuit: Circuit, _ parameters: [Double] = []) throws -> DenseState {
        var state = DenseState(qubits: circuit.qubits)
        try state.apply(circuit, parameters)
        return state
    }

    public mutating func apply(_ circuit: Circuit, _ parameters: [Double] = []) throws {
        for operation in circuit.operations { try apply(operation, parameters) }
    }

    public mutating func apply(_ operation: Operation, _ parameters: [Double] = []) throws {
        switch operation.gate {
        case .barrier, .measure: return
        default: break
        }
        let angles = operation.gate.angles.map { $0.evaluate(parameters) }
        guard let matrix = operation.gate.matrix(angles: angles) else {
            throw Unsupported(gate: operation.gate.name)
        }
        apply(matrix, to: operation.qubits)
    }

    /// Multiplies by a matrix, unitary or not, on some qubits.
    ///
    /// - Parameter operands: bit k of a row or column index belongs to the k-th of them.
    public mutating func apply(_ matrix: ComplexMatrix, to operands: [Int]) {
        precondition(matrix.dimension == 1 << operands.count)
        var result = [Complex](repeating: .zero, count: amplitudes.count)
        let mask = operands.reduce(0) { $0 | 1 << $1 }
        for target in amplitudes.indices {
            let row = operands.indices.reduce(0) { $0 | (target >> operands[$1] & 1) << $1 }
            for column in 0..<matrix.dimension {
                let bits = operands.indices.reduce(0) { $0 | (column >> $1 & 1) << operands[$1] }
                result[target] =
                    result[target] + matrix[row, column] * amplitudes[target & ~mask | bits]
            }
        }
        amplitudes = result
    }

    /// Of every basis state.
    public var probabilities: [Double] { amplitudes.map(\.normSquared) }

    /// ⟨ψ|P|ψ⟩, by applying the string.
    public func expectation(_ string: PauliString) -> Double {
        var image = self
        for qubit in 0..<qubits {
            let hasX = string.x >> UInt32(qubit) & 1 == 1
            let hasZ = string.z >> UInt32(qubit) & 1 == 1
            let gate: Gate? = hasX ? (hasZ ? .y : .x) : (hasZ ? .z : nil)
            if let matrix = gate?.matrix(angles: []) { image.apply(matrix, to: [qubit]) }
        }
        return overlap(with: image).re
    }

    /// ⟨self|other⟩.
    public func overlap(with other: DenseState) -> Complex {
        zip(amplitudes, other.amplitudes).reduce(.zero) { $0 + $1.0.conjugate * $1.1 }
    }

    /// The largest absolute difference of an amplitude, phases included.
    public func distance(to other: DenseState) -> Double {
        guard other.qubits == qubits else { return .infinity }
        return zip(amplitudes, other.amplitudes).map { ($0 - $1).magnitude }.max() ?? 0
    }

    /// The same after turning `other` by the global phase that fits best.
    public func distanceUpToPhase(to other: DenseState) -> Double {
        guard other.qubits == qubits else { return .infinity }
        let overlap = other.overlap(with: self)
        guard overlap.magnitude > 0 else { return distance(to: other) }
        let phase = (1 / overlap.magnitude) * overlap
        return distance(to: DenseState(amplitudes: other.amplitudes.map { phase * $0 }))
    }

    /// Times `e^{iφ}`.
    public func turned(by phase: Double) -> DenseState {
        let factor = Complex(cos(phase), sin(phase))
        return DenseState(amplitudes: amplitudes.map { factor * $0 })
    }

    /// The same state with qubit q moved to `destinations[q]`.
    public func permuted(_ destinations: [Int]) -> DenseState {
        var result = amplitudes
        for index in amplitudes.indices {
            let moved = (0..<qubits).reduce(0) { $0 | (index >> $1 & 1) << destinations[$1] }
            result[moved] = amplitudes[index]
        }
        return DenseState(amplitudes: result)
    }
}

/// The largest absolute difference of two lists; infinite when their lengths differ.
public func largestDifference(_ left: [Double], _ right: [Double]) -> Double {
    guard left.count == right.count else { return .infinity }
    return zip(left, right).map { abs($0 - $1) }.max() ?? 0
}
