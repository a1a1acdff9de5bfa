/// What a simulator cannot do, naming the value and what is allowed.
public enum SimulationError: Error, Hashable, Sendable {
    case tooManyQubits(Int, limit: Int)
    case parameterValues(count: Int, expected: Int)
    case seeds(count: Int, expected: Int)
    case shots(Int, allowed: ClosedRange<Int>)
    case stringOutOfRange(mask: UInt32, qubits: Int)
    case weights(count: Int, expected: Int)
    /// A state was asked of a plan that keeps only what a Z measurement can see.
    case phasesDropped
    /// A gate that the batched plan has no form for.
    case unsupportedGate(gate: String, position: Int)
    case unboundParameters(Int)
    /// Measurements and resets in the middle of a circuit split its run.
    case tooManyBranches(position: Int, limit: Int)
    case nonFiniteParameter(record: Int, parameter: Int)
    case observableQubits(Int, expected: Int)
    /// An X or Y was asked of a plan that keeps only what a Z measurement can see.
    case observableNotDiagonal
    case wantedParameters(Range<Int>, parameters: Int)
    case workers(Int, allowed: ClosedRange<Int>)
    /// Formulas were asked for, and the circuit or a measured string has none.
    case noClosedForm(reason: String)
    case tooManyRecords(Int, limit: Int)
    /// A gradient was asked of a plan whose gates were fused.
    case rotationsFused
}

extension SimulationError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooManyQubits(let qubits, let limit):
            "\(qubits) qubits: the simulator holds up to \(limit)"
        case .parameterValues(let count, let expected):
            "\(count) parameter values: \(expected) are needed"
        case .seeds(let count, let expected):
            "\(count) seeds: \(expected) are needed, one per record"
        case .shots(let shots, let allowed):
            "\(shots) shots: \(allowed.lowerBound) to \(allowed.upperBound) are allowed"
        case .stringOutOfRange(let mask, let qubits):
            "Z string with mask \(mask): \(qubits) qubits have masks below \(1 << qubits)"
        case .weights(let count, let expected):
            "\(count) weights: \(expected) are needed, one per measured string"
        case .phasesDropped:
            "amplitudes asked of a plan compiled for Z measurements: compile it for .amplitudes"
        case .unsupportedGate(let gate, let position):
            "gate \(gate) at position \(position): the batched simulator cannot run it there"
        case .unboundParameters(let count):
            "\(count) parameters without a value: bind the circuit first"
        case .tooManyBranches(let position, let limit):
            "measurements and resets before the end, up to position \(position), "
                + "split the run in more than \(limit)"
        case .nonFiniteParameter(let record, let parameter):
            "parameter \(parameter) of record \(record) is not finite"
        case .observableQubits(let qubits, let expected):
            "an observable on \(qubits) qubits: the circuit has \(expected)"
        case .observableNotDiagonal:
            "an observable with X or Y, where the circuit was compiled for Z strings"
        case .wantedParameters(let wanted, let parameters):
            "derivatives by parameters \(wanted.lowerBound) to \(wanted.upperBound - 1): "
                + "the circuit has \(parameters)"
        case .workers(let workers, let allowed):
            "\(workers) workers: \(allowed.lowerBound) to \(allowed.upperBound) are allowed"
        case .noClosedForm(let reason): "no closed form: \(reason)"
        case .tooManyRecords(let records, let limit):
            "a kernel matrix of \(records) records: up to \(limit) are allowed"
        case .rotationsFused:
            "a gradient asked of a plan with fused gates: compile it for .gradients"
        }
    }
}
