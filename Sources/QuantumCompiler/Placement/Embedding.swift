import QuantumCircuit

/// Looks for placements in which every gate finds its qubits coupled: subgraph monomorphisms by
/// backtracking, and of those the one that the calibration likes best.
struct Embedding {
    /// Steps of the search, a bound on its work.
    static let stepLimit = 60_000
    /// The same for a search among several.
    static let shortStepLimit = 5_000
    /// Placements compared.
    static let candidateLimit = 500

    private let graph: InteractionGraph
    private let coupling: CouplingMap
    private let cost: PlacementCost
    private let order: [Int]
    private let stepLimit: Int
    /// Gates that may lie apart, at a price for each step between their qubits.
    private var apart: (graph: InteractionGraph, distances: [[Double]], price: Double)?
    private var steps = 0
    private var found = 0
    private var places: [Int]
    private var taken: [Bool]
    private var best: (places: [Int], cost: Double)?

    private init(
        _ graph: InteractionGraph, _ target: DeviceTarget, _ cost: PlacementCost, _ limit: Int
    ) {
        self.graph = graph
        stepLimit = limit
        coupling = target.coupling
        self.cost = cost
        order = graph.order
        places = [Int](repeating: -1, count: graph.qubits)
        taken = [Bool](repeating: false, count: target.qubits)
    }

    /// The cheapest placement found; nil when none was, within the limit.
    static func find(
        _ graph: InteractionGraph, _ target: DeviceTarget, _ cost: PlacementCost,
        stepLimit: Int = stepLimit
    ) -> [Int]? {
        var search = Embedding(graph, target, cost, stepLimit)
        search.extend(0, 0)
        return search.best?.places
    }

    /// A placement in which as many gates as possible from the first on need no swap, and the
    /// others as few as possible.
    static func ofLongestPrefix(
        _ operations: [Operation], qubits: Int, _ target: DeviceTarget, _ cost: PlacementCost,
        _ distances: [[Double]]
    ) -> [Int]? {
        let pairs = operations.filter { $0.gate.isUnitary && $0.qubits.count == 2 }
        var (known, tooMany) = (0, pairs.count)
        while known + 1 < tooMany {
            let middle = (known + tooMany) / 2
            let graph = InteractionGraph(Array(pairs[..<middle]), qubits: qubits)
            if find(graph, target, cost, stepLimit: shortStepLimit) == nil {
                tooMany = middle
            } else {
                known = middle
            }
        }
        var search = Embedding(
            InteractionGraph(Array(pairs[..<known]), qubits: qubits), target, cost, stepLimit)
        // A swap is three gates of a usual error.
        let errors = target.coupling.pairs.map { cost.pairs[$0.first][$0.second] }
        let price = 3 * errors.reduce(1e-6, +) / Double(max(errors.count, 1))
        search.apart = (InteractionGraph(pairs, qubits: qubits), distances, price)
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
            guard steps < stepLimit, found < Self.candidateLimit else { return }
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
        let coupled = graph.neighbours[qubit].reduce(cost.readout[place]) { sum, neighbour in
            guard places[neighbour] >= 0 else { return sum }
            let gates = graph.weight(qubit, neighbour)
            return sum + Double(gates) * cost.pairs[place][places[neighbour]]
        }
        guard let apart else { return coupled }
        return apart.graph.neighbours[qubit].reduce(coupled) { sum, neighbour in
            guard places[neighbour] >= 0 else { return sum }
            let steps = apart.distances[place][places[neighbour]] - 1
            return sum + Double(apart.graph.weight(qubit, neighbour)) * steps * apart.price
        }
    }
}
