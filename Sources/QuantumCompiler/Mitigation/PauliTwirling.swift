import Determinism
public import QuantumCircuit

/// Random Pauli gates before each CX, CZ, ECR or RXX(±π/2), and behind it those that undo them:
/// averaged over an ensemble, coherent errors of the gate become stochastic Pauli errors (Wallman
/// and Emerson, "Noise tailoring for scalable quantum computation via randomized compiling",
/// Phys. Rev. A 94, 052325 (2016)).
public struct PauliTwirling: Hashable, Sendable {
    public static let allowedSizes = 1...10_000

    private let seed: UInt64

    /// - Parameter seed: of all draws.
    public init(seed: UInt64 = 1) { self.seed = seed }

    /// Independent draws, each equal to the given circuit up to a global phase.
    ///
    /// Member k is the same whatever the size.
    public func ensemble(_ circuit: Circuit, size: Int) throws(CompileError) -> [Circuit] {
        guard Self.allowedSizes.contains(size) else {
            throw .ensembleSize(size, allowed: Self.allowedSizes)
        }
        var result: [Circuit] = []
        for number in 0..<size { result.append(try member(number, of: circuit)) }
        return result
    }

    /// One draw.
    public func member(_ number: Int, of circuit: Circuit) throws(CompileError) -> Circuit {
        var random = RandomStream(seed: seed, stream: UInt64(truncatingIfNeeded: number))
        return try circuit.with(
            circuit.operations.flatMap { operation -> [Operation] in
                guard let table = Self.tables.first(where: { $0.gate == operation.gate }) else {
                    return [operation]
                }
                let draw = Int(truncatingIfNeeded: random.next() & 15)
                return Self.paulis(draw, operation.qubits) + [operation]
                    + Self.paulis(table.images[draw], operation.qubits)
            })
    }

    /// Gates that map Pauli strings to Pauli strings, with the image of each of the sixteen:
    /// two bits for each operand, 0 to 3 for I, X, Y, Z.
    private static let tables: [(gate: Gate, images: [Int])] = [
        .cx, .cz, .cy, .ecr, .rxx(.constant(.pi / 2)), .rxx(.constant(-.pi / 2)),
    ].map { gate in (gate, images(ComplexMatrix.matrix(gate))) }

    /// Behind the gate, `U·P·U†` undoes what P did before it: found by comparing matrices.
    private static func images(_ unitary: ComplexMatrix) -> [Int] {
        (0..<16).map { before in
            let turned = unitary * pauli(before) * unitary.adjoint
            return (0..<16).first { abs((pauli($0).adjoint * turned).trace.magnitude - 4) < 1e-9 }
                ?? before
        }
    }

    private static let gates: [Gate] = [.id, .x, .y, .z]

    private static func pauli(_ index: Int) -> ComplexMatrix {
        ComplexMatrix.matrix(gates[index & 3]).extended(by: .matrix(gates[index >> 2]))
    }

    private static func paulis(_ index: Int, _ qubits: [Int]) -> [Operation] {
        [index & 3, index >> 2].enumerated().filter { $0.element != 0 }.map {
            Operation(gates[$0.element], [qubits[$0.offset]])
        }
    }
}
