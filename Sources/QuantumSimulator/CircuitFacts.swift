public import QuantumCircuit

/// What is known of a template's outputs without running it: above all, whether a quantum computer
/// is needed for them.
public struct CircuitFacts: Hashable, Sendable {
    /// Why Z expectation values of one and two qubits follow on paper.
    public enum Triviality: String, Hashable, Sendable, CaseIterable {
        /// No parameter can change a measured probability.
        case constant
        /// No gate joins two qubits: each one alone is a qubit's worth of arithmetic.
        case product
        /// Hadamards, phases of one and two qubits, Hadamards: a product of cosines each.
        case hadamardPhases = "hadamard-phases"
        /// Clifford gates only: stabilisers are followed in polynomial time.
        case clifford

        /// One sentence for the user.
        public var sentence: String {
            switch self {
            case .constant:
                "no parameter reaches a Z measurement: every record gives the same outputs"
            case .product:
                "no gate entangles qubits: outputs are products of one-qubit formulas, and no "
                    + "quantum computer is needed"
            case .hadamardPhases:
                "Hadamards around phases of at most two qubits: ⟨Zᵢ⟩ and ⟨ZᵢZⱼ⟩ are products of "
                    + "cosines that cost O(n) each, and no quantum computer is needed; a third "
                    + "repetition, or X or Y observables, change that"
            case .clifford:
                "Clifford gates only: outputs follow from stabilisers in polynomial time, and no "
                    + "quantum computer is needed"
            }
        }
    }

    /// Nil if no reason is known: up to the exponential cost, the circuit may be hard.
    public let triviality: Triviality?
    /// What the plan comes down to, as `SimulationPlan.description`.
    public let plan: String

    /// - Throws: what compiling throws.
    public init(_ circuit: Circuit) throws(SimulationError) {
        let plan = try SimulationPlan.compile(circuit)
        self.plan = plan.description
        triviality = Self.triviality(of: plan)
    }

    /// A warning for the user, or nil.
    public var warning: String? {
        triviality.map { "classically trivial outputs: \($0.sentence)" }
    }

    private static func triviality(of plan: SimulationPlan) -> Triviality? {
        let gates = plan.circuit.operations.map(\.gate)
        if plan.circuit.parameters > 0, !plan.dependsOnParameters { return .constant }
        if !plan.joinsQubits { return .product }
        if plan.hasClosedForm { return .hadamardPhases }
        if gates.filter(\.isUnitary).allSatisfy(\.isClifford) { return .clifford }
        return nil
    }
}

extension SimulationPlan {
    /// Whether a parameter survives in any step: what cannot reach the purpose was dropped.
    var dependsOnParameters: Bool { slots.contains { !$0.coefficients.isEmpty } }

    /// Whether a gate acts on two qubits and is not only a relabelling of both.
    var joinsQubits: Bool {
        circuit.operations.contains { operation in
            switch operation.gate {
            case .barrier, .measure, .reset, .swap: false
            default: operation.qubits.count > 1
            }
        }
    }
}
