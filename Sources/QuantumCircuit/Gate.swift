/// The gates that a circuit may hold, in Qiskit's definitions. A closed set: every layer switches
/// over it.
///
/// Angles are in radians. Qubit 0 is the least significant bit of a basis state's index. For
/// two-qubit gates the first qubit is the control where there is one.
public enum Gate: Hashable, Sendable {
    case h, x, y, z, s, sdg, t, tdg
    /// √X, with eigenvalues 1 and i.
    case sx
    /// `exp(−iθX/2)` and its Y and Z relatives.
    case rx(ParameterExpression)
    case ry(ParameterExpression)
    case rz(ParameterExpression)
    /// `diag(1, e^{iθ})`.
    case p(ParameterExpression)
    case cx, cy, cz
    /// `diag(1, 1, 1, e^{iθ})`.
    case cp(ParameterExpression)
    case swap
    /// `exp(−iθ X⊗X/2)` and its Y and Z relatives.
    case rxx(ParameterExpression)
    case ryy(ParameterExpression)
    case rzz(ParameterExpression)

    /// OpenQASM's name of the gate.
    public var name: String {
        switch self {
        case .h: "h"
        case .x: "x"
        case .y: "y"
        case .z: "z"
        case .s: "s"
        case .sdg: "sdg"
        case .t: "t"
        case .tdg: "tdg"
        case .sx: "sx"
        case .rx: "rx"
        case .ry: "ry"
        case .rz: "rz"
        case .p: "p"
        case .cx: "cx"
        case .cy: "cy"
        case .cz: "cz"
        case .cp: "cp"
        case .swap: "swap"
        case .rxx: "rxx"
        case .ryy: "ryy"
        case .rzz: "rzz"
        }
    }

    /// How many qubits the gate acts on.
    public var qubitCount: Int {
        switch self {
        case .h, .x, .y, .z, .s, .sdg, .t, .tdg, .sx, .rx, .ry, .rz, .p: 1
        case .cx, .cy, .cz, .cp, .swap, .rxx, .ryy, .rzz: 2
        }
    }

    /// The gate's angle, if it has one.
    public var angle: ParameterExpression? {
        switch self {
        case .rx(let angle), .ry(let angle), .rz(let angle), .p(let angle), .cp(let angle),
            .rxx(let angle), .ryy(let angle), .rzz(let angle):
            angle
        case .h, .x, .y, .z, .s, .sdg, .t, .tdg, .sx, .cx, .cy, .cz, .swap:
            nil
        }
    }
}
