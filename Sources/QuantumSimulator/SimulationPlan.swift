public import QuantumCircuit

/// A circuit template compiled for batches: what to do to the stored amplitudes of 8 records at a
/// time.
///
/// CX, SWAP and X become a relabelling of basis states; diagonal gates become phase tables; runs of
/// gates on one qubit become one matrix, those on |0⟩ a product state to start from. Everything
/// else is Walsh–Hadamard layers, Pauli rotations and small matrices. Compiled once per template,
/// run for each batch.
public struct SimulationPlan: Sendable {
    /// What the results are read from.
    public enum Purpose: Hashable, Sendable {
        /// Measurements in the computational basis: trailing diagonal gates are dropped.
        case zMeasurement
        /// Amplitudes, with their phases: what X and Y observables and fidelities need.
        case amplitudes
        /// Derivatives: every gate with an angle stays a rotation of its own. Trailing diagonal
        /// gates are dropped if the observable is diagonal.
        case gradients(ofDiagonal: Bool)

        var keepsRotations: Bool {
            if case .gradients = self { true } else { false }
        }

        var dropsTrailingPhases: Bool {
            self == .zMeasurement || self == .gradients(ofDiagonal: true)
        }
    }

    /// `exp(−iθP/2)`: amplitude s becomes `cos·a[s] + (−i·iᵏ)·(−1)^parity(sign & t)·sin·a[t]`, t =
    /// s ⊕ flip, where cos and sin are of the angle in `slot`, θ/2, and k is `quarterTurns`.
    struct Rotation: Hashable, Sendable {
        let flip: UInt32
        let sign: UInt32
        let quarterTurns: Int
        let slot: Int
    }

    /// A stored mask's parity, turned around if negated; without a mask and negated, always odd.
    struct Parity: Hashable, Sendable {
        var mask: UInt32 = 0
        var isNegated = true

        func isOdd(_ state: UInt32) -> Bool {
            ((mask & state).nonzeroBitCount & 1 == 1) != isNegated
        }
    }

    /// The matrix of a chain on each pair s, s ⊕ flip where both controls are odd; the first state
    /// of a pair has an even orientation.
    struct Pairing: Hashable, Sendable {
        let flip: UInt32
        let orientation: Parity
        var firstControl = Parity()
        var secondControl = Parity()
    }

    /// A constant 4×4 matrix on two logical qubits: stored bits that flip each, parities that tell
    /// its value.
    struct Quads: Hashable, Sendable {
        let flips: [UInt32]
        let orientations: [Parity]
        let matrix: ComplexMatrix
    }

    enum Step: Hashable, Sendable {
        /// Multiply by the phase table at this index of `tables`.
        case diagonal(Int)
        /// Multiply by the few phases at this index of `groups`.
        case phases(Int)
        /// Unnormalised butterflies on these stored bits.
        case hadamards(UInt32)
        case rotation(Rotation)
        case pair(Pairing, chain: Int)
        case quads(Int)
    }

    /// How a table of `exp(i·phase(s))` is built.
    enum Table: Hashable, Sendable {
        /// Products of bits up to pairs, by doubling. Slots or −1; pair (j, k), j < k, at `k(k−1)/2
        /// + j`.
        case twoLocal(constant: Int, linear: [Int], pairs: [Int])
        /// Any parities: a Walsh–Hadamard transform of the phases, then a sine and cosine for each.
        case parities(masks: [UInt32], slots: [Int])
    }

    /// Phases of a few parities, in groups of up to four: no table of all states is needed.
    struct PhaseGroups: Hashable, Sendable {
        /// Slot of the global phase, or −1.
        let constant: Int
        let masks: [UInt32]
        let slots: [Int]
    }

