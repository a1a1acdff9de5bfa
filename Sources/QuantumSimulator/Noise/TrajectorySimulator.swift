import Determinism
public import QuantumCircuit

/// Estimates from trajectories: means over runs that each take one Kraus operator of every channel.
public struct TrajectoryEstimates: Hashable, Sendable {
    /// Mean of ⟨P⟩ of each string.
    public let means: [Double]
    /// Standard error of each mean: sample standard deviation over √trajectories.
    public let standardErrors: [Double]
    public let trajectories: Int
    /// Trajectories that took the first operator of every channel: they were simulated as one.
    public let undisturbed: Int
}

/// Simulates a noisy circuit by trajectories, eight side by side.
///
/// Trajectory t's e-th event reads a Philox word that depends on the seed, t and e alone. All
/// trajectories share one run until their first departure from every channel's first operator;
/// they are sorted by it, and a block of eight starts from the shared state where its first
/// departs. Same seed, same result, for any number of threads.
public struct TrajectorySimulator: Sendable {
    /// 2^20 amplitudes of 8 trajectories and their reading are 192 MiB, for each thread twice.
    public static let maximumQubits = 20
    public static let trajectoryLimits = 1...(1 << 24)
    public static let threadLimits = 1...64

    public let threads: Int
    /// Bytes that all threads' states may take together.
    public let memoryLimit: Int

    /// - Parameters:
    ///   - threads: within `threadLimits`; checked when a circuit is run.
    ///   - memoryLimit: in bytes.
    public init(threads: Int = 1, memoryLimit: Int = 1 << 30) {
        self.threads = threads
        self.memoryLimit = memoryLimit
    }

    /// Means of Pauli strings in the final state, without readout errors.
    ///
    /// - Parameters:
    ///   - trajectories: within `trajectoryLimits`.
    ///   - stream: separate draws under one seed.
    public func estimate(
        _ strings: [PauliString], of circuit: Circuit, parameters: [Double] = [],
        noise: NoiseModel, trajectories: Int, seed: UInt64, stream: UInt64 = 0
    ) throws(NoiseError) -> TrajectoryEstimates {
        let template = try NoisyTemplate(circuit, noise: noise)
        let limit = UInt64(1) << UInt64(circuit.qubits)
        for string in strings where UInt64(string.x | string.z) >= limit {
            throw .stringOutOfRange(mask: string.x | string.z, qubits: circuit.qubits)
        }
        let run = try run(template, parameters, trajectories, seed, stream)
        let reader = StringReader(strings, qubits: circuit.qubits)
        let blocks = run.map(threads: threads) { lanes, members in
            reader.sums(lanes, members: members)
        }
        // Blocks in their order: the sum does not depend on the threads.
        var (sums, squares) = (
            [Double](repeating: 0, count: strings.count),
            [Double](repeating: 0, count: strings.count)
        )
        for block in blocks {
            for index in strings.indices {
                sums[index] += block.sums[index]
                squares[index] += block.squares[index]
            }
        }
        let count = Double(trajectories)
        let means = sums.map { $0 / count }
        let errors = zip(squares, means).map { square, mean in
            let variance = max(square / count - mean * mean, 0)
            return (variance / max(count - 1, 1)).squareRoot()
        }
        return TrajectoryEstimates(
            means: means, standardErrors: errors, trajectories: trajectories,
            undisturbed: run.undisturbed.count)
    }

    /// How often each outcome of the measured qubits is reported, one shot for each trajectory,
    /// readout errors included.
    ///
    /// - Returns: 2^count counts; bit i of an outcome is the qubit of the i-th measured classical
    ///   bit, or qubit i if the circuit measures none.
    public func counts(
        _ circuit: Circuit, parameters: [Double] = [], noise: NoiseModel, shots: Int,
        seed: UInt64, stream: UInt64 = 0
    ) throws(NoiseError) -> [Int] {
        try counts(
            try NoisyTemplate(circuit, noise: noise), parameters: parameters, shots: shots,
            seed: seed, stream: stream)
    }

    /// The same of a template: the channels are in their places already.
    public func counts(
        _ template: NoisyTemplate, parameters: [Double] = [], shots: Int, seed: UInt64,
        stream: UInt64 = 0
    ) throws(NoiseError) -> [Int] {
        let run = try run(template, parameters, shots, seed, stream)
        let reader = OutcomeReader(run, template.noise)
        let blocks = run.map(threads: threads) { lanes, members in
            reader.outcomes(lanes, members: members)
        }
        var counts = [Int](repeating: 0, count: 1 << run.program.measured.count)
        for block in blocks {
            for outcome in block { counts[Int(outcome)] += 1 }
        }
        return counts
    }

    private func run(
        _ template: NoisyTemplate, _ parameters: [Double], _ trajectories: Int, _ seed: UInt64,
        _ stream: UInt64
    ) throws(NoiseError) -> TrajectoryRun {
        let circuit = template.circuit
        guard Self.threadLimits.contains(threads) else {
            throw .threads(threads, allowed: Self.threadLimits)
        }
        guard Self.trajectoryLimits.contains(trajectories) else {
            throw .trajectories(trajectories, allowed: Self.trajectoryLimits)
        }
        guard circuit.qubits <= Self.maximumQubits else {
            throw .tooManyQubits(circuit.qubits, limit: Self.maximumQubits)
        }
        let bytes = 2 * threads * TrajectoryLanes.bytesPerState << circuit.qubits
        guard bytes <= memoryLimit else {
            throw .memory(qubits: circuit.qubits, bytes: bytes, limit: memoryLimit)
        }
        return TrajectoryRun(
            TrajectoryProgram(try NoisyCircuit(template, parameters)),
            TrajectoryDraws(seed: seed, stream: stream), trajectories: trajectories)
    }
}
