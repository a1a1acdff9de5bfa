import Determinism
import QuantumCircuit
import TestSupport
import Testing

@Suite("Gates")
struct GateTests {
    private func values(_ gate: Gate) -> [Double] {
        gate.angles.indices.map { 0.3 + 0.9 * Double($0) }
    }

    @Test("have Qiskit's matrices")
    func matrices() throws {
        let golden = try GoldenCircuits.load().matrices
        #expect(golden.count == AnyGate.all { .constant(0) }.count)
        for item in golden {
            let gate = try AnyGate.named(item.gate, item.angles.map { .constant($0) })
            let matrix = try #require(gate.matrix(angles: item.angles))
            #expect(largestDifference(matrix.elements.map(\.re), item.real) < 1e-12, "\(item.gate)")
            #expect(
                largestDifference(matrix.elements.map(\.im), item.imaginary) < 1e-12,
                "\(item.gate)")
        }
    }

    @Test("are unitary, and undone by their inverse")
    func inverses() throws {
        for gate in AnyGate.all({ .parameter(0) }) {
            let matrix = try #require(gate.matrix(angles: values(gate)))
            #expect(matrix.dimension == 1 << gate.qubitCount)
            #expect(matrix.distanceFromUnitary < 1e-15)
            let inverse = try #require(gate.inverse)
            // Angles of the inverse belong to the same parameter vector.
            let bound = try AnyGate.named(gate.name, values(gate).map { .constant($0) })
            let undone = try #require(bound.inverse)
            let product =
                try #require(undone.matrix(angles: undone.angles.map { $0.evaluate([]) })) * matrix
            #expect(product.distance(to: .identity(matrix.dimension)) < 1e-15, "\(gate.name)")
            #expect(inverse.qubitCount == gate.qubitCount)
        }
        #expect(Gate.measure(bit: 0).inverse == nil)
        #expect(Gate.reset.inverse == nil)
        #expect(Gate.iswap.inverse?.inverse == .iswap)
    }

    @Test("say truly whether they are diagonal, symmetric and Clifford")
    func facts() throws {
        for gate in AnyGate.all({ .parameter(0) }) {
            let matrix = try #require(gate.matrix(angles: values(gate)))
            #expect(gate.isDiagonal == matrix.isDiagonal, "\(gate.name)")
            if gate.qubitCount == 2 {
                let swap = try #require(Gate.swap.matrix(angles: []))
                let isSymmetric = (swap * matrix * swap).distance(to: matrix) < 1e-15
                #expect(gate.isSymmetric == isSymmetric, "\(gate.name)")
            }
            #expect(gate.isClifford == isClifford(matrix), "\(gate.name)")
        }
    }

    /// Whether the images of X and Z on each operand are Pauli strings up to a factor: one entry of
    /// modulus 1 in each row, all in one pattern, and all equal up to a sign.
    private func isClifford(_ matrix: ComplexMatrix) -> Bool {
        let operands = matrix.dimension.trailingZeroBitCount
        return (0..<operands).allSatisfy { operand in
            [Gate.x, .z].allSatisfy { pauli in
                var small = ComplexMatrix.identity(1)
                for place in 0..<operands {
                    let factor = place == operand ? pauli.matrix(angles: []) : nil
                    small = small.extended(by: factor ?? .identity(2))
                }
                let image = matrix * small * matrix.adjoint
                let entries = (0..<matrix.dimension).flatMap { row in
                    (0..<matrix.dimension).filter { image[row, $0].magnitude > 1e-9 }.map {
                        (row ^ $0, image[row, $0])
                    }
                }
                let first = entries[0].1.conjugate
                return entries.count == matrix.dimension
                    && Set(entries.map(\.0)).count == 1
                    && entries.allSatisfy { abs(abs((first * $0.1).re) - 1) < 1e-9 }
            }
        }
    }

    @Test("may be any unitary matrix of one or two qubits, and nothing else")
    func unitaries() throws {
        var random = RandomStream(seed: 3)
        for qubits in [1, 2] {
            let unitary = try UnitaryMatrix.haarRandom(qubits: qubits, &random)
            #expect(Gate.unitary(unitary).qubitCount == qubits)
            let product = unitary.adjoint.matrix * unitary.matrix
            #expect(product.distance(to: .identity(1 << qubits)) < 1e-14)
        }
        #expect(throws: CircuitError.matrixSize(3)) { try UnitaryMatrix(.identity(3)) }
        #expect(throws: CircuitError.self) {
            try UnitaryMatrix(ComplexMatrix(real: [[1, 0], [0, 0.9]]))
        }
        #expect(throws: CircuitError.self) {
            try UnitaryMatrix(ComplexMatrix(real: [[.nan, 0], [0, 1]]))
        }
    }

    @Test("of any matrix are rotations under one control at most", arguments: 0..<20)
    func rotations(seed: UInt64) throws {
        var random = RandomStream(seed: seed)
        for qubits in [1, 2] {
            let unitary = try UnitaryMatrix.haarRandom(qubits: qubits, &random)
            var expected = DenseState.haarRandom(qubits: qubits, &random)
            var actual = expected
            expected.apply(unitary.matrix, to: Array(0..<qubits))
            let rotations = unitary.rotations
            for operation in rotations.operations { try actual.apply(operation) }
            #expect(actual.turned(by: rotations.globalPhase).distance(to: expected) < 1e-12)
        }
    }

    @Test("of a matrix with zeros are rotations too")
    func sparseRotations() throws {
        for gate in AnyGate.all({ .constant(0.7) }) where gate.qubitCount <= 2 {
            let angles = gate.angles.map { $0.evaluate([]) }
            let unitary = try UnitaryMatrix(try #require(gate.matrix(angles: angles)))
            var expected = DenseState.haarRandom(qubits: unitary.qubits, seed: 5)
            var actual = expected
            expected.apply(unitary.matrix, to: Array(0..<unitary.qubits))
            let rotations = unitary.rotations
            for operation in rotations.operations { try actual.apply(operation) }
            let turned = actual.turned(by: rotations.globalPhase)
            #expect(turned.distance(to: expected) < 1e-12, "\(gate.name)")
        }
    }
    @Test("of a nearly diagonal or antidiagonal matrix keep its large entries' digits")
    func smallEntries() throws {
        var random = RandomStream(seed: 9)
        for qubits in [1, 2] {
            for round in 0..<40 {
                let angles = (0..<3).map { _ in random.uniform() * 6 - 3 }
                let theta = (round % 2 == 0 ? 0 : Double.pi) + 2e-9
                let small = try #require(
                    Gate.u(.constant(theta), .constant(angles[0]), .constant(angles[1]))
                        .matrix(angles: [theta, angles[0], angles[1]]))
                let nearly = qubits == 1 ? small : small.extended(by: .identity(2))
                // A product leaves rounding of the size of the large entries in the small ones.
                let turn = try UnitaryMatrix.haarRandom(qubits: qubits, &random).matrix
                let unitary = try UnitaryMatrix(turn * (turn.adjoint * nearly))
                var expected = DenseState.haarRandom(qubits: qubits, &random)
                var actual = expected
                expected.apply(unitary.matrix, to: Array(0..<qubits))
                let rotations = unitary.rotations
                for operation in rotations.operations { try actual.apply(operation) }
                let distance = actual.turned(by: rotations.globalPhase).distance(to: expected)
                #expect(distance < 1e-14, "\(qubits) qubits, round \(round)")
            }
        }
    }
}
