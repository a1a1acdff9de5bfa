import Determinism
import QuantumCircuit
import TestSupport
import Testing

@testable import QuantumSimulator

@Suite("Noise")
struct NoiseTests {
    /// ρ → Σ KρK† with dense matrices over the whole register.
    private func dense(
        _ circuit: Circuit, _ noise: NoiseModel
    ) throws -> ComplexMatrix {
        let size = 1 << circuit.qubits
        // Columns of ρ and then its rows are transformed like state vectors.
        func sandwich(_ rho: ComplexMatrix, _ matrix: ComplexMatrix, _ qubits: [Int])
            -> ComplexMatrix
        {
            var half = rho
            for column in 0..<size {
                var state = DenseState(amplitudes: (0..<size).map { rho[$0, column] })
                state.apply(matrix, to: qubits)
                for row in 0..<size { half[row, column] = state.amplitudes[row] }
            }
            var result = half
            for row in 0..<size {
                var state = DenseState(
                    amplitudes: (0..<size).map { half[row, $0].conjugate })
                state.apply(matrix, to: qubits)
                for column in 0..<size { result[row, column] = state.amplitudes[column].conjugate }
            }
            return result
        }
        var rho = ComplexMatrix(diagonal: [Complex](repeating: .zero, count: size))
        rho[0, 0] = .one
        for step in try NoisyCircuit(NoisyTemplate(circuit, noise: noise), []).steps {
            switch step {
            case .unitary(let matrix, let qubits): rho = sandwich(rho, matrix, qubits)
            case .channel(let channel, let qubits):
                var sum = ComplexMatrix(diagonal: [Complex](repeating: .zero, count: size))
                for kraus in channel.operators {
                    let part = sandwich(rho, kraus, qubits)
                    for row in 0..<size {
                        for column in 0..<size {
                            sum[row, column] = sum[row, column] + part[row, column]
                        }
                    }
                }
                rho = sum
            }
        }
        return rho
    }

    /// A channel from the isometry of a random unitary on two qubits.
    private func randomChannel(_ random: inout RandomStream) throws -> KrausChannel {
        let unitary = try UnitaryMatrix.haarRandom(qubits: 2, &random).matrix
        let operators = (0..<2).map { branch in
            ComplexMatrix(
                rows: (0..<2).map { row in
                    (0..<2).map { unitary[2 * branch + row, $0] }
                })
        }
        return try KrausChannel(operators: operators)
    }

    @Test("is what dense Kraus operators make of random circuits, resets included")
    func randomCircuits() throws {
        var random = RandomStream(seed: 41)
        for qubits in 1...5 {
            for round in 0..<3 {
                var circuit = try Circuit.random(qubits: qubits, operations: 25, &random)
                try circuit.append(.reset, round % qubits)
                for operation in try Circuit.random(qubits: qubits, operations: 8, &random)
                    .operations
                { try circuit.append(operation) }
                var noise = NoiseModel()
                noise.add(try randomChannel(&random), after: .operands(1))
                noise.add(try .depolarizing(0.1, qubits: 2), after: .operands(2))
                noise.add(try randomChannel(&random), after: .operands(2), operands: [1])
                noise.add(try randomChannel(&random), after: .operands(3))
                let state = try DensityMatrixSimulator(threads: 2).run(circuit, noise: noise)
                let expected = try dense(circuit, noise)
                #expect(state.matrix().distance(to: expected) < 1e-12)
                let diagonal = (0..<1 << qubits).map { expected[$0, $0].re }
                let found = try state.probabilities(of: Array(0..<qubits))
                #expect(largestDifference(found, diagonal) < 1e-12)
                let purity = expected.elements.reduce(0) { $0 + $1.normSquared }
                #expect(abs(state.purity - purity) < 1e-12)
            }
        }
    }

    @Test("gives the same density matrix on one thread and on three")
    func threadsOfDensityMatrix() throws {
        var random = RandomStream(seed: 42)
        let circuit = try Circuit.random(qubits: 9, operations: 30, &random)
        var noise = NoiseModel()
        noise.add(try .depolarizing(0.02, qubits: 2), after: .operands(2))
        let strings = (0..<200).map { _ in
            PauliString(
                x: UInt32.random(in: 0..<512, using: &random),
                z: UInt32.random(in: 0..<512, using: &random))
        }
        let one = try DensityMatrixSimulator(threads: 1).run(circuit, noise: noise)
        let three = try DensityMatrixSimulator(threads: 3).run(circuit, noise: noise)
        let (left, right) = (
            try one.expectations(of: strings), try three.expectations(of: strings)
        )
        #expect(left == right)
        let pure = try DensityMatrixSimulator(threads: 3).run(circuit)
        let state = try DenseState.run(circuit)
        let found = try pure.expectations(of: strings)
        #expect(largestDifference(found, strings.map { state.expectation($0) }) < 1e-12)
    }

