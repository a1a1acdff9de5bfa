/// Which pairs of qubits a feature map couples, in Qiskit's order.
public enum Entanglement: String, Hashable, Sendable, CaseIterable, Codable {
    /// Every pair i < j.
    case full
    /// Neighbours i, i+1.
    case linear
    /// The last with the first (for three qubits or more), then neighbours.
    case circular

    /// Pairs for a register of `qubits`.
    public func pairs(qubits: Int) -> [(first: Int, second: Int)] {
        let neighbours = (0..<max(qubits - 1, 0)).map { (first: $0, second: $0 + 1) }
        switch self {
        case .full:
            return (0..<qubits).flatMap { i in (i + 1..<max(qubits, i + 1)).map { (i, $0) } }
        case .linear:
            return neighbours
        case .circular:
            return qubits > 2 ? [(qubits - 1, 0)] + neighbours : neighbours
        }
    }
}
