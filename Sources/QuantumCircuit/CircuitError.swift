/// What is wrong with a circuit: which gate, at which position, and what is allowed.
public enum CircuitError: Error, Hashable, Sendable {
    case qubitCount(Int, limit: Int)
    case bitCount(Int, limit: Int)
    case parameterCount(Int)
    case tooManyOperations(limit: Int)
    case operandCount(gate: String, position: Int, count: Int, expected: Int)
    case qubitOutOfRange(gate: String, position: Int, qubit: Int, limit: Int)
    case bitOutOfRange(position: Int, bit: Int, limit: Int)
    case repeatedQubit(gate: String, position: Int, qubit: Int)
    case parameterOutOfRange(gate: String, position: Int, parameter: Int, limit: Int)
    case nonFiniteAngle(gate: String, position: Int)
    /// A named template was asked for with a size that it does not have.
    case template(name: String, option: String, value: Int, allowed: ClosedRange<Int>)
    /// The same for an option that is not a size.
    case templateText(name: String, option: String, value: String, allowed: String)
    /// Not a name of a register or a parameter.
    case name(String)
    case repeatedName(String)
    case registerSize(name: String, size: Int)
    case matrixSize(Int)
    /// The largest entry of `U†U − 1`.
    case notUnitary(deviation: Double, limit: Double)
    case notInvertible(gate: String, position: Int)
    case parameterValues(count: Int, expected: Int)
    case nonFiniteParameter(Int)
    /// A circuit was placed on a list of qubits or bits of another length than its own.
    case placement(what: String, count: Int, expected: Int)
}

extension CircuitError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .qubitCount(let count, let limit):
            "a circuit of \(count) qubits: 1 to \(limit) are allowed"
        case .bitCount(let count, let limit):
            "a circuit of \(count) classical bits: 0 to \(limit) are allowed"
        case .parameterCount(let count):
            "a circuit of \(count) parameters: the count must not be negative"
        case .tooManyOperations(let limit):
            "more than \(limit) operations in one circuit"
        case .operandCount(let gate, let position, let count, let expected):
            "gate \(gate) at position \(position) has \(count) qubits: it takes \(expected)"
        case .qubitOutOfRange(let gate, let position, let qubit, let limit):
            "gate \(gate) at position \(position) uses qubit \(qubit): "
                + "the circuit has 0 to \(limit - 1)"
        case .bitOutOfRange(let position, let bit, let limit):
            "measurement at position \(position) into bit \(bit): the circuit has \(limit)"
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
        case .templateText(let name, let option, let value, let allowed):
            "\(name) with \(option) '\(value)': allowed are \(allowed)"
        case .name(let name):
            "'\(name)' is no name: a letter or _, then up to "
                + "\(Register.maximumNameLength - 1) letters, digits or _"
        case .repeatedName(let name):
            "two registers or parameters are named '\(name)'"
        case .registerSize(let name, let size):
            "register '\(name)' of size \(size): it must hold 1 or more"
        case .matrixSize(let rows):
            "a unitary of \(rows) rows: 2 or 4 are allowed"
        case .notUnitary(let deviation, let limit):
            "a matrix is not unitary: U†U differs from 1 by \(deviation), up to \(limit) is allowed"
        case .notInvertible(let gate, let position):
            "\(gate) at position \(position) has no inverse"
        case .parameterValues(let count, let expected):
            "\(count) parameter values: \(expected) are needed"
        case .nonFiniteParameter(let index):
            "the value of parameter \(index) is not finite"
        case .placement(let what, let count, let expected):
            "a circuit of \(expected) \(what) placed on \(count)"
        }
    }
}
