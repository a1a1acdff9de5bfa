import CLAPACKE

extension Matrix {
    /// The solution x of `self` · x = `rightSide` for a symmetric positive definite matrix, by
    /// Cholesky factorisation (`LAPACKE_dposv`). Only the upper triangle is read.
    ///
    /// - Parameter rightSide: n values for an n × n matrix.
    /// - Throws: `notSquare`, `shapeMismatch`, `notFinite`, or `notPositiveDefinite`.
    public func solvePositiveDefinite(
        _ rightSide: [Double]
    ) throws(LinearAlgebraError) -> [Double] {
        let operation = "positive definite solve"
        guard rows == columns else {
            throw .notSquare(operation: operation, rows: rows, columns: columns)
        }
        guard rightSide.count == rows else {
            throw .shapeMismatch(operation: operation, left: shape, right: "\(rightSide.count)")
        }
        guard isFinite, rightSide.allSatisfy(\.isFinite) else {
            throw .notFinite(operation: operation)
        }
        guard rows > 0 else { return [] }
        var factor = elements
        var solution = rightSide
        let code = unsafe factor.withUnsafeMutableBufferPointer { matrix in
            unsafe solution.withUnsafeMutableBufferPointer { vector in
                withLibrary {
                    unsafe LAPACKE_dposv(
                        LAPACK_ROW_MAJOR, CChar(bitPattern: UInt8(ascii: "U")), Int32(rows), 1,
                        matrix.baseAddress,
                        Int32(rows), vector.baseAddress, 1)
                }
            }
        }
        guard code == 0 else { throw .notPositiveDefinite(order: Int(code)) }
        return solution
    }
}
