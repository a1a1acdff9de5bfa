import Foundation
import QuantumCircuit
import QuantumSimulator
import TestSupport
import Testing

/// What `fixtures/quantum/make_noise.py` wrote.
private struct NoiseGolden: Decodable {
    struct Rule: Decodable {
        let gates: [String]
        let qubits: [Int]?
        let channel: String
        let arguments: [Double]
    }

    struct Item: Decodable {
        let gate: String
        let qubits: [Int]
        let angle: Double?
    }

    struct Case: Decodable {
        let qubits: Int
        let rules: [Rule]
        let operations: [Item]
        let real: [Double]
        let imaginary: [Double]

        func circuit() throws -> Circuit {
            var circuit = try Circuit(qubits: qubits)
            for item in operations {
                let angles = item.angle.map { [ParameterExpression.constant($0)] } ?? []
                try circuit.append(
                    Operation(try AnyGate.named(item.gate, angles), item.qubits))
            }
            return circuit
        }

        func noise() throws -> NoiseModel {
            var model = NoiseModel()
            for rule in rules {
                model.add(
                    try NoiseGolden.channel(rule), after: .named(Set(rule.gates)),
                    on: rule.qubits)
            }
            return model
        }
    }

    let cases: [Case]

    struct UnknownChannel: Error {
        let name: String
    }

    static func channel(_ rule: Rule) throws -> KrausChannel {
        let values = rule.arguments
        switch rule.channel {
        case "depolarizing": return try .depolarizing(values[0], qubits: Int(values[1]))
        case "amplitudeDamping": return try .amplitudeDamping(values[0])
        case "phaseDamping": return try .phaseDamping(values[0])
        case "bitFlip": return try .bitFlip(values[0])
        case "phaseFlip": return try .phaseFlip(values[0])
        case "thermalRelaxation":
            return try .thermalRelaxation(
                t1: values[0], t2: values[1], time: values[2], excitedPopulation: values[3])
        case "overRotationX":
            return try .overRotation(values[0], PauliString(x: 1, z: 0), qubits: 1)
        case "overRotationZX":
            return try .overRotation(values[0], PauliString(x: 1, z: 2), qubits: 2)
        default: throw UnknownChannel(name: rule.channel)
        }
    }

    static func load() throws -> NoiseGolden {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: root.appending(path: "fixtures/quantum/noise.json"))
        return try JSONDecoder().decode(NoiseGolden.self, from: data)
    }
}

@Suite("Qiskit Aer's density matrices")
struct NoiseGoldenTests {
    @Test("are met by every channel to 1e-10")
    func densityMatrices() throws {
        let golden = try NoiseGolden.load()
        #expect(golden.cases.count == 18)
        for (index, item) in golden.cases.enumerated() {
            let state = try DensityMatrixSimulator().run(item.circuit(), noise: item.noise())
            let found = state.matrix().elements
            let worst = max(
                largestDifference(found.map(\.re), item.real),
                largestDifference(found.map(\.im), item.imaginary))
            #expect(worst < 1e-10, "case \(index)")
        }
    }

    @Test("are approached by trajectories within 5 standard errors")
    func trajectories() throws {
        for (index, item) in try NoiseGolden.load().cases.enumerated() {
            let (circuit, noise) = (try item.circuit(), try item.noise())
            let mask: UInt32 = 1 << UInt32(item.qubits) - 1
            let strings = (UInt32(1)..<64).map { number in
                let x = (number & 3) << UInt32(item.qubits - 2)
                return PauliString(x: x, z: number >> 2 & mask)
            }
            let exact = try DensityMatrixSimulator().run(circuit, noise: noise)
            let expected = try exact.expectations(of: strings)
            let estimates = try TrajectorySimulator(threads: 2).estimate(
                strings, of: circuit, noise: noise, trajectories: 800, seed: UInt64(index))
            for (position, mean) in estimates.means.enumerated() {
                let bound = 5 * estimates.standardErrors[position] + 1e-9
                #expect(
                    abs(mean - expected[position]) < bound,
                    "case \(index), string \(strings[position])")
            }
        }
    }
}
