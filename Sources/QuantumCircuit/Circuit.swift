/// A gate applied to qubits.
public struct Operation: Hashable, Sendable {
    public let gate: Gate
    /// Distinct qubit indices, as many as the gate takes; controls first.
    public let qubits: [Int]

    public init(_ gate: Gate, _ qubits: [Int]) {
        self.gate = gate
        self.qubits = qubits
    }
}

/// A circuit template: gates in order, with angles that depend on a parameter vector given later.
///
/// A value is always valid: every way to make or extend one checks it. Starts in |0…0⟩ with all
/// classical bits 0.
public struct Circuit: Hashable, Sendable {
    /// More qubits than any simulator here can hold, few enough for `UInt32` masks.
    public static let maximumQubits = 30
    /// Classical bits may be measured into again and again, so there may be more of them.
    public static let maximumBits = 4_096
    /// A limit so that a malformed input cannot ask for unbounded work.
    public static let maximumOperations = 1_000_000

    public let qubits: Int
    /// Classical bits, each 0 until it is measured into.
    public let bits: Int
    /// Length of the parameter vector that binds the template: inputs first, then weights, where a
    /// template has both.
    public let parameters: Int
    /// Cover all qubits in order, or none: then the qubits have no names.
    public let qubitRegisters: [Register]
    /// Cover all classical bits in order, or none.
    public let bitRegisters: [Register]
    /// One name for each parameter, or none.
    public let parameterNames: [String]
    public private(set) var operations: [Operation] = []

    /// An empty circuit without names.
    ///
    /// - Parameters:
    ///   - qubits: 1…`maximumQubits`.
    ///   - parameters: length of the parameter vector, 0 or more.
    ///   - bits: classical bits, 0…`maximumBits`.
    public init(qubits: Int, parameters: Int = 0, bits: Int = 0) throws(CircuitError) {
        try self.init(
            sizes: (qubits, parameters, bits), qubitRegisters: [], bitRegisters: [],
            parameterNames: [])
    }

    /// A circuit of the given operations, each checked.
    public init(
        qubits: Int, parameters: Int = 0, bits: Int = 0, operations: [Operation]
    ) throws(CircuitError) {
        try self.init(qubits: qubits, parameters: parameters, bits: bits)
        try append(contentsOf: operations)
    }

    /// An empty circuit with named registers and parameters.
    ///
    /// - Throws: also `.repeatedName` unless all names differ.
    public init(
        qubitRegisters: [Register], bitRegisters: [Register] = [], parameterNames: [String] = []
    ) throws(CircuitError) {
        try self.init(
            sizes: (Self.size(qubitRegisters), parameterNames.count, Self.size(bitRegisters)),
            qubitRegisters: qubitRegisters, bitRegisters: bitRegisters,
            parameterNames: parameterNames)
    }

    /// An empty circuit with the qubits, bits, parameters and names of another.
    public init(emptyLike other: Circuit) {
        self = other
        operations = []
    }

    /// An empty circuit with the bits and parameters of another and their names, on qubits of its
    /// own without names.
    public init(emptyLike other: Circuit, qubits: Int) throws(CircuitError) {
        guard (1...Self.maximumQubits).contains(qubits) else {
            throw .qubitCount(qubits, limit: Self.maximumQubits)
        }
        (self.qubits, bits, parameters) = (qubits, other.bits, other.parameters)
        (qubitRegisters, bitRegisters) = ([], other.bitRegisters)
        parameterNames = other.parameterNames
    }

    /// An empty circuit with the qubits, bits and registers of another, and no parameters.
    init(withoutParameters other: Circuit) {
        (qubits, bits, parameters) = (other.qubits, other.bits, 0)
        (qubitRegisters, bitRegisters) = (other.qubitRegisters, other.bitRegisters)
        parameterNames = []
    }

