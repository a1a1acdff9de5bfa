public import QuantumCircuit

/// Merges each gate with an equal kind of gate before it, when all between commute: rotations about
/// the same axis add up (diagonal gates among them), gates that are their own inverse cancel, and a
/// rotation about Z between two equal CX becomes one RZZ.
///
/// Symbols need no care: axes decide what commutes, not angles.
public struct CommutativeCancellation: CircuitPass {
    public let name = "cancel commuting gates"
    private let makesRZZ: Bool

    /// - Parameter makesRZZ: whether CX, RZ, CX become RZZ; off when RZZ has been taken apart.
    public init(makesRZZ: Bool = true) { self.makesRZZ = makesRZZ }

    public func run(_ circuit: Circuit, on target: DeviceTarget) throws(CompileError) -> Circuit {
        var merger = GateMerger(qubits: circuit.qubits)
        for operation in circuit.operations { merger.add(operation, makesRZZ: makesRZZ) }
        return try circuit.with(merger.operations)
    }
}

/// The circuit so far, with a list of the operations on each qubit.
private struct GateMerger {
    /// How far back a partner is looked for; a bound on the work for each gate.
    static let window = 300

    private var slots: [Operation?] = []
    private var wires: [[Int]]

    init(qubits: Int) { wires = [[Int]](repeating: [], count: qubits) }

    var operations: [Operation] { slots.compactMap { $0 } }

    mutating func add(_ operation: Operation, makesRZZ: Bool) {
        if case .id = operation.gate { return }
        if let rotation = MergeableRotation(operation), rotation.isIdentity { return }
        if makesRZZ, let folded = fold(operation) { return add(folded, makesRZZ: true) }
        if operation.gate.isUnitary, merge(operation) { return }
        for qubit in operation.qubits { wires[qubit].append(slots.count) }
        slots.append(operation)
    }

    /// Looks back for a partner; true when the operation is used up.
    private mutating func merge(_ operation: Operation) -> Bool {
        var positions = operation.qubits.map { wires[$0].count - 1 }
        for _ in 0..<Self.window {
            let latest = operation.qubits.indices.map { index in
                positions[index] < 0 ? -1 : wires[operation.qubits[index]][positions[index]]
            }
            guard let slot = latest.max(), slot >= 0, let earlier = slots[slot] else {
                return false
            }
            if let merged = earlier.merged(with: operation) {
                replace(slot, by: merged)
                return true
            }
            guard earlier.commutesByAxes(with: operation) else { return false }
            for index in latest.indices where latest[index] == slot { positions[index] -= 1 }
        }
        return false
    }

    private mutating func replace(_ slot: Int, by merged: MergedGate) {
        switch merged {
        case .gate(let operation): slots[slot] = operation
        case .nothing: remove(slot)
        }
    }

    private mutating func remove(_ slot: Int) {
        guard let operation = slots[slot] else { return }
        for qubit in operation.qubits {
            if let index = wires[qubit].lastIndex(of: slot) { wires[qubit].remove(at: index) }
        }
        slots[slot] = nil
    }

    /// CX, RZ(θ) on the target, CX is RZZ(θ): when the given operation is the second CX, takes the
    /// first two away and returns the third form.
    private mutating func fold(_ operation: Operation) -> Operation? {
        guard case .cx = operation.gate else { return nil }
        let (control, target) = (operation.qubits[0], operation.qubits[1])
        let wire = wires[target]
        guard wire.count >= 2, let middle = slots[wire[wire.count - 1]],
            middle.qubits.count == 1, let rotation = MergeableRotation(middle),
            rotation.kind == .rz, slots[wire[wire.count - 2]] == operation
        else { return nil }
        let first = wire[wire.count - 2]
        for slot in wires[control].reversed() where slot != first {
            guard slot > first else { break }
            guard slots[slot]?.axis(on: control) == .z else { return nil }
        }
        remove(wire[wire.count - 1])
        remove(first)
        return Operation(.rzz(rotation.angle), [control, target])
    }
}

enum MergedGate: Hashable {
    case gate(Operation)
    case nothing
}

