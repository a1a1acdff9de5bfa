/// A snapshot of what a device's last calibration found: what noise models are built from.
public struct DeviceCalibration: Hashable, Sendable {
    public struct Qubit: Hashable, Sendable {
        /// Relaxation and coherence time, in seconds; positive, T2 at most twice T1.
        public let t1: Double
        public let t2: Double
        /// Probabilities of a wrong report of a true 0 and of a true 1.
        public let falseOne: Double
        public let falseZero: Double

        public init(t1: Double, t2: Double, falseOne: Double, falseZero: Double) {
            (self.t1, self.t2) = (t1, t2)
            (self.falseOne, self.falseZero) = (falseOne, falseZero)
        }
    }

    public struct Gate: Hashable, Sendable {
        /// `Gate.name`.
        public let name: String
        /// Operands in order, one or two.
        public let qubits: [Int]
        /// 1 − average gate fidelity, as devices report it; 0…1.
        public let error: Double
        /// In seconds.
        public let duration: Double

        public init(name: String, qubits: [Int], error: Double, duration: Double) {
            (self.name, self.qubits) = (name, qubits)
            (self.error, self.duration) = (error, duration)
        }
    }

    public let qubits: [Qubit]
    public let gates: [Gate]

    public init(qubits: [Qubit], gates: [Gate]) {
        self.qubits = qubits
        self.gates = gates
    }
}

extension NoiseModel {
    /// Each gate of the calibration relaxes its qubits for its duration and depolarises as much as
    /// is needed to meet its reported error; measurements err as reported.
    ///
    /// The depolarising part follows Qiskit Aer's device model: relaxation alone leaves an average
    /// fidelity F; with dimension d, p = d(error − (1 − F))/(dF − 1), no less than 0.
    ///
    /// - Throws: `.calibrationQubit` for a gate on a qubit that has no entry, or what the channels
    ///   refuse.
    public init(calibration: DeviceCalibration) throws(NoiseError) {
        self.init()
        let count = calibration.qubits.count
        for (index, qubit) in calibration.qubits.enumerated() {
            setReadout(
                try ReadoutError(falseOne: qubit.falseOne, falseZero: qubit.falseZero), of: index)
        }
        for gate in calibration.gates {
            for qubit in gate.qubits where !(0..<count).contains(qubit) {
                throw .calibrationQubit(qubit, limit: count)
            }
            guard gate.qubits.count == 1 || gate.qubits.count == 2 else {
                throw .channelQubits(
                    channel: gate.qubits.count, gate: gate.name, operands: gate.qubits.count)
            }
            try KrausChannel.check("error of gate \(gate.name)", gate.error, 0...1)
            var relaxation: [KrausChannel] = []
            for qubit in gate.qubits {
                let times = calibration.qubits[qubit]
                relaxation.append(
                    try .thermalRelaxation(t1: times.t1, t2: times.t2, time: gate.duration))
            }
            let p = Self.depolarisation(error: gate.error, relaxation)
            if p > 0 {
                add(
                    try .depolarizing(p, qubits: gate.qubits.count), after: .named([gate.name]),
                    on: gate.qubits)
            }
            for (operand, channel) in relaxation.enumerated() {
                add(channel, after: .named([gate.name]), on: gate.qubits, operands: [operand])
            }
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
