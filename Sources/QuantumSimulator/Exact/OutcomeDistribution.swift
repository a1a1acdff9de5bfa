import Determinism
public import QuantumCircuit

/// The exact distribution of a circuit's measured bits.
///
/// Without any measurement, all qubits are read at the end. With some, the outcome's bit k is the
/// k-th of the classical bits that are measured into, in ascending order. Measurements in the
/// middle and resets split the run in two; a bit measured into twice keeps the later value.
public struct OutcomeDistribution: Hashable, Sendable {
    /// Splits of one run; each costs a run of the rest of the circuit.
    public static let maximumBranches = 4_096
    public static let shotLimits = 1...100_000_000

    /// Bits of an outcome; the first is the least significant.
    public let bits: Int
    /// Classical bits behind them; qubits when nothing is measured.
    public let sources: [Int]
    /// 2^bits of them; they add up to 1.
    public let probabilities: [Double]

    /// - Parameters:
    ///   - circuit: bound; up to the engine's number of qubits.
    ///   - engine: holds the state.
    /// - Throws: `.unboundParameters`, `.tooManyQubits`, `.tooManyBranches`.
    public init<Engine: Statevector>(
        of circuit: Circuit, on engine: Engine.Type
    ) throws(SimulationError) {
        guard circuit.isBound else { throw .unboundParameters(circuit.parameters) }
        var run = BranchingRun<Engine>(circuit)
        if run.measured.count > DenseStatevector.maximumQubits {
            throw .tooManyQubits(run.measured.count, limit: DenseStatevector.maximumQubits)
        }
        try run.follow(try Engine(qubits: circuit.qubits), from: 0, outcome: 0)
        bits = run.measured.count
        sources = run.measured
        probabilities = run.distribution
    }

    /// Outcomes of repeated runs.
    ///
    /// - Parameters:
    ///   - shots: 1…100,000,000.
    ///   - seed: equal seeds give equal counts on every machine.
    /// - Returns: how often each outcome came, 2^bits counts.
    public func counts(shots: Int, seed: UInt64) throws(SimulationError) -> [Int] {
        guard Self.shotLimits.contains(shots) else {
            throw .shots(shots, allowed: Self.shotLimits)
        }
        var sums: [Double] = []
        sums.reserveCapacity(probabilities.count)
        var total = 0.0
        for probability in probabilities {
            total += probability
            sums.append(total)
        }
        let last = probabilities.lastIndex { $0 > 0 } ?? 0
        var random = RandomStream(seed: seed)
        var counts = [Int](repeating: 0, count: probabilities.count)
        for _ in 0..<shots {
            let draw = random.uniform() * total
            // The first outcome whose running sum is above the draw.
            var (low, high) = (0, last)
            while low < high {
                let middle = (low + high) / 2
                if sums[middle] > draw { high = middle } else { low = middle + 1 }
            }
            counts[low] += 1
        }
        return counts
    }
}

/// Runs a circuit, once for each outcome of what is measured before the end.
private struct BranchingRun<Engine: Statevector> {
    let circuit: Circuit
    /// Classical bits that are measured into, ascending; all qubits when none is.
    let measured: [Int]
    var distribution: [Double]
    private var branches = 1
    /// Whether each operation is a measurement that ends its qubit.
    private let isFinal: [Bool]
    /// For each outcome bit that a final measurement writes, its qubit.
    private var finalQubits: [Int: Int] = [:]

    init(_ circuit: Circuit) {
        self.circuit = circuit
        var used = Set<Int>()
        var isFinal = [Bool](repeating: false, count: circuit.operations.count)
        var written: Set<Int> = []
        var finals: [Int: Int] = [:]
        for position in circuit.operations.indices.reversed() {
            let operation = circuit.operations[position]
            switch operation.gate {
            case .barrier: continue
            case .measure(let bit):
                isFinal[position] = !used.contains(operation.qubits[0])
                // Only the last measurement into a bit counts.
                if written.insert(bit).inserted && isFinal[position] {
                    finals[bit] = operation.qubits[0]
                }
            default: break
            }
            used.formUnion(operation.qubits)
        }
        self.isFinal = isFinal
        if written.isEmpty {
            measured = Array(0..<circuit.qubits)
            finals = Dictionary(uniqueKeysWithValues: measured.map { ($0, $0) })
        } else {
            measured = written.sorted()
        }
        for (place, bit) in measured.enumerated() { finalQubits[place] = finals[bit] }
        distribution = []
    }

    mutating func follow(
        _ state: consuming Engine, from start: Int, outcome: Int
    ) throws(SimulationError) {
        if distribution.isEmpty {
            distribution = [Double](repeating: 0, count: 1 << measured.count)
        }
        for position in start..<circuit.operations.count {
            let operation = circuit.operations[position]
            switch operation.gate {
            case .barrier: continue
            case .measure where isFinal[position]: continue
            case .measure(let bit):
                let place = measured.firstIndex(of: bit)
                return try split(state, position, operation.qubits[0], outcome, into: place)
            case .reset:
                return try split(state, position, operation.qubits[0], outcome, into: nil)
            default:
                let angles = operation.gate.angles.map { $0.evaluate([]) }
                state.apply(operation.gate, angles: angles, to: operation.qubits)
            }
        }
        add(state, outcome)
    }

    /// - Parameter place: the outcome's bit that takes the value; none for a reset.
    private mutating func split(
        _ state: Engine, _ position: Int, _ qubit: Int, _ outcome: Int, into place: Int?
    ) throws(SimulationError) {
        let isReset = circuit.operations[position].gate == .reset
        let weights = state.probabilities.enumerated().reduce(into: [0.0, 0.0]) {
            $0[$1.offset >> qubit & 1] += $1.element
        }
        let values = [0, 1].filter { weights[$0] > 0 }
        branches += values.count - 1
        guard branches <= OutcomeDistribution.maximumBranches else {
            throw .tooManyBranches(position: position, limit: OutcomeDistribution.maximumBranches)
        }
        for value in values {
            var part = state
            part.project(qubit, onto: value)
            if isReset && value == 1 { part.apply(.x, angles: [], to: [qubit]) }
            let next = place.map { outcome & ~(1 << $0) | value << $0 } ?? outcome
            try follow(part, from: position + 1, outcome: next)
        }
    }

    private mutating func add(_ state: Engine, _ outcome: Int) {
        let places = finalQubits.sorted { $0.key < $1.key }
        let kept = places.reduce(outcome) { $0 & ~(1 << $1.key) }
        for (index, probability) in state.probabilities.enumerated() where probability > 0 {
            let read = places.reduce(kept) { $0 | (index >> $1.value & 1) << $1.key }
            distribution[read] += probability
        }
    }
}
