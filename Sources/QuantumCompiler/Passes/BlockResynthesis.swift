public import QuantumCircuit

/// Runs of gates on one pair with as few entangling gates as their product needs: by the KAK
/// decomposition where all is bound, along the pair's Pauli axes where symbols are among them.
///
/// A run is replaced when that saves a native two-qubit gate, or saves pulses at the same number;
/// matrices are always replaced.
public struct BlockResynthesis: CircuitPass {
    public let name = "resynthesise two-qubit blocks"

    public init() {}

    public func run(_ circuit: Circuit, on target: DeviceTarget) throws(CompileError) -> Circuit {
        let partial = target.gates.hasPartialEntangler
        var collector = BlockCollector(qubits: circuit.qubits)
        for operation in circuit.operations { collector.add(operation) }
        return try circuit.with(
            collector.finish().flatMap { piece in
                switch piece {
                case .single(let operation): [operation]
                case .block(let block): block.resynthesised(partial: partial)
                }
            })
    }

    /// Native two-qubit gates after resynthesis, with the pair of each block.
    static func costs(
        _ operations: [Operation], qubits: Int, partial: Bool
    ) -> [(first: Int, second: Int, gates: Int)] {
        var collector = BlockCollector(qubits: qubits)
        for operation in operations { collector.add(operation) }
        return collector.finish().compactMap { piece in
            guard case .block(let block) = piece else { return nil }
            return (block.first, block.second, block.cost(partial: partial))
        }
    }
}

/// Consecutive gates on a pair, its qubits `first` and `second`.
struct PairBlock {
    let first: Int
    let second: Int
    var operations: [Operation]
    /// One-qubit gates with symbols that come behind all of these.
    var behind: [Operation] = []

    /// What the gates take one by one.
    func naiveCost(partial: Bool) -> Int {
        operations.reduce(0) { $0 + $1.gate.entanglerCost(partial: partial) }
    }

    func cost(partial: Bool) -> Int {
        min(naiveCost(partial: partial), synthesis?.cost(partial: partial) ?? .max)
    }

    func resynthesised(partial: Bool) -> [Operation] {
        let hasMatrix = operations.contains { $0.qubits.count == 2 && $0.gate.name == "unitary" }
        let naive = naiveCost(partial: partial)
        guard naive > 1 || hasMatrix, let synthesis else { return operations + behind }
        let cost = synthesis.cost(partial: partial)
        let replacement = synthesis.operations(first, second, partial: partial)
        let isBetter =
            cost < naive || hasMatrix
            || cost == naive && pulses(replacement) < pulses(operations)
        return (isBetter ? replacement : operations) + behind
    }

    /// One-qubit pulses after fusion, with native gates of one CX each in between.
    private func pulses(_ operations: [Operation]) -> Int {
        var words = [first: OneQubitWord(), second: OneQubitWord()]
        var count = 0
        for operation in operations {
            if operation.qubits.count == 1 {
                words[operation.qubits[0]]?.append(operation.gate)
                continue
            }
            for qubit in operation.qubits {
                count += words[qubit]?.pulses.pulses.count ?? 0
                words[qubit] = OneQubitWord()
            }
        }
        return words.values.reduce(count) { $0 + $1.pulses.pulses.count }
    }

    /// Takes an operation on its qubits in; false when symbols are in its way.
    mutating func take(_ operation: Operation) -> Bool {
        if operation.qubits.count == 1, operation.gate.requiredParameters > 0 {
            behind.append(operation)
            return true
        }
        guard behind.allSatisfy({ $0.commutesByAxes(with: operation) }) else { return false }
        operations.append(operation)
        return true
    }

    private var synthesis: TwoQubitSynthesis? {
        if let matrix { return TwoQubitSynthesis(matrix) }
        var block = SymbolicBlock()
        for operation in operations {
            let operands = operation.qubits.map { $0 == first ? 0 : 1 }
            guard block.append(operation.gate, operands) else { return nil }
        }
        return block.synthesis
    }

