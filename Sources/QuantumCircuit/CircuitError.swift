/// What is wrong with a circuit: which gate, at which position, and what is allowed.
public enum CircuitError: Error, Hashable, Sendable {
    case qubitCount(Int, limit: Int)
    case parameterCount(Int)
    case tooManyOperations(limit: Int)
    case operandCount(gate: String, position: Int, count: Int, expected: Int)
    case qubitOutOfRange(gate: String, position: Int, qubit: Int, limit: Int)
    case repeatedQubit(gate: String, position: Int, qubit: Int)
    case parameterOutOfRange(gate: String, position: Int, parameter: Int, limit: Int)
    case nonFiniteAngle(gate: String, position: Int)
    /// A named template was asked for with a size that it does not have.
    case template(name: String, option: String, value: Int, allowed: ClosedRange<Int>)
}

extension CircuitError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .qubitCount(let count, let limit):
            "a circuit of \(count) qubits: 1 to \(limit) are allowed"
        case .parameterCount(let count):
            "a circuit of \(count) parameters: the count must not be negative"
        case .tooManyOperations(let limit):
            "more than \(limit) operations in one circuit"
        case .operandCount(let gate, let position, let count, let expected):
            "gate \(gate) at position \(position) has \(count) qubits: it takes \(expected)"
        case .qubitOutOfRange(let gate, let position, let qubit, let limit):
            "gate \(gate) at position \(position) uses qubit \(qubit): "
                + "the circuit has 0 to \(limit - 1)"
        case .repeatedQubit(let gate, let position, let qubit):
            "gate \(gate) at position \(position) uses qubit \(qubit) twice"
        case .parameterOutOfRange(let gate, let position, let parameter, let limit):
            "gate \(gate) at position \(position) uses parameter \(parameter): "
                + "the circuit has \(limit)"
        case .nonFiniteAngle(let gate, let position):
            "gate \(gate) at position \(position) has an angle that is not finite"
        case .template(let name, let option, let value, let allowed):
            "\(name) with \(option) \(value): "
                + "\(allowed.lowerBound) to \(allowed.upperBound) are allowed"
        }
    }
}