    /// One factor of a product of one-qubit gates; slots hold θ of `diag(1, e^{iθ})`, `exp(−iθX)`,
    /// `exp(−iθY)`, `exp(−iθZ)`.
    enum Link: Hashable, Sendable {
        case phase(Int)
        case x(Int)
        case y(Int)
        case z(Int)
        case fixed(ComplexMatrix)
    }

    /// How a stored bit starts.
    enum Start: Hashable, Sendable {
        case zero
        /// |0⟩ + |1⟩, its 1/√2 left to `hadamardCount`.
        case uniform
        /// The first column of a chain's matrix.
        case chain(Int)
    }

    public let circuit: Circuit
    public let purpose: Purpose
    /// Distinct angle expressions, evaluated once per record.
    let angles: [ParameterExpression]
    /// Phases, affine in the angles; the first `trigonometricSlots` need sine and cosine.
    let slots: [LinearPhase]
    let trigonometricSlots: Int
    let tables: [Table]
    let groups: [PhaseGroups]
    let chains: [[Link]]
    let quads: [Quads]
    let starts: [Start]
    let steps: [Step]
    /// Hadamards that were applied without their 1/√2 each.
    let hadamardCount: Int
    /// Where logical qubits are stored at the end.
    let frame: BasisFrame
    /// Formulas for Z expectations, if the circuit is of the class that has them.
    let closedForm: ClosedForm?

    public var qubits: Int { circuit.qubits }
    public var parameters: Int { circuit.parameters }
    /// Basis states: 2^qubits.
    public var states: Int { 1 << qubits }
    /// Whether Z expectations of one and two qubits have formulas, so that no state is needed.
    public var hasClosedForm: Bool { closedForm != nil }
    /// Steps over the whole state, a measure of its cost.
    public var stepCount: Int { steps.count }

    /// Compiles a template; deterministic.
    ///
    /// - Throws: `SimulationError.tooManyQubits` above `BatchSimulator.maximumQubits`;
    ///   `.unsupportedGate` for resets, and for measurements that are not the last on their qubit.
    public static func compile(
        _ circuit: Circuit, for purpose: Purpose = .zMeasurement
    ) throws(SimulationError) -> SimulationPlan {
        guard circuit.qubits <= BatchSimulator.maximumQubits else {
            throw .tooManyQubits(circuit.qubits, limit: BatchSimulator.maximumQubits)
        }
        var compiler = PlanCompiler(circuit, for: purpose)
        for (position, operation) in circuit.operations.enumerated() {
            try compiler.apply(operation, at: position)
        }
        return compiler.finish()
    }

    /// How often each table is multiplied into the state or starts it.
    var tableUses: [Int] {
        steps.reduce(into: [Int](repeating: 0, count: tables.count)) { uses, step in
            if case .diagonal(let table) = step { uses[table] += 1 }
        }
    }

    /// Whether every amplitude starts as 1.
    var startsUniform: Bool { starts.allSatisfy { $0 == .uniform } }

    /// Logical state of each stored one; empty if they are the same.
    var logicalStates: [UInt32] { frame.isIdentity ? [] : frame.logicalStates() }
}

extension SimulationPlan: CustomStringConvertible {
    /// One line for a log or a benchmark: what the template came down to.
    public var description: String {
        let words = steps.map { step in
            switch step {
            case .diagonal(let table): "D\(table)"
            case .phases(let group): "P×\(groups[group].masks.count)"
            case .hadamards(let mask): "H×\(mask.nonzeroBitCount)"
            case .rotation: "R"
            case .pair: "U"
            case .quads: "U2"
            }
        }
        let (uniform, turned) = starts.reduce(into: (0, 0)) { counts, start in
            if start == .uniform { counts.0 += 1 } else if start != .zero { counts.1 += 1 }
        }
        var start: [String] = []
        if uniform > 0 { start.append("|+⟩×\(uniform)") }
        if turned > 0 { start.append("|u⟩×\(turned)") }
        return ((start.isEmpty ? ["|0⟩"] : start) + words).joined(separator: " ")
    }
}
