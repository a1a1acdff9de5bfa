import QuantumCircuit

/// What a measurement reports, given the truth: a stochastic matrix of one qubit.
public struct ReadoutError: Hashable, Sendable {
    /// Of reporting 1 where 0 is true.
    public let falseOne: Double
    /// Of reporting 0 where 1 is true.
    public let falseZero: Double

    /// - Parameters: probabilities, 0…1.
    public init(falseOne: Double, falseZero: Double) throws(NoiseError) {
        try KrausChannel.check("readout error of 0", falseOne, 0...1)
        try KrausChannel.check("readout error of 1", falseZero, 0...1)
        self.falseOne = falseOne
        self.falseZero = falseZero
    }

    /// - Parameter matrix: row t: probabilities of reporting 0 and 1 where t is true.
    /// - Throws: `.readoutRow` unless each row adds up to 1.
    public init(matrix: [[Double]]) throws(NoiseError) {
        precondition(matrix.count == 2 && matrix.allSatisfy { $0.count == 2 })
        for (bit, row) in matrix.enumerated() {
            guard abs(row[0] + row[1] - 1) <= 1e-9 else {
                throw .readoutRow(trueBit: bit, sum: row[0] + row[1])
            }
        }
        try self.init(falseOne: matrix[0][1], falseZero: matrix[1][0])
    }
}

/// Which channels follow which gates, and how measurements err.
///
/// Rules apply in the order in which they were added. Barriers and measurements are followed by
/// none.
public struct NoiseModel: Hashable, Sendable {
    /// The gates that a channel follows.
    public enum Gates: Hashable, Sendable {
        /// By `Gate.name`.
        case named(Set<String>)
        /// By number of operands.
        case operands(Int)

        func contains(_ gate: Gate) -> Bool {
            switch self {
            case .named(let names): names.contains(gate.name)
            case .operands(let count): gate.qubitCount == count
            }
        }
    }

    struct Rule: Hashable {
        let channel: KrausChannel
        let gates: Gates
        let qubits: [Int]?
        let operands: [Int]?
    }

    private(set) var rules: [Rule] = []
    /// Of each qubit that errs.
    public private(set) var readout: [Int: ReadoutError] = [:]

    /// No noise.
    public init() {}

    /// Lets a channel follow gates.
    ///
    /// - Parameters:
    ///   - on: only where these are the gate's operands, in this order; nil for any.
    ///   - operands: the gate's operands, by their place, that the channel acts on. Nil: on all of
    ///     a gate with as many operands as the channel has qubits; a one-qubit channel on each
    ///     operand of a larger one.
    public mutating func add(
        _ channel: KrausChannel, after gates: Gates, on qubits: [Int]? = nil,
        operands: [Int]? = nil
    ) {
        rules.append(Rule(channel: channel, gates: gates, qubits: qubits, operands: operands))
    }

    public mutating func setReadout(_ error: ReadoutError, of qubit: Int) {
        readout[qubit] = error
    }

    /// Channels that follow an operation, each with the qubits that it acts on.
    ///
    /// - Throws: `.channelQubits` where a rule's channel does not fit the gate.
    func channels(
        after operation: Operation
    ) throws(NoiseError) -> [(channel: KrausChannel, qubits: [Int])] {
        var result: [(channel: KrausChannel, qubits: [Int])] = []
        for rule in rules where rule.gates.contains(operation.gate) {
            if let qubits = rule.qubits, qubits != operation.qubits { continue }
            let size = rule.channel.qubits
            if let operands = rule.operands {
                guard operands.count == size, Set(operands).count == size,
                    operands.allSatisfy(operation.qubits.indices.contains)
                else { throw mismatch(rule, operation) }
                result.append((rule.channel, operands.map { operation.qubits[$0] }))
            } else if size == operation.qubits.count {
                result.append((rule.channel, operation.qubits))
            } else if size == 1 {
                result += operation.qubits.map { (rule.channel, [$0]) }
            } else {
                throw mismatch(rule, operation)
            }
        }
        return result
    }

    private func mismatch(_ rule: Rule, _ operation: Operation) -> NoiseError {
        .channelQubits(
            channel: rule.channel.qubits, gate: operation.gate.name,
            operands: operation.qubits.count)
    }

    /// Probabilities of reported outcomes, from those of true ones; bit i is `qubits[i]`.
    func reported(_ probabilities: [Double], _ qubits: [Int]) -> [Double] {
        var result = probabilities
        for (bit, qubit) in qubits.enumerated() {
            guard let error = readout[qubit] else { continue }
            for low in result.indices where low >> bit & 1 == 0 {
                let (zero, one) = (result[low], result[low | 1 << bit])
                result[low] = (1 - error.falseOne) * zero + error.falseZero * one
                result[low | 1 << bit] = error.falseOne * zero + (1 - error.falseZero) * one
            }
        }
        return result
    }
}
