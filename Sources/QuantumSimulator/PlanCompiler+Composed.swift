import QuantumCircuit

/// Gates made of phases, Pauli rotations and relabellings, exactly, global phase included.
extension PlanCompiler {
    mutating func applyComposed(_ gate: Gate, _ qubits: [Int]) {
        let (first, second) = (qubits[0], qubits[1])
        switch gate {
        case .ch:
            // H = RY(π/4)·Z·RY(−π/4).
            rotate(x: bit(second), z: bit(second), constant(-.pi / 4))
            controlledPhase(constant(.pi), first, second)
            rotate(x: bit(second), z: bit(second), constant(.pi / 4))
        case .crx(let angle): controlledRotation(z: 0, phase(angle), first, second)
        case .cry(let angle): controlledRotation(z: bit(second), phase(angle), first, second)
        case .crz(let angle): controlledZRotation(phase(angle), first, second)
        case .cu(let theta, let phi, let lambda, let gamma):
            controlledPhase(phase(lambda), first, second)
            controlledRotation(z: bit(second), phase(theta), first, second)
            controlledPhase(phase(phi), first, second)
            phaseGate(phase(gamma), first)
        case .iswap:
            let both = bit(first) | bit(second)
            rotate(x: both, z: 0, constant(-.pi / 2))
            rotate(x: both, z: both, constant(-.pi / 2))
        case .ecr:
            rotate(x: bit(second), z: bit(first), constant(.pi / 2))
            frame.applyX(first)
        case .ccx: toffoli(first, second, qubits[2])
        case .cswap:
            frame.applyCX(qubits[2], second)
            toffoli(first, second, qubits[2])
            frame.applyCX(qubits[2], second)
        default: break
        }
    }

    /// √X or its inverse: `e^{±iπ/4}·RX(±π/2)`.
    mutating func rootX(_ qubit: Int, sign: Double) {
        globalPhase(sign * .pi / 4)
        rotate(x: bit(qubit), z: 0, constant(sign * .pi / 2))
    }

    /// RX (or RY, with the target in `z`) under a control: half of it, and half of the opposite
    /// where the control is 0.
    private mutating func controlledRotation(
        z: UInt32, _ angle: LinearPhase, _ control: Int, _ target: Int
    ) {
        rotate(x: bit(target), z: z, angle.scaled(by: 0.5))
        rotate(x: bit(target), z: z | bit(control), angle.scaled(by: -0.5))
    }

    private mutating func controlledZRotation(
        _ angle: LinearPhase, _ control: Int, _ target: Int
    ) {
        parityPhase(angle, -0.25, bit(target))
        parityPhase(angle, 0.25, bit(control) | bit(target))
    }

    private mutating func toffoli(_ first: Int, _ second: Int, _ target: Int) {
        hadamard(target)
        // π·b₀b₁b₂ in parities: π/8·(1 − Σχᵢ + Σχᵢⱼ − χ₀₁₂).
        let (all, phase) = ([first, second, target], constant(.pi))
        pending.add(phase, times: 0.125, mask: 0)
        for subset in 1..<8 {
            let logical = all.indices.reduce(UInt32(0)) {
                $0 | (subset >> $1 & 1 == 1 ? bit(all[$1]) : 0)
            }
            parityPhase(phase, subset.nonzeroBitCount & 1 == 1 ? -0.125 : 0.125, logical)
        }
        hadamard(target)
    }
}
