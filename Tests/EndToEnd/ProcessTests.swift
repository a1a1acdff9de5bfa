import Contracts
import Foundation
import Testing

extension EndToEnd {
    @Suite("stages in processes of their own", .serialized)
    struct ProcessTests {
        private static let rows = 171

        /// Publishes the test split; ids begin with `prefix`.
        private func publish(_ prefix: String, to brokers: String) async throws {
            let run = try await RunningCommand.run([
                "publish", BuildFolder.testData, "--label", "malignant", "--prefix", prefix,
                "--brokers", brokers,
            ])
            #expect(run.exitCode == 0, "\(run.trouble)")
            #expect(run.text(.output).contains("published 171 records"))
        }

        private func startStages(_ brokers: String) async throws -> [RunningCommand] {
            let stages = try StageName.allCases.map {
                try RunningCommand(["run", $0.rawValue, "--brokers", brokers], limit: 100)
            }
            for stage in stages { _ = try await stage.errorLine(containing: "running") }
            return stages
        }

        /// Asks all to drain and waits for them.
        private func stop(_ stages: [RunningCommand]) async {
            for stage in stages { stage.send(SIGTERM) }
            for stage in stages {
                let end = await stage.end()
                #expect(end.exitCode == 0, "\(stage.arguments): \(end.trouble)")
            }
        }

        /// The ids of so many scores from the beginning, each read once.
        private func scoredIDs(_ count: Int, on brokers: String) async throws -> [String] {
            let run = try await RunningCommand.run([
                "watch", "scores", "--from-beginning", "--count", "\(count)", "--brokers", brokers,
            ])
            #expect(run.exitCode == 0, "\(run.trouble)")
            return try run.lines(.output).map { line in
                try JSONDecoder().decode(Scored.self, from: Data(line.utf8)).id
            }
        }

        private struct Scored: Decodable { let id: String }

        @Test("lose no record and double none when stopped in mid-stream and started again")
        func restart() async throws {
            let folder = try TemporaryFolder()
            let cluster = try RunningCommand(["cluster"], limit: 110)
            let brokers = try #require(try await cluster.outputLines(1).first)
            let bundle = folder.path("model.json")
            for arguments in [
                ["topics", "check", "--brokers", brokers],
                [
                    "train", "--data", BuildFolder.trainingData, "--label", "malignant", "--out",
                    bundle,
                ],
                ["model", "publish", bundle, "--brokers", brokers],
            ] {
                let run = try await RunningCommand.run(arguments)
                try #require(run.exitCode == 0, "\(arguments): \(run.trouble)")
            }
            var stages = try await startStages(brokers)
            try await publish("a-", to: brokers)
            // The first scores come out while most records are on their way.
            let watch = try RunningCommand([
                "watch", "scores", "--from-beginning", "--count", "10", "--brokers", brokers,
            ])
            #expect(await watch.end().exitCode == 0)
            try await publish("b-", to: brokers)
            await stop(stages)
            try await publish("c-", to: brokers)
            stages = try await startStages(brokers)
            try await publish("d-", to: brokers)
            let ids = try await scoredIDs(4 * Self.rows, on: brokers)
            await stop(stages)
            let expected = ["a-", "b-", "c-", "d-"].flatMap { prefix in
                (1...Self.rows).map { "\(prefix)\($0)" }
            }
            #expect(Set(ids) == Set(expected))
            #expect(ids.count == Set(ids).count)
            cluster.send(SIGINT)
            #expect(await cluster.end().exitCode == 0)
        }
    }
}
