import QuantumSimulator

/// Work without a batch: one large state, and noise. Peers have no script for it yet.
struct LargeWork {
    let name: String
    let qubits: Int
    let threads: Int
    /// Pieces of work a second, measured for so many seconds.
    let rate: (Double) throws -> Double

    static var all: [LargeWork] { states + noise + backends }

    private static var states: [LargeWork] {
        let sizes = [(20, 1), (20, 2), (22, 1)]
        return [StatevectorSimulator.Precision.double, .single].flatMap { precision in
            StatevectorBench.Work.allCases.flatMap { work in
                sizes.map { qubits, threads in
                    LargeWork(
                        name: StatevectorBench.name(work, precision), qubits: qubits,
                        threads: threads
                    ) {
                        try StatevectorBench.measure(
                            work, qubits: qubits, precision: precision, threads: threads,
                            seconds: $0
                        ).rate
                    }
                }
            }
        }
    }

    private static var noise: [LargeWork] {
        [1, 2].flatMap { threads in
            [
                LargeWork(name: "density-matrix", qubits: 8, threads: threads) {
                    try NoiseBench.densityMatrix(qubits: 8, threads: threads, seconds: $0).rate
                },
                LargeWork(
                    name: "trajectories-\(NoiseBench.trajectories)", qubits: 8, threads: threads
                ) {
                    try NoiseBench.trajectories(qubits: 8, threads: threads, seconds: $0).rate
                },
            ]
        }
    }

    private static var backends: [LargeWork] {
        [4, 8].flatMap { qubits in
            [0, 1_024].map { shots in
                LargeWork(name: NoiseBench.backendWork(shots), qubits: qubits, threads: 1) {
                    try NoiseBench.backend(qubits: qubits, shots: shots, seconds: $0).rate
                }
            }
        }
    }
}
