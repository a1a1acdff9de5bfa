public import QuantumCircuit

/// Why a circuit cannot be compiled, or a mitigation not be inserted: what, where, and what is
/// allowed.
public enum CompileError: Error, Hashable, Sendable {
    case tooManyQubits(Int, target: String, limit: Int)
    /// The circuit needs more connected qubits than the device's largest connected part has.
    case disconnected(qubits: Int, target: String, limit: Int)
    case unsupportedOperation(gate: String, position: Int, target: String, allowed: String)
    case tooDeep(Int, target: String, limit: Int)
    /// A pass was given gates that an earlier pass should have taken apart or placed.
    case unexpectedGate(gate: String, position: Int, pass: String, expected: String)
    case placement(what: String, pass: String)
    case scaleFactor(Double, allowed: String)
    case foldsMeasurement(gate: String, position: Int)
    case ensembleSize(Int, allowed: ClosedRange<Int>)
    case circuit(CircuitError)
}

extension CompileError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooManyQubits(let count, let target, let limit):
            "a circuit of \(count) qubits on target \(target): up to \(limit) are allowed"
        case .disconnected(let qubits, let target, let limit):
            "a circuit of \(qubits) qubits on target \(target), whose largest connected part has "
                + "\(limit)"
        case .unsupportedOperation(let gate, let position, let target, let allowed):
            "\(gate) at position \(position) on target \(target): \(allowed)"
        case .tooDeep(let depth, let target, let limit):
            "a compiled circuit of depth \(depth) on target \(target): up to \(limit) is allowed"
        case .unexpectedGate(let gate, let position, let pass, let expected):
            "\(gate) at position \(position) in pass \(pass): \(expected)"
        case .placement(let what, let pass): "pass \(pass): \(what)"
        case .scaleFactor(let factor, let allowed):
            "a scale factor of \(factor): \(allowed)"
        case .foldsMeasurement(let gate, let position):
            "\(gate) at position \(position) has no inverse to fold: "
                + "only measurements at the end are allowed"
        case .ensembleSize(let size, let allowed):
            "an ensemble of \(size) circuits: "
                + "\(allowed.lowerBound) to \(allowed.upperBound) are allowed"
        case .circuit(let error): error.description
        }
    }
}
