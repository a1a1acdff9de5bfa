public import QuantumCircuit

/// A list of passes, run in order.
///
/// `Compiler()` is the standard list: wide gates apart, swaps elided, what nobody measures dropped,
/// merging and resynthesis on pairs, placement and routing, resynthesis again (SWAPs merge with
/// their neighbours), native two-qubit gates in the allowed order, native one-qubit gates, and a
/// last look.
public struct Compiler: Sendable {
    /// What a compiled circuit has to keep.
    public enum Readout: String, Hashable, Sendable, CaseIterable, Codable {
        /// The unitary of a circuit without measurements, the outcomes of one with.
        case circuit
        /// The outcomes of a measurement of every qubit in the computational basis at the end, as
        /// for expectations of Z strings: what cannot change them is dropped.
        case zBasis
    }

    public let passes: [any CompilerPass]

    public init(passes: [any CompilerPass]) { self.passes = passes }

    /// The standard list.
    ///
    /// - Parameters:
    ///   - seed: of routing; the same seed gives the same circuit.
    ///   - attempts: routing attempts, 1 or more; more find shorter circuits and take longer.
    public init(readout: Readout = .circuit, seed: UInt64 = 1, attempts: Int = 32) {
        let drop = DropUnobserved(measuresAll: readout == .zBasis)
        let late = CommutativeCancellation(makesRZZ: false)
        passes = [
            ExpandWideGates(), ElideSwaps(), drop, CommutativeCancellation(),
            ControlledRotations(), ResynthesizeCXNetworks(), BlockResynthesis(),
            CommutativeCancellation(),
            PlaceAndRoute(seed: seed, attempts: attempts), BlockResynthesis(),
            CommutativeCancellation(), ExpandToEntanglers(), late, TranslateToNative(),
            OneQubitFusion(), late, OneQubitFusion(), drop, CheckNative(),
        ]
    }

    /// Compiles a circuit or a template: symbols stay.
    ///
    /// The result equals the source up to a global phase, with source qubit q entering on
    /// `initialLayout[q]` and leaving on `finalLayout[q]`; with measurements (or `zBasis`), all
    /// outcome probabilities are equal. Other qubits of the target start in |0⟩, and come back to
    /// it wherever they are moved.
    ///
    /// - Throws: what the target does not support, by gate, position and limit.
    public func compile(
        _ circuit: Circuit, for target: DeviceTarget
    ) throws(CompileError) -> CompiledCircuit {
        try Self.check(circuit, target)
        var placed = PlacedCircuit(circuit)
        var reports: [PassReport] = []
        for pass in passes {
            let before = CircuitSize(placed.circuit)
            placed = try pass.run(placed, on: target)
            reports.append(
                PassReport(pass: pass.name, before: before, after: CircuitSize(placed.circuit)))
        }
        // Routing may have moved a measured qubit on, where a barrier held the measurement back.
        try Self.check(placed.circuit, target)
        let depth = placed.circuit.depth
        guard depth <= target.maximumDepth else {
            throw .tooDeep(depth, target: target.name, limit: target.maximumDepth)
        }
        return CompiledCircuit(
            circuit: placed.circuit, initialLayout: placed.initial, finalLayout: placed.final,
            target: target, passes: reports)
    }

    /// Sizes and operations, with positions in the source.
    private static func check(
        _ circuit: Circuit, _ target: DeviceTarget
    ) throws(CompileError) {
        guard circuit.qubits <= target.qubits else {
            throw .tooManyQubits(circuit.qubits, target: target.name, limit: target.qubits)
        }
        var measured = Set<Int>()
        for (position, operation) in circuit.operations.enumerated() {
            switch operation.gate {
            case .barrier: continue
            case .reset where !target.supportsReset:
                throw .unsupportedOperation(
                    gate: "reset", position: position, target: target.name,
                    allowed: "it has no reset")
            default: break
            }
            if !target.supportsMidCircuitMeasurement,
                let qubit = operation.qubits.first(where: { measured.contains($0) })
            {
                throw .unsupportedOperation(
                    gate: operation.gate.name, position: position, target: target.name,
                    allowed: "nothing may follow the measurement of qubit \(qubit)")
            }
            if case .measure = operation.gate { measured.insert(operation.qubits[0]) }
        }
    }
}

/// Refuses a circuit with a gate that the target does not execute, or not there.
public struct CheckNative: CircuitPass {
    public let name = "check native"

    public init() {}

    public func run(_ circuit: Circuit, on target: DeviceTarget) throws(CompileError) -> Circuit {
        for (position, operation) in circuit.operations.enumerated() {
            guard target.gates.contains(operation.gate) else {
                throw .unexpectedGate(
                    gate: operation.gate.name, position: position, pass: name,
                    expected: "gates of the set \(target.gates.rawValue) are allowed")
            }
            guard operation.gate.isUnitary, operation.qubits.count == 2 else { continue }
            let (first, second) = (operation.qubits[0], operation.qubits[1])
            let isAllowed =
                target.gates.isOrdered
                ? target.coupling.allows(first, second) : target.coupling.couples(first, second)
            guard isAllowed else {
                throw .unexpectedGate(
                    gate: operation.gate.name, position: position, pass: name,
                    expected: "qubits \(first) and \(second) are not coupled in this order")
            }
        }
        return circuit
    }
}
