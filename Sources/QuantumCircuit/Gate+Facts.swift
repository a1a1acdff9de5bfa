extension Gate {
    /// Whether the gate has a matrix: all but barriers, measurements and resets.
    public var isUnitary: Bool {
        switch self {
        case .barrier, .measure, .reset: false
        default: true
        }
    }

    /// Whether the gate's matrix is diagonal for all angles.
    public var isDiagonal: Bool {
        switch self {
        case .id, .z, .s, .sdg, .t, .tdg, .rz, .p, .cz, .cp, .crz, .rzz: true
        case .unitary(let unitary): unitary.matrix.isDiagonal
        default: false
        }
    }

    /// Whether the gate maps Pauli strings to Pauli strings by its kind alone; rotations by
    /// multiples of π/2 are not looked at.
    public var isClifford: Bool {
        switch self {
        case .id, .h, .x, .y, .z, .s, .sdg, .sx, .sxdg, .cx, .cy, .cz, .swap, .iswap, .ecr: true
        default: false
        }
    }

    /// Whether exchanging the operands changes nothing, for all angles.
    public var isSymmetric: Bool {
        switch self {
        case .cz, .cp, .swap, .iswap, .rxx, .ryy, .rzz, .barrier: true
        default: qubitCount == 1
        }
    }

    /// The highest parameter index that an angle uses, plus one; 0 when all are constant.
    public var requiredParameters: Int { angles.map(\.requiredParameters).max() ?? 0 }

    /// The gate that undoes this one; nil for measurements and resets.
    public var inverse: Gate? {
        switch self {
        case .id, .h, .x, .y, .z, .cx, .cy, .cz, .ch, .swap, .ecr, .ccx, .cswap, .barrier: self
        case .s: .sdg
        case .sdg: .s
        case .t: .tdg
        case .tdg: .t
        case .sx: .sxdg
        case .sxdg: .sx
        case .rx, .ry, .rz, .p, .cp, .crx, .cry, .crz, .rxx, .ryy, .rzz: mapAngles { -$0 }
        case .u(let theta, let phi, let lambda): .u(-theta, -lambda, -phi)
        case .cu(let theta, let phi, let lambda, let gamma): .cu(-theta, -lambda, -phi, -gamma)
        case .iswap: .unitary(Self.iswapUnitary.adjoint)
        case .unitary(let unitary):
            unitary == Self.iswapUnitary.adjoint ? .iswap : .unitary(unitary.adjoint)
        case .measure, .reset: nil
        }
    }

    private static let iswapUnitary = UnitaryMatrix(checked: GateMatrix.iswap)
}
