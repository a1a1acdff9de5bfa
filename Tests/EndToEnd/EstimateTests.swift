import Foundation
import Testing

extension EndToEnd {
    @Suite("estimate", .serialized)
    struct EstimateTests {
        private struct Row: Decodable {
            let device, kind, downgrade: String
            let problem: String?
            let shots: Int
            let qubits, depth, twoQubitGates: Int?
            let seconds, price, waitSeconds, waitSeconds90, fidelity: Double?
        }

        private static let devices = [
            "{name: ions, target: all-to-all-11-gpi, timing: circuit, noise: approximate, "
                + "prices: ionq}",
            "{name: public, queue: busy-public}",
            "{name: simulator, kind: ideal}",
        ]

        private func estimate(_ model: String, _ options: [String]) async throws -> [Row] {
            let run = try await RunningCommand.run(
                ["estimate", "--model", model, "--output", "json"] + options)
            try #require(run.exitCode == 0, "\(run.trouble)")
            return try JSONDecoder().decode([Row].self, from: run.data(.output))
        }

        @Test("says for each device what the circuit takes, costs, waits and is worth")
        func figures() async throws {
            let folder = try TemporaryFolder()
            let model = folder.path("model.json")
            let data = ["--data", BuildFolder.trainingData, "--label", "malignant"]
            let trained = try await RunningCommand.run(["train", "--out", model] + data)
            try #require(trained.exitCode == 0, "\(trained.trouble)")
            let set = "enrichment.devices=[" + Self.devices.joined(separator: ", ") + "]"
            let all = try await estimate(model, ["--set", set])
            let rows = all.filter { $0.downgrade == "none" }
            #expect(rows.map(\.device) == ["simulated-qpu", "ions", "public", "simulator"])
            #expect(rows.allSatisfy { $0.problem == nil && $0.shots == 1_024 })
            // Two CX for each of six pairs, twice; an ion trap has one gate for both.
            #expect(rows.map(\.twoQubitGates) == [24, 12, 24, 24])
            #expect(abs((rows[0].price ?? 0) - (0.3 + 0.0009 * 1_024)) < 1e-9)
            // IonQ's price names the two-qubit gates; the rest is a whole number of the others.
            let rest = (rows[1].price ?? 0) - 12.4166 - 1_024 * 0.000975 * 12
            let oneQubitGates = rest / (1_024 * 0.00022)
            #expect(abs(oneQubitGates - oneQubitGates.rounded()) < 1e-3 && oneQubitGates > 4)
            #expect((rows[1].seconds ?? 0) > 1 && (rows[1].fidelity ?? 1) < 0.95)
            #expect((rows[2].waitSeconds90 ?? 0) > (rows[2].waitSeconds ?? 0))
            #expect(rows[3].price == 0 && rows[3].fidelity == 1 && rows[3].waitSeconds == 0)
            // Without entanglement: no gate on two qubits, and what they cost and take is spared.
            let simpler = all.filter { $0.downgrade == "simplerCircuit" }
            #expect(simpler.map(\.device) == rows.map(\.device))
            #expect(simpler.allSatisfy { $0.twoQubitGates == 0 && $0.shots == 1_024 })
            #expect((simpler[1].price ?? 0) < (rows[1].price ?? 0))
            #expect((simpler[1].seconds ?? 0) < (rows[1].seconds ?? 0) / 2)
            #expect((simpler[1].fidelity ?? 0) > (rows[1].fidelity ?? 1))
            #expect(simpler[0].price == rows[0].price && simpler[0].seconds == rows[0].seconds)
            let fewer = try await estimate(model, ["--shots", "100"])
            #expect(abs((fewer[0].price ?? 0) - 0.39) < 1e-9)
        }

        @Test("refuses a bundle that cannot be read, and shots out of range")
        func wrongUse() async throws {
            let missing = try await RunningCommand.run(["estimate", "--model", "/nowhere.json"])
            #expect(missing.exitCode == 1)
            #expect(missing.text(.errors).contains("cannot read the model bundle '/nowhere.json'"))
            let shots = try await RunningCommand.run(["estimate", "--shots", "0"])
            #expect(shots.exitCode == 2 && shots.text(.errors).contains("allowed is 1 to 1048576"))
        }
    }
}
