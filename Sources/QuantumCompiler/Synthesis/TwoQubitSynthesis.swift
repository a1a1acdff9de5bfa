import QuantumCircuit

/// `(after₁⊗after₀)·exp(i(a·XX + b·YY + c·ZZ))·(before₁⊗before₀)` with coordinates that may be
/// symbols, as gates: as few entangling gates as the coordinates allow.
struct TwoQubitSynthesis {
    /// Operand 0 and operand 1.
    var before: [ComplexMatrix]
    var after: [ComplexMatrix]
    private(set) var coordinates: [ParameterExpression]

    init(
        before: [ComplexMatrix], after: [ComplexMatrix], coordinates: [ParameterExpression]
    ) {
        self.before = before
        self.after = after
        self.coordinates = coordinates.map(\.simplified)
        reduce()
    }

    init(_ unitary: ComplexMatrix) {
        let weyl = WeylDecomposition(unitary)
        self.init(
            before: weyl.before, after: weyl.after,
            coordinates: weyl.coordinates.map { .constant($0) })
    }

    /// `exp(iπ/2·XX) = i·XX`: quarter turns go into the local gates, next to nothing is nothing.
    private mutating func reduce() {
        for (axis, gate) in [Gate.x, .y, .z].enumerated() {
            guard let value = coordinates[axis].fixedValue else { continue }
            let quarters = (value / (.pi / 2)).rounded()
            var rest = value - quarters * .pi / 2
            for special in [0, Double.pi / 4, -Double.pi / 4] where abs(rest - special) < 1e-10 {
                rest = special
            }
            coordinates[axis] = .constant(rest)
            if abs(quarters.truncatingRemainder(dividingBy: 2)) == 1 {
                before = before.map { .matrix(gate) * $0 }
            }
        }
    }

    private func isZero(_ axis: Int) -> Bool { coordinates[axis] == .constant(0) }
    private var active: [Int] { (0..<3).filter { !isZero($0) } }

    /// How many native two-qubit gates it takes.
    func cost(partial: Bool) -> Int {
        let active = active
        if partial { return active.count }
        guard active.count == 1 else { return active.count }
        return isQuarter(active[0]) ? 1 : 2
    }

    private func isQuarter(_ axis: Int) -> Bool {
        coordinates[axis].fixedValue.map { abs($0) == .pi / 4 } ?? false
    }

    /// In time order, on operands `a` (0) and `b` (1): CX, RZZ, and one-qubit gates.
    ///
    /// - Parameter partial: whether the device has RXX(θ): then one rotation for each coordinate.
    func operations(_ a: Int, _ b: Int, partial: Bool) -> [Operation] {
        let active = active
        let core: (operations: [Operation], frame: ComplexMatrix)
        if partial {
            core = (rotations(a, b), .identity(2))
        } else {
            switch active.count {
            case 0: core = ([], .identity(2))
            case 1: core = single(active[0], a, b)
            case 2: core = double(active, a, b)
            default: core = (triple(a, b), .identity(2))
            }
        }
        // N = (V†⊗V†)·N′·(V⊗V), and N′ is what the operations make.
        let (frame, back) = (core.frame, core.frame.adjoint)
        return local(a, frame * before[0]) + local(b, frame * before[1]) + core.operations
            + local(a, after[0] * back) + local(b, after[1] * back)
    }

    private func local(_ qubit: Int, _ matrix: ComplexMatrix) -> [Operation] {
        matrix.isIdentityUpToPhase ? [] : [Operation(EulerAngles(matrix).gate, [qubit])]
    }

    private func rotations(_ a: Int, _ b: Int) -> [Operation] {
        active.map { axis in
            let angle = -2 * coordinates[axis]
            return Operation([.rxx(angle), .ryy(angle), .rzz(angle)][axis], [a, b])
        }
    }

    /// V with V·σ·V† = ±Z for σ of the axis, and Y or X in turn for the others.
    private static let toZ: [ComplexMatrix] = [
        .matrix(.h), .matrix(.rx(.constant(.pi / 2))), .identity(2),
    ]

    private func single(_ axis: Int, _ a: Int, _ b: Int) -> ([Operation], ComplexMatrix) {
        guard isQuarter(axis), let value = coordinates[axis].fixedValue else {
            return ([Operation(.rzz(-2 * coordinates[axis]), [a, b])], Self.toZ[axis])
        }
        // exp(±iπ/4·ZZ) is CZ with a quarter turn about Z on both.
        let turn = ParameterExpression.constant(value > 0 ? -.pi / 2 : .pi / 2)
        return (
            [
                Operation(.rz(turn), [a]), Operation(.rz(turn), [b]), Operation(.h, [b]),
                Operation(.cx, [a, b]), Operation(.h, [b]),
            ], Self.toZ[axis]
        )
    }

    /// CX·exp(i(a·XX + c·ZZ))·CX = exp(ia·X) on the control, exp(ic·Z) on the target.
    private func double(_ axes: [Int], _ a: Int, _ b: Int) -> ([Operation], ComplexMatrix) {
        // V that takes the idle axis to Y: S takes X to Y; RX(π/2) takes Z to −Y, Y to Z.
        let idle = 3 - axes[0] - axes[1]
        let frame: ComplexMatrix
        let (x, z): (Int, Int)
        switch idle {
        case 0: (frame, x, z) = (.matrix(.s), 1, 2)
        case 2: (frame, x, z) = (.matrix(.rx(.constant(.pi / 2))), 0, 1)
        default: (frame, x, z) = (.identity(2), 0, 2)
        }
        return (
            [
                Operation(.cx, [a, b]), Operation(.rx(-2 * coordinates[x]), [a]),
                Operation(.rz(-2 * coordinates[z]), [b]), Operation(.cx, [a, b]),
            ], frame
        )
    }

    /// Vatan and Williams, "Optimal quantum circuits for general two-qubit gates",
    /// Phys. Rev. A 69, 032315 (2004), figure 6: RY on `b`, CX, RY on `b` in the middle. RY is
    /// √X†·RZ·√X, and the inner √X† and √X meet across the target of that CX: one pulse is left on
    /// each side.
    private func triple(_ a: Int, _ b: Int) -> [Operation] {
        let quarter = ParameterExpression.constant(.pi / 2)
        return [
            Operation(.rz(quarter), [b]), Operation(.cx, [b, a]),
            Operation(.rz((quarter - 2 * coordinates[2]).reduced), [a]),
            Operation(.sx, [b]), Operation(.rz((quarter - 2 * coordinates[0]).reduced), [b]),
            Operation(.cx, [a, b]),
            Operation(.rz((2 * coordinates[1] - quarter).reduced), [b]), Operation(.sxdg, [b]),
            Operation(.cx, [b, a]), Operation(.rz(-quarter), [a]),
        ]
    }
}