/// A gate as a rotation of its kind by an angle.
struct MergeableRotation {
    enum Kind {
        case rx, ry, rz, rxx, ryy, rzz, cp, crx, cry, crz
    }

    let kind: Kind
    let angle: ParameterExpression

    init?(_ operation: Operation) {
        switch operation.gate {
        case .z: (kind, angle) = (.rz, .constant(.pi))
        case .s: (kind, angle) = (.rz, .constant(.pi / 2))
        case .sdg: (kind, angle) = (.rz, .constant(-.pi / 2))
        case .t: (kind, angle) = (.rz, .constant(.pi / 4))
        case .tdg: (kind, angle) = (.rz, .constant(-.pi / 4))
        case .rz(let theta), .p(let theta): (kind, angle) = (.rz, theta)
        case .x: (kind, angle) = (.rx, .constant(.pi))
        case .sx: (kind, angle) = (.rx, .constant(.pi / 2))
        case .sxdg: (kind, angle) = (.rx, .constant(-.pi / 2))
        case .rx(let theta): (kind, angle) = (.rx, theta)
        case .y: (kind, angle) = (.ry, .constant(.pi))
        case .ry(let theta): (kind, angle) = (.ry, theta)
        case .rxx(let theta): (kind, angle) = (.rxx, theta)
        case .ryy(let theta): (kind, angle) = (.ryy, theta)
        case .rzz(let theta): (kind, angle) = (.rzz, theta)
        case .cz: (kind, angle) = (.cp, .constant(.pi))
        case .cp(let theta): (kind, angle) = (.cp, theta)
        case .crx(let theta): (kind, angle) = (.crx, theta)
        case .cry(let theta): (kind, angle) = (.cry, theta)
        case .crz(let theta): (kind, angle) = (.crz, theta)
        default: return nil
        }
    }

    init(_ kind: Kind, _ angle: ParameterExpression) {
        self.kind = kind
        self.angle = angle
    }

    private var period: Double {
        switch kind {
        case .crx, .cry, .crz: 4 * .pi
        default: 2 * .pi
        }
    }

    var isIdentity: Bool { angle.isMultiple(of: period) }

    /// Up to a global phase.
    var gate: Gate {
        let reduced = angle.reduced
        return switch kind {
        case .rx: .rx(reduced)
        case .ry: .ry(reduced)
        case .rz: .rz(reduced)
        case .rxx: .rxx(reduced)
        case .ryy: .ryy(reduced)
        case .rzz: .rzz(reduced)
        case .cp: (angle - .pi).isMultiple(of: 2 * .pi) ? .cz : .cp(reduced)
        case .crx: .crx(angle.simplified)
        case .cry: .cry(angle.simplified)
        case .crz: .crz(angle.simplified)
        }
    }
}

extension Operation {
    func commutesByAxes(with other: Operation) -> Bool {
        qubits.allSatisfy { qubit in
            guard other.qubits.contains(qubit) else { return true }
            let axis = axis(on: qubit)
            return axis != nil && axis == other.axis(on: qubit)
        }
    }

    /// What both are together when they are of one kind; nil when they are not.
    func merged(with other: Operation) -> MergedGate? {
        guard gate.qubitCount == other.gate.qubitCount, hasSameOperands(as: other) else {
            return nil
        }
        if let first = MergeableRotation(self), let second = MergeableRotation(other) {
            guard first.kind == second.kind else { return nil }
            let sum = MergeableRotation(first.kind, (first.angle + second.angle).simplified)
            return sum.isIdentity ? .nothing : .gate(Operation(sum.gate, qubits))
        }
        switch gate {
        case .h, .cx, .cy, .ch, .swap, .ecr, .ccx, .cswap:
            return gate == other.gate ? .nothing : nil
        default: return nil
        }
    }

    private func hasSameOperands(as other: Operation) -> Bool {
        if qubits == other.qubits { return true }
        switch gate {
        case .cz, .cp, .swap, .rxx, .ryy, .rzz: return qubits == other.qubits.reversed()
        case .ccx: return qubits[2] == other.qubits[2] && Set(qubits) == Set(other.qubits)
        case .cswap: return qubits[0] == other.qubits[0] && Set(qubits) == Set(other.qubits)
        default: return false
        }
    }
}
