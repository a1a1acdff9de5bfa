/// When each operation of a circuit runs, as soon as its qubits are free.
public struct Schedule: Hashable, Sendable {
    /// One for each operation, in the unit of the durations.
    public let starts: [Double]
    public let durations: [Double]
    /// When the last one ends.
    public let end: Double

    /// - Parameter duration: of an operation, 0 or more; a barrier aligns its qubits and should take
    ///   none.
    public init(_ circuit: Circuit, duration: (Operation) -> Double) {
        var free = [Double](repeating: 0, count: circuit.qubits + circuit.bits)
        var (starts, durations): ([Double], [Double]) = ([], [])
        for operation in circuit.operations {
            var wires = operation.qubits
            if case .measure(let bit) = operation.gate { wires.append(circuit.qubits + bit) }
            let start = wires.map { free[$0] }.max() ?? 0
            let length = duration(operation)
            for wire in wires { free[wire] = start + length }
            starts.append(start)
            durations.append(length)
        }
        self.starts = starts
        self.durations = durations
        end = free.max() ?? 0
    }

    /// In nanoseconds.
    ///
    /// - Parameter target: whose gate times hold (`DeviceTarget.nanoseconds`).
    public init(_ circuit: Circuit, on target: DeviceTarget) {
        self.init(circuit) { target.nanoseconds($0) }
    }
}

extension DeviceTarget {
    /// How long an operation takes on this device, by the calibration.
    ///
    /// Gates take what `CalibrationSnapshot.figures` says, those on three qubits or more 0.
    public func nanoseconds(_ operation: Operation) -> Double {
        switch operation.gate {
        case .measure: calibration.measurementNanoseconds
        case .reset: calibration.resetNanoseconds
        default: calibration.figures(of: operation)?.nanoseconds ?? 0
        }
    }
}
