import Foundation
import TestSupport
import Testing

@Suite("tandem circuit")
struct CircuitVerbTests {
    private struct Probabilities: Decodable {
        let qubits: Int
        let probabilities: [Double]
        let counts: [Int]?
    }

    private func output(_ arguments: [String], _ text: String) async throws -> String {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "tandem-circuit-\(UUID().uuidString).qasm")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let run = try await RunningCommand.run(
            ["circuit", arguments[0], file.path()] + arguments[1...])
        #expect(run.exitCode == 0, "\(run.text(.errors))")
        return run.text(.output)
    }

    private let bell = """
        OPENQASM 3.0;
        include "stdgates.inc";
        input float theta;
        qubit[3] q;
        bit[2] c;
        ry(theta) q[0];
        cx q[0], q[2];
        c[0] = measure q[0];
        c[1] = measure q[2];
        """

    @Test("prints exact probabilities of the measured register as JSON")
    func exact() async throws {
        let text = try await output(
            ["run", "--exact", "--output", "json", "--bind", "theta=1.0"], bell)
        let result = try JSONDecoder().decode(Probabilities.self, from: Data(text.utf8))
        let one = sin(0.5) * sin(0.5)
        #expect(result.qubits == 2 && result.counts == nil)
        #expect(largestDifference(result.probabilities, [1 - one, 0, 0, one]) < 1e-15)
    }

    @Test("prints the same counts for the same seed")
    func shots() async throws {
        let arguments = [
            "run", "--shots", "1000", "--seed", "7", "--output", "json", "--bind", "theta=1.0",
        ]
        let text = try await output(arguments, bell)
        let result = try JSONDecoder().decode(Probabilities.self, from: Data(text.utf8))
        #expect(result.counts?.reduce(0, +) == 1_000)
        #expect(try await output(arguments, bell) == text)
    }

    @Test("exports what it reads, and draws and estimates it")
    func others() async throws {
        let exported = try await output(["export"], bell)
        #expect(exported.contains("ry(theta) q[0];") && exported.contains("input float[64] theta;"))
        #expect(try await output(["export"], exported) == exported)
        let drawing = try await output(["show"], bell)
        #expect(drawing.contains("┤ RY(theta) ├") && drawing.contains("┤ X ├"))
        let estimate = try await output(["estimate"], bell)
        #expect(estimate.contains("4 operations, depth 3, 1 entangling gates, 2 measurements"))
    }
}
