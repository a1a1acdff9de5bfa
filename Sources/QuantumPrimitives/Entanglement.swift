/// Which qubits a template couples, in Qiskit's order.
public enum Entanglement: String, Hashable, Sendable, CaseIterable, Codable {
    /// Every pair i < j.
    case full
    /// Neighbours i, i+1.
    case linear
    /// Neighbours, the last first: for CX the same unitary as `full`.
    case reverseLinear = "reverse_linear"
    /// Neighbours from even qubits, then from odd ones; for blocks of two at most.
    case pairwise
    /// Around the ring (for more qubits than a block has): the block that ends in qubit 0, then on.
    case circular
    /// Shifted, circular, alternating: `circular` turned by one place in each repetition, with
    /// operands exchanged in every second (Sim et al., arXiv:1905.10876, circuit 14).
    case shifted = "sca"

    /// Pairs for a register of `qubits`.
    public func pairs(qubits: Int, repetition: Int = 0) -> [(first: Int, second: Int)] {
        blocks(of: 2, qubits: qubits, repetition: repetition).map { ($0[0], $0[1]) }
    }

    /// Operands of each block of `size` qubits, 1 or more; none if the register is smaller.
    ///
    /// - Parameter repetition: counts from 0; only `shifted` looks at it.
    public func blocks(of size: Int, qubits: Int, repetition: Int = 0) -> [[Int]] {
        guard size >= 1, size <= qubits else { return [] }
        let neighbours = (0...qubits - size).map { Array($0..<$0 + size) }
        switch self {
        case .full: return Self.combinations(of: size, from: 0, to: qubits)
        case .linear: return neighbours
        case .reverseLinear: return neighbours.reversed()
        case .pairwise:
            if size != 2 { return neighbours }
            return stride(from: 0, to: neighbours.count, by: 2).map { neighbours[$0] }
                + stride(from: 1, to: neighbours.count, by: 2).map { neighbours[$0] }
        case .circular: return Self.ring(size, qubits, neighbours)
        case .shifted:
            let ring = Self.ring(size, qubits, neighbours)
            let shift = repetition % ring.count
            let shifted = Array(ring[(ring.count - shift)...] + ring[..<(ring.count - shift)])
            return repetition & 1 == 0 ? shifted : shifted.map { $0.reversed() }
        }
    }

    /// As many blocks as qubits: first the one that ends in qubit 0.
    private static func ring(_ size: Int, _ qubits: Int, _ neighbours: [[Int]]) -> [[Int]] {
        guard qubits > size, size > 1 else { return neighbours }
        let start = qubits - size + 1
        return (0..<qubits).map { block in (0..<size).map { (start + block + $0) % qubits } }
    }

    /// In lexicographic order.
    private static func combinations(of size: Int, from start: Int, to end: Int) -> [[Int]] {
        if size == 0 { return [[]] }
        guard start + size <= end else { return [] }
        return (start...end - size).flatMap { first in
            combinations(of: size - 1, from: first + 1, to: end).map { [first] + $0 }
        }
    }
}
