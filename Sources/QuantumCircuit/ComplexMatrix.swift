/// A complex number in Cartesian form.
public struct Complex: Hashable, Sendable {
    public var re: Double
    public var im: Double

    @inlinable
    public init(_ re: Double, _ im: Double = 0) {
        self.re = re
        self.im = im
    }

    public static let zero = Complex(0)
    public static let one = Complex(1)
    public static let i = Complex(0, 1)

    @inlinable public var conjugate: Complex { Complex(re, -im) }
    /// |z|².
    @inlinable public var normSquared: Double { re * re + im * im }
    /// |z|.
    @inlinable public var magnitude: Double { normSquared.squareRoot() }

    @inlinable public static func + (a: Complex, b: Complex) -> Complex {
        Complex(a.re + b.re, a.im + b.im)
    }

    @inlinable public static func - (a: Complex, b: Complex) -> Complex {
        Complex(a.re - b.re, a.im - b.im)
    }

    @inlinable public static func * (a: Complex, b: Complex) -> Complex {
        Complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re)
    }

    @inlinable public static func * (scale: Double, z: Complex) -> Complex {
        Complex(scale * z.re, scale * z.im)
    }

    @inlinable public static prefix func - (z: Complex) -> Complex { Complex(-z.re, -z.im) }
}

/// A small dense square complex matrix, row-major.
///
/// As a gate's matrix, bit k of a row or column index is the state of the gate's k-th operand: the
/// first operand is the least significant bit, as in Qiskit.
public struct ComplexMatrix: Hashable, Sendable {
    /// Rows, and columns.
    public let dimension: Int
    /// `dimension²` entries, row after row.
    public internal(set) var elements: [Complex]

    /// - Parameter rows: as many rows as columns, 1 or more; precondition.
    public init(rows: [[Complex]]) {
        precondition(!rows.isEmpty && rows.allSatisfy { $0.count == rows.count })
        dimension = rows.count
        elements = rows.flatMap { $0 }
    }

    /// Real entries; the same shape as `init(rows:)`.
    public init(real rows: [[Double]]) {
        self.init(rows: rows.map { $0.map { Complex($0) } })
    }

    /// Zero everywhere but on the diagonal.
    public init(diagonal: [Complex]) {
        dimension = diagonal.count
        elements = [Complex](repeating: .zero, count: dimension * dimension)
        for index in diagonal.indices { self[index, index] = diagonal[index] }
    }

    /// Ones on the diagonal.
    public static func identity(_ dimension: Int) -> ComplexMatrix {
        ComplexMatrix(diagonal: [Complex](repeating: .one, count: dimension))
    }

    public subscript(row: Int, column: Int) -> Complex {
        get { elements[row * dimension + column] }
        set { elements[row * dimension + column] = newValue }
    }

    /// The conjugate transpose.
    public var adjoint: ComplexMatrix {
        var result = self
        for row in 0..<dimension {
            for column in 0..<dimension { result[row, column] = self[column, row].conjugate }
        }
        return result
    }

    /// The matrix product; both of the same dimension.
    public static func * (left: ComplexMatrix, right: ComplexMatrix) -> ComplexMatrix {
        precondition(left.dimension == right.dimension)
        var result = left
        for row in 0..<left.dimension {
            for column in 0..<left.dimension {
                result[row, column] = (0..<left.dimension).reduce(.zero) {
                    $0 + left[row, $1] * right[$1, column]
                }
            }
        }
        return result
    }

    public static func * (scale: Complex, matrix: ComplexMatrix) -> ComplexMatrix {
        var result = matrix
        for index in result.elements.indices {
            result.elements[index] = scale * matrix.elements[index]
        }
        return result
    }

    /// The Kronecker product `high ⊗ self`: operands of `self` are the less significant bits.
    public func extended(by high: ComplexMatrix) -> ComplexMatrix {
        let size = dimension * high.dimension
        var result = ComplexMatrix(diagonal: [Complex](repeating: .zero, count: size))
        for row in 0..<size {
            for column in 0..<size {
                let outer = high[row / dimension, column / dimension]
                result[row, column] = outer * self[row % dimension, column % dimension]
            }
        }
        return result
    }

    /// The matrix on a target under one control: the control becomes the first operand (bit 0), the
    /// operands of `self` follow.
    public var controlled: ComplexMatrix {
        var result = ComplexMatrix.identity(2 * dimension)
        for row in 0..<dimension {
            for column in 0..<dimension {
                result[2 * row + 1, 2 * column + 1] = self[row, column]
            }
        }
        return result
    }

    public var isFinite: Bool { elements.allSatisfy { $0.re.isFinite && $0.im.isFinite } }

    /// Whether every entry off the diagonal is exactly zero.
    public var isDiagonal: Bool {
        elements.indices.allSatisfy {
            $0 / dimension == $0 % dimension || elements[$0] == .zero
        }
    }

    /// The largest absolute value of an entry of `self − other`; both of the same dimension.
    public func distance(to other: ComplexMatrix) -> Double {
        precondition(dimension == other.dimension)
        return zip(elements, other.elements).map { ($0 - $1).magnitude }.max() ?? 0
    }

    /// The largest absolute value of an entry of `U†U − 1`.
    public var distanceFromUnitary: Double {
        (adjoint * self).distance(to: .identity(dimension))
    }
}

/// A unitary matrix on one or two qubits, checked when it is made.
public struct UnitaryMatrix: Hashable, Sendable {
    /// The largest entry of `U†U − 1` that rounding explains.
    public static let tolerance = 1e-8

    public let matrix: ComplexMatrix
    /// 1 or 2.
    public var qubits: Int { matrix.dimension == 2 ? 1 : 2 }

    /// - Parameter matrix: 2×2 or 4×4; the first operand is the least significant bit of an index.
    /// - Throws: `CircuitError.matrixSize` or `.notUnitary`.
    public init(_ matrix: ComplexMatrix) throws(CircuitError) {
        guard matrix.dimension == 2 || matrix.dimension == 4 else {
            throw .matrixSize(matrix.dimension)
        }
        let deviation = matrix.isFinite ? matrix.distanceFromUnitary : .infinity
        guard deviation <= Self.tolerance else {
            throw .notUnitary(deviation: deviation, limit: Self.tolerance)
        }
        self.init(checked: matrix)
    }

    /// For products and adjoints of unitary matrices.
    init(checked matrix: ComplexMatrix) {
        var matrix = matrix
        for index in matrix.elements.indices {
            // Minus zero becomes zero: equal matrices have equal text.
            matrix.elements[index] = matrix.elements[index] + .zero
        }
        self.matrix = matrix
    }

    public var adjoint: UnitaryMatrix { UnitaryMatrix(checked: matrix.adjoint) }
}

extension UnitaryMatrix: CustomStringConvertible {
    /// `[re im,re im;…]`, rows separated by semicolons; numbers are the shortest that read back
    /// exactly.
    public var description: String {
        let rows = (0..<matrix.dimension).map { row in
            (0..<matrix.dimension).map { "\(matrix[row, $0].re) \(matrix[row, $0].im)" }
                .joined(separator: ",")
        }
        return "[" + rows.joined(separator: ";") + "]"
    }
}
