import QuantumCircuit

/// Walks a circuit once, keeping pending what need not touch amplitudes yet.
///
/// Invariant: the circuit so far = open runs of one-qubit gates ∘ read-out frame ∘ pending phases ∘
/// steps ∘ start.
struct PlanCompiler {
    let circuit: Circuit
    let purpose: SimulationPlan.Purpose
    var frame: BasisFrame
    var pending = PhasePolynomial()
    var steps: [DraftStep] = []
    var starts: [DraftStart]
    var hadamardCount = 0
    var angles: [ParameterExpression] = []
    private var angleIndices: [ParameterExpression: Int] = [:]
    /// Gates on each qubit that no other gate has met yet.
    var runs: [[LocalGate]]
    /// Qubits that nothing but their run has acted on.
    var isFresh: [Bool]

    enum DraftStep: Hashable {
        case diagonal(PhasePolynomial)
        case hadamards(UInt32)
        /// The phase is half of the rotation's angle.
        case rotation(flip: UInt32, sign: UInt32, quarterTurns: Int, phase: LinearPhase)
        case pair(SimulationPlan.Pairing, [LocalGate])
        case quads(SimulationPlan.Quads)
    }

    enum DraftStart: Hashable {
        case zero
        case uniform
        case run([LocalGate])
    }

    init(_ circuit: Circuit, for purpose: SimulationPlan.Purpose) {
        self.circuit = circuit
        self.purpose = purpose
        frame = BasisFrame(qubits: circuit.qubits)
        starts = [DraftStart](repeating: .zero, count: circuit.qubits)
        runs = [[LocalGate]](repeating: [], count: circuit.qubits)
        isFresh = [Bool](repeating: true, count: circuit.qubits)
    }

    /// - Throws: `.unsupportedGate` for resets, and measurements before a qubit's end.
    mutating func apply(_ operation: Operation, at position: Int) throws(SimulationError) {
        let first = operation.qubits[0]
        switch operation.gate {
        case .id, .barrier: break
        case .measure: try checkLast(operation, at: position)
        case .reset: throw .unsupportedGate(gate: operation.gate.name, position: position)
        case .unitary(let unitary):
            if unitary.qubits == 1 {
                add(.fixed(unitary.matrix), to: first)
            } else {
                applyUnitary(unitary.matrix, operation.qubits)
            }
        default:
            if operation.qubits.count == 1 {
                applyLocal(operation.gate, first)
            } else {
                for qubit in operation.qubits { close(qubit) }
                applyJoint(operation.gate, operation.qubits)
            }
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
            return applyPair([.h], to: qubit)
        }
        let wasFlipped = frame.isNegated(bit(qubit))
        if wasFlipped { frame.applyX(qubit) }
        flushUnlessCommuting(withFlipping: stored)
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
        flushUnlessCommuting(withFlipping: flip)
        let turns = (x & z).nonzeroBitCount + (frame.isNegated(z) ? 2 : 0)
        steps.append(
            .rotation(
                flip: flip, sign: frame.storedMask(of: z), quarterTurns: turns & 3,
                phase: angle.scaled(by: 0.5)))
    }

    /// The product of a run on a qubit, where all controls are 1.
    mutating func applyPair(_ run: [LocalGate], to qubit: Int, controls: [Int] = []) {
        let flip = frame.flipPattern(of: bit(qubit))
        flushUnlessCommuting(withFlipping: flip)
        var pairing = SimulationPlan.Pairing(flip: flip, orientation: parity(of: qubit))
        if controls.count > 0 { pairing.firstControl = parity(of: controls[0]) }
        if controls.count > 1 { pairing.secondControl = parity(of: controls[1]) }
        steps.append(.pair(pairing, run))
    }

    mutating func flushUnlessCommuting(withFlipping flip: UInt32) {
        if !pending.commutes(withFlipping: flip) { flush() }
    }

    mutating func flush() {
        absorbLeadingPhases()
        guard !pending.isIdentity else { return }
        steps.append(.diagonal(pending))
        pending = PhasePolynomial()
    }

    // MARK: Small things

    func bit(_ qubit: Int) -> UInt32 { 1 << UInt32(qubit) }

    func parity(of qubit: Int) -> SimulationPlan.Parity {
        SimulationPlan.Parity(
            mask: frame.storedMask(of: bit(qubit)), isNegated: frame.isNegated(bit(qubit)))
    }

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
