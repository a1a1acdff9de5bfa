internal import CQuantumKernels

/// Kernels of gates that are neither phases nor Hadamards, and of closed forms.
extension KernelSet {
    /// Every chain's matrix.
    func chains(
        _ links: [qk_link], _ ends: [UInt32], _ cosines: Reals, _ sines: Reals, _ matrices: Reals
    ) {
        switch self {
        case .vectorised:
            unsafe qk_chains(links, ends, ends.count, cosines, sines, matrices)
        case .reference:
            unsafe ReferenceKernels.chains(links, ends, cosines, sines, matrices)
        }
    }

    func pair(_ state: Reals, _ states: Int, _ pairing: qk_pairing, _ matrix: Reals) {
        var pairing = pairing
        switch self {
        case .vectorised: unsafe qk_pair(state, states, &pairing, matrix)
        case .reference: unsafe ReferenceKernels.pair(state, states, pairing, matrix)
        }
    }

    func quads(_ state: Reals, _ states: Int, _ step: PreparedPlan.Quads) {
        var quads = step.quads
        switch self {
        case .vectorised: unsafe qk_quad(state, states, &quads, step.matrix)
        case .reference: unsafe ReferenceKernels.quads(state, states, quads, step.matrix)
        }
    }

    /// Slots of one group: the constant's, then up to four phases'.
    func phaseFactors(_ factors: Reals, _ slots: [Int32], _ cosines: Reals, _ sines: Reals) {
        switch self {
        case .vectorised:
            unsafe qk_phase_factors(factors, slots, slots.count - 1, cosines, sines)
        case .reference: unsafe ReferenceKernels.phaseFactors(factors, slots, cosines, sines)
        }
    }

    func multiplyGroups(
        _ state: Reals, _ states: Int, _ group: PreparedPlan.Group, _ factors: Reals
    ) {
        switch self {
        case .vectorised:
            unsafe qk_multiply_groups(
                state, states, group.slots.count, factors, group.patterns)
        case .reference:
            unsafe ReferenceKernels.multiplyGroups(
                state, states, group.slots.count, factors, group.patterns)
        }
    }

    func startProduct(_ state: Reals, _ qubits: Int, _ starts: [Int32], _ matrices: Reals) {
        switch self {
        case .vectorised: unsafe qk_start_product(state, UInt32(qubits), starts, matrices)
        case .reference: unsafe ReferenceKernels.startProduct(state, qubits, starts, matrices)
        }
    }

    /// Row-major expectations of the first `valid` lanes by formula, and their weighted sums.
    func closedForm(
        _ form: ClosedForm, _ strings: [qk_form_string], _ weights: [Double], _ cosines: Reals,
        _ sines: Reals, _ valid: Int, _ expectations: Reals, _ means: Reals
    ) {
        switch self {
        case .vectorised:
            unsafe qk_closed_form(
                UInt32(form.qubits), form.linear, form.pairs, strings, weights, strings.count,
                cosines, sines, valid, expectations, means)
        case .reference:
            unsafe ReferenceKernels.closedForm(
                form, strings, weights, cosines, sines, valid, expectations, means)
        }
    }
}
