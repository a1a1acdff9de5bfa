import QuantumCircuit
import QuantumSimulator

/// What one shot of a circuit takes on a device, its measurement and reset aside.
struct CircuitFootprint: Hashable {
    let nanoseconds: Double
    /// Gates that take time; turns about Z are changes of frame.
    let oneQubitGates: Int
    let twoQubitGates: Int

    /// Every gate as it stands, as soon as its qubits are free (`Schedule`), with the target's
    /// figures (`CalibrationSnapshot.figures`).
    ///
    /// - Throws: `invalidJob` for gates on three qubits.
    init(_ circuit: Circuit, on target: DeviceTarget) throws(BackendError) {
        var gates = [0, 0]
        for (position, operation) in circuit.operations.enumerated() {
            guard let figures = target.calibration.figures(of: operation) else {
                throw .uncalibrated(operation, at: position)
            }
            if figures.nanoseconds > 0 { gates[operation.qubits.count - 1] += 1 }
        }
        (oneQubitGates, twoQubitGates) = (gates[0], gates[1])
        nanoseconds =
            Schedule(circuit) { target.calibration.figures(of: $0)?.nanoseconds ?? 0 }.end
    }
}

extension BackendError {
    /// For a gate on more qubits than a calibration has figures for.
    static func uncalibrated(_ operation: Operation, at position: Int) -> BackendError {
        let error = NoiseError.uncalibratedGate(
            gate: operation.gate.name, position: position, operands: operation.qubits.count)
        return BackendError(.invalidJob, error.description)
    }
}

/// What one shot takes: circuit, readout and reset, in nanoseconds.
///
/// Nil takes a figure from the device's target: the circuit's duration from its gates, readout and
/// reset from the calibration.
public struct ShotTiming: Hashable, Sendable {
    public var circuitNanoseconds: Double?
    public var readoutNanoseconds: Double?
    public var resetNanoseconds: Double?

    public init(
        circuitNanoseconds: Double? = nil, readoutNanoseconds: Double? = nil,
        resetNanoseconds: Double? = nil
    ) {
        self.circuitNanoseconds = circuitNanoseconds
        self.readoutNanoseconds = readoutNanoseconds
        self.resetNanoseconds = resetNanoseconds
    }

    func nanoseconds(_ footprint: CircuitFootprint?, _ calibration: CalibrationSnapshot) -> Double {
        (circuitNanoseconds ?? footprint?.nanoseconds ?? 0)
            + (readoutNanoseconds ?? calibration.measurementNanoseconds)
            + (resetNanoseconds ?? calibration.resetNanoseconds)
    }

    func validate() throws(BackendConfigurationError) {
        for value in [circuitNanoseconds, readoutNanoseconds, resetNanoseconds] {
            try BackendConfigurationError.require(
                (0...1e12).contains(value ?? 0), "shot timing", value ?? 0,
                "0 to 1e12 ns are allowed")
        }
    }
}
