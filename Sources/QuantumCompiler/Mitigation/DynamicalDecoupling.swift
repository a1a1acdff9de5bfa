public import QuantumCircuit

/// Fills idle times with pulses that multiply to the identity and turn slow dephasing around
/// (Viola, Knill and Lloyd, Phys. Rev. Lett. 82, 2417 (1999)).
///
/// The circuit has no delays: what the pulses' distances are follows from the order alone, so they
/// stand in the middle of barriers of their own qubit, and a backend that schedules as late or as
/// soon as possible keeps them within the window. `windows` tells where each one belongs.
public struct DynamicalDecoupling: CircuitPass {
    public enum Sequence: String, Hashable, Sendable, CaseIterable, Codable {
        /// X, X.
        case xx
        /// X, Y, X, Y: against errors of both kinds.
        case xy4
    }

    /// An idle time of a qubit between two of its operations.
    public struct Window: Hashable, Sendable {
        public let qubit: Int
        /// In nanoseconds.
        public let start: Double
        public let end: Double
        /// When the pulses begin.
        public let pulses: [Double]
    }

    public let name: String
    private let sequence: Sequence
    private let repetitions: Int

    /// - Parameter repetitions: of the sequence within each window, 1 or more; as many as fit.
    public init(_ sequence: Sequence, repetitions: Int = 1) {
        name = "decouple by \(sequence.rawValue)"
        self.sequence = sequence
        self.repetitions = max(repetitions, 1)
    }

    /// The circuit with pulses in every idle window that is long enough for a whole sequence,
    /// equal to the given one.
    ///
    /// Idle times before a qubit's first operation are left alone: |0⟩ does not dephase. So are
    /// those behind its last.
    ///
    /// - Parameter target: whose gate times hold; the circuit is compiled for it.
    public func run(_ circuit: Circuit, on target: DeviceTarget) throws(CompileError) -> Circuit {
        try insert(circuit, target).circuit
    }

    /// Every window that gets pulses, in the order in which they end.
    public func windows(
        _ circuit: Circuit, on target: DeviceTarget
    ) throws(CompileError) -> [Window] {
        try insert(circuit, target).windows
    }

    private func insert(
        _ circuit: Circuit, _ target: DeviceTarget
    ) throws(CompileError) -> (circuit: Circuit, windows: [Window]) {
        guard circuit.qubits <= target.qubits else {
            throw .tooManyQubits(circuit.qubits, target: target.name, limit: target.qubits)
        }
        let schedule = Schedule(circuit, on: target)
        var lastEnd = [Double?](repeating: nil, count: circuit.qubits)
        var (result, windows): ([Operation], [Window]) = ([], [])
        for (index, operation) in circuit.operations.enumerated() {
            for qubit in operation.qubits {
                let start = schedule.starts[index]
                if let end = lastEnd[qubit], let window = window(qubit, end, start, target) {
                    windows.append(window)
                    result += pulses(window, target)
                }
                if schedule.durations[index] > 0 || lastEnd[qubit] != nil {
                    lastEnd[qubit] = start + schedule.durations[index]
                }
                // After a reset or a measurement there is no coherence to keep.
                if !operation.gate.isUnitary, schedule.durations[index] > 0 {
                    lastEnd[qubit] = nil
                }
            }
            result.append(operation)
        }
        return (try circuit.with(result), windows)
    }

    /// Pulses at the middles of equal parts of the window.
    private func window(
        _ qubit: Int, _ start: Double, _ end: Double, _ target: DeviceTarget
    ) -> Window? {
        let length = sequence == .xx ? 2 : 4
        let pulse = target.calibration.gateNanoseconds
        let idle = end - start
        let fitting = min(repetitions, Int(idle / (Double(length) * pulse)))
        guard fitting > 0 else { return nil }
        let count = length * fitting
        let spacing = idle / Double(count)
        return Window(
            qubit: qubit, start: start, end: end,
            pulses: (0..<count).map { start + (Double($0) + 0.5) * spacing - pulse / 2 })
    }

    private func pulses(_ window: Window, _ target: DeviceTarget) -> [Operation] {
        let qubits = [window.qubit]
        let barrier = Operation(.barrier(1), qubits)
        return window.pulses.indices.flatMap { index -> [Operation] in
            let isY = sequence == .xy4 && index & 1 == 1
            return [barrier] + Self.pulse(isY, target.gates).map { Operation($0, qubits) }
        } + [barrier]
    }

    /// X, or Y up to a phase, in native gates.
    private static func pulse(_ isY: Bool, _ set: NativeGateSet) -> [Gate] {
        switch set {
        case .cx, .ecr, .cz: isY ? [.rz(.constant(.pi)), .x] : [.x]
        case .rxx, .gpi: [IonGate.gpi(.constant(isY ? .pi / 2 : 0)).gate]
        }
    }
}
