import QuantumCircuit
import QuantumSimulator
import Terminal

/// What `tandem circuit estimate` prints.
struct CircuitEstimate: Encodable {
    let qubits: Int
    let bits: Int
    let parameters: Int
    let operations: Int
    let depth: Int
    let entanglingGates: Int
    let measurements: Int
    let gates: [String: Int]
    let hash: String
    /// Bytes of one state vector in double precision.
    let stateBytes: Int
    /// What the batched simulator makes of the circuit; nil where it cannot take it.
    let batchedPlan: String?
    /// Why it cannot.
    let batchedPlanProblem: String?
    /// Why the outputs need no quantum computer; nil where nothing says so.
    let classicallyTrivial: String?

    init(_ circuit: Circuit) {
        qubits = circuit.qubits
        bits = circuit.bits
        parameters = circuit.parameters
        operations = circuit.operations.count
        depth = circuit.depth
        entanglingGates = circuit.entanglingGates
        gates = circuit.gateCounts
        measurements = gates["measure", default: 0]
        hash = circuit.contentHash
        stateBytes = 16 << circuit.qubits
        var (plan, problem): (String?, String?) = (nil, nil)
        var triviality: CircuitFacts.Triviality?
        do {
            let facts = try CircuitFacts(circuit)
            (plan, triviality) = (facts.plan, facts.triviality)
        } catch {
            problem = error.description
        }
        classicallyTrivial = triviality?.sentence
        batchedPlan = plan
        batchedPlanProblem = problem
    }

    var text: String {
        var table = TextTable(columns: [.init("gate"), .init("count", .trailing)])
        for (name, count) in gates.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            table.addRow([name, Format.count(count)])
        }
        let plan = batchedPlan.map { $0.prefix(72) + ($0.count > 72 ? "…" : "") }
        return """
            \(qubits) qubits, \(bits) classical bits, \(parameters) parameters
            \(Format.count(operations)) operations, depth \(Format.count(depth)), \
            \(Format.count(entanglingGates)) entangling gates, \
            \(Format.count(measurements)) measurements
            content hash \(hash)
            one state vector: \(Format.bytes(stateBytes))
            batched simulator: \(plan ?? "no: \(batchedPlanProblem ?? "")")\
            \(classicallyTrivial.map { "\nclassically trivial outputs: \($0)" } ?? "")

            \(table.rendered(style: Console.outputStyle))
            """
    }
}

/// What `tandem circuit run` prints.
struct CircuitRunReport: Encodable {
    /// Bits of an outcome.
    let qubits: Int
    /// Of each outcome, bit 0 the least significant: exact, or the share of the shots.
    let probabilities: [Double]
    let counts: [Int]?
    let shots: Int?
    let seed: UInt64?

    private static let rowsShown = 32

    init(_ distribution: OutcomeDistribution, counts: [Int]?, seed: UInt64) {
        qubits = distribution.bits
        self.counts = counts
        let shots = counts.map { $0.reduce(0, +) }
        self.shots = shots
        self.seed = counts == nil ? nil : seed
        if let counts, let shots {
            probabilities = counts.map { Double($0) / Double(shots) }
        } else {
            probabilities = distribution.probabilities
        }
    }

    /// The likeliest outcomes, as bit strings with bit 0 at the right.
    var text: String {
        var columns = [
            TextTable.Column("outcome", .trailing), .init("probability", .trailing),
        ]
        if counts != nil { columns.append(.init("count", .trailing)) }
        var table = TextTable(columns: columns)
        let order = probabilities.indices.filter { probabilities[$0] > 0 }
            .sorted { (probabilities[$1], $0) < (probabilities[$0], $1) }
        for outcome in order.prefix(Self.rowsShown) {
            let digits = String(outcome, radix: 2)
            var row = [
                String(repeating: "0", count: qubits - digits.count) + digits,
                Format.number(probabilities[outcome], decimals: 6),
            ]
            if let counts { row.append(Format.count(counts[outcome])) }
            table.addRow(row)
        }
        let rest = order.count - Self.rowsShown
        let more = rest > 0 ? "\n… and \(Format.count(rest)) more" : ""
        return table.rendered(style: Console.outputStyle).trimmed + more
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self
        while text.last == "\n" { text.removeLast() }
        return text
    }
}
