/// The operations that a circuit may hold, in Qiskit's definitions. A closed set: every layer
/// switches over it.
///
/// Angles are in radians. Qubit 0 is the least significant bit of a basis state's index. Controls
/// come first among the qubits. `matrix(angles:)` is the definition of each.
public enum Gate: Hashable, Sendable {
    /// The identity.
    case id
    case h, x, y, z, s, sdg, t, tdg
    /// √X, with eigenvalues 1 and i, and its inverse.
    case sx, sxdg
    /// `exp(−iθX/2)` and its Y and Z relatives.
    case rx(ParameterExpression)
    case ry(ParameterExpression)
    case rz(ParameterExpression)
    /// `diag(1, e^{iθ})`.
    case p(ParameterExpression)
    /// `P(φ)·RY(θ)·P(λ)`, in the order θ, φ, λ: OpenQASM 3's `U` up to a phase, Qiskit's exactly.
    case u(ParameterExpression, ParameterExpression, ParameterExpression)
    case cx, cy, cz, ch
    /// `diag(1, 1, 1, e^{iθ})`.
    case cp(ParameterExpression)
    case crx(ParameterExpression)
    case cry(ParameterExpression)
    case crz(ParameterExpression)
    /// `e^{iγ}·U(θ, φ, λ)` under a control, in the order θ, φ, λ, γ.
    case cu(ParameterExpression, ParameterExpression, ParameterExpression, ParameterExpression)
    case swap
    /// Exchanges both qubits with a factor i: `exp(iπ(XX + YY)/4)`.
    case iswap
    /// `exp(−iθ X⊗X/2)` and its Y and Z relatives.
    case rxx(ParameterExpression)
    case ryy(ParameterExpression)
    case rzz(ParameterExpression)
    /// The echoed cross-resonance gate: `exp(−iπ Z⊗X/4)` (Z on the first qubit), then X on the
    /// first.
    case ecr
    case ccx, cswap
    /// Any unitary on one or two qubits.
    case unitary(UnitaryMatrix)
    /// Nothing moves across it; as many qubits as given.
    case barrier(Int)
    /// A measurement in the computational basis into a classical bit.
    case measure(bit: Int)
    /// To |0⟩, whatever the state.
    case reset

    /// OpenQASM's name of the gate.
    public var name: String {
        switch self {
        case .id: "id"
        case .h: "h"
        case .x: "x"
        case .y: "y"
        case .z: "z"
        case .s: "s"
        case .sdg: "sdg"
        case .t: "t"
        case .tdg: "tdg"
        case .sx: "sx"
        case .sxdg: "sxdg"
        case .rx: "rx"
        case .ry: "ry"
        case .rz: "rz"
        case .p: "p"
        case .u: "u"
        case .cx: "cx"
        case .cy: "cy"
        case .cz: "cz"
        case .ch: "ch"
        case .cp: "cp"
        case .crx: "crx"
        case .cry: "cry"
        case .crz: "crz"
        case .cu: "cu"
        case .swap: "swap"
        case .iswap: "iswap"
        case .rxx: "rxx"
        case .ryy: "ryy"
        case .rzz: "rzz"
        case .ecr: "ecr"
        case .ccx: "ccx"
        case .cswap: "cswap"
        case .unitary: "unitary"
        case .barrier: "barrier"
        case .measure: "measure"
        case .reset: "reset"
        }
    }

    /// How many qubits the gate acts on.
    public var qubitCount: Int {
        switch self {
        case .id, .h, .x, .y, .z, .s, .sdg, .t, .tdg, .sx, .sxdg, .rx, .ry, .rz, .p, .u,
            .measure, .reset:
            1
        case .cx, .cy, .cz, .ch, .cp, .crx, .cry, .crz, .cu, .swap, .iswap, .rxx, .ryy, .rzz,
            .ecr:
            2
        case .ccx, .cswap: 3
        case .unitary(let unitary): unitary.qubits
        case .barrier(let count): count
        }
    }

    /// The gate's angles in the order of its definition; most gates have none.
    public var angles: [ParameterExpression] {
        switch self {
        case .rx(let angle), .ry(let angle), .rz(let angle), .p(let angle), .cp(let angle),
            .crx(let angle), .cry(let angle), .crz(let angle), .rxx(let angle), .ryy(let angle),
            .rzz(let angle):
            [angle]
        case .u(let theta, let phi, let lambda): [theta, phi, lambda]
        case .cu(let theta, let phi, let lambda, let gamma): [theta, phi, lambda, gamma]
        case .id, .h, .x, .y, .z, .s, .sdg, .t, .tdg, .sx, .sxdg, .cx, .cy, .cz, .ch, .swap,
            .iswap, .ecr, .ccx, .cswap, .unitary, .barrier, .measure, .reset:
            []
        }
    }

    /// The same gate with each angle replaced.
    public func mapAngles(
        _ transform: (ParameterExpression) -> ParameterExpression
    ) -> Gate {
        switch self {
        case .rx(let angle): .rx(transform(angle))
        case .ry(let angle): .ry(transform(angle))
        case .rz(let angle): .rz(transform(angle))
        case .p(let angle): .p(transform(angle))
        case .cp(let angle): .cp(transform(angle))
        case .crx(let angle): .crx(transform(angle))
        case .cry(let angle): .cry(transform(angle))
        case .crz(let angle): .crz(transform(angle))
        case .rxx(let angle): .rxx(transform(angle))
        case .ryy(let angle): .ryy(transform(angle))
        case .rzz(let angle): .rzz(transform(angle))
        case .u(let theta, let phi, let lambda):
            .u(transform(theta), transform(phi), transform(lambda))
        case .cu(let theta, let phi, let lambda, let gamma):
            .cu(transform(theta), transform(phi), transform(lambda), transform(gamma))
        case .id, .h, .x, .y, .z, .s, .sdg, .t, .tdg, .sx, .sxdg, .cx, .cy, .cz, .ch, .swap,
            .iswap, .ecr, .ccx, .cswap, .unitary, .barrier, .measure, .reset:
            self
        }
    }
}
