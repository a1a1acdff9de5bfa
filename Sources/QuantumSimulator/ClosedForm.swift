import QuantumCircuit

/// A circuit that needs no simulator: Hadamards, phases of one and two qubits, Hadamards, Z
/// measurements.
///
/// With D = exp i(Σ lᵢχᵢ + Σ bᵢₖχᵢχₖ), χ = ±1, between Hadamard layers on |0…0⟩, a Z string on a
/// set m turns into X on m, which reverses exactly the terms that share an odd number of qubits
/// with m. So ⟨Zᵐ⟩ is the mean over χ of exp(−2i·(those terms)), which factorises:
///
/// - ⟨Zᵢ⟩ = cos 2lᵢ·∏ₖ cos 2bᵢₖ;
/// - ⟨ZᵢZⱼ⟩ = ½[cos 2(lᵢ+lⱼ)·∏ₖ cos 2(bᵢₖ+bⱼₖ) + cos 2(lᵢ−lⱼ)·∏ₖ cos 2(bᵢₖ−bⱼₖ)], k ≠ i, j.
///
/// O(n) each. The two-repetition ZZ feature map is of this class (a = 2x, d = 2(π−xᵢ)(π−xⱼ) are 2l
/// and 2b up to sign), because its last phases cannot change a Z measurement.
struct ClosedForm: Hashable, Sendable {
    let qubits: Int
    /// 2l and 2b, each with a sine and a cosine.
    let slots: [LinearPhase]
    /// Slot of 2lᵢ, or −1.
    let linear: [Int32]
    /// Slot of 2bᵢₖ at i·n + k, symmetric, or −1.
    let pairs: [Int32]
    let frame: BasisFrame

    init?(starts: [PlanCompiler.DraftStart], steps: [PlanCompiler.DraftStep], frame: BasisFrame) {
        qubits = starts.count
        guard starts.allSatisfy({ $0 == .uniform }), steps.count == 2,
            case .diagonal(let phases) = steps[0], phases.degree <= 2,
            steps[1] == .hadamards(UInt32.max >> UInt32(32 - qubits))
        else { return nil }
        self.frame = frame
        var slots: [LinearPhase] = []
        var linear = [Int32](repeating: -1, count: qubits)
        var pairs = [Int32](repeating: -1, count: qubits * qubits)
        for (mask, phase) in phases.terms.sorted(by: { $0.key < $1.key }) where mask != 0 {
            let (low, high) = (mask.trailingZeroBitCount, 31 - mask.leadingZeroBitCount)
            let slot = Int32(slots.count)
            slots.append(phase.scaled(by: 2))
            if low == high {
                linear[low] = slot
            } else {
                pairs[low * qubits + high] = slot
                pairs[high * qubits + low] = slot
            }
        }
        (self.slots, self.linear, self.pairs) = (slots, linear, pairs)
    }

    /// The stored qubits that a logical Z string acts on, and its sign: first and second, equal for
    /// a single one, both −1 for the identity; nil for more than two.
    func operands(of mask: UInt32) -> (first: Int32, second: Int32, sign: Double)? {
        let stored = frame.storedMask(of: mask)
        let sign: Double = frame.isNegated(mask) ? -1 : 1
        switch stored.nonzeroBitCount {
        case 0: return (-1, -1, sign)
        case 1, 2:
            return (
                Int32(stored.trailingZeroBitCount), Int32(31 - stored.leadingZeroBitCount), sign
            )
        default: return nil
        }
    }

    /// Whether every string of a readout has a formula.
    func covers(_ masks: [UInt32]) -> Bool { masks.allSatisfy { operands(of: $0) != nil } }
}
