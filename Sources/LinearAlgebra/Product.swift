import CLAPACKE

extension Matrix {
    /// Whether an operand enters a product as it is stored or transposed.
    public enum Orientation: Sendable { case stored, transposed }

    /// The product op(self) × op(other), by `cblas_dgemm`.
    ///
    /// The serial library adds in an order fixed by the shapes and the processor type: the same
    /// operands give the same bits on one machine, and agree to rounding between machine types.
    /// - Throws: `shapeMismatch` when the inner dimensions differ.
    public func product(
        _ orientation: Orientation = .stored, with other: Matrix,
        _ otherOrientation: Orientation = .stored
    ) throws(LinearAlgebraError) -> Matrix {
        let (resultRows, inner) = dimensions(orientation)
        let (otherInner, resultColumns) = other.dimensions(otherOrientation)
        guard inner == otherInner else {
            throw .shapeMismatch(
                operation: "matrix product", left: "\(resultRows) × \(inner)",
                right: "\(otherInner) × \(resultColumns)")
        }
        var result = [Double](repeating: 0, count: resultRows * resultColumns)
        guard !result.isEmpty, inner > 0 else {
            return Matrix(rows: resultRows, columns: resultColumns, unchecked: result)
        }
        unsafe elements.withUnsafeBufferPointer { left in
            unsafe other.elements.withUnsafeBufferPointer { right in
                unsafe result.withUnsafeMutableBufferPointer { product in
                    withLibrary {
                        unsafe cblas_dgemm(
                            CblasRowMajor, orientation.cblas, otherOrientation.cblas,
                            Int32(resultRows), Int32(resultColumns), Int32(inner),
                            1, left.baseAddress, Int32(columns), right.baseAddress,
                            Int32(other.columns), 0, product.baseAddress, Int32(resultColumns))
                    }
                }
            }
        }
        return Matrix(rows: resultRows, columns: resultColumns, unchecked: result)
    }

    private func dimensions(_ orientation: Orientation) -> (rows: Int, columns: Int) {
        orientation == .stored ? (rows, columns) : (columns, rows)
    }
}

extension Matrix.Orientation {
    fileprivate var cblas: CBLAS_TRANSPOSE { self == .stored ? CblasNoTrans : CblasTrans }
}
