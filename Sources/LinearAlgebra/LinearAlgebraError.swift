/// Why a linear-algebra operation could not give a result.
public enum LinearAlgebraError: Error, Equatable, CustomStringConvertible {
    /// The flat storage does not hold rows × columns elements.
    case elementCount(rows: Int, columns: Int, elements: Int)
    /// The operands' shapes do not fit the operation.
    case shapeMismatch(operation: String, left: String, right: String)
    /// The operation needs a square matrix.
    case notSquare(operation: String, rows: Int, columns: Int)
    /// An element is NaN or infinite.
    case notFinite(operation: String)
    /// The leading minor of this order (from 1) is not positive.
    case notPositiveDefinite(order: Int)
    /// The iteration of an eigensolver did not converge.
    case notConverged(operation: String, code: Int)

    public var description: String {
        switch self {
        case .elementCount(let rows, let columns, let elements):
            "matrix of \(rows) × \(columns) needs \(rows * columns) elements, got \(elements)"
        case .shapeMismatch(let operation, let left, let right):
            "\(operation): shapes \(left) and \(right) do not fit"
        case .notSquare(let operation, let rows, let columns):
            "\(operation) needs a square matrix, got \(rows) × \(columns)"
        case .notFinite(let operation):
            "\(operation) needs finite elements, got NaN or an infinity"
        case .notPositiveDefinite(let order):
            "matrix is not positive definite: its leading minor of order \(order) is not positive"
        case .notConverged(let operation, let code):
            "\(operation) did not converge (LAPACK code \(code))"
        }
    }
}
