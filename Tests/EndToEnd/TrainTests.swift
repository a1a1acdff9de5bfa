import Foundation
import Testing

extension EndToEnd {
    @Suite("train", .serialized)
    struct TrainTests {
        private struct Result: Decodable {
            struct Metrics: Decodable {
                struct Ansatz: Decodable {
                    let steps: Int
                    let stop: String
                    let initialLoss, finalLoss: Double
                }

                let ansatz: Ansatz?
            }

            let metrics: Metrics
        }

        private func train(_ path: String, _ options: [String] = []) async throws -> CommandSnapshot
        {
            let data = ["--data", BuildFolder.trainingData, "--label", "malignant"]
            let run = try await RunningCommand.run(["train", "--out", path] + data + options)
            try #require(run.exitCode == 0, "\(run.trouble)")
            return run
        }

        @Test("writes the same bytes again with a trained ansatz, and says what training did")
        func ansatz() async throws {
            let folder = try TemporaryFolder()
            let options = [
                "--ansatz", "efficient-su2", "--ansatz-repetitions", "1", "--ansatz-steps", "50",
                "--output", "json",
            ]
            var bundles: [Data] = []
            for name in ["first.json", "second.json"] {
                let run = try await train(folder.path(name), options)
                let result = try JSONDecoder().decode(Result.self, from: run.data(.output))
                let ansatz = try #require(result.metrics.ansatz)
                #expect(ansatz.steps == 50 && ansatz.stop == "step-limit")
                #expect(ansatz.finalLoss < ansatz.initialLoss)
                bundles.append(try Data(contentsOf: URL(filePath: folder.path(name))))
            }
            #expect(bundles[0] == bundles[1])
            let text = String(decoding: bundles[0], as: UTF8.self)
            #expect(text.contains("\"name\":\"efficient-su2\""))
        }

        @Test("warns of a circuit that needs no quantum computer, and of no other")
        func warning() async throws {
            let folder = try TemporaryFolder()
            let path = folder.path("model.json")
            let plain = try await train(path)
            #expect(plain.text(.output).contains("classically trivial outputs"))
            let three = try await train(path, ["--repetitions", "3"])
            #expect(!three.text(.output).contains("trivial"))
            let ansatz = try await train(
                path,
                [
                    "--ansatz", "real-amplitudes", "--ansatz-steps", "20",
                    "--ansatz-entanglement", "linear",
                ])
            #expect(!ansatz.text(.output).contains("trivial"))
            #expect(ansatz.text(.output).contains("the ansatz after training"))
        }
    }
}
