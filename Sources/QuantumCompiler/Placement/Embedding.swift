import QuantumCircuit

/// Looks for placements in which every gate finds its qubits coupled: subgraph monomorphisms by
/// backtracking, and of those the one that the calibration likes best.
struct Embedding {
    /// Steps of the search, a bound on its work.
    static let stepLimit = 60_000
    /// Placements compared.
    static let candidateLimit = 500

    private let graph: InteractionGraph
    private let coupling: CouplingMap
    private let cost: PlacementCost
    private let order: [Int]
    private var steps = 0
    private var found = 0
    private var places: [Int]
    private var taken: [Bool]
    private var best: (places: [Int], cost: Double)?

    private init(_ graph: InteractionGraph, _ target: DeviceTarget, _ cost: PlacementCost) {
        self.graph = graph
        coupling = target.coupling
        self.cost = cost
        order = graph.order
        places = [Int](repeating: -1, count: graph.qubits)
        taken = [Bool](repeating: false, count: target.qubits)
    }

    /// The cheapest placement found; nil when none was, within the limit.
    static func find(
        _ graph: InteractionGraph, _ target: DeviceTarget, _ cost: PlacementCost
    ) -> [Int]? {
        var search = Embedding(graph, target, cost)
        search.extend(0, 0)
        return search.best?.places
    }

    private mutating func extend(_ depth: Int, _ sum: Double) {
        steps += 1
        if let best, sum >= best.cost { return }
        guard depth < order.count else {
            found += 1
            best = (places, sum)
            return
        }
        let qubit = order[depth]
        for place in candidates(qubit) {
            guard steps < Self.stepLimit, found < Self.candidateLimit else { return }
            places[qubit] = place
            taken[place] = true
            extend(depth + 1, sum + added(qubit, place))
            taken[place] = false
            places[qubit] = -1
        }
    }

    /// Free places next to all placed neighbours, the best by calibration first.
    private func candidates(_ qubit: Int) -> [Int] {
        let anchors = graph.neighbours[qubit].filter { places[$0] >= 0 }.map { places[$0] }
        let pool = anchors.first.map { coupling.neighbours(of: $0) } ?? Array(0..<coupling.qubits)
        let degree = graph.neighbours[qubit].count
        let fitting = pool.filter { place in
            !taken[place] && coupling.neighbours(of: place).count >= degree
                && anchors.allSatisfy { coupling.couples($0, place) }
        }
        return fitting.map { ($0, added(qubit, $0)) }
            .sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map { $0.0 }
    }

    private func added(_ qubit: Int, _ place: Int) -> Double {
        graph.neighbours[qubit].reduce(cost.readout[place]) { sum, neighbour in
            guard places[neighbour] >= 0 else { return sum }
            let pair = CouplingMap.Edge(min(qubit, neighbour), max(qubit, neighbour))
            return sum + Double(graph.weights[pair] ?? 0) * cost.pairs[place][places[neighbour]]
        }
    }
}
