internal import CQuantumKernels
import QuantumCircuit

/// Blocks in the kernels' own form: tables and matrices in the state's precision, in one place that
/// frees them.
@safe final class KernelOperations {
    let precision: StatevectorSimulator.Precision
    private var allocations: [UnsafeMutableRawPointer] = unsafe []

    init(_ precision: StatevectorSimulator.Precision) { self.precision = precision }

    deinit { unsafe allocations.forEach { unsafe $0.deallocate() } }

    func operation(_ block: FusedBlock, _ layout: ChunkLayout) -> qk_large_op {
        var op = unsafe qk_large_op()
        if block.isDiagonal {
            unsafe setDiagonal(&op, DiagonalTable(block, layout))
        } else {
            unsafe setMatrix(&op, block, layout)
        }
        return unsafe op
    }

    // MARK: Matrices

    private func setMatrix(_ op: inout qk_large_op, _ block: FusedBlock, _ layout: ChunkLayout) {
        let shape = block.shape
        // A control in a lane is a target whose matrix leaves half of the lanes alone.
        let held = shape.controls.filter { !layout.isLane(block.qubits[$0]) }
        let targets = block.qubits.indices.filter { !held.contains($0) }
        for control in held {
            switch layout.place(of: block.qubits[control]) {
            case .row(let bit): unsafe op.row_controls |= 1 << UInt64(bit)
            case .chunk(let bit): unsafe op.chunk_controls |= 1 << UInt64(bit)
            case .lane: break
            }
        }
        let matrix = LaneMatrix(block, targets: targets, controls: held, layout)
        unsafe op.rows = UInt32(matrix.rowBits.count)
        unsafe op.lanes = UInt32(matrix.laneBits.count)
        unsafe Self.set(&op.row_bits, matrix.rowBits)
        unsafe Self.set(&op.lane_bits, matrix.laneBits)
        if matrix.laneBits.isEmpty, targets == shape.targets, targets.count <= 3,
            let sources = shape.permutation
        {
            unsafe op.kind = UInt32(qk_large_permute)
            unsafe Self.set(&op.source, sources)
            return
        }
        unsafe op.kind = UInt32(shape.isReal ? qk_large_real : qk_large_dense)
        unsafe op.coefficients = unsafe UnsafeRawPointer(
            numbers(matrix.coefficients(isReal: shape.isReal)))
    }

    private static func set<Tuple>(_ tuple: inout Tuple, _ values: [Int]) {
        unsafe withUnsafeMutableBytes(of: &tuple) { bytes in
            for (index, value) in values.enumerated() { unsafe bytes[index] = UInt8(value) }
        }
    }

    // MARK: Diagonals

    private func setDiagonal(_ op: inout qk_large_op, _ table: DiagonalTable) {
        unsafe op.kind = UInt32(qk_large_diagonal)
        unsafe op.lanes = table.readsLanes ? UInt32(precision.laneBits) : 0
        unsafe op.coefficients = unsafe UnsafeRawPointer(numbers(table.factors))
        unsafe op.is_identity = unsafe UnsafePointer(keep(table.isIdentity))
        unsafe op.low_index = unsafe UnsafePointer(keep(table.lowIndex))
        unsafe op.high_index = unsafe UnsafePointer(keep(table.highIndex))
        unsafe op.chunk_index = unsafe UnsafePointer(keep(table.chunkIndex))
    }

    // MARK: Memory

    private func numbers(_ values: [Double]) -> UnsafeMutableRawPointer {
        switch precision {
        case .double: unsafe UnsafeMutableRawPointer(keep(values))
        case .single: unsafe UnsafeMutableRawPointer(keep(values.map { Float($0) }))
        }
    }

    func keep<Element>(_ values: [Element]) -> UnsafeMutablePointer<Element> {
        let bytes = max(values.count * MemoryLayout<Element>.stride, 64)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        unsafe allocations.append(memory)
        let typed = unsafe memory.bindMemory(to: Element.self, capacity: values.count)
        unsafe values.withUnsafeBufferPointer { source in
            guard let base = source.baseAddress else { return }
            unsafe typed.initialize(from: base, count: values.count)
        }
        return unsafe typed
    }
}
