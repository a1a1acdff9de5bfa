import Foundation
import Testing

/// What each mitigation leaves of an error, on fixed seeds: the figures have margins of two or
/// more.
@Suite("tandem circuit mitigate")
struct MitigationTests {
    private struct Row: Decodable {
        let noise, mitigation: String
        let ideal, unmitigated, mitigated, errorBefore, errorAfter, reduction: Double
        let shotsFactor, sampled, standardError: Double
        let circuits: Int
    }

    /// Three steps of an Ising chain's time evolution, on four qubits.
    private static let chain: String = {
        var lines = ["OPENQASM 3.0;", "include \"stdgates.inc\";", "qubit[4] q;"]
        for _ in 0..<3 {
            for qubit in 0..<3 {
                lines += [
                    "cx q[\(qubit)], q[\(qubit + 1)];", "rz(0.5) q[\(qubit + 1)];",
                    "cx q[\(qubit)], q[\(qubit + 1)];",
                ]
            }
            for qubit in 0..<4 { lines.append("rx(0.6) q[\(qubit)];") }
        }
        return lines.joined(separator: "\n") + "\n"
    }()

    private func run(_ arguments: [String]) async throws -> CommandSnapshot {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "tandem-mitigate-\(UUID().uuidString).qasm")
        try Data(Self.chain.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try await RunningCommand.run(["circuit", "mitigate", file.path()] + arguments)
    }

    @Test("shows that each mitigation reduces the error that it is for, and what it costs")
    func reductions() async throws {
        let command = try await run([
            "--observable", "Z1Z2", "--samples", "1500", "--twirls", "16",
            "--output", "json",
        ])
        try #require(command.exitCode == 0, "\(command.text(.errors))")
        let rows = try JSONDecoder().decode([Row].self, from: command.data(.output))
        // Least reduction, and the range of shots that it may cost.
        let expected: [(String, String, Double, ClosedRange<Double>)] = [
            ("readout", "inverse of calibrated matrices", 5, 1.05...2),
            ("depolarising", "extrapolation, linear", 1.3, 3...6),
            ("depolarising", "extrapolation, Richardson", 3, 10...20),
            ("depolarising", "extrapolation, exponential", 3, 3...15),
            ("depolarising", "error cancellation", 3, 3...5),
            ("over-rotation", "twirling", 1.5, 1...1),
            ("over-rotation", "twirling, then exponential", 1.5, 3...15),
            ("idle rotation", "decoupling by X, X", 10, 1...1),
        ]
        #expect(rows.map(\.noise) == expected.map(\.0))
        #expect(rows.map(\.mitigation) == expected.map(\.1))
        for (row, (_, name, reduction, cost)) in zip(rows, expected) {
            #expect(row.errorBefore == abs(row.unmitigated - row.ideal))
            #expect(row.errorBefore > 0.01, "\(name) has something to mitigate")
            #expect(row.errorAfter * reduction < row.errorBefore, "\(row)")
            #expect(cost.contains(row.shotsFactor), "\(row)")
            let deviation = abs(row.sampled - row.mitigated)
            #expect(deviation < 5 * row.standardError, "\(row)")
        }
    }

    @Test("prints the same for the same seed, and a table for people")
    func determinism() async throws {
        let arguments = [
            "--observable", "Z0", "--samples", "20", "--twirls", "2", "--shots", "2000",
        ]
        let first = try await run(arguments)
        #expect(first.exitCode == 0, "\(first.text(.errors))")
        #expect(try await run(arguments).text(.output) == first.text(.output))
        #expect(first.text(.output).contains("noise-free value"))
    }

    @Test("names an observable that it cannot read")
    func wrongUse() async throws {
        let text = try await run(["--observable", "Z0Q1"])
        #expect(text.exitCode == 1 && text.text(.errors).contains("column"))
        let wide = try await run(["--observable", "Z9"])
        #expect(wide.exitCode == 1 && wide.text(.errors).contains("qubit 9"))
        let skew = try await run(["--observable", "X0"])
        #expect(skew.exitCode == 1 && skew.text(.errors).contains("only Z is allowed"))
        let shots = try await run(["--observable", "Z0", "--shots", "1"])
        #expect(shots.exitCode == 2 && shots.text(.errors).contains("--shots is 1"))
    }
}
