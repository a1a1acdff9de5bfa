import QuantumCircuit

/// A Pauli axis.
enum GateAxis: Hashable {
    case x, y, z
}

extension Gate {
    /// For each operand, the axis about which the gate acts there: it is block-diagonal in that
    /// axis's basis, for all angles. Nil where there is none.
    ///
    /// Gates that share an axis on every common qubit commute.
    var axes: [GateAxis?] {
        switch self {
        case .z, .s, .sdg, .t, .tdg, .rz, .p: [.z]
        case .x, .sx, .sxdg, .rx: [.x]
        case .y, .ry: [.y]
        case .cx, .crx: [.z, .x]
        case .cy, .cry: [.z, .y]
        case .cz, .cp, .crz, .rzz: [.z, .z]
        case .ch, .cu: [.z, nil]
        case .rxx: [.x, .x]
        case .ryy: [.y, .y]
        case .ecr: [nil, .x]
        case .ccx: [.z, .z, .x]
        case .cswap: [.z, nil, nil]
        case .unitary(let unitary) where unitary.matrix.isDiagonal:
            [GateAxis?](repeating: .z, count: unitary.qubits)
        default: [GateAxis?](repeating: nil, count: qubitCount)
        }
    }

    /// Whether all angles are numbers and the gate has a matrix.
    var isBoundUnitary: Bool { isUnitary && requiredParameters == 0 }

    /// The matrix of a bound unitary gate; nil for every other.
    var boundMatrix: ComplexMatrix? {
        isBoundUnitary ? matrix(angles: angles.map { $0.evaluate([]) }) : nil
    }

    /// Whether the matrix is a permutation with phases.
    var isMonomial: Bool {
        switch self {
        case .id, .x, .y, .cx, .cy, .swap, .iswap, .ccx, .cswap: true
        case .unitary(let unitary):
            unitary.matrix.elements.count { $0 != .zero } == unitary.matrix.dimension
        default: isDiagonal
        }
    }
}

extension Operation {
    func axis(on qubit: Int) -> GateAxis? {
        qubits.firstIndex(of: qubit).flatMap { gate.axes[$0] }
    }
}
