public import QuantumCircuit

/// What one shot of a template takes on a device, its measurement and reset aside.
public struct CircuitFootprint: Hashable, Sendable {
    public var nanoseconds: Double
    /// Gates that take time; turns about Z are changes of frame.
    public var oneQubitGates: Int
    public var twoQubitGates: Int

    public init(nanoseconds: Double, oneQubitGates: Int, twoQubitGates: Int) {
        self.nanoseconds = nanoseconds
        self.oneQubitGates = oneQubitGates
        self.twoQubitGates = twoQubitGates
    }
}

/// How a device finds a template's footprint: given by a layer above where that can compile.
public struct CircuitTimer: Sendable {
    public var footprint: @Sendable (Circuit, DeviceTarget) throws(BackendError) -> CircuitFootprint

    public init(
        _ footprint:
            @escaping @Sendable (Circuit, DeviceTarget) throws(BackendError) ->
            CircuitFootprint
    ) {
        self.footprint = footprint
    }

    /// Every gate as it stands, as soon as its qubits are free, with the target's gate times: a
    /// two-qubit gate on a pair that the target does not couple takes the mean of all pairs.
    public static let asWritten = CircuitTimer { circuit, target throws(BackendError) in
        try measure(circuit, target)
    }

    private static func measure(
        _ circuit: Circuit, _ target: DeviceTarget
    ) throws(BackendError) -> CircuitFootprint {
        var free = [Double](repeating: 0, count: circuit.qubits)
        var footprint = CircuitFootprint(nanoseconds: 0, oneQubitGates: 0, twoQubitGates: 0)
        for (position, operation) in circuit.operations.enumerated()
        where CalibratedNoise.takesTime(operation.gate) {
            let duration: Double
            switch operation.qubits.count {
            case 1:
                duration = target.calibration.gateNanoseconds
                footprint.oneQubitGates += 1
            case 2:
                duration =
                    CalibratedNoise.pair(target.calibration, operation.qubits).nanoseconds
                footprint.twoQubitGates += 1
            default: throw CalibratedNoise.tooWide(operation.gate, at: position)
            }
            let end = (operation.qubits.map { free[$0] }.max() ?? 0) + duration
            for qubit in operation.qubits { free[qubit] = end }
        }
        footprint.nanoseconds = free.max() ?? 0
        return footprint
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
