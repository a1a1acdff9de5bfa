private import Glibc
import QuantumCircuit

/// Gates on two and three qubits, exactly, global phase included.
extension PlanCompiler {
    mutating func applyJoint(_ gate: Gate, _ qubits: [Int]) {
        let (first, second) = (qubits[0], qubits[1])
        let both = bit(first) | bit(second)
        switch gate {
        case .cx: frame.applyCX(first, second)
        case .cy:
            phaseGate(constant(-.pi / 2), second)
            frame.applyCX(first, second)
            phaseGate(constant(.pi / 2), second)
        case .cz: controlledPhase(constant(.pi), first, second)
        case .cp(let angle): controlledPhase(phase(angle), first, second)
        case .crz(let angle):
            parityPhase(phase(angle), -0.25, bit(second))
            parityPhase(phase(angle), 0.25, both)
        case .swap: frame.applySwap(first, second)
        case .iswap:
            // iSWAP = SWAP·CZ·(S ⊗ S).
            phaseGate(constant(.pi / 2), first)
            phaseGate(constant(.pi / 2), second)
            controlledPhase(constant(.pi), first, second)
            frame.applySwap(first, second)
        case .rxx(let angle): rotate(x: both, z: 0, phase(angle))
        case .ryy(let angle): rotate(x: both, z: both, phase(angle))
        case .rzz(let angle): parityPhase(phase(angle), -0.5, both)
        case .ecr:
            rotate(x: bit(second), z: bit(first), constant(.pi / 2))
            frame.applyX(first)
        case .ccx: applyPair([.x], to: qubits[2], controls: [first, second])
        case .cswap:
            frame.applyCX(qubits[2], second)
            applyPair([.x], to: qubits[2], controls: [first, second])
            frame.applyCX(qubits[2], second)
        default: applyControlled(gate, first, second)
        }
    }

    private mutating func applyControlled(_ gate: Gate, _ control: Int, _ target: Int) {
        switch gate {
        case .ch: applyPair([.h], to: target, controls: [control])
        case .crx(let angle):
            controlledRotation([.rx(phase(angle))], z: 0, phase(angle), control, target)
        case .cry(let angle):
            controlledRotation([.ry(phase(angle))], z: bit(target), phase(angle), control, target)
        case .cu(let theta, let phi, let lambda, let gamma):
            if purpose.keepsRotations {
                controlledPhase(phase(lambda), control, target)
                controlledRotation([], z: bit(target), phase(theta), control, target)
                controlledPhase(phase(phi), control, target)
            } else {
                let run: [LocalGate] = [
                    .phase(phase(lambda)), .ry(phase(theta)), .phase(phase(phi)),
                ]
                applyPair(run, to: target, controls: [control])
            }
            phaseGate(phase(gamma), control)
        default: break
        }
    }

    /// RX (or RY, with the target in `z`) under a control: on half of the pairs or, where derivatives
    /// are wanted, half of it and half of the opposite where the control is 0.
    private mutating func controlledRotation(
        _ run: [LocalGate], z: UInt32, _ angle: LinearPhase, _ control: Int, _ target: Int
    ) {
        if purpose.keepsRotations {
            rotate(x: bit(target), z: z, angle.scaled(by: 0.5))
            rotate(x: bit(target), z: z | bit(control), angle.scaled(by: -0.5))
        } else {
            applyPair(run, to: target, controls: [control])
        }
    }

    // MARK: Matrices

    /// A 4×4 matrix, with the constant runs before it multiplied in.
    mutating func applyUnitary(_ matrix: ComplexMatrix, _ qubits: [Int]) {
        var factors: [ComplexMatrix] = []
        for qubit in qubits {
            let run = Self.product(runs[qubit])
            if run == nil { close(qubit) } else { runs[qubit] = [] }
            isFresh[qubit] = false
            factors.append(run ?? .identity(2))
        }
        let product = matrix * factors[0].extended(by: factors[1])
        if product.isDiagonal { return emitDiagonal(product, qubits) }
        let flips = qubits.map { frame.flipPattern(of: bit($0)) }
        for flip in flips { flushUnlessCommuting(withFlipping: flip) }
        steps.append(
            .quads(
                SimulationPlan.Quads(
                    flips: flips, orientations: qubits.map { parity(of: $0) }, matrix: product)))
    }

    /// Phases of a diagonal matrix on one or two qubits.
    mutating func emitDiagonal(_ matrix: ComplexMatrix, _ qubits: [Int]) {
        let angles = (0..<matrix.dimension).map { atan2(matrix[$0, $0].im, matrix[$0, $0].re) }
        globalPhase(angles[0])
        phaseGate(constant(angles[1] - angles[0]), qubits[0])
        guard qubits.count > 1 else { return }
        phaseGate(constant(angles[2] - angles[0]), qubits[1])
        let rest = angles[3] + angles[0] - angles[1] - angles[2]
        controlledPhase(constant(rest), qubits[0], qubits[1])
    }
}
