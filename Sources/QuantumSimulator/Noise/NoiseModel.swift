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

/// How a qubit that is left alone approaches equilibrium.
public struct Relaxation: Hashable, Sendable {
    /// Of populations and of coherences, in the unit of the model's durations.
    public let t1: Double
    public let t2: Double
    /// Of |1⟩ in equilibrium.
    public let excitedPopulation: Double

    /// - Parameters:
    ///   - t1, t2: positive, T2 ≤ 2·T1.
    ///   - excitedPopulation: 0…1.
    public init(t1: Double, t2: Double, excitedPopulation: Double = 0) throws(NoiseError) {
        (self.t1, self.t2, self.excitedPopulation) = (t1, t2, excitedPopulation)
        _ = try channel(for: 0)
    }

    func channel(for time: Double) throws(NoiseError) -> KrausChannel {
        try .thermalRelaxation(t1: t1, t2: t2, time: time, excitedPopulation: excitedPopulation)
    }
}

/// Which channels follow which gates, what happens to qubits that wait, and how measurements err.
///
/// Rules apply in the order in which they were added. Barriers and measurements are followed by
/// none. Where gates have durations, every operation starts as soon as its qubits are free
/// (`Schedule`), and a qubit that relaxes does so whenever nothing acts on it: before its next
/// operation and, if it is not measured, until the circuit ends.
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

    private struct Timing: Hashable {
        let duration: Double
        let gates: Gates
        let qubits: [Int]?
    }

    private(set) var rules: [Rule] = []
    private var timings: [Timing] = []
    /// Of each qubit that relaxes while it waits.
    public private(set) var idle: [Int: Relaxation] = [:]
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

    /// Lets a qubit relax while it waits for others: what it does during its own gates is up to the
    /// channels that follow them.
    public mutating func setIdle(_ relaxation: Relaxation, of qubit: Int) {
        idle[qubit] = relaxation
    }

    /// How long gates take; those without a duration take no time.
    ///
    /// The last one given for a gate holds. A measurement (`measure`) has one by name only, a
    /// barrier never.
    ///
    /// - Parameters:
    ///   - duration: 0 or more, finite, in the unit of the relaxation times.
    ///   - on: only where these are the gate's operands, in this order; nil for any.
    public mutating func setDuration(
        _ duration: Double, of gates: Gates, on qubits: [Int]? = nil
    ) throws(NoiseError) {
        try KrausChannel.check("duration", duration, 0...Double.greatestFiniteMagnitude)
        timings.append(Timing(duration: duration, gates: gates, qubits: qubits))
    }

    func duration(of operation: Operation) -> Double {
        if case .barrier = operation.gate { return 0 }
        let timing = timings.last { timing in
            if let qubits = timing.qubits, qubits != operation.qubits { return false }
            if case .operands = timing.gates, case .measure = operation.gate { return false }
            return timing.gates.contains(operation.gate)
        }
        return timing?.duration ?? 0
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
