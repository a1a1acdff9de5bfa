public import QuantumCircuit

/// A circuit with the channels of a noise model in their places: made once, then run by either
/// noisy simulator with any parameters.
public struct NoisyTemplate: Sendable {
    enum Slot {
        /// A unitary gate, by its position in the circuit.
        case gate(Int)
        case channel(KrausChannel, [Int])
    }

    public let circuit: Circuit
    public let noise: NoiseModel
    let slots: [Slot]
    /// Qubit measured into each classical bit that is measured, by ascending bit; all qubits if
    /// none is.
    let measured: [Int]

    /// - Throws: `.gateAfterMeasurement` or `.channelQubits`.
    public init(_ circuit: Circuit, noise: NoiseModel) throws(NoiseError) {
        self.circuit = circuit
        self.noise = noise
        var slots: [Slot] = []
        var (bits, finished) = ([Int: Int](), Set<Int>())
        var idle = IdleTimes(circuit, noise)
        for (position, operation) in circuit.operations.enumerated() {
            let gate = operation.gate
            if case .barrier = gate { continue }
            guard finished.isDisjoint(with: operation.qubits) else {
                throw .gateAfterMeasurement(gate: gate.name, position: position)
            }
            slots += try idle.before(position)
            if case .measure(let bit) = gate {
                bits[bit] = operation.qubits[0]
                finished.insert(operation.qubits[0])
                continue
            }
            if case .reset = gate {
                slots.append(.channel(.reset, operation.qubits))
            } else if gate != .id {
                slots.append(.gate(position))
            }
            for (channel, qubits) in try noise.channels(after: operation) {
                slots.append(.channel(channel, qubits))
            }
        }
        self.slots = slots + (try idle.atEnd(of: Set(0..<circuit.qubits).subtracting(finished)))
        let listed = bits.sorted { $0.key < $1.key }.map(\.value)
        measured = listed.isEmpty ? Array(0..<circuit.qubits) : listed
    }
}

/// What relaxes while it waits, operation by operation.
private struct IdleTimes {
    private let circuit: Circuit
    private let relaxations: [Int: Relaxation]
    /// Nil where nothing relaxes.
    private let schedule: Schedule?
    /// When each qubit's last operation ended; nil while it is still in |0⟩ and stays there.
    private var ends: [Double?]

    init(_ circuit: Circuit, _ noise: NoiseModel) {
        self.circuit = circuit
        relaxations = noise.idle
        schedule = noise.idle.isEmpty ? nil : Schedule(circuit) { noise.duration(of: $0) }
        ends = (0..<circuit.qubits).map { qubit in
            // Equilibrium is |0⟩ itself unless some |1⟩ is in it.
            noise.idle[qubit].flatMap { $0.excitedPopulation > 0 ? 0 : nil }
        }
    }

    mutating func before(_ position: Int) throws(NoiseError) -> [NoisyTemplate.Slot] {
        guard let schedule else { return [] }
        var slots: [NoisyTemplate.Slot] = []
        for qubit in circuit.operations[position].qubits {
            slots += try wait(of: qubit, until: schedule.starts[position])
            ends[qubit] = schedule.starts[position] + schedule.durations[position]
        }
        return slots
    }

    func atEnd(of qubits: Set<Int>) throws(NoiseError) -> [NoisyTemplate.Slot] {
        guard let schedule else { return [] }
        var slots: [NoisyTemplate.Slot] = []
        for qubit in qubits.sorted() { slots += try wait(of: qubit, until: schedule.end) }
        return slots
    }

    private func wait(
        of qubit: Int, until instant: Double
    ) throws(NoiseError) -> [NoisyTemplate.Slot] {
        // Sums of durations in another order differ in their last bits.
        guard let schedule, let relaxation = relaxations[qubit], let end = ends[qubit],
            instant - end > 1e-12 * schedule.end
        else { return [] }
        return [.channel(try relaxation.channel(for: instant - end), [qubit])]
    }
}
