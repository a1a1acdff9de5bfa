import Determinism
import QuantumCircuit
import QuantumSimulator
import TestSupport
import Testing

@Suite("Exact outcomes")
struct OutcomeTests {
    private func outcomes(_ text: String) throws -> OutcomeDistribution {
        let circuit = try Circuit(
            openQASM: "include \"stdgates.inc\"; qubit[3] q; bit[4] c; " + text)
        return try OutcomeDistribution(of: circuit, on: DenseStatevector.self)
    }

    @Test("equal dense matrices for every gate on random circuits", arguments: 1...7)
    func everyGate(qubits: Int) throws {
        var random = RandomStream(seed: UInt64(qubits))
        let circuit = try Circuit.random(qubits: qubits, operations: 100, &random)
        let distribution = try OutcomeDistribution(of: circuit, on: DenseStatevector.self)
        let expected = try DenseState.run(circuit).probabilities
        #expect(largestDifference(distribution.probabilities, expected) < 1e-12)
        #expect(distribution.sources == Array(0..<qubits))
    }

    @Test("are read from the classical bits that are measured into, the lowest first")
    func measuredBits() throws {
        let distribution = try outcomes("x q[2]; c[3] = measure q[2]; c[1] = measure q[0];")
        #expect(distribution.bits == 2 && distribution.sources == [1, 3])
        #expect(distribution.probabilities == [0, 0, 1, 0])
    }

    @Test("follow measurements in the middle, bits written twice, and resets")
    func branches() throws {
        // A Bell pair, of which one half is measured, reset and measured again.
        let text = """
            h q[0]; cx q[0], q[1]; c[0] = measure q[0]; reset q[0]; c[1] = measure q[0];
            c[2] = measure q[1];
            """
        let bell = try outcomes(text)
        let expected = [0.5, 0, 0, 0, 0, 0.5, 0, 0]
        #expect(largestDifference(bell.probabilities, expected) < 1e-15)
        let twice = try outcomes("h q[0]; c[0] = measure q[0]; x q[0]; c[0] = measure q[1];")
        #expect(largestDifference(twice.probabilities, [1, 0]) < 1e-15)
        let mixed = try outcomes("ry(1.0) q[0]; reset q[0]; h q[0]; c[0] = measure q[0];")
        #expect(largestDifference(mixed.probabilities, [0.5, 0.5]) < 1e-15)
        let kept = try outcomes(
            "h q[0]; c[0] = measure q[0]; h q[0]; c[1] = measure q[0];")
        #expect(largestDifference(kept.probabilities, [0.25, 0.25, 0.25, 0.25]) < 1e-15)
    }

    @Test("come in counts that their probabilities explain, the same for a seed")
    func counts() throws {
        var random = RandomStream(seed: 8)
        let circuit = try Circuit.random(qubits: 4, operations: 60, &random)
        let distribution = try OutcomeDistribution(of: circuit, on: DenseStatevector.self)
        let shots = 100_000
        let counts = try distribution.counts(shots: shots, seed: 3)
        #expect(counts == (try distribution.counts(shots: shots, seed: 3)))
        #expect(counts != (try distribution.counts(shots: shots, seed: 4)))
        #expect(counts.reduce(0, +) == shots)
        // χ² with at most 15 degrees of freedom: 45 has probability 1e-4 at most.
        let square = zip(counts, distribution.probabilities).reduce(0.0) { sum, item in
            let expected = item.1 * Double(shots)
            let difference = Double(item.0) - expected
            return expected < 1e-9 ? sum : sum + difference * difference / expected
        }
        #expect(square < 45)
        #expect(throws: SimulationError.self) { try distribution.counts(shots: 0, seed: 1) }
    }

    @Test("refuse what is unbound, too large or splits too often")
    func limits() throws {
        var template = try Circuit(qubits: 1, parameters: 1)
        try template.append(.rx(.parameter(0)), 0)
        #expect(throws: SimulationError.unboundParameters(1)) {
            try OutcomeDistribution(of: template, on: DenseStatevector.self)
        }
        let large = try Circuit(qubits: 25)
        #expect(throws: SimulationError.tooManyQubits(25, limit: 24)) {
            try OutcomeDistribution(of: large, on: DenseStatevector.self)
        }
        let text = String(repeating: "h q[0]; c[0] = measure q[0]; ", count: 14)
        #expect(throws: SimulationError.self) { try outcomes(text) }
    }
}
