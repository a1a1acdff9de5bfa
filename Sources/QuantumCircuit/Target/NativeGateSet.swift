private import Glibc

/// What a device executes without translation, besides measurements, resets and barriers.
public enum NativeGateSet: String, Hashable, Sendable, CaseIterable, Codable {
    /// Superconducting: CX, RZ, √X, X.
    case cx
    /// Superconducting: ECR, RZ, √X, X.
    case ecr
    /// Superconducting: CZ, RZ, √X, X.
    case cz
    /// Trapped ions with a partial entangler: RXX(θ), and on one qubit U and RZ.
    case rxx
    /// Trapped ions, IonQ's set: MS(0, 0) = RXX(π/2); GPI(φ) = U(π, φ, π−φ) and
    /// GPI2(φ) = U(π/2, φ−π/2, π/2−φ), each exactly and with φ in radians.
    case gpi

    /// Whether the gate is in the set as it stands.
    public func contains(_ gate: Gate) -> Bool {
        switch (self, gate) {
        case (_, .barrier), (_, .measure), (_, .reset): true
        case (.cx, .cx), (.ecr, .ecr), (.cz, .cz): true
        case (.cx, .rz), (.cx, .sx), (.cx, .x), (.ecr, .rz), (.ecr, .sx), (.ecr, .x),
            (.cz, .rz), (.cz, .sx), (.cz, .x):
            true
        case (.rxx, .rxx), (.rxx, .u), (.rxx, .rz): true
        case (.gpi, .rxx(let angle)): angle == .constant(.pi / 2)
        case (.gpi, .u): IonGate(gate) != nil
        default: false
        }
    }

    /// The name of the native two-qubit gate.
    public var entanglerName: String {
        switch self {
        case .cx, .ecr, .cz, .rxx: rawValue
        case .gpi: "rxx"
        }
    }

    /// Whether exchanging the operands of the native two-qubit gate changes it.
    public var isOrdered: Bool { self == .cx || self == .ecr }

    /// Whether one native two-qubit gate makes any angle.
    public var hasPartialEntangler: Bool { self == .rxx }
}

/// IonQ's one-qubit gates in the closed set, and back.
public enum IonGate: Hashable, Sendable {
    /// Half a turn about the axis at angle φ in the plane of X and Y.
    case gpi(ParameterExpression)
    /// A quarter turn about that axis.
    case gpi2(ParameterExpression)

    /// The gate in the closed set.
    public var gate: Gate {
        switch self {
        case .gpi(let phase): .u(.constant(.pi), phase, .constant(.pi) + -1 * phase)
        case .gpi2(let phase):
            .u(
                .constant(.pi / 2), phase + .constant(-.pi / 2),
                .constant(.pi / 2) + -1 * phase)
        }
    }

    /// Reads a gate back; nil when it is none of these.
    ///
    /// The sum of both phases must be a constant: π for GPI, 0 for GPI2, up to whole turns.
    public init?(_ gate: Gate) {
        guard case .u(let theta, let phi, let lambda) = gate, theta.requiredParameters == 0
        else { return nil }
        let sum = (phi + lambda).simplified
        guard sum.requiredParameters == 0 else { return nil }
        let (turn, rest) = (theta.evaluate([]), sum.evaluate([]))
        if turn == .pi, Self.isWholeTurn(rest - .pi) {
            self = .gpi(phi)
        } else if turn == .pi / 2, Self.isWholeTurn(rest) {
            self = .gpi2((phi + .constant(.pi / 2)).simplified)
        } else {
            return nil
        }
    }

    private static func isWholeTurn(_ angle: Double) -> Bool {
        abs(remainder(angle, 2 * .pi)) < 1e-9
    }
}
