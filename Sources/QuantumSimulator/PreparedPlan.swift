internal import CQuantumKernels
import QuantumCircuit

/// A plan's groups, chains and matrices in the form in which kernels take them.
struct PreparedPlan {
    struct Group {
        /// For each group of up to four phases: the constant's slot or −1, then the phases' slots.
        let slots: [[Int32]]
        /// states × groups: which of a group's factors.
        let patterns: [UInt8]
    }

    struct Quads {
        let quads: qk_quads
        let matrix: [Double]
    }

    let groups: [Group]
    let links: [qk_link]
    let linkEnds: [UInt32]
    let quads: [Quads]
    let starts: [Int32]
    let startsInProduct: Bool
    /// Stored bits that start in |+⟩, where none starts in a chain's state.
    let uniformBits: UInt32

    init(_ plan: SimulationPlan) {
        groups = plan.groups.map { Group($0, states: plan.states) }
        links = plan.chains.joined().map { qk_link($0) }
        var ends: [UInt32] = []
        for chain in plan.chains { ends.append((ends.last ?? 0) + UInt32(chain.count)) }
        linkEnds = ends
        quads = plan.quads.map { Quads($0) }
        starts = plan.starts.map { start in
            switch start {
            case .zero: Int32(qk_start_zero)
            case .uniform: Int32(qk_start_uniform)
            case .chain(let chain): Int32(chain)
            }
        }
        startsInProduct = starts.contains { $0 >= 0 }
        uniformBits = plan.starts.indices.reduce(0) {
            plan.starts[$1] == .uniform ? $0 | 1 << UInt32($1) : $0
        }
    }
}

extension SimulationPlan {
    /// Groups of the step with most of them.
    var mostGroups: Int { groups.map { ($0.masks.count + 3) / 4 }.max() ?? 0 }
}

extension PreparedPlan.Group {
    init(_ phases: SimulationPlan.PhaseGroups, states: Int) {
        let size = Int(qk_group_phases)
        let parts = stride(from: 0, to: phases.masks.count, by: size).map {
            $0..<min($0 + size, phases.masks.count)
        }
        slots = parts.map { part in
            [Int32(part.lowerBound == 0 ? phases.constant : -1)]
                + phases.slots[part].map { Int32($0) }
        }
        patterns = (0..<UInt32(states)).flatMap { state in
            parts.map { part in
                part.reduce(UInt8(0)) { pattern, index in
                    let isOdd = (phases.masks[index] & state).nonzeroBitCount & 1
                    return pattern | UInt8(isOdd) << UInt8(index - part.lowerBound)
                }
            }
        }
    }
}

extension PreparedPlan.Quads {
    init(_ step: SimulationPlan.Quads) {
        let (first, second) = (step.orientations[0], step.orientations[1])
        quads = qk_quads(
            flip: (step.flips[0], step.flips[1]), orientation: (first.mask, second.mask),
            negated: (first.isNegated ? 1 : 0) | (second.isNegated ? 2 : 0))
        matrix = step.matrix.elements.flatMap { [$0.re, $0.im] }
    }
}

extension qk_pairing {
    init(_ pairing: SimulationPlan.Pairing) {
        let parities = [pairing.orientation, pairing.firstControl, pairing.secondControl]
        let negated = parities.indices.reduce(UInt32(0)) {
            parities[$1].isNegated ? $0 | 1 << UInt32($1) : $0
        }
        self.init(
            flip: pairing.flip, orientation: parities[0].mask, control_a: parities[1].mask,
            control_b: parities[2].mask, negated: negated)
    }
}

extension qk_link {
    init(_ link: SimulationPlan.Link) {
        self.init()
        switch link {
        case .phase(let slot): (kind, self.slot) = (UInt32(qk_link_phase), UInt32(slot))
        case .x(let slot): (kind, self.slot) = (UInt32(qk_link_x), UInt32(slot))
        case .y(let slot): (kind, self.slot) = (UInt32(qk_link_y), UInt32(slot))
        case .z(let slot): (kind, self.slot) = (UInt32(qk_link_z), UInt32(slot))
        case .fixed(let m):
            kind = UInt32(qk_link_fixed)
            matrix = (
                m[0, 0].re, m[0, 0].im, m[0, 1].re, m[0, 1].im,
                m[1, 0].re, m[1, 0].im, m[1, 1].re, m[1, 1].im
            )
        }
    }
}
