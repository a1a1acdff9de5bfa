import QuantumCircuit
import QuantumSimulator

/// Work without a batch: one large state, and noise.
struct LargeWork: BenchWork {
    enum Kind {
        case statevector(StatevectorBench.Work, StatevectorSimulator.Precision)
        case densityMatrix
        case trajectories
        /// The pipeline's noisy backend; 0 shots for exact expectations.
        case backend(shots: Int)
    }

    let kind: Kind
    let qubits: Int
    let threads: Int

    static var all: [LargeWork] { noise + backends + states }

    private static var states: [LargeWork] {
        let sizes = [(20, 1), (20, 2), (22, 1)]
        return StatevectorSimulator.Precision.allCases.flatMap { precision in
            StatevectorBench.Work.allCases.flatMap { work in
                sizes.map { qubits, threads in
                    LargeWork(
                        kind: .statevector(work, precision), qubits: qubits, threads: threads)
                }
            }
        }
    }

    private static var noise: [LargeWork] {
        [Kind.densityMatrix, .trajectories].flatMap { kind in
            [1, 2].map { LargeWork(kind: kind, qubits: 8, threads: $0) }
        }
    }

    private static var backends: [LargeWork] {
        [4, 8].flatMap { qubits in
            [0, 1_024].map { LargeWork(kind: .backend(shots: $0), qubits: qubits, threads: 1) }
        }
    }

    var name: String {
        switch kind {
        case .statevector(let work, .double): "W6 \(work.rawValue), double"
        case .statevector(let work, .single): "W6 \(work.rawValue), single"
        case .densityMatrix: "W5a density matrix"
        case .trajectories: "W5b \(NoiseBench.trajectories) trajectories"
        case .backend(0): "noisy backend, exact"
        case .backend(let shots): "noisy backend, \(shots) shots"
        }
    }

    /// Whether its rate is bounded by memory.
    var isLargeState: Bool {
        if case .statevector = kind { true } else { false }
    }

    func measure(seconds: Double) throws -> BenchOutcome {
        switch kind {
        case .statevector(let work, let precision):
            try StatevectorBench.measure(
                work, qubits: qubits, precision: precision, threads: threads, seconds: seconds)
        case .densityMatrix:
            try NoiseBench.densityMatrix(qubits: qubits, threads: threads, seconds: seconds)
        case .trajectories:
            try NoiseBench.trajectories(qubits: qubits, threads: threads, seconds: seconds)
        case .backend(let shots):
            try NoiseBench.backend(qubits: qubits, shots: shots, seconds: seconds)
        }
    }

    func peerWork(_ outcome: BenchOutcome, seconds: Double) throws -> PeerWork? {
        // No library has such a backend: its parts are W5a and W5b.
        if case .backend = kind { return nil }
        guard case .statevector(let work, let precision) = kind else {
            return try noisyPeerWork(outcome, seconds)
        }
        let circuit = try StatevectorBench.circuit(work, qubits: qubits)
        var peer = PeerWork("statevector", circuit, inputs: [[]], outcome, seconds: seconds)
        peer.precision = precision == .double ? "double" : "single"
        peer.indices = StatevectorBench.compared(qubits: qubits)
        return peer
    }

    private func noisyPeerWork(_ outcome: BenchOutcome, _ seconds: Double) throws -> PeerWork {
        let circuit = try NoiseBench.circuit(qubits: qubits)
        let isTrajectories = if case .trajectories = kind { true } else { false }
        var peer = PeerWork(
            isTrajectories ? "trajectories" : "density-matrix", circuit,
            inputs: NoiseBench.records(qubits: qubits), outcome, seconds: seconds)
        peer.strings = NoiseBench.strings(qubits: qubits).map { [$0.x, $0.z] }
        peer.repetitions = NoiseBench.repetitions
        peer.depolarizing = NoiseBench.depolarizing
        peer.trajectories = NoiseBench.trajectories
        return peer
    }
}