    /// Of all gates together, `first` the less significant bit; nil with a symbol.
    private var matrix: ComplexMatrix? {
        var product = ComplexMatrix.identity(4)
        for operation in operations {
            guard let matrix = operation.gate.boundMatrix else { return nil }
            product = placed(matrix, operation.qubits) * product
        }
        return product
    }

    private func placed(_ matrix: ComplexMatrix, _ qubits: [Int]) -> ComplexMatrix {
        if qubits.count == 1 {
            return qubits[0] == first
                ? matrix.extended(by: .identity(2)) : ComplexMatrix.identity(2).extended(by: matrix)
        }
        if qubits[0] == first { return matrix }
        let swap = ComplexMatrix.matrix(.swap)
        return swap * matrix * swap
    }
}

extension Gate {
    /// Native two-qubit gates that the gate takes on its own.
    func entanglerCost(partial: Bool) -> Int {
        guard isUnitary, qubitCount == 2 else { return 0 }
        switch self {
        case .cx, .cy, .cz, .ch, .ecr: return 1
        case .swap: return 3
        case .iswap, .cu: return 2
        case .unitary(let unitary):
            return TwoQubitSynthesis(unitary.matrix).cost(partial: partial)
        default: return partial ? 1 : 2
        }
    }
}

/// Groups operations into runs on one pair, in an order that keeps the circuit.
private struct BlockCollector {
    enum Piece {
        case single(Operation)
        case block(PairBlock)
    }

    private var pieces: [Piece] = []
    private var open: [Int: PairBlock] = [:]
    /// For each qubit, the number of its open block.
    private var owner: [Int?]
    /// Bound one-qubit gates that wait for a block to begin.
    private var waiting: [[Operation]]
    private var next = 0

    init(qubits: Int) {
        owner = [Int?](repeating: nil, count: qubits)
        waiting = [[Operation]](repeating: [], count: qubits)
    }

    mutating func add(_ operation: Operation) {
        let qubits = operation.qubits
        guard operation.gate.isUnitary, qubits.count <= 2 else {
            for qubit in qubits { close(qubit) }
            pieces.append(.single(operation))
            return
        }
        if qubits.count == 1 { addSingle(operation) } else { addPair(operation) }
    }

    private mutating func addSingle(_ operation: Operation) {
        let qubit = operation.qubits[0]
        let isBound = operation.gate.requiredParameters == 0
        if let number = owner[qubit], let block = open[number] {
            // A symbol that commutes with all of the block goes before it.
            if !isBound,
                (block.operations + block.behind).allSatisfy({
                    $0.commutesByAxes(with: operation)
                })
            {
                pieces.append(.single(operation))
                return
            }
            if open[number]?.take(operation) == true { return }
            close(qubit)
        }
        if isBound {
            waiting[qubit].append(operation)
        } else {
            flushWaiting(qubit)
            pieces.append(.single(operation))
        }
    }

    private mutating func addPair(_ operation: Operation) {
        let (a, b) = (operation.qubits[0], operation.qubits[1])
        if let number = owner[a], owner[b] == number, open[number]?.take(operation) == true {
            return
        }
        if owner[a] != nil { close(a) }
        if owner[b] != nil { close(b) }
        let before = waiting[a] + waiting[b]
        (waiting[a], waiting[b]) = ([], [])
        open[next] = PairBlock(first: a, second: b, operations: before + [operation])
        (owner[a], owner[b]) = (next, next)
        next += 1
    }

    private mutating func close(_ qubit: Int) {
        if let number = owner[qubit], let block = open.removeValue(forKey: number) {
            (owner[block.first], owner[block.second]) = (nil, nil)
            pieces.append(.block(block))
        }
        flushWaiting(qubit)
    }

    private mutating func flushWaiting(_ qubit: Int) {
        pieces += waiting[qubit].map { .single($0) }
        waiting[qubit] = []
    }

    mutating func finish() -> [Piece] {
        for qubit in owner.indices { close(qubit) }
        return pieces
    }
}
