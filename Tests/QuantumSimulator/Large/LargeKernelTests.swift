import Determinism
import QuantumCircuit
import TestSupport
import Testing

@testable import QuantumSimulator

/// Runs blocks on a given state, cut into chunks as asked.
private struct KernelRun {
    let qubits: Int
    let precision: StatevectorSimulator.Precision
    var chunkBits: Int
    var threads = 1

    func apply(_ blocks: [FusedBlock], to start: DenseState) throws -> DenseState {
        let empty = StatevectorPlan(
            try BoundCircuit(Circuit(qubits: qubits), []), qubits: qubits, precision)
        let state = try LargeStatevector(empty, threads: threads)
        state.load(start.amplitudes)
        let planner = PassPlanner(
            qubits: qubits, chunkBits: chunkBits, runBits: precision.laneBits)
        try state.apply(PassProgram(planner.plan(blocks), qubits: qubits, planner, precision))
        return DenseState(amplitudes: state.amplitudes())
    }
}

extension StatevectorSimulator.Precision {
    /// What the tests allow an amplitude to differ by.
    var tolerance: Double { self == .double ? 1e-12 : 1e-5 }
}

@Suite("Kernels of the large simulator")
struct LargeKernelTests {
    private static let qubits = 9
    typealias Precision = StatevectorSimulator.Precision

    /// A random matrix of Gaussian entries, small enough to keep numbers near 1.
    private func matrix(
        _ size: Int, _ random: inout RandomStream, isReal: Bool = false
    ) -> ComplexMatrix {
        ComplexMatrix(
            rows: (0..<size).map { _ in
                (0..<size).map { _ in
                    let draw = (1 / Double(size)) * random.normalComplex()
                    return isReal ? Complex(draw.re) : draw
                }
            })
    }

    private func expectEqual(
        _ matrix: ComplexMatrix, _ operands: [Int], _ precision: Precision,
        _ random: inout RandomStream, chunkBits: Int
    ) throws {
        let start = DenseState.haarRandom(qubits: Self.qubits, &random)
        var expected = start
        expected.apply(matrix, to: operands)
        let run = KernelRun(qubits: Self.qubits, precision: precision, chunkBits: chunkBits)
        let result = try run.apply([FusedBlock(matrix, operands)], to: start)
        #expect(
            result.distance(to: expected) < precision.tolerance,
            "\(operands) in chunks of 2^\(chunkBits)")
    }

    @Test(
        "equal dense matrices on every choice of one and two qubits", arguments: Precision.allCases)
    func smallMatrices(precision: Precision) throws {
        var random = RandomStream(seed: 21)
        for first in 0..<Self.qubits {
            for isReal in [false, true] {
                let one = matrix(2, &random, isReal: isReal)
                try expectEqual(one, [first], precision, &random, chunkBits: 8)
                for second in 0..<Self.qubits where second != first {
                    let two = matrix(4, &random, isReal: isReal)
                    try expectEqual(two, [first, second], precision, &random, chunkBits: 8)
                }
            }
        }
    }

    @Test("equal dense matrices on three to five qubits", arguments: Precision.allCases)
    func largeMatrices(precision: Precision) throws {
        var random = RandomStream(seed: 22)
        for count in 3...5 {
            for round in 0..<40 {
                var operands = Array((0..<Self.qubits).shuffled(using: &random).prefix(count))
                if round == 0 { operands = Array(0..<count) }
                if round == 1 { operands = Array((Self.qubits - count)..<Self.qubits) }
                let matrix = matrix(1 << count, &random, isReal: round % 3 == 2)
                try expectEqual(matrix, operands, precision, &random, chunkBits: 9)
            }
        }
    }

    @Test("equal dense matrices for diagonals on any qubits", arguments: Precision.allCases)
    func diagonals(precision: Precision) throws {
        var random = RandomStream(seed: 23)
        for round in 0..<60 {
            let count = 1 + round % 6
            let operands = Array((0..<Self.qubits).shuffled(using: &random).prefix(count))
            let phases = (0..<1 << count).map { _ in
                random.uniform() < 0.3 ? Complex.one : random.normalComplex()
            }
            let chunkBits = [6, 7, 9][round % 3]
            try expectEqual(
                ComplexMatrix(diagonal: phases), operands, precision, &random,
                chunkBits: chunkBits)
        }
    }

    @Test("equal dense matrices under controls and as permutations", arguments: Precision.allCases)
    func controls(precision: Precision) throws {
        var random = RandomStream(seed: 24)
        let x = ComplexMatrix(real: [[0, 1], [1, 0]])
        let cycle = ComplexMatrix(real: [
            [0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1],
        ])
        for round in 0..<60 {
            let candidates = [
                x, x.controlled, x.controlled.controlled, matrix(2, &random).controlled,
                matrix(2, &random).controlled.controlled, matrix(4, &random).controlled, cycle,
                cycle.controlled,
            ]
            let chosen = candidates[round % candidates.count]
            let count = chosen.dimension.trailingZeroBitCount
            let operands = Array((0..<Self.qubits).shuffled(using: &random).prefix(count))
            try expectEqual(chosen, operands, precision, &random, chunkBits: 7)
        }
    }

    @Test("give the same bits for any number of threads", arguments: Precision.allCases)
    func threads(precision: Precision) throws {
        var random = RandomStream(seed: 25)
        let start = DenseState.haarRandom(qubits: Self.qubits, &random)
        let blocks = try (0..<20).map { _ in
            let operands = Array((0..<Self.qubits).shuffled(using: &random).prefix(2))
            return FusedBlock(
                try UnitaryMatrix.haarRandom(qubits: 2, &random).matrix, operands)
        }
        var run = KernelRun(qubits: Self.qubits, precision: precision, chunkBits: 7)
        let one = try run.apply(blocks, to: start)
        run.threads = 3
        let three = try run.apply(blocks, to: start)
        #expect(one.amplitudes == three.amplitudes)
        // A finer cut changes which multiplications meet in one chunk, not their order.
        var expected = start
        for block in blocks {
            let dense = ComplexMatrix(
                rows: (0..<4).map { row in (0..<4).map { block.entry(row, $0) } })
            expected.apply(dense, to: block.qubits)
        }
        #expect(one.distance(to: expected) < precision.tolerance)
    }
}
