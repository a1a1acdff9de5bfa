private import Glibc

extension Gate {
    /// The gate's matrix, in Qiskit's convention: the first operand is the least significant bit of
    /// a row or column index.
    ///
    /// - Parameter angles: values of `angles`, as many and in that order; precondition.
    /// - Returns: 2^`qubitCount` rows; nil for barriers, measurements and resets.
    public func matrix(angles: [Double]) -> ComplexMatrix? {
        precondition(angles.count == self.angles.count)
        switch self {
        case .id: return .identity(2)
        case .h: return GateMatrix.h
        case .x: return GateMatrix.x
        case .y: return GateMatrix.y
        case .z: return GateMatrix.phases(0, .pi)
        case .s: return ComplexMatrix(diagonal: [.one, .i])
        case .sdg: return ComplexMatrix(diagonal: [.one, -.i])
        case .t: return GateMatrix.phases(0, .pi / 4)
        case .tdg: return GateMatrix.phases(0, -.pi / 4)
        case .sx: return GateMatrix.sx
        case .sxdg: return GateMatrix.sx.adjoint
        case .rx: return GateMatrix.rx(angles[0])
        case .ry: return GateMatrix.ry(angles[0])
        case .rz: return GateMatrix.phases(-angles[0] / 2, angles[0] / 2)
        case .p: return GateMatrix.phases(0, angles[0])
        case .u: return GateMatrix.u(angles[0], angles[1], angles[2])
        case .cx: return GateMatrix.x.controlled
        case .cy: return GateMatrix.y.controlled
        case .cz: return ComplexMatrix(diagonal: [.one, .one, .one, -.one])
        case .ch: return GateMatrix.h.controlled
        case .cp: return GateMatrix.phases(0, angles[0]).controlled
        case .crx: return GateMatrix.rx(angles[0]).controlled
        case .cry: return GateMatrix.ry(angles[0]).controlled
        case .crz: return GateMatrix.phases(-angles[0] / 2, angles[0] / 2).controlled
        case .cu:
            let target = GateMatrix.u(angles[0], angles[1], angles[2])
            return (GateMatrix.phase(angles[3]) * target).controlled
        case .swap: return GateMatrix.swap
        case .iswap: return GateMatrix.iswap
        case .rxx: return GateMatrix.antidiagonal(angles[0], signs: [-1, -1, -1, -1])
        case .ryy: return GateMatrix.antidiagonal(angles[0], signs: [1, -1, -1, 1])
        case .rzz:
            let half = angles[0] / 2
            return GateMatrix.phases(-half, half, half, -half)
        case .ecr: return GateMatrix.ecr
        case .ccx: return GateMatrix.x.controlled.controlled
        case .cswap: return GateMatrix.swap.controlled
        case .unitary(let unitary): return unitary.matrix
        case .barrier, .measure, .reset: return nil
        }
    }
}

/// The matrices behind `Gate.matrix(angles:)`.
enum GateMatrix {
    private static let root = 0.5.squareRoot()
    static let h = ComplexMatrix(real: [[root, root], [root, -root]])
    static let x = ComplexMatrix(real: [[0, 1], [1, 0]])
    static let y = ComplexMatrix(rows: [[.zero, -.i], [.i, .zero]])
    static let sx = ComplexMatrix(rows: [
        [Complex(0.5, 0.5), Complex(0.5, -0.5)], [Complex(0.5, -0.5), Complex(0.5, 0.5)],
    ])
    static let swap = ComplexMatrix(real: [
        [1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1],
    ])
    static let iswap = ComplexMatrix(rows: [
        [.one, .zero, .zero, .zero], [.zero, .zero, .i, .zero], [.zero, .i, .zero, .zero],
        [.zero, .zero, .zero, .one],
    ])
    static let ecr: ComplexMatrix = {
        let (r, i) = (Complex(root), Complex(0, root))
        return ComplexMatrix(rows: [
            [.zero, r, .zero, i], [r, .zero, -i, .zero], [.zero, i, .zero, r],
            [-i, .zero, r, .zero],
        ])
    }()

    static func phase(_ angle: Double) -> Complex { Complex(cos(angle), sin(angle)) }

    static func phases(_ angles: Double...) -> ComplexMatrix {
        // A phase of π must be exactly −1 to come back to 1 when applied twice.
        ComplexMatrix(diagonal: angles.map { $0 == .pi ? -.one : phase($0) })
    }

    static func rx(_ angle: Double) -> ComplexMatrix {
        let (c, s) = (Complex(cos(angle / 2)), Complex(0, -sin(angle / 2)))
        return ComplexMatrix(rows: [[c, s], [s, c]])
    }

    static func ry(_ angle: Double) -> ComplexMatrix {
        let (c, s) = (cos(angle / 2), sin(angle / 2))
        return ComplexMatrix(real: [[c, -s], [s, c]])
    }

    static func u(_ theta: Double, _ phi: Double, _ lambda: Double) -> ComplexMatrix {
        let (c, s) = (cos(theta / 2), sin(theta / 2))
        return ComplexMatrix(rows: [
            [Complex(c), -s * phase(lambda)], [s * phase(phi), c * phase(phi + lambda)],
        ])
    }

    /// cos(θ/2) on the diagonal, ±i·sin(θ/2) on the antidiagonal.
    static func antidiagonal(_ angle: Double, signs: [Double]) -> ComplexMatrix {
        var result = ComplexMatrix(
            diagonal: [Complex](repeating: Complex(cos(angle / 2)), count: 4))
        for row in 0..<4 { result[row, 3 - row] = Complex(0, signs[row] * sin(angle / 2)) }
        return result
    }
}
