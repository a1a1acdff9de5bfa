import LinearAlgebra
import Testing

@Suite("Matrix")
struct MatrixTests {
    @Test("a matrix is flat and row-major")
    func layout() throws {
        var matrix = try Matrix(rows: 2, columns: 3, elements: [1, 2, 3, 4, 5, 6])
        #expect(matrix[1, 0] == 4)
        #expect(Array(matrix.row(1)) == [4, 5, 6])
        matrix[0, 2] = 9
        #expect(matrix.elements == [1, 2, 9, 4, 5, 6])
        #expect(matrix.transposed.elements == [1, 4, 2, 5, 9, 6])
    }

    @Test("a wrong number of elements is an error that says what is needed")
    func elementCount() {
        #expect(throws: LinearAlgebraError.elementCount(rows: 2, columns: 3, elements: 5)) {
            try Matrix(rows: 2, columns: 3, elements: [1, 2, 3, 4, 5])
        }
        let error = LinearAlgebraError.elementCount(rows: 2, columns: 3, elements: 5)
        #expect(error.description == "matrix of 2 × 3 needs 6 elements, got 5")
    }

    @Test("a product equals the sum of products, in all four orientations")
    func product() throws {
        let left = pseudoRandom(rows: 7, columns: 5, seed: 1)
        let right = pseudoRandom(rows: 5, columns: 4, seed: 2)
        let expected = naiveProduct(left, right)
        let products = [
            try left.product(with: right),
            try left.transposed.product(.transposed, with: right),
            try left.product(with: right.transposed, .transposed),
            try left.transposed.product(.transposed, with: right.transposed, .transposed),
        ]
        for product in products {
            #expect(product.rows == 7 && product.columns == 4)
            for (got, want) in zip(product.elements, expected.elements) {
                #expect(abs(got - want) < 1e-13)
            }
        }
    }

    @Test("a product of unfit shapes is an error, and one with an empty side is zero")
    func productShapes() throws {
        let left = Matrix(rows: 2, columns: 3)
        #expect(throws: LinearAlgebraError.self) { try left.product(with: left) }
        let zero = try Matrix(rows: 2, columns: 0).product(with: Matrix(rows: 0, columns: 2))
        #expect(zero == Matrix(rows: 2, columns: 2))
    }

    @Test("the same product has the same bits every time")
    func productDeterminism() throws {
        let left = pseudoRandom(rows: 61, columns: 37, seed: 3)
        let first = try left.product(.transposed, with: left)
        for _ in 0..<20 { #expect(try left.product(.transposed, with: left) == first) }
    }
}

/// Values in −1…1 from a linear congruential generator.
func pseudoRandom(rows: Int, columns: Int, seed: UInt64) -> Matrix {
    var matrix = Matrix(rows: rows, columns: columns)
    var state = seed
    matrix.withMutableElements { elements in
        for index in 0..<elements.count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            elements[index] = Double(state >> 11) * 0x1p-52 - 1
        }
    }
    return matrix
}

func naiveProduct(_ left: Matrix, _ right: Matrix) -> Matrix {
    var result = Matrix(rows: left.rows, columns: right.columns)
    for row in 0..<left.rows {
        for column in 0..<right.columns {
            var sum = 0.0
            for inner in 0..<left.columns { sum += left[row, inner] * right[inner, column] }
            result[row, column] = sum
        }
    }
    return result
}
