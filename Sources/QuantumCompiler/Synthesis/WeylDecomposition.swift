private import Glibc
import QuantumCircuit

/// A two-qubit unitary as `(after₁⊗after₀)·exp(i(a·XX + b·YY + c·ZZ))·(before₁⊗before₀)` up to a
/// phase: the KAK decomposition, by diagonalising `UᵀU` in the magic basis (Kraus and Cirac,
/// arXiv:quant-ph/0011050).
struct WeylDecomposition {
    /// Operand 0 and operand 1.
    var before: [ComplexMatrix]
    var after: [ComplexMatrix]
    /// a, b, c; in −π/4…π/4.
    var coordinates: [Double]

    /// Columns: Bell states with the phases that make local unitaries real.
    private static let magic: ComplexMatrix = {
        let r = 0.5.squareRoot()
        let (p, m) = (Complex(r), Complex(0, r))
        return ComplexMatrix(rows: [
            [p, m, .zero, .zero], [.zero, .zero, m, p], [.zero, .zero, m, -p],
            [p, -m, .zero, .zero],
        ])
    }()

    init(_ unitary: ComplexMatrix) {
        let magic = Self.magic
        let inBasis = magic.adjoint * unitary * magic
        let phase = inBasis.determinant.angle / 4
        let special = Complex.turned(-phase) * inBasis
        let axes = SymmetricPair(special.transposed * special).axes
        var right = ComplexMatrix(real: axes)
        if right.determinant.re < 0 {
            for row in 0..<4 { right[row, 0] = -right[row, 0] }
        }
        let diagonal = right.transposed * (special.transposed * special) * right
        var phases = (0..<4).map { diagonal[$0, $0].angle / 2 }
        var left = special * right * ComplexMatrix(diagonal: phases.map { .turned(-$0) })
        if left.determinant.re < 0 {
            phases[0] += .pi
            for row in 0..<4 { left[row, 0] = -left[row, 0] }
        }
        after = Self.factors(magic * left * magic.adjoint)
        before = Self.factors(magic * right.transposed * magic.adjoint)
        coordinates = [
            (phases[0] - phases[1] + phases[2] - phases[3]) / 4,
            (-phases[0] + phases[1] + phases[2] - phases[3]) / 4,
            (phases[0] + phases[1] - phases[2] - phases[3]) / 4,
        ]
        reduce()
    }

    /// `exp(iπ/2·XX) = i·XX`: quarter turns go into the local gates.
    private mutating func reduce() {
        for (axis, gate) in [Gate.x, .y, .z].enumerated() {
            let quarters = (coordinates[axis] / (.pi / 2)).rounded()
            coordinates[axis] -= quarters * .pi / 2
            if abs(quarters.truncatingRemainder(dividingBy: 2)) == 1 {
                before = before.map { .matrix(gate) * $0 }
            }
        }
    }

    /// The two factors of a Kronecker product of unitaries; operand 0 first.
    private static func factors(_ product: ComplexMatrix) -> [ComplexMatrix] {
        func block(_ row: Int, _ column: Int) -> ComplexMatrix {
            ComplexMatrix(
                rows: (0..<2).map { i in
                    (0..<2).map { j in product[2 * row + i, 2 * column + j] }
                })
        }
        let places = [(0, 0), (0, 1)]
        let best = places.max { block($0.0, $0.1).norm < block($1.0, $1.1).norm } ?? (0, 0)
        var low = block(best.0, best.1)
        low = (1 / (low.norm / 2).squareRoot()) * low
        let high = ComplexMatrix(
            rows: (0..<2).map { row in
                (0..<2).map { column in 0.5 * (low.adjoint * block(row, column)).trace }
            })
        return [low, high]
    }
}

/// A complex symmetric unitary, `Re + i·Im`: both parts are real symmetric and commute.
private struct SymmetricPair {
    private var real: [[Double]]
    private var imaginary: [[Double]]
    /// Columns: common eigenvectors.
    private(set) var axes: [[Double]]

    /// Jacobi rotations for both matrices at once (Cardoso and Souloumiac, SIAM J. Matrix Anal.
    /// Appl. 17, 1996): no degeneracy needs a special case.
    init(_ matrix: ComplexMatrix) {
        let size = matrix.dimension
        real = (0..<size).map { row in (0..<size).map { matrix[row, $0].re } }
        imaginary = (0..<size).map { row in (0..<size).map { matrix[row, $0].im } }
        axes = (0..<size).map { row in (0..<size).map { row == $0 ? 1 : 0 } }
        // Quadratic convergence: a handful of sweeps; the limit is far above it.
        for _ in 0..<60 {
            var largest = 0.0
            for first in 0..<size - 1 {
                for second in first + 1..<size {
                    largest = max(largest, rotate(first, second))
                }
            }
            if largest < 1e-15 { break }
        }
    }

    /// Returns the sine of the angle.
    private mutating func rotate(_ p: Int, _ q: Int) -> Double {
        var (difference, cross) = (0.0, 0.0)
        for part in [real, imaginary] {
            let (gap, off) = (part[p][p] - part[q][q], 2 * part[p][q])
            difference += gap * gap - off * off
            cross += 2 * gap * off
        }
        let angle = 0.25 * atan2(cross, difference)
        let (c, s) = (cos(angle), sin(angle))
        guard abs(s) > 1e-16 else { return 0 }
        Self.turn(&real, p, q, c, s)
        Self.turn(&imaginary, p, q, c, s)
        for row in axes.indices {
            let (x, y) = (axes[row][p], axes[row][q])
            (axes[row][p], axes[row][q]) = (c * x + s * y, c * y - s * x)
        }
        return abs(s)
    }

    private static func turn(_ m: inout [[Double]], _ p: Int, _ q: Int, _ c: Double, _ s: Double) {
        for row in m.indices {
            let (x, y) = (m[row][p], m[row][q])
            (m[row][p], m[row][q]) = (c * x + s * y, c * y - s * x)
        }
        for column in m.indices {
            let (x, y) = (m[p][column], m[q][column])
            (m[p][column], m[q][column]) = (c * x + s * y, c * y - s * x)
        }
    }
}

extension ComplexMatrix {
    var transposed: ComplexMatrix {
        var result = self
        for row in 0..<dimension {
            for column in 0..<dimension { result[row, column] = self[column, row] }
        }
        return result
    }

    var trace: Complex { (0..<dimension).reduce(.zero) { $0 + self[$1, $1] } }

    /// Sum of the squares of all entries.
    var norm: Double { elements.reduce(0) { $0 + $1.normSquared } }

    static func * (scale: Double, matrix: ComplexMatrix) -> ComplexMatrix {
        Complex(scale) * matrix
    }

    /// By expansion along the first row: for the few rows of a gate's matrix.
    var determinant: Complex {
        if dimension == 1 { return self[0, 0] }
        return (0..<dimension).reduce(.zero) { sum, column in
            let rest = (1..<dimension).map { row in
                (0..<dimension).filter { $0 != column }.map { self[row, $0] }
            }
            let term = self[0, column] * ComplexMatrix(rows: rest).determinant
            return column & 1 == 0 ? sum + term : sum - term
        }
    }
}
