internal import CQuantumKernels
import QuantumCircuit

/// What a plan needs to be run backwards for one observable.
struct BackwardPlan {
    /// Derivatives of one diagonal step: each slot's is a weighted sum over parities.
    struct Phases {
        struct Term {
            let slot: Int
            let parts: [(mask: UInt32, weight: Double)]
        }

        let terms: [Term]

        var isUpToPairs: Bool {
            terms.allSatisfy { $0.parts.allSatisfy { $0.mask.nonzeroBitCount <= 2 } }
        }
    }

    /// The observable's diagonal part on each stored state.
    private(set) var weights: [Double]
    /// Its other strings.
    private(set) var strings: [(pauli: KernelSet.StoredPauli, coefficient: Double)]
    let tables: [Phases]
    let groups: [Phases]
    let quads: [PreparedPlan.Quads]
    /// Steps before this one have no derivative and are not undone.
    let firstParametrised: Int
    private let links: [qk_link]

    /// - Parameter wanted: the parameters that a slot must depend on to have a derivative.
    init(_ plan: SimulationPlan, _ observable: PauliSum, wanted: Range<Int>) {
        weights = Self.weights(observable, plan)
        strings = Self.strings(observable, plan)
        let isWanted = plan.angles.map { angle in
            angle.terms.contains { $0.factors.contains { wanted.contains($0.parameter) } }
        }
        let isParametrised = plan.slots.map { $0.coefficients.keys.contains { isWanted[$0] } }
        tables = plan.tables.map { Self.phases($0, isParametrised) }
        groups = plan.groups.map { Self.parities($0.masks, $0.slots, isParametrised) }
        quads = plan.quads.map { step in
            PreparedPlan.Quads(
                SimulationPlan.Quads(
                    flips: step.flips, orientations: step.orientations,
                    matrix: step.matrix.adjoint))
        }
        // Chains of steps are single constant matrices here; those of starts are not undone.
        links = plan.chains.map { chain in
            guard case .fixed(let matrix) = chain.first else {
                return qk_link(.fixed(.identity(2)))
            }
            return qk_link(.fixed(matrix.adjoint))
        }
        let (tables, groups) = (tables, groups)
        firstParametrised =
            plan.steps.firstIndex { step in
                switch step {
                case .diagonal(let table): !tables[table].terms.isEmpty
                case .phases(let group): !groups[group].terms.isEmpty
                case .rotation(let rotation): isParametrised[rotation.slot]
                case .hadamards, .pair, .quads: false
                }
            } ?? plan.steps.count
    }

    /// What depends on the observable, for another one.
    mutating func observe(_ observable: PauliSum, _ plan: SimulationPlan) {
        weights = Self.weights(observable, plan)
        strings = Self.strings(observable, plan)
    }

    private static func strings(
        _ observable: PauliSum, _ plan: SimulationPlan
    ) -> [(pauli: KernelSet.StoredPauli, coefficient: Double)] {
        observable.terms.filter { !$0.string.isDiagonal }.map {
            (KernelSet.StoredPauli($0.string, in: plan.frame), $0.coefficient)
        }
    }

    /// The adjoint of each chain's matrix.
    func prepareMatrices(_ matrices: borrowing LaneBuffer, _ kernels: KernelSet) {
        let ends = links.indices.map { UInt32($0 + 1) }
        // Fixed matrices read no sines.
        unsafe kernels.chains(links, ends, matrices.base, matrices.base, matrices.base)
    }

    private static func weights(_ observable: PauliSum, _ plan: SimulationPlan) -> [Double] {
        var table = [Double](repeating: 0, count: plan.states)
        for term in observable.terms where term.string.isDiagonal {
            let sign: Double = plan.frame.isNegated(term.string.z) ? -1 : 1
            table[Int(plan.frame.storedMask(of: term.string.z))] += sign * term.coefficient
        }
        for bit in 0..<plan.qubits {
            let half = 1 << bit
            for low in table.indices where low & half == 0 {
                let (x, y) = (table[low], table[low | half])
                table[low] = x + y
                table[low | half] = x - y
            }
        }
        return table
    }

    private static func phases(
        _ table: SimulationPlan.Table, _ isParametrised: [Bool]
    ) -> Phases {
        switch table {
        case .parities(let masks, let slots): return parities(masks, slots, isParametrised)
        case .twoLocal(_, let linear, let pairs):
            var terms: [Phases.Term] = []
            for (high, slot) in linear.enumerated() {
                let top = UInt32(1) << UInt32(high)
                // b = (1 − χ)/2 and bⱼbₖ = (1 − χⱼ − χₖ + χⱼₖ)/4.
                if slot >= 0, isParametrised[slot] {
                    terms.append(Phases.Term(slot: slot, parts: [(0, 0.5), (top, -0.5)]))
                }
                for low in 0..<high {
                    let pair = pairs[high * (high - 1) / 2 + low]
                    let bottom = UInt32(1) << UInt32(low)
                    guard pair >= 0, isParametrised[pair] else { continue }
                    terms.append(
                        Phases.Term(
                            slot: pair,
                            parts: [
                                (0, 0.25), (top, -0.25), (bottom, -0.25), (top | bottom, 0.25),
                            ]))
                }
            }
            return Phases(terms: terms)
        }
    }

    private static func parities(
        _ masks: [UInt32], _ slots: [Int], _ isParametrised: [Bool]
    ) -> Phases {
        // A global phase has no derivative.
        let terms = zip(masks, slots).filter { $0 != 0 && isParametrised[$1] }
        return Phases(terms: terms.map { Phases.Term(slot: $1, parts: [($0, 1)]) })
    }
}
