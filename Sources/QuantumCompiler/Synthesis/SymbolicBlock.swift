import QuantumCircuit

/// A run of gates on one pair as `(L₁⊗L₀)·exp(i(a·XX + b·YY + c·ZZ))` in some local frame, with
/// symbols among the coordinates: rotations about two-qubit Pauli axes add up when turning all of
/// them through the local gates behind leaves them on three pairs of axes at right angles.
///
/// So RXX, RYY and RZZ together take three CX, and RZZ with a SWAP takes three where five stood.
struct SymbolicBlock {
    /// Product of local gates so far, on operand 0 and 1; a SWAP stands behind when `isSwapped`.
    private var local: [ComplexMatrix] = [.identity(2), .identity(2)]
    private var isSwapped = false
    private var frames: (RotationFrame, RotationFrame)?
    /// In the frames' axes.
    private var coordinates: [GateAxis: ParameterExpression] = [:]

    /// - Parameter gate: unitary, on operands 0 and 1 in the order `operands`.
    /// - Returns: false when the gate does not fit; the block is spoilt then.
    mutating func append(_ gate: Gate, _ operands: [Int]) -> Bool {
        let places = operands.map { isSwapped ? 1 - $0 : $0 }
        if operands.count == 1 {
            guard let matrix = gate.boundMatrix else { return false }
            local[places[0]] = matrix * local[places[0]]
            return true
        }
        if case .swap = gate {
            isSwapped.toggle()
            return true
        }
        if case .iswap = gate {
            let half = ParameterExpression.constant(-.pi / 2)
            return append(.rxx(half), operands) && append(.ryy(half), operands)
        }
        guard let rotation = PairRotation(gate) else { return false }
        for (place, matrix) in zip(places, rotation.before) {
            local[place] = matrix * local[place]
        }
        return turn(rotation, places)
    }

    /// `exp(−iθ/2·(u·σ)⊗(v·σ))·L = L·exp(−iθ/2·(u′·σ)⊗(v′·σ))`.
    private mutating func turn(_ rotation: PairRotation, _ places: [Int]) -> Bool {
        let first = rotation.axes[0].turnedBack(by: local[places[0]])
        let second = rotation.axes[1].turnedBack(by: local[places[1]])
        let (low, high) = places[0] == 0 ? (first, second) : (second, first)
        var frames = frames ?? (RotationFrame(z: low), RotationFrame(z: high))
        let axis: GateAxis
        let sign: Double
        if let a = frames.0.axis(of: low), let b = frames.1.axis(of: high), a.axis == b.axis {
            (axis, sign) = (a.axis, a.sign * b.sign)
        } else if frames.0.canTake(x: low), frames.1.canTake(x: high) {
            frames.0.take(x: low)
            frames.1.take(x: high)
            (axis, sign) = (.x, 1)
        } else {
            return false
        }
        self.frames = frames
        let angle = (-0.5 * sign) * rotation.angle
        coordinates[axis] = coordinates[axis].map { ($0 + angle).simplified } ?? angle
        return true
    }

    /// The block's local gates and coordinates in the standard frame.
    var synthesis: TwoQubitSynthesis {
        let before =
            frames.map { [$0.0.toStandard, $0.1.toStandard] }
            ?? [.identity(2), .identity(2)]
        var after = zip(local, before).map { $0 * $1.adjoint }
        var sums = [GateAxis.x, .y, .z].map { coordinates[$0] ?? .constant(0) }
        if isSwapped {
            // SWAP is exp(iπ/4·(XX + YY + ZZ)), and takes local gates to the other qubit.
            after = [after[1], after[0]]
            sums = sums.map { $0 + .pi / 4 }
        }
        return TwoQubitSynthesis(before: before, after: after, coordinates: sums)
    }
}

/// A gate as local gates, then `exp(−iθ/2·(u·σ)⊗(v·σ))`.
private struct PairRotation {
    var before: [ComplexMatrix]
    let axes: [BlochVector]
    let angle: ParameterExpression

    init?(_ gate: Gate) {
        let (x, y, z) = (BlochVector(1, 0, 0), BlochVector(0, 1, 0), BlochVector(0, 0, 1))
        let quarter = ParameterExpression.constant(.pi / 2)
        let turn = ComplexMatrix.rz(.pi / 2)
        before = [.identity(2), .identity(2)]
        switch gate {
        case .rxx(let theta): (axes, angle) = ([x, x], theta)
        case .ryy(let theta): (axes, angle) = ([y, y], theta)
        case .rzz(let theta): (axes, angle) = ([z, z], theta)
        // A controlled Pauli is RZ(π/2) and the Pauli's quarter turn, then −π/2 about Z⊗Pauli.
        case .cx: (before, axes, angle) = ([turn, .matrix(.sx)], [z, x], -quarter)
        case .cy: (before, axes, angle) = ([turn, .matrix(.ry(quarter))], [z, y], -quarter)
        case .cz: (before, axes, angle) = ([turn, turn], [z, z], -quarter)
        // The echo's X on the first qubit turns Z around.
        case .ecr: (before, axes, angle) = ([.matrix(.x), .identity(2)], [z, x], -quarter)
        default: return nil
        }
    }
}
