import Determinism
public import QuantumCircuit

/// A mixed state and what is read from it.
///
/// Qubit 0 is the least significant bit of a basis state's index.
@safe public struct DensityMatrix: ~Copyable {
    /// Draws of one call.
    public static let shotLimits = 1...(1 << 30)

    public let qubits: Int
    /// Qubits that the circuit measured, by ascending classical bit; all qubits if it measured
    /// none.
    public let measured: [Int]
    let storedQubits: Int
    private let noise: NoiseModel
    /// Tr(Pρ); bits 2q and 2q + 1 of an index are the x and z bit of P on qubit q.
    let coefficients: UnsafeMutablePointer<Double>

    init(_ circuit: NoisyCircuit, _ noise: NoiseModel) {
        qubits = circuit.qubits
        measured = circuit.measured
        storedQubits = Self.storedQubits(circuit.qubits)
        self.noise = noise
        let count = 1 << (2 * storedQubits)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: count * 8, alignment: 64)
        unsafe coefficients = memory.bindMemory(to: Double.self, capacity: count)
        unsafe coefficients.initialize(repeating: 0, count: count)
        // |0…0⟩ is an eigenstate of every Z string.
        for mask in 0..<1 << storedQubits { unsafe coefficients[Self.place(0, mask)] = 1 }
    }

    deinit { unsafe coefficients.deallocate() }

    /// The kernels' lanes hold two qubits; an added one stays |0⟩.
    static func storedQubits(_ qubits: Int) -> Int { max(qubits, 2) }

    /// Masks interleaved: x in even bits, z in odd ones.
    private static func place(_ x: Int, _ z: Int) -> Int { spread(x) | spread(z) << 1 }

    private static func spread(_ mask: Int) -> Int {
        var word = mask
        word = (word | word << 8) & 0x00FF_00FF
        word = (word | word << 4) & 0x0F0F_0F0F
        word = (word | word << 2) & 0x3333_3333
        return (word | word << 1) & 0x5555_5555
    }

    // MARK: Reading

    /// Tr(Pρ) of each string, without readout errors.
    public func expectations(of strings: [PauliString]) throws(NoiseError) -> [Double] {
        var result: [Double] = []
        result.reserveCapacity(strings.count)
        for string in strings {
            guard UInt64(string.x | string.z) < UInt64(1) << UInt64(qubits) else {
                throw .stringOutOfRange(mask: string.x | string.z, qubits: qubits)
            }
            result.append(unsafe coefficients[Self.place(Int(string.x), Int(string.z))])
        }
        return result
    }

    /// Tr(ρ·Σ c·P), without readout errors.
    public func expectation(of sum: PauliSum) throws(NoiseError) -> Double {
        let values = try expectations(of: sum.terms.map(\.string))
        return zip(sum.terms, values).reduce(0) { $0 + $1.0.coefficient * $1.1 }
    }

    /// Tr ρ²: 1 for a pure state, 1/2ⁿ for the fully mixed one.
    public var purity: Double {
        let count = 1 << (2 * storedQubits)
        let sum = (0..<count).reduce(0.0) { sum, index in
            let value = unsafe coefficients[index]
            return sum + value * value
        }
        return sum / Double(1 << storedQubits)
    }

    /// Probabilities of the true state of some qubits, before readout errors.
    ///
    /// - Parameter qubits: distinct; bit i of an outcome is the i-th of them.
    /// - Returns: 2^count probabilities.
    public func probabilities(of qubits: [Int]) throws(NoiseError) -> [Double] {
        var seen: Set<Int> = []
        for qubit in qubits {
            guard (0..<self.qubits).contains(qubit) else {
                throw .qubit(qubit, limit: self.qubits)
            }
            guard seen.insert(qubit).inserted else { throw .repeatedQubit(qubit) }
        }
        let size = 1 << qubits.count
        // Expectations of Z strings and probabilities are Walsh–Hadamard transforms of each other.
        var values = (0..<size).map { index in
            let mask = qubits.indices.reduce(0) { $0 | (index >> $1 & 1) << qubits[$1] }
            return unsafe coefficients[Self.place(0, mask)]
        }
        for bit in qubits.indices {
            for low in 0..<size where low >> bit & 1 == 0 {
                let (zero, one) = (values[low], values[low | 1 << bit])
                values[low] = zero + one
                values[low | 1 << bit] = zero - one
            }
        }
        return values.map { $0 / Double(size) }
    }

    /// Probabilities of reported outcomes of `measured`, with the noise model's readout errors.
    public func measuredProbabilities() throws(NoiseError) -> [Double] {
        noise.reported(try probabilities(of: measured), measured)
    }

    /// The matrix itself, 2ⁿ × 2ⁿ: 16·4ⁿ bytes.
    public func matrix() -> ComplexMatrix {
        let size = 1 << qubits
        var result = ComplexMatrix(diagonal: [Complex](repeating: .zero, count: size))
        // For each x, entries ⟨s|ρ|s ⊕ x⟩: ρ = Σ Tr(Pρ)·P/2ⁿ, transformed over z.
        for x in 0..<size {
            var values = (0..<size).map { z in
                let turns = PauliMatrix.entry(x: x, z: z, column: 0)
                return unsafe (coefficients[Self.place(x, z)] / Double(size)) * turns
            }
            for bit in 0..<qubits {
                for low in 0..<size where low >> bit & 1 == 0 {
                    let (zero, one) = (values[low], values[low | 1 << bit])
                    values[low] = zero + one
                    values[low | 1 << bit] = zero - one
                }
            }
            // ⟨s ⊕ x|P|s⟩ carries (−1)^parity(z & s): the transform's index is the column.
            for column in 0..<size { result[column ^ x, column] = values[column] }
        }
        return result
    }

    // MARK: Shots

    /// How often each outcome of `measured` is reported, readout errors included.
    ///
    /// Shot i reads draw i of `RandomStream(seed:stream:)`.
    ///
    /// - Returns: 2^count counts.
    public func counts(
        shots: Int, seed: UInt64, stream: UInt64 = 0
    ) throws(NoiseError) -> [Int] {
        guard Self.shotLimits.contains(shots) else {
            throw .shots(shots, allowed: Self.shotLimits)
        }
        var cumulative = try measuredProbabilities()
        // Rounding may leave −1e-17 where nothing can occur.
        for index in cumulative.indices { cumulative[index] = max(cumulative[index], 0) }
        let likely = cumulative.lastIndex { $0 > 0 } ?? 0
        for index in cumulative.indices.dropFirst() { cumulative[index] += cumulative[index - 1] }
        var random = RandomStream(seed: seed, stream: stream)
        var counts = [Int](repeating: 0, count: cumulative.count)
        for _ in 0..<shots {
            let draw = random.uniform() * cumulative[cumulative.count - 1]
            var (low, high) = (0, likely)
            while low < high {
                let middle = (low + high) / 2
                if cumulative[middle] > draw { high = middle } else { low = middle + 1 }
            }
            counts[low] += 1
        }
        return counts
    }
}
