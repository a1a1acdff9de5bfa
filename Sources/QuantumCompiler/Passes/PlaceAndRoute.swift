import Determinism
public import QuantumCircuit

/// Chooses the qubits of the device and inserts SWAPs so that every gate finds its pair coupled.
///
/// First a placement that needs no SWAP, the best one by the calibration; where there is none, many
/// attempts of SABRE from connected regions of low error, each settled by routing forwards and
/// backwards, of which the one with the best estimated fidelity stays. Gates that commute are
/// routed in any order. Deterministic: the same circuit, target and seed give the same result.
public struct PlaceAndRoute: CompilerPass {
    public let name = "place and route"
    private let seed: UInt64
    private let attempts: Int

    /// - Parameters:
    ///   - seed: of the attempts' starting placements and of choices between equal swaps.
    ///   - attempts: 1 or more; work grows with it.
    public init(seed: UInt64 = 1, attempts: Int = 32) {
        self.seed = seed
        self.attempts = max(attempts, 1)
    }

    public func run(
        _ placed: PlacedCircuit, on target: DeviceTarget
    ) throws(CompileError) -> PlacedCircuit {
        let circuit = placed.circuit
        let region = try region(circuit, target)
        for (position, operation) in circuit.operations.enumerated()
        where operation.gate.isUnitary && operation.qubits.count > 2 {
            throw .unexpectedGate(
                gate: operation.gate.name, position: position, pass: name,
                expected: "gates on up to two qubits are allowed")
        }
        // Measurements at the end wait for the last swap, at the places that it leaves.
        let (body, readout) = Self.split(circuit.operations)
        let search = PlacementSearch(
            try circuit.with(body), target, region, seed: seed)
        let result = search.embedded() ?? search.best(attempts)
        var output: Circuit
        do throws(CircuitError) {
            output = try Circuit(emptyLike: circuit, qubits: target.qubits)
            try output.append(contentsOf: result.operations)
            for operation in readout {
                let places = operation.qubits.map { result.final[$0] }
                try output.append(Operation(operation.gate, places))
            }
        } catch { throw .circuit(error) }
        return PlacedCircuit(
            circuit: output, initial: placed.initial.map { result.initial[$0] },
            final: placed.final.map { result.final[$0] })
    }

    /// Measurements behind which nothing happens to their qubit or their bit, and the rest before.
    private static func split(
        _ operations: [Operation]
    ) -> (body: [Operation], readout: [Operation]) {
        var (body, readout): ([Operation], [Operation]) = ([], [])
        var usedQubits = Set<Int>()
        var usedBits = Set<Int>()
        for operation in operations.reversed() {
            if case .measure(let bit) = operation.gate {
                if !usedQubits.contains(operation.qubits[0]), !usedBits.contains(bit) {
                    readout.append(operation)
                    continue
                }
                usedBits.insert(bit)
            }
            usedQubits.formUnion(operation.qubits)
            body.append(operation)
        }
        return (body.reversed(), readout.reversed())
    }

    /// The largest connected part of the device.
    private func region(
        _ circuit: Circuit, _ target: DeviceTarget
    ) throws(CompileError) -> [Int] {
        guard circuit.qubits <= target.qubits else {
            throw .tooManyQubits(circuit.qubits, target: target.name, limit: target.qubits)
        }
        let largest = target.coupling.components()[0]
        guard circuit.qubits <= largest.count else {
            throw .disconnected(
                qubits: circuit.qubits, target: target.name, limit: largest.count)
        }
        return largest
    }
}

/// A circuit on the device's qubits.
struct RoutedOperations {
    var operations: [Operation]
    /// Of the circuit's qubits, and behind them the spare ones.
    var initial: [Int]
    var final: [Int]
}

private struct PlacementSearch {
    private let circuit: Circuit
    private let target: DeviceTarget
    private let region: [Int]
    private let seed: UInt64
    private let cost: PlacementCost
    private let graph: InteractionGraph
    private let distances: [[Double]]

    init(_ circuit: Circuit, _ target: DeviceTarget, _ region: [Int], seed: UInt64) {
        self.circuit = circuit
        self.target = target
        self.region = region
        self.seed = seed
        cost = PlacementCost(target)
        graph = InteractionGraph(circuit.operations, qubits: circuit.qubits)
        // Parts that are not connected are never entered.
        distances = target.coupling.distances().map { row in
            row.map { Double($0 ?? Circuit.maximumQubits) }
        }
    }

