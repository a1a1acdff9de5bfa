internal import CQuantumKernels
import QuantumCircuit

/// Pauli strings on states, and derivatives.
extension KernelSet {
    /// A Hermitian Pauli string on stored states: `(P·a)[s] = iᵏ·(−1)^parity(sign & t)·a[t]`, t = s
    /// ⊕ flip.
    struct StoredPauli: Hashable {
        let flip: UInt32
        let sign: UInt32
        let quarterTurns: Int

        init(_ string: PauliString, in frame: BasisFrame) {
            flip = frame.flipPattern(of: string.x)
            sign = frame.storedMask(of: string.z)
            quarterTurns = (string.yCount + (frame.isNegated(string.z) ? 2 : 0)) & 3
        }
    }

    /// `scale·⟨state|P|state⟩`.
    func pauliExpectation(
        _ state: Reals, _ states: Int, _ pauli: StoredPauli, _ scale: Double, _ output: Reals
    ) {
        let turns = UInt32(pauli.quarterTurns)
        switch self {
        case .vectorised:
            unsafe qk_pauli_expectation(
                state, states, pauli.flip, pauli.sign, turns, scale, output)
        case .reference:
            unsafe ReferenceKernels.pauliExpectation(state, states, pauli, scale, output)
        }
    }

    func addPauli(
        _ state: Reals, _ states: Int, _ pauli: StoredPauli, _ coefficient: Double,
        _ output: Reals
    ) {
        let turns = UInt32(pauli.quarterTurns)
        switch self {
        case .vectorised:
            unsafe qk_add_pauli(
                state, states, pauli.flip, pauli.sign, turns, coefficient, output)
        case .reference:
            unsafe ReferenceKernels.addPauli(state, states, pauli, coefficient, output)
        }
    }

    func weigh(_ state: Reals, _ states: Int, _ weights: [Double], _ output: Reals) {
        switch self {
        case .vectorised: unsafe qk_weigh(state, states, weights, output)
        case .reference: unsafe ReferenceKernels.weigh(state, states, weights, output)
        }
    }

    func realOverlap(_ a: Reals, _ b: Reals, _ states: Int, _ scale: Double, _ output: Reals) {
        switch self {
        case .vectorised: unsafe qk_real_overlap(a, b, states, scale, output)
        case .reference: unsafe ReferenceKernels.realOverlap(a, b, states, scale, output)
        }
    }

    func rotateBack(
        _ state: Reals, _ adjoint: Reals, _ states: Int, _ rotation: SimulationPlan.Rotation,
        _ cosines: Reals, _ sines: Reals, _ scale: Double, _ gradient: Reals
    ) {
        switch self {
        case .vectorised:
            unsafe qk_rotate_back(
                state, adjoint, states, rotation.flip, rotation.sign,
                UInt32(rotation.quarterTurns), cosines, sines, scale, gradient)
        case .reference:
            unsafe ReferenceKernels.rotateBack(
                state, adjoint, states, rotation, cosines, sines, scale, gradient)
        }
    }

    func crossedProducts(
        _ adjoint: Reals, _ state: Reals, _ states: Int, _ scale: Double, _ products: Reals
    ) {
        switch self {
        case .vectorised: unsafe qk_crossed_products(adjoint, state, states, scale, products)
        case .reference:
            unsafe ReferenceKernels.crossedProducts(adjoint, state, states, scale, products)
        }
    }

    func pullBack(
        _ angles: borrowing AngleProgram, _ parameters: Reals, _ slotGradients: Reals,
        _ angleGradients: Reals, _ gradients: Reals
    ) {
        var program = unsafe angles.program
        switch self {
        case .vectorised:
            unsafe qk_pull_back(&program, parameters, slotGradients, angleGradients, gradients)
        case .reference:
            unsafe ReferenceKernels.pullBack(
                program, parameters, slotGradients, angleGradients, gradients)
        }
    }
}