    @Test("gives the same trajectories for any number of threads, others for another seed")
    func threadsOfTrajectories() throws {
        var random = RandomStream(seed: 43)
        let circuit = try Circuit.random(qubits: 4, operations: 30, &random)
        var noise = NoiseModel()
        noise.add(try .depolarizing(0.02, qubits: 2), after: .operands(2))
        noise.add(try .amplitudeDamping(0.02), after: .operands(1))
        noise.setReadout(try ReadoutError(falseOne: 0.1, falseZero: 0.2), of: 2)
        let strings = [PauliString(x: 0, z: 5), PauliString(x: 3, z: 1)]
        func estimate(_ threads: Int, _ seed: UInt64) throws -> TrajectoryEstimates {
            try TrajectorySimulator(threads: threads).estimate(
                strings, of: circuit, noise: noise, trajectories: 301, seed: seed)
        }
        let one = try estimate(1, 7)
        #expect(one == (try estimate(2, 7)))
        #expect(one == (try estimate(5, 7)))
        #expect(one != (try estimate(1, 8)))
        #expect(one.undisturbed > 0 && one.undisturbed < 301)
        func counts(_ threads: Int, _ seed: UInt64) throws -> [Int] {
            try TrajectorySimulator(threads: threads).counts(
                circuit, noise: noise, shots: 999, seed: seed)
        }
        #expect(try counts(1, 7) == counts(3, 7))
        #expect(try counts(1, 7) != counts(1, 9))
    }

    @Test("counts shots like the density matrix, readout errors included")
    func counts() throws {
        var random = RandomStream(seed: 44)
        var circuit = try Circuit(qubits: 4, bits: 3)
        for operation in try Circuit.random(qubits: 4, operations: 25, &random).operations {
            try circuit.append(operation)
        }
        for (bit, qubit) in [3, 0, 2].enumerated() { try circuit.measure(qubit, into: bit) }
        var noise = NoiseModel()
        noise.add(try .phaseDamping(0.05), after: .operands(1))
        noise.add(try .depolarizing(0.05, qubits: 2), after: .operands(2))
        noise.setReadout(try ReadoutError(falseOne: 0.1, falseZero: 0.3), of: 3)
        noise.setReadout(try ReadoutError(matrix: [[0.95, 0.05], [0.15, 0.85]]), of: 2)
        let state = try DensityMatrixSimulator().run(circuit, noise: noise)
        let reported = try state.measuredProbabilities()
        let exact = try state.probabilities(of: [3, 0, 2])
        #expect(largestDifference(reported, exact) > 0.01)
        let expected = (0..<8).map { outcome in
            (0..<8).reduce(0.0) { sum, truth in
                let tables = [[[0.9, 0.1], [0.3, 0.7]], nil, [[0.95, 0.05], [0.15, 0.85]]]
                let factor = (0..<3).reduce(1.0) { product, bit in
                    let (t, o) = (truth >> bit & 1, outcome >> bit & 1)
                    return product * (tables[bit]?[t][o] ?? (t == o ? 1 : 0))
                }
                return sum + exact[truth] * factor
            }
        }
        #expect(largestDifference(reported, expected) < 1e-14)
        let shots = 40_000
        let drawn = [
            try state.counts(shots: shots, seed: 3),
            try TrajectorySimulator(threads: 2).counts(
                circuit, noise: noise, shots: shots, seed: 3),
        ]
        for counts in drawn {
            #expect(counts.reduce(0, +) == shots)
            for (count, probability) in zip(counts, reported) {
                let deviation = (Double(shots) * probability * (1 - probability)).squareRoot()
                #expect(abs(Double(count) - Double(shots) * probability) < 5 * deviation + 1e-9)
            }
        }
    }

    @Test("shares one run among all trajectories where there is nothing random")
    func undisturbed() throws {
        var random = RandomStream(seed: 45)
        let circuit = try Circuit.random(qubits: 3, operations: 20, &random)
        let strings = [PauliString(x: 1, z: 4), PauliString(x: 0, z: 3)]
        var noise = NoiseModel()
        noise.add(
            try .overRotation(0.3, PauliString(x: 1, z: 0), qubits: 1), after: .operands(1))
        let estimates = try TrajectorySimulator().estimate(
            strings, of: circuit, noise: noise, trajectories: 100, seed: 1)
        #expect(estimates.undisturbed == 100)
        #expect(estimates.standardErrors.allSatisfy { $0 < 1e-8 })
        let exact = try DensityMatrixSimulator().run(circuit, noise: noise)
        let expected = try exact.expectations(of: strings)
        #expect(largestDifference(estimates.means, expected) < 1e-12)
    }
}
