import LinearAlgebra
import Testing

@Suite("Decompositions")
struct DecompositionTests {
    @Test("eigenvalues of a known matrix come largest first, with their vectors as rows")
    func knownEigenvalues() throws {
        let matrix = try Matrix(rows: 2, columns: 2, elements: [2, 1, 1, 2])
        let eigen = try matrix.symmetricEigenDecomposition()
        #expect(abs(eigen.values[0] - 3) < 1e-14 && abs(eigen.values[1] - 1) < 1e-14)
        #expect(abs(eigen.vectors[0, 0] - eigen.vectors[0, 1]) < 1e-14)
        #expect(abs(eigen.vectors[1, 0] + eigen.vectors[1, 1]) < 1e-14)
    }

    @Test("vectors are orthonormal and rebuild the matrix", arguments: [1, 3, 17, 40])
    func reconstruction(size: Int) throws {
        let factor = pseudoRandom(rows: size, columns: size, seed: UInt64(size))
        let matrix = try factor.product(.transposed, with: factor)
        let eigen = try matrix.symmetricEigenDecomposition()
        let gram = try eigen.vectors.product(with: eigen.vectors, .transposed)
        var scaled = eigen.vectors
        for row in 0..<size {
            for column in 0..<size {
                #expect(abs(gram[row, column] - (row == column ? 1 : 0)) < 1e-12)
                scaled[row, column] *= eigen.values[row]
            }
        }
        let rebuilt = try eigen.vectors.product(.transposed, with: scaled)
        for (got, want) in zip(rebuilt.elements, matrix.elements) {
            #expect(abs(got - want) < 1e-11)
        }
        #expect(eigen.values == eigen.values.sorted(by: >))
    }

    @Test("a positive definite system is solved")
    func solve() throws {
        let size = 12
        let factor = pseudoRandom(rows: size, columns: size, seed: 5)
        var matrix = try factor.product(.transposed, with: factor)
        for index in 0..<size { matrix[index, index] += 1 }
        let solution = (0..<size).map { Double($0) - 4.5 }
        let column = try Matrix(rows: size, columns: 1, elements: solution)
        let rightSide = try matrix.product(with: column).elements
        let got = try matrix.solvePositiveDefinite(rightSide)
        for (got, want) in zip(got, solution) { #expect(abs(got - want) < 1e-10) }
    }

    @Test("an indefinite matrix is an error that names the minor")
    func indefinite() throws {
        let matrix = try Matrix(rows: 2, columns: 2, elements: [1, 2, 2, 1])
        #expect(throws: LinearAlgebraError.notPositiveDefinite(order: 2)) {
            try matrix.solvePositiveDefinite([1, 1])
        }
    }

    @Test("shapes that do not fit and values that are not finite are errors, not results")
    func misuse() throws {
        let wide = Matrix(rows: 2, columns: 3)
        #expect(throws: LinearAlgebraError.self) { try wide.symmetricEigenDecomposition() }
        #expect(throws: LinearAlgebraError.self) { try wide.solvePositiveDefinite([1, 1]) }
        let square = Matrix(rows: 2, columns: 2, repeating: 1)
        #expect(throws: LinearAlgebraError.self) { try square.solvePositiveDefinite([1]) }
        let broken = Matrix(rows: 2, columns: 2, repeating: .nan)
        #expect(throws: LinearAlgebraError.notFinite(operation: "eigendecomposition")) {
            try broken.symmetricEigenDecomposition()
        }
        #expect(throws: LinearAlgebraError.self) { try broken.solvePositiveDefinite([1, 1]) }
    }

    @Test("an empty matrix has no eigenvalues and the empty solution")
    func empty() throws {
        let empty = Matrix(rows: 0, columns: 0)
        #expect(try empty.symmetricEigenDecomposition().values.isEmpty)
        #expect(try empty.solvePositiveDefinite([]).isEmpty)
    }
}
