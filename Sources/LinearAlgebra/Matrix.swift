/// A dense matrix in flat row-major storage: element (i, j) is `elements[i * columns + j]`.
public struct Matrix: Sendable, Equatable {
    public let rows: Int
    public let columns: Int
    /// rows × columns values; the count never changes.
    public internal(set) var elements: [Double]

    /// - Throws: `LinearAlgebraError.elementCount` when `elements` does not hold rows × columns
    ///   values or a dimension is negative.
    public init(rows: Int, columns: Int, elements: [Double]) throws(LinearAlgebraError) {
        guard rows >= 0, columns >= 0, elements.count == rows * columns else {
            throw .elementCount(rows: rows, columns: columns, elements: elements.count)
        }
        self.init(rows: rows, columns: columns, unchecked: elements)
    }

    /// A matrix whose elements are all `value`.
    public init(rows: Int, columns: Int, repeating value: Double = 0) {
        precondition(rows >= 0 && columns >= 0, "a matrix has no negative dimension")
        self.init(
            rows: rows, columns: columns,
            unchecked: [Double](repeating: value, count: rows * columns))
    }

    init(rows: Int, columns: Int, unchecked elements: [Double]) {
        self.rows = rows
        self.columns = columns
        self.elements = elements
    }

    /// One element. A call across modules: loops go over `elements` or `withMutableElements`.
    public subscript(row: Int, column: Int) -> Double {
        get {
            precondition(column >= 0 && column < columns, "column out of range")
            return elements[row * columns + column]
        }
        set {
            precondition(column >= 0 && column < columns, "column out of range")
            elements[row * columns + column] = newValue
        }
    }

    /// The elements of one row, sharing the matrix's storage.
    public func row(_ index: Int) -> ArraySlice<Double> {
        elements[index * columns..<(index + 1) * columns]
    }

    public var transposed: Matrix {
        var result = Matrix(rows: columns, columns: rows)
        for row in 0..<rows {
            for column in 0..<columns {
                result.elements[column * rows + row] = elements[row * columns + column]
            }
        }
        return result
    }

    /// Gives `body` the storage for writing, so that loops over it hoist the uniqueness check.
    public mutating func withMutableElements<Result>(
        _ body: (inout MutableSpan<Double>) throws -> Result
    ) rethrows -> Result {
        var span = elements.mutableSpan
        return try body(&span)
    }

    var shape: String { "\(rows) × \(columns)" }
    var isFinite: Bool { elements.allSatisfy(\.isFinite) }
}
