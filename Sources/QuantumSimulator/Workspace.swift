internal import CQuantumKernels

/// All memory of one simulator, allocated once: its size depends on the plan and never on the
/// batch.
@safe struct Workspace: ~Copyable {
    private let storage: UnsafeMutableRawPointer
    let bytes: Int

    let parameters: UnsafeMutablePointer<Double>
    let angles: UnsafeMutablePointer<Double>
    let slots: UnsafeMutablePointer<Double>
    let cosines: UnsafeMutablePointer<Double>
    let sines: UnsafeMutablePointer<Double>
    let state: UnsafeMutablePointer<Double>
    let probabilities: UnsafeMutablePointer<Double>
    /// One buffer per table that is used more than once, after one scratch buffer for the others.
    let tables: UnsafeMutablePointer<Double>
    let limits: UnsafeMutablePointer<Int32>
    let counts: UnsafeMutablePointer<UInt32>
    let sampling: UnsafeMutableRawPointer
    /// One 2×2 matrix per chain.
    let matrices: UnsafeMutablePointer<Double>
    /// Factors of the groups of one step.
    let factors: UnsafeMutablePointer<Double>

    init(_ plan: SimulationPlan, tableBuffers: Int) {
        let (lanes, states) = (BatchSimulator.lanes, plan.states)
        let doubles = MemoryLayout<Double>.stride
        let sizes = [
            plan.parameters * lanes * doubles, plan.angles.count * lanes * doubles,
            plan.slots.count * lanes * doubles, plan.slots.count * lanes * doubles,
            plan.slots.count * lanes * doubles, states * 2 * lanes * doubles,
            states * lanes * doubles, tableBuffers * states * 2 * lanes * doubles,
            states * lanes * MemoryLayout<Int32>.stride, states * MemoryLayout<UInt32>.stride,
            qk_sample_scratch(UInt32(states)),
            plan.chains.count * Int(qk_matrix_doubles) * doubles,
            plan.mostGroups * Int(qk_group_patterns) * 2 * lanes * doubles,
        ]
        var offsets: [Int] = [0]
        // A cache line between neighbours keeps power-of-two buffers out of each other's cache
        // sets.
        for size in sizes { offsets.append(offsets[offsets.count - 1] + (size + 127) / 64 * 64) }
        bytes = offsets[sizes.count]
        unsafe storage = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        unsafe storage.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        unsafe parameters = Self.part(storage, offsets[0])
        unsafe angles = Self.part(storage, offsets[1])
        unsafe slots = Self.part(storage, offsets[2])
        unsafe cosines = Self.part(storage, offsets[3])
        unsafe sines = Self.part(storage, offsets[4])
        unsafe state = Self.part(storage, offsets[5])
        unsafe probabilities = Self.part(storage, offsets[6])
        unsafe tables = Self.part(storage, offsets[7])
        unsafe limits = Self.part(storage, offsets[8])
        unsafe counts = Self.part(storage, offsets[9])
        unsafe sampling = storage + offsets[10]
        unsafe matrices = Self.part(storage, offsets[11])
        unsafe factors = Self.part(storage, offsets[12])
    }

    private static func part<Element>(
        _ storage: UnsafeMutableRawPointer, _ offset: Int
    ) -> UnsafeMutablePointer<Element> {
        unsafe (storage + offset).assumingMemoryBound(to: Element.self)
    }

    deinit { unsafe storage.deallocate() }
}
