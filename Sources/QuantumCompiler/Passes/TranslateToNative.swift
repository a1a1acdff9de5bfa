public import QuantumCircuit

/// Two-qubit gates as the target's, in an order that the coupling allows, with one-qubit gates
/// around them that a later fusion makes native.
public struct TranslateToNative: CircuitPass {
    public let name = "translate to native"

    public init() {}

    public func run(_ circuit: Circuit, on target: DeviceTarget) throws(CompileError) -> Circuit {
        var result: [Operation] = []
        for (position, operation) in circuit.operations.enumerated() {
            guard operation.gate.isUnitary, operation.qubits.count >= 2 else {
                result.append(operation)
                continue
            }
            guard operation.qubits.count == 2,
                let translated = NativeTranslator(target: target).translate(operation)
            else {
                throw .unexpectedGate(
                    gate: operation.gate.name, position: position, pass: name,
                    expected: "gates on coupled pairs are allowed")
            }
            result += translated
        }
        return try circuit.with(result)
    }
}

/// Gates on two qubits as CX (or RZZ, on a device that has it), on physical qubits.
public struct ExpandToEntanglers: CircuitPass {
    public let name = "expand two-qubit gates"

    public init() {}

    public func run(_ circuit: Circuit, on target: DeviceTarget) throws(CompileError) -> Circuit {
        let partial = target.gates.hasPartialEntangler
        return try circuit.with(
            circuit.operations.flatMap { operation in
                Self.expand(operation, target, partial: partial)
            })
    }

    private static func expand(
        _ operation: Operation, _ target: DeviceTarget, partial: Bool
    ) -> [Operation] {
        guard operation.qubits.count == 2 else { return [operation] }
        switch operation.gate {
        case .cx, .barrier: return [operation]
        case .ecr where target.gates == .ecr && target.coupling.allows(operation):
            return [operation]
        case .rzz(let angle):
            if partial { return [operation] }
            let (a, b) = (operation.qubits[0], operation.qubits[1])
            let (control, goal) = target.coupling.allows(a, b) ? (a, b) : (b, a)
            return [
                Operation(.cx, [control, goal]), Operation(.rz(angle), [goal]),
                Operation(.cx, [control, goal]),
            ]
        case .unitary(let unitary):
            let synthesis = TwoQubitSynthesis(unitary.matrix)
            return synthesis.operations(
                operation.qubits[0], operation.qubits[1], partial: partial
            ).flatMap { expand($0, target, partial: partial) }
        default:
            guard let parts = GateExpansion.ofTwoQubits(operation) else { return [operation] }
            return parts.flatMap { expand($0, target, partial: partial) }
        }
    }
}

extension CouplingMap {
    func allows(_ operation: Operation) -> Bool {
        allows(operation.qubits[0], operation.qubits[1])
    }
}

/// CX and RZZ as the target's entangler and one-qubit gates.
struct NativeTranslator {
    let target: DeviceTarget

    /// Nil for other gates and for pairs that are not coupled.
    func translate(_ operation: Operation) -> [Operation]? {
        let (a, b) = (operation.qubits[0], operation.qubits[1])
        guard target.coupling.couples(a, b) else { return nil }
        switch (target.gates, operation.gate) {
        case (.rxx, .rzz(let angle)): return rxx(angle, a, b, [.h, .h])
        case (.cx, .cx): return target.coupling.allows(a, b) ? [operation] : turned(a, b)
        case (.ecr, .ecr): return target.coupling.allows(a, b) ? [operation] : nil
        case (.ecr, .cx): return target.coupling.allows(a, b) ? echoed(a, b) : turned(a, b)
        case (.cz, .cx):
            return [Operation(.h, [b]), Operation(.cz, [a, b]), Operation(.h, [b])]
        case (.rxx, .cx), (.gpi, .cx): return molmer(a, b)
        default: return nil
        }
    }

    /// CX against the direction.
    private func turned(_ a: Int, _ b: Int) -> [Operation] {
        let around = [Operation(.h, [a]), Operation(.h, [b])]
        let core = target.gates == .ecr ? echoed(b, a) : [Operation(.cx, [b, a])]
        return around + core + around
    }

    /// ECR = X₀·CX·(S₀⊗√X₁), so CX = X₀·ECR·(S₀⊗√X₁)†.
    private func echoed(_ a: Int, _ b: Int) -> [Operation] {
        [
            Operation(.sdg, [a]), Operation(.sxdg, [b]), Operation(.ecr, [a, b]),
            Operation(.x, [a]),
        ]
    }

    /// CX is RZ(π/2) on the control, RX(π/2) on the target and exp(iπ/4·ZX).
    private func molmer(_ a: Int, _ b: Int) -> [Operation] {
        [
            Operation(.rz(.constant(.pi / 2)), [a]), Operation(.sx, [b]), Operation(.h, [a]),
            Operation(.z, [a]), Operation(.rxx(.constant(.pi / 2)), [a, b]),
            Operation(.z, [a]), Operation(.h, [a]),
        ]
    }

    private func rxx(
        _ angle: ParameterExpression, _ a: Int, _ b: Int, _ frame: [Gate]
    ) -> [Operation] {
        let around = [Operation(frame[0], [a]), Operation(frame[1], [b])]
        return around + [Operation(.rxx(angle), [a, b])] + around
    }
}
