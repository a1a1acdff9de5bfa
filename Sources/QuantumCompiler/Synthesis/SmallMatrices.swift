private import Glibc
import QuantumCircuit

/// Angles of `U(θ, φ, λ)` for a 2×2 unitary, up to its phase.
struct EulerAngles {
    let theta: Double
    let phi: Double
    let lambda: Double

    init(_ matrix: ComplexMatrix) {
        let (a, b) = (matrix[0, 0], matrix[1, 0])
        let angle = 2 * atan2(b.magnitude, a.magnitude)
        // Where one of them vanishes its argument means nothing, and the other column tells.
        if angle < Angle.tolerance {
            (theta, phi) = (0, 0)
            lambda = Self.argument(matrix[1, 1]) - Self.argument(a)
        } else if angle > .pi - Angle.tolerance {
            (theta, lambda) = (.pi, 0)
            phi = Self.argument(b) - Self.argument(-matrix[0, 1])
        } else {
            theta = Angle.reduced(angle)
            phi = Self.argument(b) - Self.argument(a)
            // Only large entries have an argument to rely on; a small one's error in φ must come
            // back in λ, for their sum or difference is what large entries see.
            lambda =
                a.normSquared > b.normSquared
                ? Self.argument(matrix[1, 1]) - Self.argument(b)
                : Self.argument(-matrix[0, 1]) - Self.argument(a)
        }
    }

    private static func argument(_ value: Complex) -> Double { atan2(value.im, value.re) }

    var gate: Gate {
        .u(
            .constant(theta), .constant(Angle.reduced(phi)), .constant(Angle.reduced(lambda)))
    }
}

extension ComplexMatrix {
    static func rz(_ angle: Double) -> ComplexMatrix {
        ComplexMatrix(diagonal: [.turned(-angle / 2), .turned(angle / 2)])
    }

    static func matrix(_ gate: Gate) -> ComplexMatrix { gate.boundMatrix ?? .identity(2) }

    var isIdentityUpToPhase: Bool {
        isDiagonalWithin(Angle.tolerance)
            && (self[0, 0] - self[dimension - 1, dimension - 1]).magnitude < Angle.tolerance
    }

    /// 2×2 alone.
    func isDiagonalWithin(_ tolerance: Double) -> Bool {
        self[0, 1].magnitude < tolerance && self[1, 0].magnitude < tolerance
    }

    var isAntidiagonal: Bool {
        self[0, 0].magnitude < Angle.tolerance && self[1, 1].magnitude < Angle.tolerance
    }
}

extension Complex {
    static func turned(_ angle: Double) -> Complex { Complex(cos(angle), sin(angle)) }
    var angle: Double { atan2(im, re) }
}
