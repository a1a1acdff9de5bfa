import Determinism
import QuantumCircuit
import QuantumPrimitives
import TestSupport
import Testing

@Suite("Readout mitigation")
struct ReadoutMitigationTests {
    private func mitigation(_ item: GoldenMitigation.Readout) throws -> ReadoutMitigation {
        var matrices: [ConfusionMatrix] = []
        for (one, zero) in zip(item.falseOnes, item.falseZeros) {
            matrices.append(try ConfusionMatrix(falseOne: one, falseZero: zero))
        }
        return try ReadoutMitigation(matrices)
    }

    private func distance(_ left: [Double], _ right: [Double]) -> Double {
        #expect(left.count == right.count)
        return zip(left, right).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }

    @Test("agrees with NumPy's dense matrices")
    func golden() throws {
        let cases = try GoldenMitigation.load().readout
        #expect(cases.map(\.falseOnes.count) == [1, 2, 3, 4])
        for item in cases {
            let mitigation = try mitigation(item)
            #expect(distance(mitigation.reported(item.truth), item.reported) < 1e-12)
            let quasi = try mitigation.quasiProbabilities(counts: item.counts)
            #expect(distance(quasi, item.quasi) < 1e-12)
            // SciPy's general solver is good for eight digits.
            let nearest = try mitigation.nearestProbabilities(counts: item.counts)
            #expect(distance(nearest, item.nearest) < 1e-7)
            let fitted = try mitigation.leastSquaresProbabilities(counts: item.counts)
            #expect(distance(fitted, item.leastSquares) < 1e-7)
            for string in item.strings {
                let value = try mitigation.expectation(
                    of: ZString(mask: string.mask), counts: item.counts)
                #expect(abs(value.value - string.value) < 1e-11)
                #expect(abs(value.standardError - string.standardError) < 1e-11)
                #expect(abs(value.varianceAmplification / string.amplification - 1) < 1e-9)
                let worst = mitigation.worstAmplification(of: ZString(mask: string.mask))
                #expect(abs(worst / string.worst - 1) < 1e-11)
            }
        }
    }

    @Test("has cases in which the inverse is negative and both constrained answers differ")
    func casesAreTelling() throws {
        let cases = try GoldenMitigation.load().readout
        #expect(cases.contains { $0.quasi.contains { $0 < -1e-3 } })
        #expect(cases.contains { distance($0.nearest, $0.leastSquares) > 1e-4 })
    }

    @Test("undoes what the errors do, on any vector")
    func inverse() throws {
        var draw = Draw(seed: 3)
        for item in try GoldenMitigation.load().readout {
            let mitigation = try mitigation(item)
            let vectors = (0..<2).map { _ in item.truth.map { _ in draw.probability() - 0.3 } }
            let back = mitigation.undone(mitigation.reported(vectors[0]))
            #expect(distance(back, vectors[0]) < 1e-13)
            // ⟨A⁻ᵀv, A·p⟩ = ⟨v, p⟩: corrected values read the truth from reports.
            func inner(_ left: [Double], _ right: [Double]) -> Double {
                zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
            }
            let read = inner(
                mitigation.corrected(vectors[1]), mitigation.reported(vectors[0]))
            #expect(abs(read - inner(vectors[1], vectors[0])) < 1e-13)
        }
    }

    @Test("gives probabilities where probabilities are asked for")
    func constraints() throws {
        for item in try GoldenMitigation.load().readout {
            let mitigation = try mitigation(item)
            for answer in [
                try mitigation.nearestProbabilities(counts: item.counts),
                try mitigation.leastSquaresProbabilities(counts: item.counts),
            ] {
                #expect(answer.allSatisfy { $0 >= 0 })
                #expect(abs(answer.reduce(0, +) - 1) < 1e-12)
            }
        }
    }

    @Test("reads the same expectation from strings and from quasi-probabilities")
    func consistency() throws {
        for item in try GoldenMitigation.load().readout {
            let mitigation = try mitigation(item)
            let quasi = try mitigation.quasiProbabilities(counts: item.counts)
            for string in item.strings.map({ ZString(mask: $0.mask) }) {
                let sum = quasi.indices.reduce(0.0) {
                    $0 + Double(string.value(on: UInt32($1))) * quasi[$1]
                }
                let direct = try mitigation.expectation(of: string, counts: item.counts)
                #expect(abs(direct.value - sum) < 1e-12)
            }
        }
    }

    @Test("calibrates from two circuits")
    func calibration() throws {
        let mitigation = try ReadoutMitigation(
            zeros: [880, 50, 60, 10], ones: [5, 25, 75, 395])
        let expected = try [
            ConfusionMatrix(falseOne: 0.06, falseZero: 80.0 / 500),
            ConfusionMatrix(falseOne: 0.07, falseZero: 30.0 / 500),
        ]
        #expect(mitigation.qubits == expected)
        let (zeros, ones) = try ReadoutMitigation.calibrationCircuits(qubits: 2)
        #expect(zeros.gateCounts == ["measure": 2])
        #expect(ones.gateCounts == ["x": 2, "measure": 2])
    }

    @Test("refuses what cannot be inverted, in one line that names it")
    func wrongUse() throws {
        typealias Failure = MitigationError
        let good = try ConfusionMatrix(falseOne: 0.1, falseZero: 0.1)
        let mitigation = try ReadoutMitigation([good, good])
        func refuses(_ expected: Failure, _ body: () throws -> Void) {
            let error = #expect(throws: Failure.self) { try body() }
            #expect(error == expected)
            #expect(error?.description.contains("\n") == false)
        }
        refuses(.probability(name: "falseOne", value: -0.1, limit: 1)) {
            _ = try ConfusionMatrix(falseOne: -0.1, falseZero: 0)
        }
        refuses(.uninvertible(qubit: 0, sum: 1, limit: 0.999)) {
            _ = try ConfusionMatrix(falseOne: 0.5, falseZero: 0.5)
        }
        refuses(.uninvertible(qubit: 1, sum: 1, limit: 0.999)) {
            _ = try ReadoutMitigation(zeros: [5, 0, 5, 0], ones: [0, 5, 0, 5])
        }
        refuses(.qubitCount(0, allowed: 1...20)) { _ = try ReadoutMitigation([]) }
        refuses(.counts(count: 3, expected: 4)) {
            _ = try mitigation.quasiProbabilities(counts: [1, 2, 3])
        }
        refuses(.negativeCount(outcome: 2, count: -1)) {
            _ = try mitigation.nearestProbabilities(counts: [1, 2, -1, 3])
        }
        refuses(.noShots) {
            _ = try mitigation.expectation(of: ZString(qubits: 0), counts: [0, 0, 0, 0])
        }
        refuses(.stringOutOfRange(mask: 4, qubits: 2)) {
            _ = try mitigation.expectation(of: ZString(qubits: 2), counts: [1, 0, 0, 0])
        }
        #expect(throws: Failure.self) { try ConfusionMatrix(falseOne: .nan, falseZero: 0) }
    }
}
