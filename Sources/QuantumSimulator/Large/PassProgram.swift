internal import CQuantumKernels
import QuantumCircuit

/// Passes in the kernels' own form; valid as long as it lives.
@safe final class PassProgram {
    let precision: StatevectorSimulator.Precision
    private let store: KernelOperations
    private(set) var passes: [qk_large_pass] = unsafe []
    /// Bytes read and written by all passes over the state.
    let stateTraffic: Int

    init(
        _ planned: [PassPlanner.Pass], qubits: Int, _ planner: PassPlanner,
        _ precision: StatevectorSimulator.Precision
    ) {
        self.precision = precision
        store = KernelOperations(precision)
        stateTraffic = planned.count * 2 * precision.bytesPerAmplitude << qubits
        for pass in planned {
            let layout = ChunkLayout(
                local: pass.local, qubits: qubits, laneBits: precision.laneBits)
            let ops = unsafe pass.blocks.map { unsafe store.operation($0, layout) }
            var entry = unsafe qk_large_pass()
            unsafe entry.bits = UInt32(planner.chunkBits)
            unsafe entry.run_bits = UInt32(planner.runBits)
            unsafe withUnsafeMutableBytes(of: &entry.bits_above) { bytes in
                for (index, bit) in pass.local.dropFirst(planner.runBits).enumerated() {
                    unsafe bytes[index] = UInt8(bit)
                }
            }
            unsafe entry.ops = unsafe UnsafePointer(store.keep(ops))
            unsafe entry.count = ops.count
            unsafe passes.append(entry)
        }
    }
}
