import QuantumCircuit

/// A run of one-qubit gates: numbers are multiplied out, symbols kept as rotations about Z between
/// bound unitaries.
///
/// Every one-qubit gate of the closed set is a product of such pieces with angles that are linear
/// in its own, so a template's angles survive. Neighbouring rotations about Z are added, also
/// across diagonal and antidiagonal matrices.
struct OneQubitWord {
    private enum Piece {
        case matrix(ComplexMatrix)
        case rz(ParameterExpression)
    }

    /// In time order.
    private var pieces: [Piece] = []
    var isEmpty: Bool { pieces.isEmpty }

    /// - Parameter gate: a unitary on one qubit; others are ignored.
    mutating func append(_ gate: Gate) {
        if let matrix = gate.boundMatrix { return push(.matrix(matrix)) }
        switch gate {
        case .rz(let angle), .p(let angle): appendRZ(angle)
        case .rx(let angle):
            push(.matrix(.matrix(.h)))
            appendRZ(angle)
            push(.matrix(.matrix(.h)))
        case .ry(let angle): appendRY(angle)
        case .u(let theta, let phi, let lambda):
            appendRZ(lambda)
            appendRY(theta)
            appendRZ(phi)
        default: break
        }
    }

    /// RZ(angle) at the end.
    mutating func appendRZ(_ angle: ParameterExpression) {
        if let value = angle.fixedValue { push(.matrix(.rz(value))) } else { push(.rz(angle)) }
    }

    /// RY(θ) = RX(−π/2)·RZ(θ)·RX(π/2).
    private mutating func appendRY(_ angle: ParameterExpression) {
        push(.matrix(.matrix(.sx)))
        appendRZ(angle)
        push(.matrix(.matrix(.sxdg)))
    }

    private mutating func push(_ piece: Piece) {
        pieces.append(piece)
        while reduceTail() {}
    }

    /// Applies one rule to the last pieces; false when none applies.
    private mutating func reduceTail() -> Bool {
        let count = pieces.count
        guard let last = pieces.last else { return false }
        if case .matrix(let matrix) = last, matrix.isIdentityUpToPhase {
            pieces.removeLast()
            return true
        }
        guard count >= 2 else { return false }
        switch (pieces[count - 2], last) {
        case (.matrix(let first), .matrix(let second)):
            pieces.replaceSubrange((count - 2)..., with: [.matrix(second * first)])
            return true
        case (.rz(let first), .rz(let second)):
            replace(2, byRZ: first + second)
            return true
        case (.matrix(let matrix), .rz(let second)):
            guard count >= 3, case .rz(let first) = pieces[count - 3] else { return false }
            return merge(first, matrix, second)
        default: return false
        }
    }

    /// RZ(first), a diagonal or antidiagonal matrix, RZ(second).
    private mutating func merge(
        _ first: ParameterExpression, _ matrix: ComplexMatrix, _ second: ParameterExpression
    ) -> Bool {
        if matrix.isDiagonalWithin(Angle.tolerance) {
            let phase = matrix[1, 1].angle - matrix[0, 0].angle
            replace(3, byRZ: first + second + phase)
            return true
        }
        guard matrix.isAntidiagonal else { return false }
        // RZ(second)·M·RZ(first) = RZ(second − first)·M.
        pieces.removeLast(3)
        push(.matrix(matrix))
        appendRZ((second - first).reduced)
        return true
    }

    private mutating func replace(_ count: Int, byRZ angle: ParameterExpression) {
        pieces.removeLast(count)
        appendRZ(angle.reduced)
    }

    /// The run as frames and pulses.
    var pulses: PulseWord {
        var word = PulseWord()
        for piece in pieces {
            switch piece {
            case .rz(let angle): word.turn(angle)
            case .matrix(let matrix): word.append(EulerAngles(matrix))
            }
        }
        return word
    }
}
