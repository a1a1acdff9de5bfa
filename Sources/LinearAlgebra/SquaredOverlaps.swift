import CLAPACKE

extension Matrix {
    /// Squared overlaps |⟨aᵢ|bⱼ⟩|² of the rows of two lists of complex vectors.
    ///
    /// - Parameters:
    ///   - real, imaginary: rows aᵢ.
    ///   - otherReal, otherImaginary: rows bⱼ, as long as aᵢ.
    /// - Returns: rows of a × rows of b. Four `cblas_dgemm`; see `product(_:with:_:)` for
    ///   determinism.
    /// - Throws: `shapeMismatch`.
    public static func squaredOverlaps(
        real: Matrix, imaginary: Matrix, otherReal: Matrix, otherImaginary: Matrix
    ) throws(LinearAlgebraError) -> Matrix {
        let first = try joined(real, imaginary)
        let second = try joined(otherReal, otherImaginary)
        guard first.columns == second.columns else {
            throw .shapeMismatch(
                operation: "squared overlaps", left: real.shape, right: otherReal.shape)
        }
        var result = try first.product(with: second, .transposed)
        let crossed = try joined(imaginary, real, sign: -1)
        let odd = try crossed.product(with: second, .transposed)
        for index in result.elements.indices {
            let (re, im) = (result.elements[index], odd.elements[index])
            result.elements[index] = re * re + im * im
        }
        return result
    }

    /// Squared overlaps of the rows of one list: symmetric, computed as half a Hermitian product.
    ///
    /// `cblas_dsyrk` of [R I] for the real parts, `cblas_dgemm` of I·Rᵀ, whose antisymmetric part
    /// gives the imaginary ones: half of the work of a complex product.
    /// - Returns: rows × rows.
    /// - Throws: `shapeMismatch`.
    public static func squaredOverlaps(
        real: Matrix, imaginary: Matrix
    ) throws(LinearAlgebraError) -> Matrix {
        let packed = try joined(real, imaginary)
        let (rows, columns) = (real.rows, real.columns)
        var even = [Double](repeating: 0, count: rows * rows)
        guard rows > 0, columns > 0 else {
            return Matrix(rows: rows, columns: rows, unchecked: even)
        }
        unsafe packed.elements.withUnsafeBufferPointer { values in
            unsafe even.withUnsafeMutableBufferPointer { product in
                withLibrary {
                    unsafe cblas_dsyrk(
                        CblasRowMajor, CblasLower, CblasNoTrans, Int32(rows), Int32(2 * columns),
                        1, values.baseAddress, Int32(2 * columns), 0, product.baseAddress,
                        Int32(rows))
                }
            }
        }
        let odd = try imaginary.product(with: real, .transposed)
        var result = Matrix(rows: rows, columns: rows, unchecked: even)
        unsafe odd.elements.withUnsafeBufferPointer { crossed in
            unsafe result.elements.withUnsafeMutableBufferPointer { values in
                unsafe combine(values, crossed, rows)
            }
        }
        return result
    }

    /// In tiles, because one of both reads goes down a column.
    private static func combine(
        _ values: UnsafeMutableBufferPointer<Double>, _ crossed: UnsafeBufferPointer<Double>,
        _ rows: Int
    ) {
        let tile = 32
        for top in stride(from: 0, to: rows, by: tile) {
            for left in stride(from: 0, through: top, by: tile) {
                for row in top..<min(top + tile, rows) {
                    for column in left..<min(left + tile, row + 1) {
                        let re = unsafe values[row * rows + column]
                        let im = unsafe crossed[row * rows + column] - crossed[column * rows + row]
                        let square = re * re + im * im
                        unsafe values[row * rows + column] = square
                        unsafe values[column * rows + row] = square
                    }
                }
            }
        }
    }

    /// Rows [left, sign·right].
    private static func joined(
        _ left: Matrix, _ right: Matrix, sign: Double = 1
    ) throws(LinearAlgebraError) -> Matrix {
        guard left.rows == right.rows, left.columns == right.columns else {
            throw .shapeMismatch(
                operation: "squared overlaps", left: left.shape, right: right.shape)
        }
        var elements: [Double] = []
        elements.reserveCapacity(2 * left.elements.count)
        for row in 0..<left.rows {
            elements += left.row(row)
            if sign == 1 {
                elements += right.row(row)
            } else {
                elements += right.row(row).map { sign * $0 }
            }
        }
        return Matrix(rows: left.rows, columns: 2 * left.columns, unchecked: elements)
    }
}
