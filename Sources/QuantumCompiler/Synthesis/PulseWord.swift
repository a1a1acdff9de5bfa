import QuantumCircuit

/// A one-qubit unitary as RZ and √X in turn, or RZ around a single X.
///
/// RZ costs nothing on hardware that moves its frame, so what counts is the number of pulses: at
/// most two for bound angles and for any single U (McKay et al., arXiv:1612.00858).
struct PulseWord {
    enum Pulse {
        case sx, x
    }

    /// The rotation about Z before the first pulse.
    private(set) var leading: ParameterExpression = .constant(0)
    /// Pulses in time order, each with the rotation about Z behind it. X occurs alone only.
    private(set) var pulses: [(pulse: Pulse, frame: ParameterExpression)] = []

    var isTrivial: Bool { pulses.isEmpty && leading.isMultiple(of: 2 * .pi) }

    mutating func turn(_ angle: ParameterExpression) {
        if pulses.isEmpty {
            leading = (leading + angle).reduced
        } else {
            pulses[pulses.count - 1].frame = (pulses[pulses.count - 1].frame + angle).reduced
        }
    }

    private mutating func turn(_ angle: Double) { turn(.constant(angle)) }

    /// Takes the rotation behind the last pulse away, to put it elsewhere.
    mutating func takeTrailingFrame() -> ParameterExpression {
        if pulses.isEmpty {
            defer { leading = .constant(0) }
            return leading
        }
        defer { pulses[pulses.count - 1].frame = .constant(0) }
        return pulses[pulses.count - 1].frame
    }

    /// U(θ, φ, λ) = RZ(φ+π)·√X·RZ(θ+π)·√X·RZ(λ); one pulse for a quarter or half turn.
    mutating func append(_ angles: EulerAngles) {
        switch angles.theta {
        case 0: turn(angles.phi + angles.lambda)
        case .pi:
            turn(angles.lambda + .pi)
            appendX()
            turn(angles.phi)
        case .pi / 2:
            turn(angles.lambda - .pi / 2)
            appendSX()
            turn(angles.phi + .pi / 2)
        default:
            turn(angles.lambda)
            appendSX()
            turn(angles.theta + .pi)
            appendSX()
            turn(angles.phi + .pi)
        }
    }

    /// X·RZ(e) = RZ(−e)·X moves frames behind; X·√X = RZ(π)·√X·RZ(π).
    private mutating func appendX() {
        let frame = takeTrailingFrame()
        switch pulses.last?.pulse {
        case nil: pulses = [(.x, .constant(0))]
        case .x: pulses.removeLast()
        case .sx:
            pulses.removeLast()
            turn(.pi)
            pulses.append((.sx, .constant(.pi)))
        }
        turn(-1 * frame)
    }

    private mutating func appendSX() {
        guard pulses.last?.pulse == .x else {
            pulses.append((.sx, .constant(0)))
            return
        }
        // √X·RZ(e)·X = RZ(π)·√X·RZ(π − e).
        let frame = takeTrailingFrame()
        pulses.removeLast()
        turn(-1 * frame + .pi)
        pulses.append((.sx, .constant(.pi)))
    }
}

extension PulseWord {
    /// The gates of a native set that make the word, in time order.
    func gates(_ set: NativeGateSet) -> [Gate] {
        if isTrivial { return [] }
        switch set {
        case .cx, .ecr, .cz: return frames
        case .rxx: return pulses.isEmpty ? [.rz(leading)] : turns.map { .u($0.0, $0.1, $0.2) }
        case .gpi: return ionGates
        }
    }

    private var frames: [Gate] {
        var gates: [Gate] = leading.isMultiple(of: 2 * .pi) ? [] : [.rz(leading)]
        for (pulse, frame) in pulses {
            gates.append(pulse == .x ? .x : .sx)
            if !frame.isMultiple(of: 2 * .pi) { gates.append(.rz(frame)) }
        }
        return gates
    }

    /// Two pulses for each U, or one; angles θ, φ, λ.
    private var turns: [(ParameterExpression, ParameterExpression, ParameterExpression)] {
        var result: [(ParameterExpression, ParameterExpression, ParameterExpression)] = []
        var (frame, position) = (leading, 0)
        while position < pulses.count {
            let (pulse, next) = pulses[position]
            if pulse == .x {
                result.append((.constant(.pi), next, (frame + .pi).reduced))
                position += 1
            } else if position + 1 < pulses.count {
                let last = pulses[position + 1].frame
                result.append(((next - .pi).reduced, (last - .pi).reduced, frame))
                position += 2
            } else {
                result.append(
                    (.constant(.pi / 2), (next - .pi / 2).reduced, (frame + .pi / 2).reduced))
                position += 1
            }
            frame = .constant(0)
        }
        return result
    }

    /// With GPI(φ) = RZ(2φ)·X and GPI2(φ) = RZ(φ)·RX(π/2)·RZ(−φ):
    /// U(θ, φ, λ) = GPI2(φ)·GPI((φ−λ−θ)/2)·GPI2(−λ), all linear in the angles.
    private var ionGates: [Gate] {
        if pulses.isEmpty { return [ion(.gpi(.constant(0))), ion(.gpi(0.5 * leading))] }
        return turns.flatMap { theta, phi, lambda -> [Gate] in
            if theta.isMultiple(of: 2 * .pi) == false, (theta - .pi).isMultiple(of: 2 * .pi) {
                // U(π, φ, λ) is RZ(φ−λ+π)·X.
                return [ion(.gpi(0.5 * (phi - lambda + .pi)))]
            }
            if theta == .constant(.pi / 2) {
                // RZ(p)·RX(π/2)·RZ(q).
                let (p, q) = (phi + .pi / 2, lambda - .pi / 2)
                if (p + q).isMultiple(of: 2 * .pi) { return [ion(.gpi2(p))] }
                return [ion(.gpi2(-1 * q - .pi)), ion(.gpi(0.5 * (p - q - 2 * .pi)))]
            }
            return [
                ion(.gpi2(-1 * lambda)), ion(.gpi(0.5 * (phi - lambda - theta))),
                ion(.gpi2(phi)),
            ]
        }
    }

    private func ion(_ gate: IonGate) -> Gate {
        switch gate {
        case .gpi(let phase): IonGate.gpi(phase.reduced).gate.mapAngles(\.reduced)
        case .gpi2(let phase): IonGate.gpi2(phase.reduced).gate.mapAngles(\.reduced)
        }
    }
}
