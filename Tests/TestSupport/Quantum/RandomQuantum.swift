public import Determinism
import Foundation
public import QuantumCircuit

extension RandomStream {
    /// Normally distributed with mean 0 and variance 1 (Box–Muller).
    public mutating func normal() -> Double {
        (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform())
    }

    public mutating func normalComplex() -> Complex { Complex(normal(), normal()) }

    /// Uniform over an interval.
    public mutating func uniform(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
    }
}

extension DenseState {
    /// Uniform over the sphere: normalised Gaussian amplitudes.
    public static func haarRandom(qubits: Int, _ random: inout RandomStream) -> DenseState {
        let draws = (0..<1 << qubits).map { _ in random.normalComplex() }
        let norm = draws.reduce(0) { $0 + $1.normSquared }.squareRoot()
        return DenseState(amplitudes: draws.map { (1 / norm) * $0 })
    }

    public static func haarRandom(qubits: Int, seed: UInt64) -> DenseState {
        var random = RandomStream(seed: seed)
        return haarRandom(qubits: qubits, &random)
    }
}

extension UnitaryMatrix {
    /// Haar-random on one or two qubits: Gram–Schmidt on Gaussian columns.
    public static func haarRandom(
        qubits: Int, _ random: inout RandomStream
    ) throws -> UnitaryMatrix {
        let size = 1 << qubits
        var rows: [[Complex]] = []
        while rows.count < size {
            var row = (0..<size).map { _ in random.normalComplex() }
            // Twice, against rounding.
            for previous in rows + rows {
                let overlap = zip(previous, row).reduce(.zero) { $0 + $1.0.conjugate * $1.1 }
                row = zip(row, previous).map { $0 - overlap * $1 }
            }
            let norm = row.reduce(0) { $0 + $1.normSquared }.squareRoot()
            rows.append(row.map { (1 / norm) * $0 })
        }
        return try UnitaryMatrix(ComplexMatrix(rows: rows))
    }
}

/// Gates for properties over the whole set.
public enum AnyGate {
    public struct Unknown: Error {
        public let name: String
    }

    /// Every gate with a name of its own and a matrix, with the given angles where it takes some:
    /// all but arbitrary unitaries.
    public static func all(_ angle: () -> ParameterExpression) -> [Gate] {
        [
            .id, .h, .x, .y, .z, .s, .sdg, .t, .tdg, .sx, .sxdg, .rx(angle()), .ry(angle()),
            .rz(angle()), .p(angle()), .u(angle(), angle(), angle()), .cx, .cy, .cz, .ch,
            .cp(angle()), .crx(angle()), .cry(angle()), .crz(angle()),
            .cu(angle(), angle(), angle(), angle()), .swap, .iswap, .rxx(angle()), .ryy(angle()),
            .rzz(angle()), .ecr, .ccx, .cswap,
        ]
    }

    /// The gate of that name with the given angles.
    public static func named(_ name: String, _ angles: [ParameterExpression] = []) throws -> Gate {
        guard let gate = all({ .constant(0) }).first(where: { $0.name == name }),
            gate.angles.count == angles.count
        else { throw Unknown(name: name) }
        var rest = angles[...]
        return gate.mapAngles { _ in rest.removeFirst() }
    }
}

extension Circuit {
    /// Uniform draws from every gate of `AnyGate.all` that fits, on distinct random qubits, with
    /// affine angles where there are parameters and constant ones where not.
    public static func random(
        qubits: Int, operations: Int, parameters: Int = 0, _ random: inout RandomStream
    ) throws -> Circuit {
        var circuit = try Circuit(qubits: qubits, parameters: parameters)
        while circuit.operations.count < operations {
            let gates = AnyGate.all {
                parameters == 0
                    ? .constant(random.uniform(-3...3))
                    : .affine(
                        Int.random(in: 0..<parameters, using: &random),
                        scale: random.uniform(-2...2), offset: random.uniform(-3...3))
            }.filter { $0.qubitCount <= qubits }
            let gate = gates[Int.random(in: 0..<gates.count, using: &random)]
            let operands = (0..<qubits).shuffled(using: &random).prefix(gate.qubitCount)
            try circuit.append(Operation(gate, Array(operands)))
        }
        return circuit
    }
}

/// Parameter values within ±3.
public func randomParameters(_ count: Int, _ random: inout RandomStream) -> [Double] {
    (0..<count).map { _ in random.uniform(-3...3) }
}
