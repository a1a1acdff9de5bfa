import Determinism
public import QuantumCircuit

/// Unitary folding: a longer circuit that does the same, so that its noise is stronger by a known
/// factor (Giurgica-Tiron, Hindy, LaRose, Mari and Zeng, "Digital zero noise extrapolation for
/// quantum error mitigation", arXiv:2005.10921).
///
/// Folding is for circuits that are compiled: a compiler that runs afterwards cancels what it
/// inserts.
public struct GateFolding: Hashable, Sendable {
    public enum Scope: String, Hashable, Sendable, CaseIterable, Codable {
        /// U → U·(U†·U)ⁿ, and for the rest the last gates of the circuit once more.
        case global
        /// G → G·(G†·G)ⁿ for every two-qubit gate, and for the rest a random choice of them.
        case local
    }

    /// Factors that make sense: beyond, nothing but noise is left.
    public static let allowedFactors = 1.0...99.0

    public let scope: Scope
    public let scaleFactor: Double
    private let seed: UInt64

    /// - Parameters:
    ///   - scaleFactor: by how much the number of gates grows, 1…99; odd numbers exactly, others
    ///     to the nearest that the number of gates allows.
    ///   - seed: of the choice that a fractional local factor makes.
    public init(
        _ scope: Scope, scaleFactor: Double, seed: UInt64 = 1
    ) throws(CompileError) {
        guard Self.allowedFactors.contains(scaleFactor) else {
            throw .scaleFactor(
                scaleFactor,
                allowed: "\(Self.allowedFactors.lowerBound) to "
                    + "\(Self.allowedFactors.upperBound) is allowed")
        }
        self.scope = scope
        self.scaleFactor = scaleFactor
        self.seed = seed
    }

    /// The folded circuit, equal to the given one; measurements stay at the end.
    ///
    /// - Parameter set: the native gates to write inverses in; nil for any gates.
    /// - Throws: `.foldsMeasurement` when a unitary gate follows a measurement, or at a reset.
    public func fold(
        _ circuit: Circuit, in set: NativeGateSet? = nil
    ) throws(CompileError) -> Circuit {
        let (body, tail) = try Self.split(circuit)
        let folder = Folder(body: body, factor: scaleFactor, set: set)
        switch scope {
        case .global: return try circuit.with(folder.global() + tail)
        case .local: return try circuit.with(folder.local(seed: seed) + tail)
        }
    }

    /// By how much the number of gates that are folded has grown: of those on two or more qubits for
    /// `local`, of all but RZ (a change of frame) for `global`.
    public static func achievedFactor(
        _ scope: Scope, source: Circuit, folded: Circuit
    ) -> Double {
        func size(_ circuit: Circuit) -> Double {
            Double(circuit.operations.count { isFolded($0, scope) })
        }
        return size(source) == 0 ? 1 : size(folded) / size(source)
    }

    fileprivate static func isFolded(_ operation: Operation, _ scope: Scope) -> Bool {
        if case .rz = operation.gate { return false }
        return operation.gate.isUnitary && (scope == .global || operation.qubits.count > 1)
    }

    /// Unitary gates and barriers, then measurements and barriers.
    private static func split(
        _ circuit: Circuit
    ) throws(CompileError) -> (body: [Operation], tail: [Operation]) {
        let operations = circuit.operations
        let end = operations.firstIndex { !$0.gate.isUnitary && !isBarrier($0) }
        let first = end ?? operations.count
        for (position, operation) in operations.enumerated().dropFirst(first) {
            if case .reset = operation.gate {
                throw .foldsMeasurement(gate: "reset", position: position)
            }
            if operation.gate.isUnitary {
                throw .foldsMeasurement(
                    gate: operations[first].gate.name, position: first)
            }
        }
        return (Array(operations[..<first]), Array(operations[first...]))
    }

    private static func isBarrier(_ operation: Operation) -> Bool {
        if case .barrier = operation.gate { true } else { false }
    }
}

/// Folds the unitary part of a circuit.
private struct Folder {
    let body: [Operation]
    let factor: Double
    let set: NativeGateSet?

    /// Whole foldings, and the number of gates folded once more: each adds two.
    private func counts(_ gates: Int) -> (whole: Int, extra: Int) {
        let pairs = Int((Double(gates) * (factor - 1) / 2).rounded())
        return gates == 0 ? (0, 0) : (pairs / gates, pairs % gates)
    }

    func global() -> [Operation] {
        let (whole, extra) = counts(body.count { GateFolding.isFolded($0, .global) })
        let back = inverse(body)
        let end = last(extra)
        return body + (0..<whole).flatMap { _ in back + body } + inverse(end) + end
    }

    /// From the `count`-th last gate on.
    private func last(_ count: Int) -> [Operation] {
        let places = body.indices.filter { GateFolding.isFolded(body[$0], .global) }
        return count == 0 ? [] : Array(body[places[places.count - count]...])
    }

    func local(seed: UInt64) -> [Operation] {
        let places = body.indices.filter { GateFolding.isFolded(body[$0], .local) }
        let (whole, extra) = counts(places.count)
        var random = RandomStream(seed: seed)
        let chosen = Set(places.shuffled(using: &random).prefix(extra))
        let folded = Set(places)
        return body.indices.flatMap { index -> [Operation] in
            guard folded.contains(index) else { return [body[index]] }
            let times = whole + (chosen.contains(index) ? 1 : 0)
            let pair = inverse([body[index]]) + [body[index]]
            return [body[index]] + (0..<times).flatMap { _ in pair }
        }
    }

    private func inverse(_ operations: [Operation]) -> [Operation] {
        operations.reversed().flatMap { operation -> [Operation] in
            if let set, let native = Self.nativeInverse(operation, set) { return native }
            return operation.gate.inverse.map { [Operation($0, operation.qubits)] } ?? []
        }
    }

    /// Inverses that are not a gate of the set; nil for the others.
    private static func nativeInverse(
        _ operation: Operation, _ set: NativeGateSet
    ) -> [Operation]? {
        let qubits = operation.qubits
        switch (set, operation.gate) {
        case (.cx, .sx), (.ecr, .sx), (.cz, .sx):
            let turn = Operation(.rz(.constant(.pi)), qubits)
            return [turn, operation, turn]
        case (.gpi, .u):
            // Half a turn undoes itself; a quarter turn goes back about the opposite axis.
            guard case .gpi2(let phase) = IonGate(operation.gate) else { return [operation] }
            let opposite = IonGate.gpi2((phase + .pi).reduced).gate
            return [Operation(opposite.mapAngles(\.reduced), qubits)]
        case (.gpi, .rxx):
            // RXX(−π/2) is RXX(π/2) between half turns about Z, each of two GPI.
            let turn = [IonGate.gpi(.constant(0)), .gpi(.constant(.pi / 2))].map {
                Operation($0.gate, [qubits[0]])
            }
            return turn + [operation] + turn
        default: return nil
        }
    }
}
