extension QASMGates {
    enum Comparison {
        case exact, upToPhase, different
    }

    /// Longest body that is compared with the gate that its name stands for.
    private static let comparedCalls = 64

    /// Whether a definition is the gate that its name stands for here, judged by its matrix at two
    /// sets of angles: two analytic functions of the angles that agree there are the same but for
    /// texts made to deceive.
    func compare(_ definition: QASMGateDefinition, _ gate: QASMNativeGate) -> Comparison {
        guard gate.parameters == definition.parameters.count,
            gate.qubits == definition.qubits.count, gate.qubits <= 3,
            definition.body.count <= Self.comparedCalls
        else { return .different }
        var result = Comparison.exact
        for set in 0..<2 {
            let angles = (0..<gate.parameters).map {
                ParameterExpression.constant(0.37 + 0.71 * Double($0) - 1.93 * Double(set))
            }
            var limited = QASMLimits()
            limited.expansions = 8 * Self.comparedCalls
            guard let body = body(definition, angles, limited) else { return .different }
            let (left, right) = (
                Self.matrix(body, gate.qubits), Self.matrix(gate.atoms(angles), gate.qubits)
            )
            guard let left, let right else { return .different }
            if Self.distance(left, right) > 1e-9 {
                guard Self.distanceUpToPhase(left, right) <= 1e-9 else { return .different }
                result = .upToPhase
            }
        }
        return result
    }

    /// The body's expansion; nil when it goes beyond the limits.
    private func body(
        _ definition: QASMGateDefinition, _ angles: [ParameterExpression], _ limits: QASMLimits
    ) -> [QASMAtom]? {
        var gates = copy(limits: limits)
        return try? gates.expand(definition, angles, depth: 0)
    }

    /// Columns of the matrix, one after the other; nil for what has no matrix.
    private static func matrix(_ atoms: [QASMAtom], _ qubits: Int) -> [Complex]? {
        let size = 1 << qubits
        var columns = [Complex](repeating: .zero, count: size * size)
        for index in 0..<size { columns[index * size + index] = .one }
        for atom in atoms {
            if case .phase(let angle, let operands) = atom, operands.isEmpty {
                guard let value = angle.constantValue else { return nil }
                let factor = GateMatrix.phase(value)
                for index in columns.indices { columns[index] = factor * columns[index] }
                continue
            }
            for (gate, operands) in atom.gates {
                if case .barrier = gate { continue }
                guard let matrix = gate.matrix(angles: gate.angles.map { $0.evaluate([]) }) else {
                    return nil
                }
                apply(matrix, operands, &columns, size)
            }
        }
        return columns
    }

    /// Columns lie one after the other, so that operand bits are bits of the flat index.
    private static func apply(
        _ matrix: ComplexMatrix, _ operands: [Int], _ columns: inout [Complex], _ size: Int
    ) {
        let source = columns
        let mask = operands.reduce(0) { $0 | 1 << $1 }
        let spread = (0..<matrix.dimension).map { column in
            operands.indices.reduce(0) { $0 | (column >> $1 & 1) << operands[$1] }
        }
        for base in columns.indices where base & mask == 0 {
            for row in spread.indices {
                columns[base | spread[row]] = spread.indices.reduce(.zero) {
                    $0 + matrix[row, $1] * source[base | spread[$1]]
                }
            }
        }
    }

    private static func distance(_ left: [Complex], _ right: [Complex]) -> Double {
        zip(left, right).map { ($0 - $1).magnitude }.max() ?? 0
    }

    private static func distanceUpToPhase(_ left: [Complex], _ right: [Complex]) -> Double {
        let overlap = zip(right, left).reduce(Complex.zero) { $0 + $1.0.conjugate * $1.1 }
        guard overlap.magnitude > 1e-9 else { return .infinity }
        let phase = (1 / overlap.magnitude) * overlap
        return distance(left, right.map { phase * $0 })
    }
}
