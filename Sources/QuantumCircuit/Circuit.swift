/// A gate applied to qubits.
public struct Operation: Hashable, Sendable {
    public let gate: Gate
    /// Distinct qubit indices, as many as the gate takes.
    public let qubits: [Int]

    public init(_ gate: Gate, _ qubits: [Int]) {
        self.gate = gate
        self.qubits = qubits
    }
}

/// A circuit template: gates in order, with angles that depend on a parameter vector given later.
///
/// A value is always valid: every way to make or extend one checks it. Starts in |0…0⟩.
public struct Circuit: Hashable, Sendable {
    /// More qubits than any simulator here can hold, few enough for `UInt32` masks.
    public static let maximumQubits = 30
    /// A limit so that a malformed input cannot ask for unbounded work.
    public static let maximumOperations = 1_000_000

    public let qubits: Int
    /// Length of the parameter vector that binds the template.
    public let parameters: Int
    public private(set) var operations: [Operation] = []

    /// An empty circuit.
    ///
    /// - Parameters:
    ///   - qubits: 1…`maximumQubits`.
    ///   - parameters: length of the parameter vector, 0 or more.
    public init(qubits: Int, parameters: Int = 0) throws(CircuitError) {
        guard (1...Self.maximumQubits).contains(qubits) else {
            throw .qubitCount(qubits, limit: Self.maximumQubits)
        }
        guard parameters >= 0 else { throw .parameterCount(parameters) }
        self.qubits = qubits
        self.parameters = parameters
    }

    /// A circuit of the given operations, each checked.
    public init(qubits: Int, parameters: Int = 0, operations: [Operation]) throws(CircuitError) {
        try self.init(qubits: qubits, parameters: parameters)
        self.operations.reserveCapacity(operations.count)
        for operation in operations { try append(operation) }
    }

    /// Adds a gate at the end.
    public mutating func append(_ gate: Gate, _ qubits: Int...) throws(CircuitError) {
        try append(Operation(gate, qubits))
    }

    /// Adds an operation at the end.
    public mutating func append(_ operation: Operation) throws(CircuitError) {
        try check(operation)
        operations.append(operation)
    }

    private func check(_ operation: Operation) throws(CircuitError) {
        let (name, position) = (operation.gate.name, operations.count)
        guard position < Self.maximumOperations else {
            throw .tooManyOperations(limit: Self.maximumOperations)
        }
        let expected = operation.gate.qubitCount
        guard operation.qubits.count == expected else {
            throw .operandCount(
                gate: name, position: position, count: operation.qubits.count, expected: expected)
        }
        for qubit in operation.qubits where !(0..<qubits).contains(qubit) {
            throw .qubitOutOfRange(gate: name, position: position, qubit: qubit, limit: qubits)
        }
        if expected == 2 && operation.qubits[0] == operation.qubits[1] {
            throw .repeatedQubit(gate: name, position: position, qubit: operation.qubits[0])
        }
        if let angle = operation.gate.angle { try check(angle, name, position) }
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
