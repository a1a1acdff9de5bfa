/// What is wrong with a noise model, or what a noisy simulator cannot do.
public enum NoiseError: Error, Hashable, Sendable {
    case probability(name: String, value: Double, allowed: ClosedRange<Double>)
    case notFinite(name: String, value: Double)
    case noOperators
    case operatorSize(index: Int, dimension: Int, expected: Int)
    /// Σ K†K differs from the identity.
    case notTracePreserving(deviation: Double, limit: Double)
    case relaxationTimes(t1: Double, t2: Double)
    case readoutRow(trueBit: Int, sum: Double)
    case channelQubits(channel: Int, gate: String, operands: Int)
    case calibrationQubit(Int, limit: Int)
    /// A calibration has figures for gates on one and on two qubits.
    case uncalibratedGate(gate: String, position: Int, operands: Int)
    case tooManyQubits(Int, limit: Int)
    case memory(qubits: Int, bytes: Int, limit: Int)
    case threads(Int, allowed: ClosedRange<Int>)
    case allocationFailed(bytes: Int)
    case parameterValues(count: Int, expected: Int)
    case nonFiniteAngle(gate: String, position: Int)
    /// A gate on a qubit that was measured before.
    case gateAfterMeasurement(gate: String, position: Int)
    case qubit(Int, limit: Int)
    case repeatedQubit(Int)
    case stringOutOfRange(mask: UInt32, qubits: Int)
    case trajectories(Int, allowed: ClosedRange<Int>)
    case shots(Int, allowed: ClosedRange<Int>)
}

extension NoiseError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .probability(let name, let value, let allowed):
            "\(name) is \(value): \(allowed.lowerBound) to \(allowed.upperBound) are allowed"
        case .notFinite(let name, let value): "\(name) is \(value): it must be finite"
        case .noOperators: "a channel without Kraus operators"
        case .operatorSize(let index, let dimension, let expected):
            "Kraus operator \(index) has \(dimension) rows: \(expected) are needed"
        case .notTracePreserving(let deviation, let limit):
            "Kraus operators miss the identity by \(deviation): at most \(limit) is allowed"
        case .relaxationTimes(let t1, let t2):
            "T1 \(t1) and T2 \(t2): both must be positive, T2 at most twice T1"
        case .readoutRow(let bit, let sum):
            "readout probabilities of a true \(bit) add up to \(sum): 1 is needed"
        case .channelQubits(let channel, let gate, let operands):
            "a channel on \(channel) qubits cannot follow gate \(gate) on \(operands)"
        case .calibrationQubit(let qubit, let limit):
            "qubit \(qubit) is not calibrated: 0 to \(limit - 1) are"
        case .uncalibratedGate(let gate, let position, let operands):
            "gate \(gate) at position \(position) acts on \(operands) qubits: a calibrated device "
                + "has gates on 1 or 2, compile it first"
        case .tooManyQubits(let qubits, let limit):
            "\(qubits) qubits: this simulator holds up to \(limit)"
        case .memory(let qubits, let bytes, let limit):
            "\(qubits) qubits need \(bytes) bytes: the limit is \(limit)"
        case .threads(let threads, let allowed):
            "\(threads) threads: \(allowed.lowerBound) to \(allowed.upperBound) are allowed"
        case .allocationFailed(let bytes): "\(bytes) bytes: the system has no such memory"
        case .parameterValues(let count, let expected):
            "\(count) parameter values: \(expected) are needed"
        case .nonFiniteAngle(let gate, let position):
            "gate \(gate) at position \(position): its angle is not finite"
        case .gateAfterMeasurement(let gate, let position):
            "gate \(gate) at position \(position): its qubit is already measured"
        case .qubit(let qubit, let limit): "qubit \(qubit): there are 0 to \(limit - 1)"
        case .repeatedQubit(let qubit): "qubit \(qubit) twice: each may be read once"
        case .stringOutOfRange(let mask, let qubits):
            "Pauli string with mask \(mask): \(qubits) qubits have masks below \(1 << qubits)"
        case .trajectories(let count, let allowed):
            "\(count) trajectories: \(allowed.lowerBound) to \(allowed.upperBound) are allowed"
        case .shots(let shots, let allowed):
            "\(shots) shots: \(allowed.lowerBound) to \(allowed.upperBound) are allowed"
        }
    }
}