    /// Without a swap; nil where that is impossible.
    func embedded() -> RoutedOperations? {
        guard let places = Embedding.find(graph, target, cost) else { return nil }
        let operations = circuit.operations.map {
            Operation($0.gate, $0.qubits.map { places[$0] })
        }
        let full = completed(places)
        return RoutedOperations(operations: operations, initial: full, final: full)
    }

    func best(_ attempts: Int) -> RoutedOperations {
        let forward = CommutingOrder(
            circuit.operations, qubits: circuit.qubits, bits: circuit.bits)
        let backward = CommutingOrder(
            circuit.operations.filter(\.gate.isUnitary).reversed(), qubits: circuit.qubits,
            bits: 0)
        let prefix = Embedding.ofLongestPrefix(
            circuit.operations, qubits: circuit.qubits, target, cost, distances)
        var best: (result: RoutedOperations, cost: Double)?
        for number in 0..<attempts {
            let attempt = settings(number)
            var random = RandomStream(seed: attempt.seed, stream: 1)
            var places = start(number, &random)
            if number & 3 == 1, let prefix {
                places = completed(prefix)
            } else {
                for order in [forward, backward] {
                    places = route(order, places, attempt).places
                }
            }
            let router = route(forward, places, attempt)
            let result = RoutedOperations(
                operations: router.routed, initial: places, final: router.places)
            let cost = estimate(result)
            if best.map({ cost < $0.cost }) ?? true { best = (result, cost) }
        }
        return best?.result ?? RoutedOperations(operations: [], initial: [], final: [])
    }

    private func settings(_ number: Int) -> RoutingAttempt {
        RoutingAttempt(
            seed: StableHash.combine(seed, UInt64(number)),
            lookahead: [0.5, 0.3, 0.8][number % 3], horizon: [20, 10, 40][number / 3 % 3],
            sharing: [0.5, 0, 1, 2][number / 2 % 4], decay: number & 1 == 0 ? 0.001 : 0.01)
    }

    private func route(
        _ order: CommutingOrder, _ places: [Int], _ attempt: RoutingAttempt
    ) -> SabreRouter {
        var router = SabreRouter(
            order, places: places, coupling: target.coupling, distances: distances,
            attempt: attempt)
        router.run()
        return router
    }

    /// −log of the estimated fidelity, after blocks on a pair have been merged; depth decides
    /// between equals.
    private func estimate(_ result: RoutedOperations) -> Double {
        let blocks = BlockResynthesis.costs(
            result.operations, qubits: target.qubits, partial: target.gates.hasPartialEntangler)
        let gates = blocks.reduce(0.0) {
            $0 + Double($1.gates) * (cost.pairs[$1.first][$1.second] + 1e-6)
        }
        let ends = result.final.prefix(circuit.qubits)
        return ends.reduce(gates + 1e-5 * depth(result.operations)) { $0 + cost.readout[$1] }
    }

    /// Longest chain of gates on pairs.
    private func depth(_ operations: [Operation]) -> Double {
        var levels = [Int](repeating: 0, count: target.qubits)
        for operation in operations where operation.qubits.count == 2 {
            let level = 1 + max(levels[operation.qubits[0]], levels[operation.qubits[1]])
            for qubit in operation.qubits { levels[qubit] = level }
        }
        return Double(levels.max() ?? 0)
    }

    /// A placement in a region that grows from a qubit, mostly along the best couplings.
    private func start(_ number: Int, _ random: inout RandomStream) -> [Int] {
        var grown = [region[random.index(below: region.count)]]
        while grown.count < circuit.qubits {
            let border = Set(grown.flatMap { target.coupling.neighbours(of: $0) })
                .subtracting(grown).sorted()
            if border.isEmpty { break }
            let free = border[random.index(below: border.count)]
            let best = border.min { weight($0, grown) < weight($1, grown) }
            // Every fourth region takes any shape: a ring, a tree.
            let next = number & 3 == 3 ? free : best ?? free
            grown.append(next)
        }
        if number % 3 == 0 {
            // In the region's order: right for circuits along a line.
            return completed(grown.sorted())
        }
        return completed(grown.shuffled(using: &random))
    }

    /// Low for a qubit with many good couplings into the region.
    private func weight(_ place: Int, _ region: [Int]) -> Double {
        let couplings = target.coupling.neighbours(of: place).filter { region.contains($0) }
        let mean = couplings.reduce(0.0) { $0 + cost.pairs[place][$1] } / Double(couplings.count)
        return (mean + cost.readout[place] + 1e-3) / Double(couplings.count)
    }

    /// Spare places behind the circuit's qubits.
    private func completed(_ places: [Int]) -> [Int] {
        let taken = Set(places)
        return places + (0..<target.qubits).filter { !taken.contains($0) }
    }
}
