internal import CQuantumKernels
import QuantumCircuit

/// A noisy circuit for eight trajectories side by side: shared gates between random events.
///
/// The lanes of the large simulator's rows are trajectories here, so its kernels run the shared
/// gates; a row is a basis state.
@safe final class TrajectoryProgram {
    enum Item {
        /// The gates from this index of `gates` up to the next.
        case gates(Range<Int>)
        case event(Int)
    }

    /// A channel in its place.
    struct Event {
        let channel: KrausChannel
        let qubits: [Int]
    }

    let qubits: Int
    let measured: [Int]
    private(set) var items: [Item] = []
    private(set) var events: [Event] = []
    private(set) var gates: [qk_large_op] = unsafe []
    private let store = KernelOperations(.double)

    var states: Int { 1 << qubits }

    init(_ circuit: NoisyCircuit) {
        qubits = circuit.qubits
        measured = circuit.measured
        var pending: [FusedBlock] = []
        for step in circuit.steps {
            switch step {
            case .unitary(let matrix, let qubits): pending.append(FusedBlock(matrix, qubits))
            case .channel(let channel, let qubits):
                // One way only, and it does nothing.
                if channel.operators.count == 1 && channel.firstIsIdentity { continue }
                flush(&pending)
                items.append(.event(events.count))
                events.append(Event(channel: channel, qubits: qubits))
            }
        }
        flush(&pending)
    }

    private func flush(_ pending: inout [FusedBlock]) {
        if pending.isEmpty { return }
        let laneBits = Int(qk_lane_bits_f64)
        let stored = qubits + laneBits
        let layout = ChunkLayout(
            local: Array(0..<stored), qubits: stored, laneBits: laneBits)
        let first = unsafe gates.count
        for block in GateFusion.fuse(pending, qubits: qubits) {
            let gate = unsafe store.operation(block.shifted(by: laneBits), layout)
            unsafe gates.append(gate)
        }
        items.append(.gates(first..<(unsafe gates.count)))
        pending = []
    }
}
