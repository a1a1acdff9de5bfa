/// What is wrong with the description of a device.
public enum TargetError: Error, Hashable, Sendable {
    case qubitCount(Int, limit: Int)
    case edge(Int, Int, qubits: Int)
    case size(topology: String, text: String, allowed: String)
    /// Not a name of a shipped target.
    case name(String)
    case calibrationCount(what: String, count: Int, expected: Int)
    case calibrationValue(what: String, place: String, value: Double, allowed: String)
    case calibrationPair(first: Int, second: Int)
}

extension TargetError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .qubitCount(let count, let limit):
            "a device of \(count) qubits: 1 to \(limit) are allowed"
        case .edge(let first, let second, let qubits):
            "a coupling of qubits \(first) and \(second): "
                + "two different ones of 0 to \(qubits - 1) are allowed"
        case .size(let topology, let text, let allowed):
            "a \(topology) of size '\(text)': allowed are \(allowed)"
        case .name(let name):
            "no target is named '\(name)': allowed are \(DeviceTarget.nameForms)"
        case .calibrationCount(let what, let count, let expected):
            "a calibration of \(count) \(what): the device has \(expected)"
        case .calibrationValue(let what, let place, let value, let allowed):
            "a calibration with \(what) \(value) on \(place): \(allowed) is allowed"
        case .calibrationPair(let first, let second):
            "a calibration of the pair \(first), \(second), which the device does not couple"
        }
    }
}
