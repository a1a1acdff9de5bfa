public import QuantumCircuit

/// A circuit template compiled for batches: what to do to the stored amplitudes of 8 records at a
/// time.
///
/// CX, SWAP and X become a relabelling of basis states; diagonal gates become phase tables;
/// everything else is Walsh–Hadamard layers and Pauli rotations. Compiled once per template, run
/// for each batch.
public struct SimulationPlan: Sendable {
    /// What the results are read from.
    public enum Purpose: Hashable, Sendable {
        /// Measurements in the computational basis: trailing diagonal gates are dropped.
        case zMeasurement
        /// Amplitudes, with their phases.
        case amplitudes
    }

    /// `exp(−iθP/2)`: amplitude s becomes `cos·a[s] + (−i·iᵏ)·(−1)^parity(sign & t)·sin·a[t]`, t =
    /// s ⊕ flip, where cos and sin are of the angle in `slot`, θ/2, and k is `quarterTurns`.
    struct Rotation: Hashable, Sendable {
        let flip: UInt32
        let sign: UInt32
        let quarterTurns: Int
        let slot: Int
    }

    enum Step: Hashable, Sendable {
        /// Multiply by the phase table at this index of `tables`.
        case diagonal(Int)
        /// Unnormalised butterflies on these stored bits.
        case hadamards(UInt32)
        case rotation(Rotation)
    }

    /// How a table of `exp(i·phase(s))` is built.
    enum Table: Hashable, Sendable {
        /// Products of bits up to pairs, by doubling. Slots or −1; pair (j, k), j < k, at `k(k−1)/2
        /// + j`.
        case twoLocal(constant: Int, linear: [Int], pairs: [Int])
        /// Any parities: a Walsh–Hadamard transform of the phases, then a sine and cosine for each.
        case parities(masks: [UInt32], slots: [Int])
    }

    public let circuit: Circuit
    public let purpose: Purpose
    /// Distinct angle expressions, evaluated once per record.
    let angles: [ParameterExpression]
    /// Phases, affine in the angles; the first `trigonometricSlots` need sine and cosine.
    let slots: [LinearPhase]
    let trigonometricSlots: Int
    let tables: [Table]
    /// Stored bits that start in |+⟩; the others start in |0⟩.
    let uniformBits: UInt32
    let steps: [Step]
    /// Hadamards that were applied without their 1/√2 each.
    let hadamardCount: Int
    /// Logical state of each stored one; empty if they are the same.
    let logicalStates: [UInt32]

    public var qubits: Int { circuit.qubits }
    public var parameters: Int { circuit.parameters }
    /// Basis states: 2^qubits.
    public var states: Int { 1 << qubits }

    /// Compiles a template; deterministic.
    ///
    /// - Throws: `SimulationError.tooManyQubits` above `BatchSimulator.maximumQubits`;
    ///   `.unsupportedGate` for resets, and measurements that are not the last on their qubit.
    public static func compile(
        _ circuit: Circuit, for purpose: Purpose = .zMeasurement
    ) throws(SimulationError) -> SimulationPlan {
        guard circuit.qubits <= BatchSimulator.maximumQubits else {
            throw .tooManyQubits(circuit.qubits, limit: BatchSimulator.maximumQubits)
        }
        var compiler = PlanCompiler(circuit)
        for (position, operation) in circuit.operations.enumerated() {
            try compiler.apply(operation, at: position)
        }
        return compiler.finish(for: purpose)
    }

    /// How often each table is multiplied into the state or starts it.
    var tableUses: [Int] {
        steps.reduce(into: [Int](repeating: 0, count: tables.count)) { uses, step in
            if case .diagonal(let table) = step { uses[table] += 1 }
        }
    }
}

extension SimulationPlan: CustomStringConvertible {
    /// One line for a log or a benchmark: what the template came down to.
    public var description: String {
        let words = steps.map { step in
            switch step {
            case .diagonal(let table): "D\(table)"
            case .hadamards(let mask): "H×\(mask.nonzeroBitCount)"
            case .rotation: "R"
            }
        }
        let start = uniformBits == 0 ? "|0⟩" : "|+⟩×\(uniformBits.nonzeroBitCount)"
        return ([start] + words).joined(separator: " ")
    }
}
