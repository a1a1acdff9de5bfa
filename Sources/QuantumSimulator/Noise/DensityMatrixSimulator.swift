internal import CQuantumKernels
public import QuantumCircuit

/// Simulates a noisy circuit exactly: the density matrix as 4ⁿ real coefficients of Pauli strings.
///
/// In this basis every channel is a real matrix with few entries, depolarising is a diagonal, and
/// Pauli expectations are read off. Gates and channels on the same qubits are fused first. Results
/// do not depend on the number of threads.
public struct DensityMatrixSimulator: Sendable {
    /// 4^12 numbers are 128 MiB.
    public static let maximumQubits = 12
    public static let threadLimits = 1...64

    public let threads: Int
    /// Bytes that one state may take.
    public let memoryLimit: Int

    /// - Parameters:
    ///   - threads: within `threadLimits`; checked when a circuit is run.
    ///   - memoryLimit: in bytes.
    public init(threads: Int = 1, memoryLimit: Int = 1 << 28) {
        self.threads = threads
        self.memoryLimit = memoryLimit
    }

    /// The final state of a circuit that starts in |0…0⟩. Resets are exact; a measurement must be
    /// its qubit's last operation.
    public func run(
        _ circuit: Circuit, parameters: [Double] = [], noise: NoiseModel = NoiseModel()
    ) throws(NoiseError) -> DensityMatrix {
        try run(try NoisyTemplate(circuit, noise: noise), parameters: parameters)
    }

    /// The final state of a template: the channels are in their places already.
    public func run(
        _ template: NoisyTemplate, parameters: [Double] = []
    ) throws(NoiseError) -> DensityMatrix {
        let circuit = template.circuit
        guard Self.threadLimits.contains(threads) else {
            throw .threads(threads, allowed: Self.threadLimits)
        }
        guard circuit.qubits <= Self.maximumQubits else {
            throw .tooManyQubits(circuit.qubits, limit: Self.maximumQubits)
        }
        let bytes = 8 << (2 * DensityMatrix.storedQubits(circuit.qubits))
        guard bytes <= memoryLimit else {
            throw .memory(qubits: circuit.qubits, bytes: bytes, limit: memoryLimit)
        }
        let noisy = try NoisyCircuit(template, parameters)
        let program = PauliProgram(Self.fuse(noisy), qubits: circuit.qubits)
        let state = DensityMatrix(noisy, template.noise)
        let error = unsafe qk_pauli_run(
            state.coefficients, UInt32(state.storedQubits), program.ops, program.ops.count,
            UInt32(threads))
        withExtendedLifetime(program) {}
        guard error == 0 else { throw .allocationFailed(bytes: bytes) }
        return state
    }

    /// Superoperators of equal maps are made once: circuits repeat few gates and channels.
    private static func fuse(_ circuit: NoisyCircuit) -> [PauliBlock] {
        var known: [ComplexMatrix: PauliSuperoperator] = [:]
        let blocks = circuit.steps.map { step in
            switch step {
            case .channel(let channel, let qubits):
                return PauliBlock(channel.superoperator, qubits)
            case .unitary(let matrix, let qubits):
                let map = known[matrix] ?? PauliSuperoperator(kraus: [matrix])
                known[matrix] = map
                return PauliBlock(map, qubits)
            }
        }
        return GateFusion.fuse(blocks, qubits: circuit.qubits)
    }
}

/// Superoperators in the kernels' own form.
@safe final class PauliProgram {
    private(set) var ops: [qk_pauli_op] = unsafe []
    private var allocations: [UnsafeMutableRawPointer] = unsafe []

    init(_ blocks: [PauliBlock], qubits: Int) {
        for block in blocks {
            let op = unsafe operation(block)
            unsafe ops.append(op)
        }
    }

    deinit { unsafe allocations.forEach { unsafe $0.deallocate() } }

    /// Targets among the lowest two qubits become flips of lanes with a factor for each lane.
    private func operation(_ block: PauliBlock) -> qk_pauli_op {
        let lanes = block.qubits.filter { $0 < 2 }
        let rows = block.qubits.filter { $0 >= 2 }
        let isWide = !lanes.isEmpty
        let (inner, outer) = (1 << (2 * lanes.count), 1 << (2 * rows.count))
        // The block's lane digits within a lane's number, and back.
        func digits(_ lane: Int) -> Int {
            lanes.indices.reduce(0) { $0 | (lane >> (2 * lanes[$1]) & 3) << (2 * $1) }
        }
        func flip(_ digits: Int) -> Int {
            lanes.indices.reduce(0) { $0 | (digits >> (2 * $1) & 3) << (2 * lanes[$1]) }
        }
        let states = (0..<16).map(digits)
        var (first, terms, factors) = ([UInt32(0)], [qk_pauli_term](), [Double]())
        for output in 0..<outer {
            for input in 0..<outer {
                for change in 0..<inner {
                    let values = (isWide ? states : [0]).map { state in
                        block.elements[
                            (output * inner | state) * block.size
                                + (input * inner | (state ^ change))]
                    }
                    if values.allSatisfy({ $0 == 0 }) { continue }
                    terms.append(
                        qk_pauli_term(
                            input: UInt32(input), flip: UInt32(flip(change)),
                            factor: UInt32(factors.count)))
                    factors += values
                }
            }
            first.append(UInt32(terms.count))
        }
        var op = unsafe qk_pauli_op()
        unsafe op.rows = UInt32(rows.count)
        unsafe withUnsafeMutableBytes(of: &op.row_qubits) { bytes in
            for (index, qubit) in rows.enumerated() { unsafe bytes[index] = UInt8(qubit - 2) }
        }
        unsafe op.wide = isWide ? 1 : 0
        unsafe op.first = unsafe UnsafePointer(keep(first))
        unsafe op.terms = unsafe UnsafePointer(keep(terms))
        unsafe op.factors = unsafe UnsafePointer(keep(factors))
        return unsafe op
    }

    private func keep<Element>(_ values: [Element]) -> UnsafeMutablePointer<Element> {
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
