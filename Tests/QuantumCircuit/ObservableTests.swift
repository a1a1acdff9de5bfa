import Determinism
import QuantumCircuit
import TestSupport
import Testing

@Suite("Observables")
struct ObservableTests {
    private func randomSum(
        qubits: Int, terms: Int, _ random: inout RandomStream
    ) throws -> PauliSum {
        let mask = UInt32(1) << UInt32(qubits) - 1
        return try PauliSum(
            qubits: qubits,
            terms: (0..<terms).map { _ in
                let bits = random.next()
                return .init(
                    random.uniform(-2...2),
                    PauliString(
                        x: UInt32(truncatingIfNeeded: bits) & mask,
                        z: UInt32(truncatingIfNeeded: bits >> 32) & mask))
            })
    }

    @Test("are read back from their text")
    func text() throws {
        var random = RandomStream(seed: 1)
        for terms in 0...20 {
            let sum = try randomSum(qubits: 6, terms: terms, &random)
            #expect(try PauliSum(sum.description, qubits: 6) == sum)
        }
        let sum = try PauliSum(" -Z0Z3 + 2*X1Y2 - 0.5 + I ", qubits: 4)
        #expect(sum.description == "-1.0*Z0Z3 + 2.0*X1Y2 - 0.5*I + 1.0*I")
        #expect(sum.simplified.description == "-1.0*Z0Z3 + 2.0*X1Y2 + 0.5*I")
    }

    @Test("say at which column their text is wrong")
    func wrongText() throws {
        func problem(_ text: String, qubits: Int = 3) -> ObservableError? {
            do throws(ObservableError) {
                _ = try PauliSum(text, qubits: qubits)
                return nil
            } catch { return error }
        }
        #expect(
            problem("Z0 % X1")
                == .text(column: 4, found: "'%'", expected: "'+', '-' or the end"))
        #expect(
            problem("2*A")
                == .text(
                    column: 3, found: "'A'", expected: "I, or X, Y or Z with a qubit number"))
        #expect(
            problem("Z0Z0")
                == .text(column: 5, found: "the end", expected: "each qubit once in a string"))
        #expect(problem("Z5") == .stringOutOfRange(term: 0, qubit: 5, qubits: 3))
        #expect(problem("1e999*Z0") != nil)
        #expect(problem("") != nil)
        #expect(
            throws: ObservableError.nonFiniteCoefficient(term: 0)
        ) { try PauliSum(qubits: 1, terms: [.init(.nan, PauliString(x: 0, z: 1))]) }
    }

    @Test("fall into groups of which each is read by one measurement", arguments: 0..<6)
    func groups(seed: UInt64) throws {
        var random = RandomStream(seed: seed)
        let sum = try randomSum(qubits: 4, terms: 25, &random)
        let state = DenseState.haarRandom(qubits: 4, &random)
        let groups = sum.measurementGroups
        #expect(groups.flatMap(\.terms).sorted() == Array(sum.terms.indices))
        #expect(groups.count < 25)
        var total = 0.0
        for group in groups {
            for (first, second) in zip(group.terms, group.terms.dropFirst()) {
                let strings = (sum.terms[first].string, sum.terms[second].string)
                #expect(strings.0.commutesQubitWise(with: strings.1))
            }
            var rotated = state
            for operation in group.basisChange { try rotated.apply(operation) }
            total += sum.contribution(of: group) { rotated.expectation(PauliString($0)) }
        }
        let expected = sum.value(expectations: sum.terms.map { state.expectation($0.string) })
        #expect(abs(total - expected) < 1e-12)
    }

    @Test("of Z strings alone need one measurement without a change of basis")
    func diagonal() throws {
        let groups = try PauliSum("Z0 + Z1 - 2*Z0Z1 + 3*I", qubits: 2).measurementGroups
        #expect(groups.count == 1)
        #expect(groups[0].basisChange.isEmpty)
    }

    @Test("know which strings commute")
    func commutation() {
        let (x, y, z) = (
            PauliString(x: 1, z: 0), PauliString(x: 1, z: 1), PauliString(x: 0, z: 1)
        )
        #expect(!x.commutes(with: y) && !y.commutes(with: z) && x.commutes(with: x))
        let (xx, zz) = (PauliString(x: 3, z: 0), PauliString(x: 0, z: 3))
        #expect(xx.commutes(with: zz) && !xx.commutesQubitWise(with: zz))
        #expect(PauliString(x: 0b110, z: 0b101).description == "Z0X1Y2")
    }
}
