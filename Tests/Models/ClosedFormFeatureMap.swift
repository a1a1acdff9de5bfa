import Foundation
import Models

/// The ZZ feature map with two repetitions in closed form: a stand-in for the quantum modules.
///
/// With a_i = 2x_i and d_ij = 2(π − x_i)(π − x_j) for coupled pairs, 0 for others:
/// ⟨Z_i⟩ = cos a_i ∏_j cos d_ij, and ⟨Z_i Z_j⟩ =
/// ½[cos(a_i + a_j) ∏_k cos(d_ik + d_jk) + cos(a_i − a_j) ∏_k cos(d_ik − d_jk)], k ≠ i, j.
enum ClosedFormFeatureMap {
    static func expectations(
        _ angles: [Double], count: Int, circuit: CircuitSpecification
    ) -> [Double] {
        let qubits = circuit.qubits
        return (0..<count).flatMap { record in
            let own = Array(angles[record * qubits..<(record + 1) * qubits])
            return expectations(own, circuit.entanglement)
        }
    }

    static func expectations(_ x: [Double], _ entanglement: Entanglement) -> [Double] {
        let qubits = x.count
        var d = [[Double]](repeating: [Double](repeating: 0, count: qubits), count: qubits)
        for (i, j) in entanglement.pairs(qubits: qubits) {
            d[i][j] = 2 * (.pi - x[i]) * (.pi - x[j])
            d[j][i] = d[i][j]
        }
        let singles = (0..<qubits).map { i in
            (0..<qubits).filter { $0 != i }.reduce(cos(2 * x[i])) { $0 * cos(d[i][$1]) }
        }
        let pairs = Entanglement.full.pairs(qubits: qubits).map { i, j in
            let others = (0..<qubits).filter { $0 != i && $0 != j }
            let sum = others.reduce(cos(2 * x[i] + 2 * x[j])) { $0 * cos(d[i][$1] + d[j][$1]) }
            let difference = others.reduce(cos(2 * x[i] - 2 * x[j])) {
                $0 * cos(d[i][$1] - d[j][$1])
            }
            return (sum + difference) / 2
        }
        return singles + pairs
    }
}
