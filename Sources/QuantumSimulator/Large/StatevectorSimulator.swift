internal import CQuantumKernels
public import QuantumCircuit

/// Simulates one circuit on one large state vector, in both cores' caches.
///
/// Gates are fused to small matrices and wide diagonals; then passes bring the state into cache
/// chunk by chunk and run all that fits there. Results do not depend on the number of threads.
/// They may differ in the last bits between machines with and without fused multiply-add.
///
/// Qubit 0 is the least significant bit of a basis state's index.
public struct StatevectorSimulator: Sendable {
    /// Numbers that an amplitude is made of.
    public enum Precision: Hashable, Sendable, CaseIterable {
        /// 16 bytes an amplitude, up to 26 qubits.
        case double
        /// 8 bytes an amplitude, up to 27 qubits.
        case single

        public var bytesPerAmplitude: Int { self == .double ? 16 : 8 }
        public var maximumQubits: Int { self == .double ? 26 : 27 }
        var laneBits: Int {
            Int(self == .double ? qk_lane_bits_f64 : qk_lane_bits_f32)
        }
        /// 256 KiB of amplitudes: a quarter of a usual second-level cache.
        var chunkBits: Int { self == .double ? 14 : 15 }
    }

    public static let threadLimits = 1...64
    /// Bytes of the largest state in either precision.
    public static let defaultMemoryLimit = 1 << 30

    public let precision: Precision
    public let threads: Int
    /// Bytes that one state may take.
    public let memoryLimit: Int

    /// - Parameters:
    ///   - threads: within `threadLimits`; checked when a circuit is run.
    ///   - memoryLimit: in bytes, for the state; scratch is 256 KiB a thread.
    public init(
        precision: Precision = .double, threads: Int = 1,
        memoryLimit: Int = StatevectorSimulator.defaultMemoryLimit
    ) {
        self.precision = precision
        self.threads = threads
        self.memoryLimit = memoryLimit
    }

    /// The final state of a circuit that starts in |0…0⟩.
    ///
    /// - Parameter parameters: binds the template.
    /// - Throws: `StatevectorError` before anything is allocated, but for `.allocationFailed`.
    public func run(
        _ circuit: Circuit, parameters: [Double] = []
    ) throws(StatevectorError) -> LargeStatevector {
        let plan = try plan(circuit, parameters: parameters)
        return try run(plan)
    }

    /// Fuses and cuts into passes: what `run` does before it touches amplitudes.
    public func plan(
        _ circuit: Circuit, parameters: [Double] = []
    ) throws(StatevectorError) -> StatevectorPlan {
        try check(qubits: circuit.qubits)
        return StatevectorPlan(
            try BoundCircuit(circuit, parameters), qubits: circuit.qubits, precision)
    }

    /// - Parameter plan: of a simulator with the same precision; precondition.
    public func run(_ plan: StatevectorPlan) throws(StatevectorError) -> LargeStatevector {
        precondition(plan.precision == precision)
        try check(qubits: plan.qubits)
        let state = try LargeStatevector(plan, threads: threads)
        try state.apply(plan.program)
        return state
    }

    private func check(qubits: Int) throws(StatevectorError) {
        guard Self.threadLimits.contains(threads) else {
            throw .threads(threads, allowed: Self.threadLimits)
        }
        guard qubits <= precision.maximumQubits else {
            throw .tooManyQubits(qubits, limit: precision.maximumQubits)
        }
        let bytes = precision.bytesPerAmplitude << qubits
        guard bytes <= memoryLimit else {
            throw .memory(qubits: qubits, bytes: bytes, limit: memoryLimit)
        }
    }
}

/// A bound circuit fused and cut into passes, for one precision. Deterministic.
public final class StatevectorPlan {
    public let qubits: Int
    public let precision: StatevectorSimulator.Precision
    /// Blocks after fusion.
    public let blockCount: Int
    /// Times the whole state goes through the cache.
    public let passCount: Int
    /// Bytes read and written by the passes.
    public var stateTraffic: Int { program.stateTraffic }
    let program: PassProgram
    let bound: BoundCircuit

    /// - Parameter chunkBits: at least `laneBits` + 2; smaller than usual in tests.
    init(
        _ bound: BoundCircuit, qubits: Int, _ precision: StatevectorSimulator.Precision,
        chunkBits: Int? = nil
    ) {
        self.qubits = qubits
        self.precision = precision
        self.bound = bound
        let stored = Self.storedQubits(qubits, precision)
        let blocks = GateFusion.fuse(
            bound.steps.map { FusedBlock($0.matrix, $0.qubits) }, qubits: qubits)
        let chunkBits = min(stored, chunkBits ?? precision.chunkBits)
        let planner = PassPlanner(
            qubits: stored, chunkBits: chunkBits,
            runBits: min(precision.laneBits + 2, chunkBits))
        let passes = planner.plan(blocks)
        blockCount = blocks.count
        passCount = passes.count
        program = PassProgram(passes, qubits: stored, planner, precision)
    }

    /// A vector register and one bit to number them at least; the added qubits stay |0⟩.
    static func storedQubits(_ qubits: Int, _ precision: StatevectorSimulator.Precision) -> Int {
        max(qubits, precision.laneBits + 1)
    }
}
