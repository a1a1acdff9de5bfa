import Determinism
import QuantumCircuit

/// Settings of one routing attempt; attempts differ in them and in their seed.
struct RoutingAttempt {
    var seed: UInt64
    /// Weight of gates that come later.
    var lookahead = 0.5
    /// How many of them.
    var horizon = 20
    /// What a swap gains that shares its entangling gates with one before it on the same pair.
    var sharing = 0.5
    /// How much a qubit just moved is avoided.
    var decay = 0.001
}

extension RandomStream {
    /// Uniform but for a bias below 2⁻⁵⁰ at the few values asked for here.
    mutating func index(below count: Int) -> Int {
        Int(truncatingIfNeeded: next() % UInt64(count))
    }
}

/// Swap insertion after Li, Ding and Xie, "Tackling the qubit mapping problem for NISQ-era quantum
/// devices" (SABRE, ASPLOS'19), on an order that knows which gates commute.
///
/// The same input and seed give the same result.
struct SabreRouter {
    /// Qubits of the circuit by place, and the reverse; the device's spare places hold the qubits
    /// behind the circuit's.
    private(set) var places: [Int]
    private var holders: [Int]
    private(set) var routed: [Operation] = []
    private(set) var swaps = 0

    private let coupling: CouplingMap
    private let distances: [[Double]]
    private let attempt: RoutingAttempt
    private var random: RandomStream
    private var order: CommutingOrder
    /// Indices of gates on pairs.
    private let pairs: [Int]
    private var pairStart = 0
    private var decays: [Double]
    /// By place, the place with which it last shared a gate on a pair.
    private var partners: [Int]

    init(
        _ order: CommutingOrder, places: [Int], coupling: CouplingMap, distances: [[Double]],
        attempt: RoutingAttempt
    ) {
        self.order = order
        self.places = places
        self.coupling = coupling
        self.distances = distances
        self.attempt = attempt
        random = RandomStream(seed: attempt.seed)
        holders = [Int](repeating: 0, count: places.count)
        for (qubit, place) in places.enumerated() { holders[place] = qubit }
        pairs = order.operations.indices.filter { Self.isPair(order.operations[$0]) }
        decays = [Double](repeating: 1, count: places.count)
        partners = [Int](repeating: -1, count: places.count)
    }

    private static func isPair(_ operation: Operation) -> Bool {
        operation.qubits.count == 2 && operation.gate.isUnitary
    }

    /// Places every operation, with swaps where they are needed.
    mutating func run() {
        var swapsSinceProgress = 0
        while true {
            if executeReady() {
                swapsSinceProgress = 0
                for place in decays.indices { decays[place] = 1 }
            }
            let front = order.ready
            if front.isEmpty { return }
            if swapsSinceProgress > 3 * places.count {
                // The score goes in circles: take the shortest way for the nearest gate.
                forceNearest(front)
                swapsSinceProgress = 0
                continue
            }
            let swap = bestSwap(front)
            apply(swap.first, swap.second)
            decays[swap.first] += attempt.decay
            decays[swap.second] += attempt.decay
            swapsSinceProgress += 1
            if swapsSinceProgress % 5 == 0 {
                for place in decays.indices { decays[place] = 1 }
            }
        }
    }

    /// Everything that needs no swap; false when there was nothing.
    private mutating func executeReady() -> Bool {
        var progress = false
        while true {
            let executable = order.ready.filter { isExecutable(order.operations[$0]) }
            if executable.isEmpty { return progress }
            for index in executable.sorted() {
                let operation = order.operations[index]
                let placed = operation.qubits.map { places[$0] }
                routed.append(Operation(operation.gate, placed))
                notePartners(operation, placed)
            }
            order.complete(executable)
            progress = true
        }
    }

    private mutating func notePartners(_ operation: Operation, _ placed: [Int]) {
        if Self.isPair(operation) {
            (partners[placed[0]], partners[placed[1]]) = (placed[1], placed[0])
        } else if operation.gate.requiredParameters > 0 || !operation.gate.isUnitary {
            for place in placed { partners[place] = -1 }
        }
    }

    private func isExecutable(_ operation: Operation) -> Bool {
        guard Self.isPair(operation) else { return true }
        return coupling.couples(places[operation.qubits[0]], places[operation.qubits[1]])
    }

    // MARK: Swaps

    private mutating func bestSwap(_ front: [Int]) -> CouplingMap.Edge {
        let later = order.upcoming(attempt.horizon, pairs: pairs, from: &pairStart)
        var candidates = Set<CouplingMap.Edge>()
        for place in front.flatMap({ order.operations[$0].qubits }).map({ places[$0] }) {
            for neighbour in coupling.neighbours(of: place) {
                candidates.insert(CouplingMap.Edge(min(place, neighbour), max(place, neighbour)))
            }
        }
        var (best, bestScore): ([CouplingMap.Edge], Double) = ([], .infinity)
        for candidate in candidates.sorted() {
            let score = score(candidate, front, later)
            if score < bestScore - 1e-9 {
                (best, bestScore) = ([candidate], score)
            } else if score < bestScore + 1e-9 {
                best.append(candidate)
            }
        }
        return best[random.index(below: best.count)]
    }

    private func score(_ swap: CouplingMap.Edge, _ front: [Int], _ later: [Int]) -> Double {
        func mean(_ gates: [Int]) -> Double {
            if gates.isEmpty { return 0 }
            let sum = gates.reduce(0.0) { sum, index in
                let qubits = order.operations[index].qubits
                return sum + distances[moved(qubits[0], swap)][moved(qubits[1], swap)]
            }
            return sum / Double(gates.count)
        }
        let decay = max(decays[swap.first], decays[swap.second])
        let isShared = partners[swap.first] == swap.second && partners[swap.second] == swap.first
        let shared = isShared ? attempt.sharing / Double(front.count) : 0
        return decay * (mean(front) + attempt.lookahead * mean(later)) - shared
    }

    private func moved(_ qubit: Int, _ swap: CouplingMap.Edge) -> Int {
        let place = places[qubit]
        return place == swap.first ? swap.second : place == swap.second ? swap.first : place
    }

    private mutating func apply(_ first: Int, _ second: Int) {
        routed.append(Operation(.swap, [first, second]))
        swaps += 1
        holders.swapAt(first, second)
        places[holders[first]] = first
        places[holders[second]] = second
        (partners[first], partners[second]) = (second, first)
    }

    private mutating func forceNearest(_ front: [Int]) {
        func distance(_ index: Int) -> Double {
            let qubits = order.operations[index].qubits
            return distances[places[qubits[0]]][places[qubits[1]]]
        }
        guard let nearest = front.min(by: { (distance($0), $0) < (distance($1), $1) }) else {
            return
        }
        let qubits = order.operations[nearest].qubits
        while !coupling.couples(places[qubits[0]], places[qubits[1]]) {
            let (from, to) = (places[qubits[0]], places[qubits[1]])
            let step = coupling.neighbours(of: from).min {
                (distances[$0][to], $0) < (distances[$1][to], $1)
            }
            guard let step else { return }
            apply(from, step)
        }
    }
}
