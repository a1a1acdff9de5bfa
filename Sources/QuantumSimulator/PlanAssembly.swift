import QuantumCircuit

extension PlanCompiler {
    /// Turns the draft into a plan: drops what the purpose cannot see, and numbers tables and
    /// slots.
    consuming func finish() -> SimulationPlan {
        for qubit in 0..<circuit.qubits { close(qubit) }
        if !purpose.dropsTrailingPhases { flush() }
        let hadamards = steps.reduce(hadamardCount) { count, step in
            if case .hadamards(let mask) = step { count + mask.nonzeroBitCount } else { count }
        }
        var slots = SlotAllocator(circuit.qubits, keepsGlobalPhase: !purpose.dropsTrailingPhases)
        let starts = starts.map { slots.number($0) }
        // A table can be the state's start where all amplitudes are 1; later, few phases need none.
        var isStart = starts.allSatisfy { $0 == .uniform }
        let numbered = steps.map { step in
            defer { isStart = false }
            return slots.number(step, isStart: isStart)
        }
        let form = ClosedForm(starts: self.starts, steps: steps, frame: frame)
        let shift = slots.shiftPlainSlots()
        return SimulationPlan(
            circuit: circuit, purpose: purpose, angles: angles, slots: slots.all,
            trigonometricSlots: shift, tables: slots.tables, groups: slots.groups,
            chains: slots.chains, quads: slots.quads, starts: starts, steps: numbered,
            hadamardCount: hadamards, frame: frame, closedForm: form)
    }
}

/// Numbers the phases that a plan evaluates: those that need sine and cosine first, equal ones
/// once.
struct SlotAllocator {
    private let qubits: Int
    private let keepsGlobalPhase: Bool
    private var trigonometric = Numbering<LinearPhase>()
    private var plain = Numbering<LinearPhase>()
    private var tableNumbers = Numbering<SimulationPlan.Table>()
    private var groupNumbers = Numbering<SimulationPlan.PhaseGroups>()
    private var chainNumbers = Numbering<[SimulationPlan.Link]>()
    private var quadNumbers = Numbering<SimulationPlan.Quads>()
    private var tablesOf: [PhasePolynomial: Int] = [:]

    /// Up to here, phases are multiplied in without a table of all states: two products a state.
    private static let fewPhases = 8
    /// The same for parities of three bits and more, whose tables need a sine for every state.
    private static let fewParities = 32

    init(_ qubits: Int, keepsGlobalPhase: Bool) {
        self.qubits = qubits
        self.keepsGlobalPhase = keepsGlobalPhase
    }

    var tables: [SimulationPlan.Table] { tableNumbers.list }
    var groups: [SimulationPlan.PhaseGroups] { groupNumbers.list }
    var chains: [[SimulationPlan.Link]] { chainNumbers.list }
    var quads: [SimulationPlan.Quads] { quadNumbers.list }
    var all: [LinearPhase] { trigonometric.list + plain.list }

    mutating func number(_ start: PlanCompiler.DraftStart) -> SimulationPlan.Start {
        switch start {
        case .zero: .zero
        case .uniform: .uniform
        case .run(let run): .chain(chain(run))
        }
    }

    mutating func number(
        _ step: PlanCompiler.DraftStep, isStart: Bool
    ) -> SimulationPlan.Step {
        switch step {
        case .hadamards(let mask): .hadamards(mask)
        case .rotation(let flip, let sign, let turns, let phase):
            .rotation(
                .init(
                    flip: flip, sign: sign, quarterTurns: turns,
                    slot: trigonometric.number(phase)))
        case .pair(let pairing, let run): .pair(pairing, chain: chain(run))
        case .quads(let quads): .quads(quadNumbers.number(quads))
        case .diagonal(let polynomial): diagonal(polynomial, isStart)
        }
    }

    // MARK: Diagonal operators

    private mutating func diagonal(
        _ polynomial: PhasePolynomial, _ isStart: Bool
    ) -> SimulationPlan.Step {
        if let table = tablesOf[polynomial] { return .diagonal(table) }
        let masks = polynomial.terms.keys.filter { $0 != 0 }.sorted()
        let isTwoLocal = polynomial.degree <= 2
        // On few qubits a table is as cheap, and no step needs to know which form came before.
        let isFew = isTwoLocal ? masks.count <= Self.fewPhases : masks.count <= Self.fewParities
        if isFew, !(isStart && isTwoLocal), !masks.isEmpty {
            return .phases(group(polynomial, masks))
        }
        let table = isTwoLocal ? twoLocal(polynomial.monomials) : parities(polynomial)
        let index = tableNumbers.number(table)
        tablesOf[polynomial] = index
        return .diagonal(index)
    }

    private mutating func group(_ polynomial: PhasePolynomial, _ masks: [UInt32]) -> Int {
        let constant = keepsGlobalPhase ? polynomial.terms[0] : nil
        let slots = masks.map { trigonometric.number(polynomial.terms[$0] ?? LinearPhase()) }
        return groupNumbers.number(
            SimulationPlan.PhaseGroups(
                constant: constant.map { trigonometric.number($0) } ?? -1, masks: masks,
                slots: slots))
    }

    private mutating func twoLocal(_ monomials: [UInt32: LinearPhase]) -> SimulationPlan.Table {
        let slot = { (mask: UInt32, slots: inout Self) in
            monomials[mask].map { slots.trigonometric.number($0) } ?? -1
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
        let slots = masks.map { plain.number(polynomial.terms[$0] ?? LinearPhase()) }
        return .parities(masks: masks, slots: slots)
    }

    // MARK: Chains

    private mutating func chain(_ run: [LocalGate]) -> Int {
        var links: [SimulationPlan.Link] = []
        for gate in run {
            switch gate {
            case .phase(let angle): links.append(.phase(trigonometric.number(angle)))
            case .rx(let angle): links.append(.x(half(angle)))
            case .ry(let angle): links.append(.y(half(angle)))
            case .rz(let angle): links.append(.z(half(angle)))
            case .x, .h, .fixed:
                links.append(.fixed(gate.constantMatrix ?? .identity(2)))
            }
        }
        return chainNumbers.number(links)
    }

    private mutating func half(_ angle: LinearPhase) -> Int {
        trigonometric.number(angle.scaled(by: 0.5))
    }

    /// Plain slots follow the trigonometric ones, whose number is returned.
    mutating func shiftPlainSlots() -> Int {
        let shift = trigonometric.list.count
        for index in tableNumbers.list.indices {
            if case .parities(let masks, let slots) = tableNumbers.list[index] {
                tableNumbers.list[index] = .parities(
                    masks: masks, slots: slots.map { $0 + shift })
            }
        }
        return shift
    }
}

/// Distinct values in the order of their first occurrence.
private struct Numbering<Value: Hashable> {
    var list: [Value] = []
    private var indices: [Value: Int] = [:]

    mutating func number(_ value: Value) -> Int {
        if let index = indices[value] { return index }
        indices[value] = list.count
        list.append(value)
        return list.count - 1
    }
}
