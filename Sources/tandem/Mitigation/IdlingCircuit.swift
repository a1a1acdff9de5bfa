import QuantumCircuit
import QuantumCompiler

/// A compiled circuit in which every qubit turns about Z while it idles, as it is and with pulses
/// that turn it back.
struct IdlingCircuit {
    let plain: Circuit
    let decoupled: Circuit

    private struct Event {
        let start: Double
        let duration: Double
        let operation: Operation
    }

    /// - Parameter rate: in radians per microsecond.
    init(_ circuit: Circuit, on target: DeviceTarget, rate: Double) throws {
        let schedule = Schedule(circuit, on: target)
        let events = circuit.operations.indices.map {
            Event(
                start: schedule.starts[$0], duration: schedule.durations[$0],
                operation: circuit.operations[$0])
        }
        let windows = try DynamicalDecoupling(.xx).windows(circuit, on: target)
        let pulses = windows.flatMap { window in
            window.pulses.map {
                Event(
                    start: $0, duration: target.calibration.gateNanoseconds,
                    operation: Operation(.x, [window.qubit]))
            }
        }
        plain = try Self.circuit(events, like: circuit, rate)
        decoupled = try Self.circuit(events + pulses, like: circuit, rate)
    }

    /// In the order of their starts, with a turn for the idle time before each on its qubits; |0⟩
    /// before a qubit's first does not turn.
    private static func circuit(
        _ events: [Event], like circuit: Circuit, _ rate: Double
    ) throws -> Circuit {
        var result = Circuit(emptyLike: circuit)
        var ends = [Double?](repeating: nil, count: circuit.qubits)
        let order = events.indices.sorted { (events[$0].start, $0) < (events[$1].start, $1) }
        for event in order.map({ events[$0] }) {
            for qubit in event.operation.qubits {
                if let end = ends[qubit], event.start > end {
                    let angle = rate * (event.start - end) / 1_000
                    try result.append(.rz(.constant(angle)), qubit)
                }
                ends[qubit] = event.start + event.duration
            }
            try result.append(event.operation)
        }
        return result
    }
}