    private init(
        sizes: (qubits: Int, parameters: Int, bits: Int), qubitRegisters: [Register],
        bitRegisters: [Register], parameterNames: [String]
    ) throws(CircuitError) {
        guard (1...Self.maximumQubits).contains(sizes.qubits) else {
            throw .qubitCount(sizes.qubits, limit: Self.maximumQubits)
        }
        guard (0...Self.maximumBits).contains(sizes.bits) else {
            throw .bitCount(sizes.bits, limit: Self.maximumBits)
        }
        guard sizes.parameters >= 0 else { throw .parameterCount(sizes.parameters) }
        var seen: Set<String> = []
        for name in (qubitRegisters + bitRegisters).map(\.name) + parameterNames {
            guard Register.isName(name) else { throw .name(String(name.prefix(40))) }
            guard seen.insert(name).inserted else { throw .repeatedName(name) }
        }
        (qubits, parameters, bits) = sizes
        self.qubitRegisters = qubitRegisters
        self.bitRegisters = bitRegisters
        self.parameterNames = parameterNames
    }

    /// Sizes may be hostile: the sum saturates.
    private static func size(_ registers: [Register]) -> Int {
        registers.reduce(0) { sum, register in
            let (total, overflow) = sum.addingReportingOverflow(register.size)
            return overflow ? .max : total
        }
    }

    // MARK: Appending

    /// Adds a gate at the end.
    public mutating func append(_ gate: Gate, _ qubits: Int...) throws(CircuitError) {
        try append(Operation(gate, qubits))
    }

    /// Adds an operation at the end.
    public mutating func append(_ operation: Operation) throws(CircuitError) {
        try check(operation)
        operations.append(operation)
    }

    /// Adds operations at the end; those before a wrong one stay.
    public mutating func append(contentsOf operations: [Operation]) throws(CircuitError) {
        self.operations.reserveCapacity(self.operations.count + operations.count)
        for operation in operations { try append(operation) }
    }

    /// Measures a qubit into a classical bit.
    public mutating func measure(_ qubit: Int, into bit: Int) throws(CircuitError) {
        try append(.measure(bit: bit), qubit)
    }

    /// A barrier across all qubits.
    public mutating func appendBarrier() throws(CircuitError) {
        try append(Operation(.barrier(qubits), Array(0..<qubits)))
    }

    private func check(_ operation: Operation) throws(CircuitError) {
        let (name, position) = (operation.gate.name, operations.count)
        guard position < Self.maximumOperations else {
            throw .tooManyOperations(limit: Self.maximumOperations)
        }
        // A barrier across nothing is refused like a gate without operands.
        let expected = max(operation.gate.qubitCount, 1)
        guard operation.qubits.count == expected else {
            throw .operandCount(
                gate: name, position: position, count: operation.qubits.count, expected: expected)
        }
        var seen: UInt32 = 0
        for qubit in operation.qubits {
            guard (0..<qubits).contains(qubit) else {
                throw .qubitOutOfRange(gate: name, position: position, qubit: qubit, limit: qubits)
            }
            guard seen >> UInt32(qubit) & 1 == 0 else {
                throw .repeatedQubit(gate: name, position: position, qubit: qubit)
            }
            seen |= 1 << UInt32(qubit)
        }
        if case .measure(let bit) = operation.gate, !(0..<bits).contains(bit) {
            throw .bitOutOfRange(position: position, bit: bit, limit: bits)
        }
        for angle in operation.gate.angles { try check(angle, name, position) }
    }

    private func check(
        _ angle: ParameterExpression, _ name: String, _ position: Int
    ) throws(CircuitError) {
        guard angle.isFinite else { throw .nonFiniteAngle(gate: name, position: position) }
        for factor in angle.terms.lazy.flatMap(\.factors)
        where !(0..<parameters).contains(factor.parameter) {
            throw .parameterOutOfRange(
                gate: name, position: position, parameter: factor.parameter, limit: parameters)
        }
    }
}
