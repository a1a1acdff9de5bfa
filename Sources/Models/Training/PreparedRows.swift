import LinearAlgebra

/// Some rows of a table, reduced as the pipeline would reduce them.
struct PreparedRows {
    let labels: [Int]
    /// n × d, standardised and clipped.
    let standardised: Matrix
    /// n × q.
    let components: Matrix

    init(
        _ rows: [Int], of table: CSVTable, with reduction: Reduction
    ) throws(LinearAlgebraError) {
        let features = try table.matrix(rows)
        var standardised: [Double] = []
        var components: [Double] = []
        reduction.reduce(
            features.elements.span, standardised: &standardised, components: &components)
        labels = rows.map { table.labels[$0] }
        self.standardised = try Matrix(
            rows: rows.count, columns: reduction.featureCount, elements: standardised)
        self.components = try Matrix(
            rows: rows.count, columns: reduction.componentCount, elements: components)
    }
}

extension CSVTable {
    /// The given rows' features, n × d.
    func matrix(_ rows: [Int]) throws(LinearAlgebraError) -> Matrix {
        let columns = featureNames.count
        var elements: [Double] = []
        elements.reserveCapacity(rows.count * columns)
        for row in rows { elements += features[row * columns..<(row + 1) * columns] }
        return try Matrix(rows: rows.count, columns: columns, elements: elements)
    }
}
