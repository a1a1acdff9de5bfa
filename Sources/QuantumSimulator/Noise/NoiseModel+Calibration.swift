public import QuantumCircuit

extension NoiseModel {
    /// What a calibration snapshot says of the gates of a circuit, whose qubit q is the device's
    /// qubit q. Times are in nanoseconds.
    ///
    /// A one-qubit gate errs and takes time as the qubit's physical gate does. Turns about Z, which
    /// are changes of frame, and barriers do neither. A two-qubit gate does as the native gate of
    /// its pair, or the mean of all pairs where the device has none: an uncompiled circuit stands
    /// for itself compiled, less what routing adds. Readout errs for both outcomes alike.
    ///
    /// Each gate relaxes its qubits for its duration and depolarises as much as is needed to meet
    /// its error. The depolarising part follows Qiskit Aer's device model: relaxation alone leaves
    /// an average fidelity F; with dimension d, p = d(error − (1 − F))/(dF − 1), no less than 0.
    /// Qubits that wait relax too.
    ///
    /// - Throws: `.calibrationQubit` for a circuit of more qubits than the snapshot,
    ///   `.uncalibratedGate` for a gate on three qubits, or what the channels refuse.
    public init(
        calibration snapshot: CalibrationSnapshot, for circuit: Circuit
    ) throws(NoiseError) {
        self.init()
        guard circuit.qubits <= snapshot.qubits.count else {
            throw .calibrationQubit(snapshot.qubits.count, limit: snapshot.qubits.count)
        }
        for (index, qubit) in snapshot.qubits.prefix(circuit.qubits).enumerated() {
            let error = try ReadoutError(
                falseOne: qubit.readoutError, falseZero: qubit.readoutError)
            setReadout(error, of: index)
            setIdle(
                try Relaxation(
                    t1: qubit.t1Microseconds * 1e3, t2: qubit.t2Microseconds * 1e3), of: index)
        }
        try setDuration(snapshot.measurementNanoseconds, of: .named(["measure"]))
        try setDuration(snapshot.resetNanoseconds, of: .named(["reset"]))
        var known: Set<Use> = []
        for (position, operation) in circuit.operations.enumerated()
        where Self.takesTime(operation.gate) {
            let use = Use(name: operation.gate.name, qubits: operation.qubits)
            guard known.insert(use).inserted else { continue }
            switch operation.qubits.count {
            case 1:
                try addGate(
                    use, error: snapshot.qubits[use.qubits[0]].gateError,
                    duration: snapshot.gateNanoseconds)
            case 2:
                let pair = snapshot.pairOrMean(use.qubits[0], use.qubits[1])
                try addGate(use, error: pair.error, duration: pair.nanoseconds)
            default:
                throw .uncalibratedGate(
                    gate: use.name, position: position, operands: use.qubits.count)
            }
        }
    }

    private struct Use: Hashable {
        let name: String
        let qubits: [Int]
    }

    private static func takesTime(_ gate: Gate) -> Bool {
        switch gate {
        case .id, .z, .s, .sdg, .t, .tdg, .rz, .p: false
        default: gate.isUnitary
        }
    }

    private mutating func addGate(
        _ use: Use, error: Double, duration: Double
    ) throws(NoiseError) {
        try KrausChannel.check("error of gate \(use.name)", error, 0...1)
        let gates = Gates.named([use.name])
        try setDuration(duration, of: gates, on: use.qubits)
        var relaxation: [KrausChannel] = []
        for qubit in use.qubits {
            guard let own = idle[qubit] else { continue }
            relaxation.append(try own.channel(for: duration))
        }
        let p = Self.depolarisation(error: error, relaxation)
        if p > 0 {
            add(try .depolarizing(p, qubits: use.qubits.count), after: gates, on: use.qubits)
        }
        for (operand, channel) in relaxation.enumerated() {
            add(channel, after: gates, on: use.qubits, operands: [operand])
        }
    }

    private static func depolarisation(error: Double, _ relaxation: [KrausChannel]) -> Double {
        let dimension = Double(1 << relaxation.count)
        // Process fidelities multiply over qubits; average fidelity is (dF + 1)/(d + 1).
        let process = relaxation.reduce(1) { $0 * $1.processFidelity }
        let fidelity = (dimension * process + 1) / (dimension + 1)
        let p = dimension * (error - (1 - fidelity)) / (dimension * fidelity - 1)
        let strings = dimension * dimension
        return min(max(p, 0), strings / (strings - 1))
    }
}

extension CalibrationSnapshot {
    /// The figures of a pair, or the means of all where the device does not couple it.
    fileprivate func pairOrMean(
        _ first: Int, _ second: Int
    ) -> (error: Double, nanoseconds: Double) {
        if let pair = pair(first, second) { return (pair.error, pair.nanoseconds) }
        let count = Double(max(pairs.count, 1))
        return (
            pairs.reduce(0) { $0 + $1.error } / count,
            pairs.reduce(0) { $0 + $1.nanoseconds } / count
        )
    }
}

extension KrausChannel {
    /// Overlap with the identity: Σ|Tr K|²/d², the mean of the superoperator's diagonal.
    public var processFidelity: Double {
        let size = superoperator.size
        return (0..<size).reduce(0) { $0 + superoperator.elements[$1 * (size + 1)] }
            / Double(size)
    }
}
