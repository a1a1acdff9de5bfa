internal import CQuantumKernels

/// Which implementation of the kernels runs; both give the same bits.
public enum KernelSet: Hashable, Sendable, CaseIterable {
    /// C, compiled for several instruction sets and chosen when the program loads.
    case vectorised
    /// Plain Swift, as a reference.
    case reference
}

/// The one dispatch point: each function does the same work in either set. Shapes are documented in
/// `CQuantumKernels.h`.
extension KernelSet {
    typealias Reals = UnsafeMutablePointer<Double>

    func loadLanes(_ rows: UnsafePointer<Double>, _ width: Int, _ valid: Int, _ lanes: Reals) {
        switch self {
        case .vectorised: unsafe qk_load_lanes(rows, width, valid, lanes)
        case .reference: unsafe ReferenceKernels.loadLanes(rows, width, valid, lanes)
        }
    }

    func storeLanes(_ lanes: Reals, _ width: Int, _ valid: Int, _ rows: Reals) {
        switch self {
        case .vectorised: unsafe qk_store_lanes(lanes, width, valid, rows)
        case .reference: unsafe ReferenceKernels.storeLanes(lanes, width, valid, rows)
        }
    }

    func phases(
        _ angles: borrowing AngleProgram, _ parameters: Reals, _ values: Reals, _ slots: Reals
    ) {
        var program = unsafe angles.program
        switch self {
        case .vectorised: unsafe qk_phases(&program, parameters, values, slots)
        case .reference: unsafe ReferenceKernels.phases(program, parameters, values, slots)
        }
    }

    /// `count` lane vectors.
    func sincos(_ x: Reals, _ cosines: Reals, _ sines: Reals, _ count: Int) {
        switch self {
        case .vectorised: unsafe qk_sincos(x, cosines, sines, count)
        case .reference: unsafe ReferenceKernels.sincos(x, cosines, sines, count)
        }
    }

    func twoLocalTable(
        _ table: Reals, _ qubits: Int, _ constant: Int, _ linear: [Int32], _ pairs: [Int32],
        _ cosines: Reals, _ sines: Reals
    ) {
        switch self {
        case .vectorised:
            unsafe qk_two_local_table(
                table, UInt32(qubits), Int32(constant), linear, pairs, cosines, sines)
        case .reference:
            unsafe ReferenceKernels.twoLocalTable(
                table, qubits, constant, linear, pairs, cosines, sines)
        }
    }

    func parityTable(
        _ table: Reals, _ scratch: Reals, _ qubits: Int, _ masks: [Int32], _ slots: [Int32],
        _ phases: Reals
    ) {
        switch self {
        case .vectorised:
            unsafe qk_parity_table(
                table, scratch, UInt32(qubits), masks, slots, masks.count, phases)
        case .reference:
            unsafe ReferenceKernels.parityTable(table, scratch, qubits, masks, slots, phases)
        }
    }

    func start(_ state: Reals, _ qubits: Int, _ uniform: UInt32) {
        switch self {
        case .vectorised: unsafe qk_start(state, UInt32(qubits), uniform)
        case .reference: unsafe ReferenceKernels.start(state, qubits, uniform)
        }
    }

    func multiply(_ state: Reals, _ table: Reals, _ states: Int) {
        switch self {
        case .vectorised: unsafe qk_multiply(state, table, states)
        case .reference: unsafe ReferenceKernels.multiply(state, table, states)
        }
    }

    func walsh(_ data: Reals, _ bits: Int, _ mask: UInt32, _ width: Int) {
        switch self {
        case .vectorised: unsafe qk_walsh(data, UInt32(bits), mask, width)
        case .reference: unsafe ReferenceKernels.walsh(data, bits, mask, width)
        }
    }

    func walshToPairs(_ data: Reals, _ bits: Int) {
        switch self {
        case .vectorised: unsafe qk_walsh_to_pairs(data, UInt32(bits))
        case .reference: unsafe ReferenceKernels.walshToPairs(data, bits)
        }
    }

    func rotate(
        _ state: Reals, _ states: Int, _ rotation: SimulationPlan.Rotation, _ cosines: Reals,
        _ sines: Reals
    ) {
        switch self {
        case .vectorised:
            unsafe qk_rotate(
                state, states, rotation.flip, rotation.sign, UInt32(rotation.quarterTurns),
                cosines, sines)
        case .reference:
            unsafe ReferenceKernels.rotate(state, states, rotation, cosines, sines)
        }
    }

    func probabilities(
        _ state: Reals, _ states: Int, _ scale: Double, _ order: [UInt32], _ output: Reals
    ) {
        switch self {
        case .vectorised:
            if order.isEmpty {
                unsafe qk_probabilities(state, states, scale, nil, output)
            } else {
                unsafe qk_probabilities(state, states, scale, order, output)
            }
        case .reference:
            unsafe ReferenceKernels.probabilities(state, states, scale, order, output)
        }
    }

    /// Row-major expectations of the first `valid` lanes, and their weighted sums.
    func readStrings(
        _ transformed: Reals, _ masks: [UInt32], _ weights: [Double], _ valid: Int,
        _ expectations: Reals, _ means: Reals
    ) {
        switch self {
        case .vectorised:
            unsafe qk_read_strings(
                transformed, masks, weights, masks.count, valid, expectations, means)
        case .reference:
            unsafe ReferenceKernels.readStrings(
                transformed, masks, weights, valid, expectations, means)
        }
    }
}
