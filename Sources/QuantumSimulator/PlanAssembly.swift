import QuantumCircuit

extension PlanCompiler {
    /// Turns the draft into a plan: drops what the purpose cannot see, and numbers tables and
    /// slots.
    consuming func finish(for purpose: SimulationPlan.Purpose) -> SimulationPlan {
        if purpose == .amplitudes { flush() }
        let hadamards = steps.reduce(0) { count, step in
            if case .hadamards(let mask) = step { count + mask.nonzeroBitCount } else { count }
        }
        var uniformBits: UInt32 = 0
        if case .hadamards(let mask) = steps.first {
            uniformBits = mask
            steps.removeFirst()
        }
        var slots = SlotAllocator(keepsGlobalPhase: purpose == .amplitudes)
        let numbered = steps.map { slots.number($0, qubits: circuit.qubits) }
        let (phases, trigonometric, tables, final) = slots.finish(numbered)
        return SimulationPlan(
            circuit: circuit, purpose: purpose, angles: angles, slots: phases,
            trigonometricSlots: trigonometric, tables: tables, uniformBits: uniformBits,
            steps: final, hadamardCount: hadamards,
            logicalStates: frame.isIdentity ? [] : frame.logicalStates())
    }
}

/// Numbers the phases that a plan evaluates: those that need sine and cosine first, equal ones
/// once.
private struct SlotAllocator {
    let keepsGlobalPhase: Bool
    private var trigonometric: [LinearPhase] = []
    private var trigonometricIndices: [LinearPhase: Int] = [:]
    private var plain: [LinearPhase] = []
    private var plainIndices: [LinearPhase: Int] = [:]
    private var tables: [SimulationPlan.Table] = []
    private var tableIndices: [SimulationPlan.Table: Int] = [:]

    init(keepsGlobalPhase: Bool) { self.keepsGlobalPhase = keepsGlobalPhase }

    mutating func number(_ step: PlanCompiler.DraftStep, qubits: Int) -> SimulationPlan.Step {
        switch step {
        case .hadamards(let mask):
            return .hadamards(mask)
        case .rotation(let flip, let sign, let turns, let phase):
            let slot = trigonometricSlot(phase)
            return .rotation(.init(flip: flip, sign: sign, quarterTurns: turns, slot: slot))
        case .diagonal(let polynomial):
            let table =
                polynomial.degree <= 2
                ? twoLocal(polynomial.monomials, qubits) : parities(polynomial)
            let index = tableIndices[table] ?? tables.count
            if index == tables.count {
                tables.append(table)
                tableIndices[table] = index
            }
            return .diagonal(index)
        }
    }

    private mutating func twoLocal(
        _ monomials: [UInt32: LinearPhase], _ qubits: Int
    ) -> SimulationPlan.Table {
        let slot = { (mask: UInt32, slots: inout Self) in
            monomials[mask].map { slots.trigonometricSlot($0) } ?? -1
        }
        let constant = keepsGlobalPhase ? slot(0, &self) : -1
        var linear: [Int] = []
        var pairs: [Int] = []
        for high in 0..<qubits {
            linear.append(slot(1 << UInt32(high), &self))
            for low in 0..<high { pairs.append(slot(1 << UInt32(high) | 1 << UInt32(low), &self)) }
        }
        return .twoLocal(constant: constant, linear: linear, pairs: pairs)
    }

    private mutating func parities(_ polynomial: PhasePolynomial) -> SimulationPlan.Table {
        let masks = polynomial.terms.keys.sorted().filter { keepsGlobalPhase || $0 != 0 }
        let slots = masks.map { plainSlot(polynomial.terms[$0] ?? LinearPhase()) }
        return .parities(masks: masks, slots: slots)
    }

    private mutating func trigonometricSlot(_ phase: LinearPhase) -> Int {
        Self.slot(phase, &trigonometric, &trigonometricIndices)
    }

    private mutating func plainSlot(_ phase: LinearPhase) -> Int {
        Self.slot(phase, &plain, &plainIndices)
    }

    private static func slot(
        _ phase: LinearPhase, _ list: inout [LinearPhase], _ indices: inout [LinearPhase: Int]
    ) -> Int {
        if let index = indices[phase] { return index }
        indices[phase] = list.count
        list.append(phase)
        return list.count - 1
    }

    /// Plain slots follow the trigonometric ones.
    func finish(
        _ steps: [SimulationPlan.Step]
    ) -> ([LinearPhase], Int, [SimulationPlan.Table], [SimulationPlan.Step]) {
        let shift = trigonometric.count
        let shifted = tables.map { table in
            if case .parities(let masks, let slots) = table {
                return SimulationPlan.Table.parities(masks: masks, slots: slots.map { $0 + shift })
            }
            return table
        }
        return (trigonometric + plain, shift, shifted, steps)
    }
}
