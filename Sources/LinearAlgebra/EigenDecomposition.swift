import CLAPACKE

/// Eigenvalues and orthonormal eigenvectors of a real symmetric matrix, largest eigenvalue first.
public struct EigenDecomposition: Sendable, Equatable {
    /// n values, descending.
    public let values: [Double]
    /// n × n; row k is the eigenvector of `values[k]`, with its sign as LAPACK gave it.
    public let vectors: Matrix
}

extension Matrix {
    /// The eigendecomposition of a symmetric matrix, by `LAPACKE_dsyevd` (divide and conquer).
    ///
    /// Only the upper triangle is read. LAPACK's ascending order is reversed.
    /// - Throws: `notSquare`, `notFinite`, or `notConverged` with LAPACK's code.
    public func symmetricEigenDecomposition() throws(LinearAlgebraError) -> EigenDecomposition {
        let operation = "eigendecomposition"
        guard rows == columns else {
            throw .notSquare(operation: operation, rows: rows, columns: columns)
        }
        guard isFinite else { throw .notFinite(operation: operation) }
        let size = rows
        guard size > 0 else {
            return EigenDecomposition(values: [], vectors: Matrix(rows: 0, columns: 0))
        }
        var vectors = elements
        var values = [Double](repeating: 0, count: size)
        let code = unsafe vectors.withUnsafeMutableBufferPointer { matrix in
            unsafe values.withUnsafeMutableBufferPointer { eigenvalues in
                withLibrary {
                    unsafe LAPACKE_dsyevd(
                        LAPACK_ROW_MAJOR, CChar(bitPattern: UInt8(ascii: "V")),
                        CChar(bitPattern: UInt8(ascii: "U")), Int32(size),
                        matrix.baseAddress, Int32(size), eigenvalues.baseAddress)
                }
            }
        }
        guard code == 0 else { throw .notConverged(operation: operation, code: Int(code)) }
        // LAPACK leaves eigenvectors as columns, ascending: rows of the result, descending.
        var descending = Matrix(rows: size, columns: size)
        for order in 0..<size {
            for index in 0..<size {
                descending[order, index] = vectors[index * size + size - 1 - order]
            }
        }
        return EigenDecomposition(values: values.reversed(), vectors: descending)
    }
}
