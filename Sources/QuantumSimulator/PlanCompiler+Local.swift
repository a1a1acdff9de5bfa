import QuantumCircuit

/// A factor of a run of gates on one qubit.
enum LocalGate: Hashable, Sendable {
    case x
    case h
    /// `diag(1, e^{iφ})`.
    case phase(LinearPhase)
    /// Rotations by their angle.
    case rx(LinearPhase)
    case ry(LinearPhase)
    case rz(LinearPhase)
    case fixed(ComplexMatrix)

    /// Whether it changes the size of amplitudes: phases and X cost nothing.
    var isMixing: Bool {
        switch self {
        case .x, .phase, .rz: false
        case .h, .rx, .ry, .fixed: true
        }
    }

    /// The matrix, when no parameter is in it.
    var constantMatrix: ComplexMatrix? {
        switch self {
        case .x: Gate.x.matrix(angles: [])
        case .h: Gate.h.matrix(angles: [])
        case .phase(let angle): Self.matrix(.p(.constant(0)), angle)
        case .rx(let angle): Self.matrix(.rx(.constant(0)), angle)
        case .ry(let angle): Self.matrix(.ry(.constant(0)), angle)
        case .rz(let angle): Self.matrix(.rz(.constant(0)), angle)
        case .fixed(let matrix): matrix
        }
    }

    private static func matrix(_ gate: Gate, _ angle: LinearPhase) -> ComplexMatrix? {
        angle.coefficients.isEmpty ? gate.matrix(angles: [angle.constant]) : nil
    }
}

/// Runs of gates on one qubit: collected until another qubit is involved, then one step at most.
extension PlanCompiler {
    /// Gates made of phases, rotations and X, exactly, global phase included.
    mutating func applyLocal(_ gate: Gate, _ qubit: Int) {
        switch gate {
        case .h: add(.h, to: qubit)
        case .x: add(.x, to: qubit)
        case .y:
            // Y = iXZ.
            globalPhase(.pi / 2)
            add(.phase(constant(.pi)), to: qubit)
            add(.x, to: qubit)
        case .z: add(.phase(constant(.pi)), to: qubit)
        case .s: add(.phase(constant(.pi / 2)), to: qubit)
        case .sdg: add(.phase(constant(-.pi / 2)), to: qubit)
        case .t: add(.phase(constant(.pi / 4)), to: qubit)
        case .tdg: add(.phase(constant(-.pi / 4)), to: qubit)
        case .sx: addRootX(qubit, sign: 1)
        case .sxdg: addRootX(qubit, sign: -1)
        case .rx(let angle): add(.rx(phase(angle)), to: qubit)
        case .ry(let angle): add(.ry(phase(angle)), to: qubit)
        case .rz(let angle): add(.rz(phase(angle)), to: qubit)
        case .p(let angle): add(.phase(phase(angle)), to: qubit)
        case .u(let theta, let phi, let lambda):
            add(.phase(phase(lambda)), to: qubit)
            add(.ry(phase(theta)), to: qubit)
            add(.phase(phase(phi)), to: qubit)
        default: break
        }
    }

    /// √X or its inverse: `e^{±iπ/4}·RX(±π/2)`.
    private mutating func addRootX(_ qubit: Int, sign: Double) {
        globalPhase(sign * .pi / 4)
        add(.rx(constant(sign * .pi / 2)), to: qubit)
    }

    mutating func add(_ gate: LocalGate, to qubit: Int) {
        // Two Hadamards or X side by side are nothing.
        if runs[qubit].last == gate, gate == .h || gate == .x {
            runs[qubit].removeLast()
        } else {
            runs[qubit].append(gate)
        }
    }

    /// Ends a qubit's run, because another qubit is involved or the circuit is over.
    mutating func close(_ qubit: Int) {
        let (run, wasFresh) = (runs[qubit], isFresh[qubit])
        runs[qubit] = []
        isFresh[qubit] = false
        let mixing = run.count { $0.isMixing }
        if wasFresh, let first = run.first(where: \.isMixing) {
            if mixing == 1, first == .h, run[0] == .h {
                starts[qubit] = .uniform
                hadamardCount += 1
                for gate in run.dropFirst() { emit(gate, qubit) }
                return
            }
            if !purpose.keepsRotations || Self.product(run) != nil {
                starts[qubit] = .run(run)
                return
            }
        }
        if let matrix = Self.product(run), mixing > 1 {
            emit(.fixed(matrix), qubit)
        } else if mixing > 1, !purpose.keepsRotations {
            applyPair(run, to: qubit)
        } else {
            for gate in run { emit(gate, qubit) }
        }
    }

    /// A run's matrix, when no parameter is in it.
    static func product(_ run: [LocalGate]) -> ComplexMatrix? {
        var product = ComplexMatrix.identity(2)
        for gate in run {
            guard let matrix = gate.constantMatrix else { return nil }
            product = matrix * product
        }
        return product
    }

    /// Phases that open runs begin with join the pending ones before these become a step: they
    /// commute with what other qubits do, and one step serves all.
    mutating func absorbLeadingPhases() {
        for qubit in runs.indices where !isFresh[qubit] {
            let leading = runs[qubit].prefix { !$0.isMixing }
            runs[qubit].removeFirst(leading.count)
            for gate in leading { emit(gate, qubit) }
        }
    }

    private mutating func emit(_ gate: LocalGate, _ qubit: Int) {
        switch gate {
        case .x: frame.applyX(qubit)
        case .h: hadamard(qubit)
        case .phase(let angle): phaseGate(angle, qubit)
        case .rx(let angle): rotate(x: bit(qubit), z: 0, angle)
        case .ry(let angle): rotate(x: bit(qubit), z: bit(qubit), angle)
        case .rz(let angle): parityPhase(angle, -0.5, bit(qubit))
        case .fixed(let matrix):
            if matrix.isDiagonal {
                emitDiagonal(matrix, [qubit])
            } else {
                applyPair([.fixed(matrix)], to: qubit)
            }
        }
    }
}
