import QuantumCircuit
import QuantumPrimitives
import TestSupport
import Testing

@Suite("Probabilistic error cancellation")
struct ErrorCancellationTests {
    @Test("inverts the channel that NumPy inverts")
    func golden() throws {
        let cases = try GoldenMitigation.load().inverses
        #expect(cases.count == 6)
        for item in cases {
            let inverse = try DepolarizingInverse(strength: item.strength, qubits: item.qubits)
            #expect(abs(inverse.identityWeight - item.identity) < 1e-12)
            #expect(abs(inverse.pauliWeight - item.pauli) < 1e-12)
            #expect(abs(inverse.gamma - item.gamma) < 1e-12)
            let strings = Double(inverse.strings)
            let formula =
                (1 + (1 - 2 / strings) * item.strength) / (1 - item.strength)
            #expect(abs(inverse.gamma - formula) < 1e-12)
        }
    }

    private func circuit() throws -> Circuit {
        try Circuit(
            qubits: 2, bits: 2,
            operations: [
                Operation(.h, [0]), Operation(.cx, [0, 1]), Operation(.rz(.constant(0.3)), [1]),
                Operation(.measure(bit: 0), [0]), Operation(.measure(bit: 1), [1]),
            ])
    }

    @Test("draws each operator as often as its weight says, with the parity's sign")
    func frequencies() throws {
        let cancellation = try ErrorCancellation(circuit()) { $0.gate == .cx ? 0.3 : 0 }
        let inverse = try DepolarizingInverse(strength: 0.3, qubits: 2)
        #expect(cancellation.gamma == inverse.gamma)
        #expect(cancellation.cost == inverse.gamma * inverse.gamma)
        let total = 20_000
        let samples = try cancellation.samples(total, seed: 9)
        #expect(samples.count == 16)
        #expect(samples.reduce(0) { $0 + $1.count } == total)
        var statistic = 0.0
        for sample in samples {
            let isPlain = sample.circuit == cancellation.circuit
            #expect(sample.sign == (isPlain ? 1 : -1))
            let weight = isPlain ? inverse.identityWeight : -inverse.pauliWeight
            let expected = Double(total) * weight / inverse.gamma
            let excess = Double(sample.count) - expected
            statistic += excess * excess / expected
        }
        // χ² with 15 degrees of freedom is above 37.7 once in a thousand.
        #expect(statistic < 37.7)
        let inserted = samples.map { $0.circuit.operations.count - 5 }
        #expect(inserted.filter { $0 == 1 }.count == 6 && inserted.filter { $0 == 2 }.count == 9)
        for sample in samples {
            let names = sample.circuit.operations.map(\.gate.name)
            #expect(Array(names.prefix(2)) == ["h", "cx"])
            #expect(Array(names.suffix(3)) == ["rz", "measure", "measure"])
        }
    }

    @Test("draws sample i from the seed and i alone")
    func determinism() throws {
        let cancellation = try ErrorCancellation(circuit()) { _ in 0.1 }
        #expect(try cancellation.samples(50, seed: 4) == cancellation.samples(50, seed: 4))
        #expect(try cancellation.samples(50, seed: 4) != cancellation.samples(50, seed: 5))
        let (few, many) = (
            try cancellation.samples(50, seed: 4), try cancellation.samples(80, seed: 4)
        )
        #expect(many.prefix(few.count).map(\.circuit) == few.map(\.circuit))
    }

    @Test("multiplies the norms of all noisy gates")
    func norm() throws {
        let cancellation = try ErrorCancellation(circuit()) { 0.01 * Double($0.qubits.count) }
        let one = try DepolarizingInverse(strength: 0.01, qubits: 1).gamma
        let two = try DepolarizingInverse(strength: 0.02, qubits: 2).gamma
        #expect(abs(cancellation.gamma - one * two * one) < 1e-14)
    }

    @Test("has the standard error of independent shots when each sample has one")
    func estimator() throws {
        let cancellation = try ErrorCancellation(circuit()) { $0.gate == .cx ? 0.3 : 0 }
        let samples = try cancellation.samples(400, seed: 1)
        let readings = samples.enumerated().map { index, sample in
            let mean = 1 - 2 * Double((index * 7) % (sample.count + 1)) / Double(sample.count)
            let variance = (1 - mean * mean) / Double(sample.count)
            return ErrorCancellation.Reading(mean: mean, standardError: variance.squareRoot())
        }
        let result = try cancellation.estimate(samples, readings)
        let sum = zip(samples, readings).reduce(0.0) {
            $0 + Double($1.0.sign * $1.0.count) * $1.1.mean
        }
        let gamma = cancellation.gamma
        #expect(abs(result.value - gamma * sum / 400) < 1e-12)
        let expected = ((gamma * gamma - result.value * result.value) / 400).squareRoot()
        #expect(abs(result.standardError - expected) < 1e-12)
        #expect(result.varianceAmplification == cancellation.cost)
    }

    @Test("refuses what it cannot cancel, in one line that names it")
    func wrongUse() throws {
        var wide = try Circuit(qubits: 3)
        try wide.append(.ccx, 0, 1, 2)
        let good = try ErrorCancellation(circuit()) { _ in 0.1 }
        let samples = try good.samples(3, seed: 1)
        func refuses(_ expected: MitigationError, _ body: () throws -> Void) {
            let error = #expect(throws: MitigationError.self) { try body() }
            #expect(error == expected)
            #expect(error?.description.contains("\n") == false)
        }
        refuses(.gateOperands(gate: "ccx", position: 0, operands: 3)) {
            _ = try ErrorCancellation(wide) { _ in 0.1 }
        }
        refuses(.probability(name: "depolarising strength", value: 1, limit: 1)) {
            _ = try ErrorCancellation(circuit()) { _ in 1 }
        }
        #expect(throws: MitigationError.self) {
            _ = try ErrorCancellation(circuit()) { _ in 0.9999 }
        }
        refuses(.samples(0, allowed: ErrorCancellation.sampleLimits)) {
            _ = try good.samples(0, seed: 1)
        }
        refuses(.readings(count: 0, expected: samples.count)) {
            _ = try good.estimate(samples, [])
        }
        let wrong = samples.map { _ in ErrorCancellation.Reading(mean: .nan, standardError: 0) }
        refuses(.readingNotFinite(index: 0)) { _ = try good.estimate(samples, wrong) }
    }
}
