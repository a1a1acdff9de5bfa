import Foundation
import QuantumCircuit

/// The textbook simulator: dense gate matrices times a state, one record at a time. Slow and plain.
struct DenseSimulator {
    struct Complex {
        var re: Double
        var im: Double

        init(_ re: Double, _ im: Double = 0) {
            self.re = re
            self.im = im
        }

        static func + (a: Self, b: Self) -> Self { Self(a.re + b.re, a.im + b.im) }
        static func * (a: Self, b: Self) -> Self {
            Self(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re)
        }
        static func phase(_ angle: Double) -> Self { Self(cos(angle), sin(angle)) }
    }

    typealias Matrix = [[Complex]]
    private(set) var state: [Complex]

    init(qubits: Int) {
        state = [Complex](repeating: Complex(0), count: 1 << qubits)
        state[0] = Complex(1)
    }

    static func run(_ circuit: Circuit, _ parameters: [Double]) -> DenseSimulator {
        var simulator = DenseSimulator(qubits: circuit.qubits)
        for operation in circuit.operations {
            let angle = operation.gate.angle?.evaluate(parameters) ?? 0
            simulator.apply(matrix(operation.gate, angle), operation.qubits)
        }
        return simulator
    }

    var probabilities: [Double] { state.map { $0.re * $0.re + $0.im * $0.im } }

    /// Row and column bit 0 belong to the first operand.
    mutating func apply(_ matrix: Matrix, _ operands: [Int]) {
        var result = [Complex](repeating: Complex(0), count: state.count)
        let mask = operands.reduce(0) { $0 | 1 << $1 }
        for target in state.indices {
            let row = operands.indices.reduce(0) { $0 | (target >> operands[$1] & 1) << $1 }
            for column in matrix.indices {
                let bits = operands.indices.reduce(0) { $0 | (column >> $1 & 1) << operands[$1] }
                result[target] = result[target] + matrix[row][column] * state[target & ~mask | bits]
            }
        }
        state = result
    }

    static func matrix(_ gate: Gate, _ angle: Double) -> Matrix {
        let (c, s) = (cos(angle / 2), sin(angle / 2))
        let (i, root) = (Complex(0, 1), 0.5.squareRoot())
        let (half, conjugate) = (Complex(0.5, 0.5), Complex(0.5, -0.5))
        switch gate {
        case .h: return real([[root, root], [root, -root]])
        case .x: return real([[0, 1], [1, 0]])
        case .y: return [[Complex(0), Complex(0, -1)], [i, Complex(0)]]
        case .z: return real([[1, 0], [0, -1]])
        case .s: return diagonal([Complex(1), i])
        case .sdg: return diagonal([Complex(1), Complex(0, -1)])
        case .t: return diagonal([Complex(1), .phase(.pi / 4)])
        case .tdg: return diagonal([Complex(1), .phase(-.pi / 4)])
        case .sx: return [[half, conjugate], [conjugate, half]]
        case .rx: return [[Complex(c), Complex(0, -s)], [Complex(0, -s), Complex(c)]]
        case .ry: return real([[c, -s], [s, c]])
        case .rz: return diagonal([.phase(-angle / 2), .phase(angle / 2)])
        case .p: return diagonal([Complex(1), .phase(angle)])
        case .cx: return controlled(real([[0, 1], [1, 0]]))
        case .cy: return controlled([[Complex(0), Complex(0, -1)], [i, Complex(0)]])
        case .cz: return controlled(real([[1, 0], [0, -1]]))
        case .cp: return controlled(diagonal([Complex(1), .phase(angle)]))
        case .swap: return real([[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
        case .rxx: return rotation(c, [-s, -s, -s, -s])
        case .ryy: return rotation(c, [s, -s, -s, s])
        case .rzz:
            let (minus, plus) = (Complex.phase(-angle / 2), Complex.phase(angle / 2))
            return diagonal([minus, plus, plus, minus])
        }
    }

    private static func real(_ rows: [[Double]]) -> Matrix { rows.map { $0.map { Complex($0) } } }

    private static func diagonal(_ values: [Complex]) -> Matrix {
        values.indices.map { row in
            values.indices.map { $0 == row ? values[row] : Complex(0) }
        }
    }

    /// Control on operand 0 (bit 0 of the index), the matrix on operand 1.
    private static func controlled(_ matrix: Matrix) -> Matrix {
        var result = diagonal([Complex](repeating: Complex(1), count: 4))
        for row in 0..<2 {
            for column in 0..<2 { result[2 * row + 1][2 * column + 1] = matrix[row][column] }
        }
        return result
    }

    /// cos on the diagonal, i times the given values on the antidiagonal.
    private static func rotation(_ cosine: Double, _ anti: [Double]) -> Matrix {
        var result = diagonal([Complex](repeating: Complex(cosine), count: 4))
        for row in 0..<4 { result[row][3 - row] = Complex(0, anti[row]) }
        return result
    }
}
