internal import CQuantumKernels
public import QuantumCircuit

extension LargeStatevector {
    /// Σ|a|²: 1 but for rounding.
    public func norm() throws(StatevectorError) -> Double {
        try blockNorms().reduce(0, +)
    }

    /// Probabilities of what measuring some qubits would give.
    ///
    /// - Parameter qubits: distinct; bit i of an outcome is the i-th of them. `measured` by
    ///   default.
    /// - Returns: 2^count probabilities.
    public func probabilities(
        of qubits: [Int]? = nil
    ) throws(StatevectorError) -> [Double] {
        let asked = qubits ?? measured
        try check(asked)
        var places = asked.map { UInt8(positions[$0]) }
        // Stored qubits that were added are always 0: as measured, they cost nothing.
        places += (self.qubits..<storedQubits).map { UInt8($0) }
        let count = UInt32(places.count)
        var result = [Double](repeating: 0, count: 1 << places.count)
        let stored = UInt32(storedQubits)
        let error =
            switch precision {
            case .double:
                unsafe qk_large_probabilities_f64(
                    doubles, stored, places, count, &result, threads)
            case .single:
                unsafe qk_large_probabilities_f32(
                    floats, stored, places, count, &result, threads)
            }
        try Self.check(error, bytes: 0)
        result.removeLast(result.count - 1 << asked.count)
        return result
    }

    private func check(_ asked: [Int]) throws(StatevectorError) {
        var seen: Set<Int> = []
        for qubit in asked {
            guard (0..<qubits).contains(qubit) else { throw .qubit(qubit, limit: qubits) }
            guard seen.insert(qubit).inserted else { throw .repeatedQubit(qubit) }
        }
    }

    /// ⟨ψ|P|ψ⟩ of each string; strings that flip the same qubits share one reading of the state.
    public func expectations(
        of strings: [PauliString]
    ) throws(StatevectorError) -> [Double] {
        let limit = UInt64(1) << UInt64(qubits)
        for string in strings where UInt64(string.x | string.z) >= limit {
            throw .stringOutOfRange(mask: string.x | string.z, qubits: qubits)
        }
        var result = [Double](repeating: 0, count: strings.count)
        let groups = Dictionary(grouping: strings.indices) { strings[$0].x }
        for flip in groups.keys.sorted() {
            let members = groups[flip] ?? []
            let values = try expectations(
                flip: stored(flip), members.map { stored(strings[$0].z) })
            for (index, value) in zip(members, values) { result[index] = value }
        }
        return result
    }

    /// ⟨ψ|Σ c·P|ψ⟩.
    public func expectation(of sum: PauliSum) throws(StatevectorError) -> Double {
        let values = try expectations(of: sum.terms.map(\.string))
        return zip(sum.terms, values).reduce(0) { $0 + $1.0.coefficient * $1.1 }
    }

    private func expectations(
        flip: UInt32, _ signs: [UInt32]
    ) throws(StatevectorError) -> [Double] {
        let blocks = blockCount
        var sums = [Double](repeating: 0, count: blocks * signs.count)
        let (count, stored) = (signs.count, UInt32(storedQubits))
        let error =
            switch precision {
            case .double:
                unsafe qk_large_pauli_f64(doubles, stored, flip, signs, count, &sums, threads)
            case .single:
                unsafe qk_large_pauli_f32(floats, stored, flip, signs, count, &sums, threads)
            }
        try Self.check(error, bytes: 1 << 16)
        return signs.indices.map { sums[$0 * blocks..<($0 + 1) * blocks].reduce(0, +) }
    }

    /// Amplitudes of a block of a reading: 2^12, or all.
    var blockSize: Int { 1 << min(storedQubits, 12) }
    var blockCount: Int { (1 << storedQubits) / blockSize }

    func blockNorms() throws(StatevectorError) -> [Double] {
        var sums = [Double](repeating: 0, count: blockCount)
        let stored = UInt32(storedQubits)
        let error =
            switch precision {
            case .double: unsafe qk_large_norms_f64(doubles, stored, &sums, threads)
            case .single: unsafe qk_large_norms_f32(floats, stored, &sums, threads)
            }
        try Self.check(error, bytes: 1 << 15)
        return sums
    }
}
