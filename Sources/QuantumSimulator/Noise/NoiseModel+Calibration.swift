public import QuantumCircuit

extension NoiseModel {
    /// What a calibration snapshot says of the gates of a circuit, whose qubit q is the device's
    /// qubit q. Times are in nanoseconds.
    ///
    /// Gates err and take time as `CalibrationSnapshot.figures` says; readout errs for both outcomes
    /// alike.
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
        for (position, operation) in circuit.operations.enumerated() {
            let use = Use(name: operation.gate.name, qubits: operation.qubits)
            guard let figures = snapshot.figures(of: operation) else {
                throw .uncalibratedGate(
                    gate: use.name, position: position, operands: use.qubits.count)
            }
            guard figures.error != 0 || figures.nanoseconds != 0, known.insert(use).inserted else {
                continue
            }
            try addGate(use, error: figures.error, duration: figures.nanoseconds)
        }
    }

    private struct Use: Hashable {
        let name: String
        let qubits: [Int]
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

extension KrausChannel {
    /// Overlap with the identity: Σ|Tr K|²/d², the mean of the superoperator's diagonal.
    public var processFidelity: Double {
        let size = superoperator.size
        return (0..<size).reduce(0) { $0 + superoperator.elements[$1 * (size + 1)] }
            / Double(size)
    }
}
