private import Glibc
import QuantumCircuit

/// Which qubits of a circuit meet in gates, and how often.
struct InteractionGraph {
    let qubits: Int
    /// Number of two-qubit gates by pair, the smaller qubit first.
    private(set) var weights: [CouplingMap.Edge: Int] = [:]
    private(set) var neighbours: [[Int]]

    init(_ operations: [Operation], qubits: Int) {
        self.qubits = qubits
        for operation in operations where operation.gate.isUnitary && operation.qubits.count == 2 {
            let (a, b) = (operation.qubits[0], operation.qubits[1])
            weights[CouplingMap.Edge(min(a, b), max(a, b)), default: 0] += 1
        }
        neighbours = [[Int]](repeating: [], count: qubits)
        for pair in weights.keys.sorted() {
            neighbours[pair.first].append(pair.second)
            neighbours[pair.second].append(pair.first)
        }
    }

    func weight(_ first: Int, _ second: Int) -> Int {
        weights[CouplingMap.Edge(min(first, second), max(first, second))] ?? 0
    }

    /// Every qubit, neighbours of earlier ones as early as possible, those with most first.
    var order: [Int] {
        var order: [Int] = []
        var placed = [Bool](repeating: false, count: qubits)
        while order.count < qubits {
            let next = (0..<qubits).filter { !placed[$0] }.max { left, right in
                let (a, b) = (rank(left, placed), rank(right, placed))
                return a == b ? left > right : a < b
            }
            guard let next else { break }
            placed[next] = true
            order.append(next)
        }
        return order
    }

    private func rank(_ qubit: Int, _ placed: [Bool]) -> (Int, Int) {
        (neighbours[qubit].count { placed[$0] }, neighbours[qubit].count)
    }
}

/// What a placement costs by the calibration: −log of the probability that nothing goes wrong.
struct PlacementCost {
    /// −log(1 − error) of one native gate, by qubit and qubit.
    let pairs: [[Double]]
    let readout: [Double]

    init(_ target: DeviceTarget) {
        let size = target.qubits
        var pairs = [[Double]](repeating: [Double](repeating: 0, count: size), count: size)
        for edge in target.coupling.pairs {
            let entry = target.calibration.pair(edge.first, edge.second)
            let other = target.calibration.pair(edge.second, edge.first)
            // The order that the device runs decides; where it runs both, the better one.
            let errors = [
                target.coupling.allows(edge.first, edge.second) ? entry?.error : nil,
                target.coupling.allows(edge.second, edge.first) ? other?.error : nil,
            ].compactMap { $0 }
            let cost = Self.logarithm(errors.min() ?? 0)
            (pairs[edge.first][edge.second], pairs[edge.second][edge.first]) = (cost, cost)
        }
        self.pairs = pairs
        readout = target.calibration.qubits.map {
            Self.logarithm($0.readoutError) + Self.logarithm($0.gateError)
        }
    }

    private static func logarithm(_ error: Double) -> Double { -log1p(-error) }
}
