private import Glibc

extension UnitaryMatrix {
    /// Gates on operands 0 (and 1) that multiply to this matrix, and the phase factor `e^{iφ}` that
    /// they leave out.
    ///
    /// One qubit: one U. Two: at most six controlled U gates between X gates (two-level rotations
    /// along the Gray code 0, 1, 3, 2; Nielsen and Chuang, section 4.5.1), then phases. Exact to
    /// rounding for every unitary and short enough to write down, but not the shortest: a compiler
    /// finds three CX.
    public var rotations: (operations: [Operation], globalPhase: Double) {
        if qubits == 2 { return TwoLevelRotations(matrix).result }
        let (theta, phi, lambda, phase) = Self.angles(matrix)
        let gate = Gate.u(.constant(theta), .constant(phi), .constant(lambda))
        return ([Operation(gate, [0])], phase)
    }

    /// U(θ, φ, λ), and the phase that is left.
    static func angles(
        _ matrix: ComplexMatrix
    ) -> (theta: Double, phi: Double, lambda: Double, phase: Double) {
        let (a, b) = (matrix[0, 0], matrix[1, 0])
        let theta = 2 * atan2(b.magnitude, a.magnitude)
        // Where one of them vanishes its argument means nothing, and the other column tells.
        if b.magnitude < 1e-12 {
            let phase = argument(a)
            return (0, 0, argument(matrix[1, 1]) - phase, phase)
        }
        if a.magnitude < 1e-12 {
            let phase = argument(-matrix[0, 1])
            return (.pi, argument(b) - phase, 0, phase)
        }
        let phase = argument(a)
        // A small entry's argument is mostly rounding. What φ takes over of that must come back in
        // λ, so that the large entries, which see their sum or their difference, keep all digits.
        let lambda =
            a.normSquared > b.normSquared
            ? argument(matrix[1, 1]) - argument(b) : argument(-matrix[0, 1]) - phase
        return (theta, argument(b) - phase, lambda, phase)
    }

    private static func argument(_ value: Complex) -> Double { atan2(value.im, value.re) }
}

/// A 4×4 unitary matrix as rotations of two neighbouring basis states each.
private struct TwoLevelRotations {
    private var rest: ComplexMatrix
    /// In the order in which they multiply the matrix from the left to make it diagonal.
    private var steps: [(matrix: ComplexMatrix, first: Int, second: Int)] = []

    init(_ matrix: ComplexMatrix) {
        rest = matrix
        let order = [0, 1, 3, 2]
        for column in 0..<3 {
            for row in stride(from: 3, to: column, by: -1) {
                eliminate(order[row], with: order[row - 1], column: order[column])
            }
        }
    }

    /// Makes one entry zero and leaves a real one above it.
    private mutating func eliminate(_ row: Int, with above: Int, column: Int) {
        let (a, b) = (rest[above, column], rest[row, column])
        let norm = (a.normSquared + b.normSquared).squareRoot()
        guard b.magnitude > 0 else { return }
        let (c, s) = ((1 / norm) * a, (1 / norm) * b)
        let step = ComplexMatrix(rows: [[c.conjugate, s.conjugate], [-s, c]])
        for index in 0..<4 {
            let (upper, lower) = (rest[above, index], rest[row, index])
            rest[above, index] = step[0, 0] * upper + step[0, 1] * lower
            rest[row, index] = step[1, 0] * upper + step[1, 1] * lower
        }
        rest[row, column] = .zero
        steps.append((step, above, row))
    }

    /// The diagonal first, then each step undone, the last one first.
    var result: (operations: [Operation], globalPhase: Double) {
        let phases = (0..<4).map { atan2(rest[$0, $0].im, rest[$0, $0].re) }
        let (first, second) = (phases[1] - phases[0], phases[2] - phases[0])
        let both = phases[3] - phases[0] - first - second
        let diagonal = [
            Operation(.p(.constant(first)), [0]), Operation(.p(.constant(second)), [1]),
            Operation(.cp(.constant(both)), [0, 1]),
        ]
        let undone = steps.reversed().flatMap { undo($0.matrix, $0.first, $0.second) }
        return (diagonal + undone, phases[0])
    }

    private func undo(_ step: ComplexMatrix, _ first: Int, _ second: Int) -> [Operation] {
        let target = (first ^ second) == 1 ? 0 : 1
        let control = 1 - target
        var matrix = step.adjoint
        if first > second {
            // Rows and columns in the order of the target's bit.
            let swap = GateMatrix.x
            matrix = swap * matrix * swap
        }
        let angles = UnitaryMatrix.angles(matrix)
        let gate = Gate.cu(
            .constant(angles.theta), .constant(angles.phi), .constant(angles.lambda),
            .constant(angles.phase))
        let flip = first >> control & 1 == 0 ? [Operation(.x, [control])] : []
        return flip + [Operation(gate, [control, target])] + flip
    }
}
