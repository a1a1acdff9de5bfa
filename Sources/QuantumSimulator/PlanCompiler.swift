import QuantumCircuit

/// Walks a circuit once, keeping pending what need not touch amplitudes yet.
///
/// Invariant: the circuit so far = read-out frame ∘ pending phases ∘ steps.
struct PlanCompiler {
    let circuit: Circuit
    var frame: BasisFrame
    var pending = PhasePolynomial()
    var steps: [DraftStep] = []
    var angles: [ParameterExpression] = []
    private var angleIndices: [ParameterExpression: Int] = [:]

    enum DraftStep: Hashable {
        case diagonal(PhasePolynomial)
        case hadamards(UInt32)
        /// The phase is half of the rotation's angle.
        case rotation(flip: UInt32, sign: UInt32, quarterTurns: Int, phase: LinearPhase)
    }

    init(_ circuit: Circuit) {
        self.circuit = circuit
        frame = BasisFrame(qubits: circuit.qubits)
    }

    /// - Throws: `.unsupportedGate` for resets, and measurements before a qubit's end.
    mutating func apply(_ operation: Operation, at position: Int) throws(SimulationError) {
        let first = operation.qubits[0]
        let second = operation.qubits.last ?? first
        switch operation.gate {
        case .id, .barrier: break
        case .h: hadamard(first)
        case .x: frame.applyX(first)
        case .y:
            // Y = iXZ.
            globalPhase(.pi / 2)
            phaseGate(constant(.pi), first)
            frame.applyX(first)
        case .z: phaseGate(constant(.pi), first)
        case .s: phaseGate(constant(.pi / 2), first)
        case .sdg: phaseGate(constant(-.pi / 2), first)
        case .t: phaseGate(constant(.pi / 4), first)
        case .tdg: phaseGate(constant(-.pi / 4), first)
        case .sx: rootX(first, sign: 1)
        case .sxdg: rootX(first, sign: -1)
        case .rx(let angle): rotate(x: bit(first), z: 0, phase(angle))
        case .ry(let angle): rotate(x: bit(first), z: bit(first), phase(angle))
        case .rz(let angle): parityPhase(phase(angle), -0.5, bit(first))
        case .p(let angle): phaseGate(phase(angle), first)
        case .u(let theta, let phi, let lambda):
            phaseGate(phase(lambda), first)
            rotate(x: bit(first), z: bit(first), phase(theta))
            phaseGate(phase(phi), first)
        case .cx: frame.applyCX(first, second)
        case .cy:
            phaseGate(constant(-.pi / 2), second)
            frame.applyCX(first, second)
            phaseGate(constant(.pi / 2), second)
        case .cz: controlledPhase(constant(.pi), first, second)
        case .cp(let angle): controlledPhase(phase(angle), first, second)
        case .swap: frame.applySwap(first, second)
        case .rxx(let angle): rotate(x: bit(first) | bit(second), z: 0, phase(angle))
        case .ryy(let angle):
            let both = bit(first) | bit(second)
            rotate(x: both, z: both, phase(angle))
        case .rzz(let angle): parityPhase(phase(angle), -0.5, bit(first) | bit(second))
        case .ch, .crx, .cry, .crz, .cu, .iswap, .ecr, .ccx, .cswap:
            applyComposed(operation.gate, operation.qubits)
        case .measure: try checkLast(operation, at: position)
        case .unitary(let unitary):
            let (operations, phase) = unitary.rotations
            globalPhase(phase)
            for part in operations {
                let placed = Operation(part.gate, part.qubits.map { operation.qubits[$0] })
                try apply(placed, at: position)
            }
        case .reset:
            throw .unsupportedGate(gate: operation.gate.name, position: position)
        }
    }

    /// Nothing happens at a measurement that ends its qubit: results are read from the final state.
    private func checkLast(_ operation: Operation, at position: Int) throws(SimulationError) {
        let later = circuit.operations[(position + 1)...]
        let isLast = later.allSatisfy { next in
            if case .barrier = next.gate { return true }
            return !next.qubits.contains(operation.qubits[0])
        }
        guard isLast else {
            throw .unsupportedGate(gate: operation.gate.name, position: position)
        }
    }

