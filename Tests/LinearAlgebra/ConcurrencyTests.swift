import LinearAlgebra
import Testing

@Suite("Concurrent use")
struct ConcurrencyTests {
    @Test("solves, products and decompositions on several threads at once are all right")
    func concurrentCalls() async throws {
        let failures = try await withThrowingTaskGroup(of: Int.self) { group in
            for size in [65, 31, 41, 53] {
                group.addTask { try Self.wrongResults(size: size, rounds: 1_500) }
            }
            return try await group.reduce(0, +)
        }
        #expect(failures == 0)
    }

    /// How many of `rounds` solves miss a known solution.
    private static func wrongResults(size: Int, rounds: Int) throws -> Int {
        let factor = pseudoRandom(rows: size, columns: size, seed: UInt64(size))
        var matrix = try factor.product(.transposed, with: factor)
        for index in 0..<size { matrix[index, index] += 1 }
        let solution = (0..<size).map(Double.init)
        let column = try Matrix(rows: size, columns: 1, elements: solution)
        let rightSide = naiveProduct(matrix, column).elements
        let largest = try matrix.symmetricEigenDecomposition().values[0]
        var wrong = 0
        for round in 0..<rounds {
            let got = try matrix.solvePositiveDefinite(rightSide)
            if zip(got, solution).contains(where: { abs($0 - $1) > 1e-6 }) { wrong += 1 }
            guard round.isMultiple(of: 20) else { continue }
            let again = try matrix.symmetricEigenDecomposition().values[0]
            if abs(again - largest) > 1e-9 { wrong += 1 }
        }
        return wrong
    }
}
