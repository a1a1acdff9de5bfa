internal import CQuantumKernels
public import QuantumCircuit

/// A final state and what is read from it.
///
/// Sums run in a fixed order over fixed blocks: no result depends on the number of threads. Qubit 0
/// is the least significant bit of an amplitude's index.
@safe public struct LargeStatevector: ~Copyable {
    /// Draws of one call.
    public static let shotLimits = 1...(1 << 30)

    public let qubits: Int
    public let precision: StatevectorSimulator.Precision
    /// Qubits that the circuit measured, by ascending classical bit; all qubits if it measured
    /// none.
    public let measured: [Int]
    let storage: UnsafeMutableRawPointer
    let storedQubits: Int
    let threads: UInt32
    /// Stored position of each qubit.
    let positions: [Int]

    init(_ plan: StatevectorPlan, threads: Int) throws(StatevectorError) {
        qubits = plan.qubits
        precision = plan.precision
        measured =
            plan.bound.measured.isEmpty ? Array(0..<plan.qubits) : plan.bound.measured
        positions = plan.bound.positions
        self.threads = UInt32(threads)
        storedQubits = StatevectorPlan.storedQubits(qubits, precision)
        let count = UInt32(storedQubits)
        let memory =
            switch precision {
            case .double: unsafe qk_large_create_f64(count, self.threads)
            case .single: unsafe qk_large_create_f32(count, self.threads)
            }
        guard let memory = unsafe memory else {
            throw .allocationFailed(bytes: precision.bytesPerAmplitude << qubits)
        }
        unsafe storage = memory
    }

    deinit { unsafe qk_large_destroy(storage) }

    func apply(_ program: PassProgram) throws(StatevectorError) {
        let (passes, count) = unsafe (program.passes, UInt32(storedQubits))
        let error =
            switch precision {
            case .double:
                unsafe qk_large_run_f64(doubles, count, passes, passes.count, threads)
            case .single:
                unsafe qk_large_run_f32(floats, count, passes, passes.count, threads)
            }
        // The program owns what the passes point to.
        withExtendedLifetime(program) {}
        try Self.check(error, bytes: precision.bytesPerAmplitude << precision.chunkBits)
    }

    var doubles: UnsafeMutablePointer<Double> {
        unsafe storage.assumingMemoryBound(to: Double.self)
    }

    var floats: UnsafeMutablePointer<Float> {
        unsafe storage.assumingMemoryBound(to: Float.self)
    }

    static func check(_ error: Int32, bytes: Int) throws(StatevectorError) {
        guard error == 0 else { throw .allocationFailed(bytes: bytes) }
    }

    /// Bits of a logical mask, moved to stored positions.
    func stored(_ mask: UInt32) -> UInt32 {
        positions.indices.reduce(0) { $0 | (mask >> UInt32($1) & 1) << UInt32(positions[$1]) }
    }

    // MARK: Amplitudes

    /// One amplitude.
    ///
    /// - Parameter index: 0 ..< 2^qubits.
    public func amplitude(_ index: Int) throws(StatevectorError) -> Complex {
        guard (0..<1 << qubits).contains(index) else {
            throw .index(index, limit: 1 << qubits)
        }
        return amplitude(storedAt: Int(stored(UInt32(index))))
    }

    /// All 2^qubits of them: 16 bytes each, whatever the precision.
    public func amplitudes() -> [Complex] {
        let isPlain = positions == Array(0..<qubits)
        return (0..<1 << qubits).map { index in
            amplitude(storedAt: isPlain ? index : Int(stored(UInt32(index))))
        }
    }

    private func amplitude(storedAt index: Int) -> Complex {
        let lanes = 1 << precision.laneBits
        let place = (index & ~(lanes - 1)) * 2 + (index & (lanes - 1))
        return switch precision {
        case .double: unsafe Complex(doubles[place], doubles[place + lanes])
        case .single: unsafe Complex(Double(floats[place]), Double(floats[place + lanes]))
        }
    }
}

extension LargeStatevector {
    /// Overwrites the state: an entry for tests of single kernels.
    ///
    /// - Parameter amplitudes: 2^qubits of them; precondition.
    func load(_ amplitudes: [Complex]) {
        precondition(amplitudes.count == 1 << qubits && storedQubits == qubits)
        let lanes = 1 << precision.laneBits
        for (index, value) in amplitudes.enumerated() {
            let place = (index & ~(lanes - 1)) * 2 + (index & (lanes - 1))
            switch precision {
            case .double:
                unsafe doubles[place] = value.re
                unsafe doubles[place + lanes] = value.im
            case .single:
                unsafe floats[place] = Float(value.re)
                unsafe floats[place + lanes] = Float(value.im)
            }
        }
    }
}