    // MARK: Diagonal gates

    mutating func globalPhase(_ value: Double) {
        pending.add(constant(value), times: 1, mask: 0)
    }

    /// `exp(i·scale·phase·(−1)^parity)` of a logical mask.
    mutating func parityPhase(_ phase: LinearPhase, _ scale: Double, _ logical: UInt32) {
        let signed = frame.isNegated(logical) ? -scale : scale
        pending.add(phase, times: signed, mask: frame.storedMask(of: logical))
    }

    /// `diag(1, e^{iφ})`: φ·b = φ/2 − φ/2·χ.
    mutating func phaseGate(_ phase: LinearPhase, _ qubit: Int) {
        pending.add(phase, times: 0.5, mask: 0)
        parityPhase(phase, -0.5, bit(qubit))
    }

    /// `diag(1, 1, 1, e^{iφ})`: φ·bᵢbⱼ = φ/4·(1 − χᵢ − χⱼ + χᵢⱼ).
    mutating func controlledPhase(_ phase: LinearPhase, _ first: Int, _ second: Int) {
        pending.add(phase, times: 0.25, mask: 0)
        parityPhase(phase, -0.25, bit(first))
        parityPhase(phase, -0.25, bit(second))
        parityPhase(phase, 0.25, bit(first) | bit(second))
    }

    // MARK: Gates that mix amplitudes

    mutating func hadamard(_ qubit: Int) {
        guard let stored = frame.privateBit(of: qubit) else {
            // H = i·RZ(π/2)·RX(π/2)·RZ(π/2): exact, and needs no bit of its own.
            globalPhase(.pi / 2)
            parityPhase(constant(.pi / 2), -0.5, bit(qubit))
            rotate(x: bit(qubit), z: 0, constant(.pi / 2))
            parityPhase(constant(.pi / 2), -0.5, bit(qubit))
            return
        }
        let wasFlipped = frame.isNegated(bit(qubit))
        if wasFlipped { frame.applyX(qubit) }
        if !pending.commutes(withFlipping: stored) { flush() }
        if case .hadamards(let mask) = steps.last {
            // Pending phases commute with this bit, so it joins the layer before them (or undoes
            // it).
            steps[steps.count - 1] = .hadamards(mask ^ stored)
            if mask == stored { steps.removeLast() }
        } else {
            steps.append(.hadamards(stored))
        }
        // H·X = Z·H.
        if wasFlipped { phaseGate(constant(.pi), qubit) }
    }

    /// `exp(−iθP/2)` for the Pauli string with X on `x`, Z on `z`, Y on both.
    mutating func rotate(x: UInt32, z: UInt32, _ angle: LinearPhase) {
        let flip = frame.flipPattern(of: x)
        if !pending.commutes(withFlipping: flip) { flush() }
        let turns = (x & z).nonzeroBitCount + (frame.isNegated(z) ? 2 : 0)
        steps.append(
            .rotation(
                flip: flip, sign: frame.storedMask(of: z), quarterTurns: turns & 3,
                phase: angle.scaled(by: 0.5)))
    }

    mutating func flush() {
        guard !pending.isIdentity else { return }
        steps.append(.diagonal(pending))
        pending = PhasePolynomial()
    }

    // MARK: Small things

    func bit(_ qubit: Int) -> UInt32 { 1 << UInt32(qubit) }

    func constant(_ value: Double) -> LinearPhase { LinearPhase(constant: value) }

    mutating func phase(_ angle: ParameterExpression) -> LinearPhase {
        if angle.requiredParameters == 0 { return constant(angle.evaluate([])) }
        let index = angleIndices[angle] ?? angles.count
        if index == angles.count {
            angles.append(angle)
            angleIndices[angle] = index
        }
        return LinearPhase(coefficients: [index: 1])
    }
}
