public import QuantumCircuit
public import QuantumSimulator

/// Gates of an uncompiled template on a calibrated device: what a noise model is made from.
public enum CalibratedNoise {
    /// The snapshot's figures for each gate of a circuit, whose qubit q is the device's qubit q.
    ///
    /// A one-qubit gate errs and takes time as the qubit's physical gate does. Turns about Z, which
    /// are changes of frame, and barriers do neither. A two-qubit gate does as the native gate of
    /// its pair, or the mean of all pairs where the device has none: the template stands for itself
    /// compiled, less what routing adds. Readout errs for both outcomes alike.
    ///
    /// - Throws: `invalidJob` for a gate on three qubits, which has no figures.
    public static func deviceCalibration(
        _ snapshot: CalibrationSnapshot, for circuit: Circuit
    ) throws(BackendError) -> DeviceCalibration {
        let qubits = snapshot.qubits.map { qubit in
            DeviceCalibration.Qubit(
                t1: qubit.t1Microseconds * 1e-6, t2: qubit.t2Microseconds * 1e-6,
                falseOne: qubit.readoutError, falseZero: qubit.readoutError)
        }
        var (gates, known) = ([DeviceCalibration.Gate](), Set<Use>())
        for (position, operation) in circuit.operations.enumerated()
        where takesTime(operation.gate) {
            let name = operation.gate.name
            guard known.insert(Use(name: name, qubits: operation.qubits)).inserted else { continue }
            switch operation.qubits.count {
            case 1:
                gates.append(
                    DeviceCalibration.Gate(
                        name: name, qubits: operation.qubits,
                        error: snapshot.qubits[operation.qubits[0]].gateError,
                        duration: snapshot.gateNanoseconds * 1e-9))
            case 2:
                let pair = pair(snapshot, operation.qubits)
                gates.append(
                    DeviceCalibration.Gate(
                        name: name, qubits: operation.qubits, error: pair.error,
                        duration: pair.nanoseconds * 1e-9))
            default:
                throw tooWide(operation.gate, at: position)
            }
        }
        return DeviceCalibration(qubits: qubits, gates: gates)
    }

    private struct Use: Hashable {
        let name: String
        let qubits: [Int]
    }

    static func tooWide(_ gate: Gate, at position: Int) -> BackendError {
        BackendError(
            .invalidJob,
            "gate \(gate.name) at position \(position): a device has gates on 1 or 2 qubits, "
                + "compile it first")
    }

    static func takesTime(_ gate: Gate) -> Bool {
        switch gate {
        case .id, .z, .s, .sdg, .t, .tdg, .rz, .p: false
        default: gate.isUnitary
        }
    }

    static func pair(
        _ snapshot: CalibrationSnapshot, _ qubits: [Int]
    ) -> (error: Double, nanoseconds: Double) {
        if let pair = snapshot.pair(qubits[0], qubits[1]) { return (pair.error, pair.nanoseconds) }
        let count = Double(max(snapshot.pairs.count, 1))
        return (
            snapshot.pairs.reduce(0) { $0 + $1.error } / count,
            snapshot.pairs.reduce(0) { $0 + $1.nanoseconds } / count
        )
    }
}
