/// What the large simulator cannot do, naming the value and what is allowed.
public enum StatevectorError: Error, Hashable, Sendable {
    case tooManyQubits(Int, limit: Int)
    case memory(qubits: Int, bytes: Int, limit: Int)
    case allocationFailed(bytes: Int)
    case threads(Int, allowed: ClosedRange<Int>)
    case parameterValues(count: Int, expected: Int)
    case nonFiniteAngle(gate: String, position: Int)
    /// A gate that has no place in a pure state's evolution: a reset, or a measurement whose qubit
    /// is used again.
    case unsupportedGate(gate: String, position: Int)
    case qubit(Int, limit: Int)
    case repeatedQubit(Int)
    case stringOutOfRange(mask: UInt32, qubits: Int)
    case shots(Int, allowed: ClosedRange<Int>)
    case index(Int, limit: Int)
}

extension StatevectorError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooManyQubits(let qubits, let limit):
            "\(qubits) qubits: this precision holds up to \(limit)"
        case .memory(let qubits, let bytes, let limit):
            "\(qubits) qubits need \(bytes) bytes: the limit is \(limit)"
        case .allocationFailed(let bytes):
            "\(bytes) bytes for the state: the system has no such memory"
        case .threads(let threads, let allowed):
            "\(threads) threads: \(allowed.lowerBound) to \(allowed.upperBound) are allowed"
        case .parameterValues(let count, let expected):
            "\(count) parameter values: \(expected) are needed"
        case .nonFiniteAngle(let gate, let position):
            "gate \(gate) at position \(position): its angle is not finite"
        case .unsupportedGate(let gate, let position):
            "gate \(gate) at position \(position): a state vector cannot run it there"
        case .qubit(let qubit, let limit):
            "qubit \(qubit): the state has 0 to \(limit - 1)"
        case .repeatedQubit(let qubit):
            "qubit \(qubit) twice: each may be read once"
        case .stringOutOfRange(let mask, let qubits):
            "Pauli string with mask \(mask): \(qubits) qubits have masks below \(1 << qubits)"
        case .shots(let shots, let allowed):
            "\(shots) shots: \(allowed.lowerBound) to \(allowed.upperBound) are allowed"
        case .index(let index, let limit):
            "amplitude \(index): the state has 0 to \(limit - 1)"
        }
    }
}
