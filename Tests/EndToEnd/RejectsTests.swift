import Foundation
import Testing

extension EndToEnd {
    @Suite("rejects", .serialized)
    struct RejectsTests {
        private struct Row: Decodable {
            let partition: Int
            let offset: Int
            let code: String
            let stage: String
            let topic: String
            let key: String?
            let attempts: Int
            let message: String

            var position: String { "\(partition):\(offset)" }
        }

        private struct Redrive: Decodable {
            let dryRun: Bool
            let finished: Bool
            let examined: Int
            let redriven: Int
            let topics: [String: Int]
            let exhausted: Int
            let notSelected: Int
        }

        private static let records = [
            #"{"id":"few","features":[1,2]}"#, #"{"id":"none"}"#, "no\u{1}record",
            #"{"id":"wide","features":[1,2,3]}"#,
        ]

        private func json<Value: Decodable>(
            _ arguments: [String], on cluster: PreparedCluster
        ) async throws -> Value {
            let run = try await RunningCommand.run(
                ["rejects"] + arguments + ["--output", "json", "--brokers", cluster.brokers])
            try #require(run.exitCode == 0, "\(arguments): \(run.trouble)")
            return try JSONDecoder().decode(Value.self, from: run.data(.output))
        }

        /// Runs ingestion until so many rejects are on the topic.
        private func ingest(until rejects: Int, on cluster: PreparedCluster) async throws {
            let stage = try RunningCommand(["run", "ingestion", "--brokers", cluster.brokers])
            let watch = try await RunningCommand.run([
                "watch", "rejects", "--from-beginning", "--count", "\(rejects)", "--brokers",
                cluster.brokers,
            ])
            #expect(watch.exitCode == 0, "\(watch.trouble)")
            stage.send(SIGTERM)
            #expect(await stage.end().exitCode == 0)
        }

        @Test("are listed, shown, and sent back once, byte for byte, with their attempts counted")
        func wayBack() async throws {
            let cluster = try await PreparedCluster()
            let folder = try TemporaryFolder()
            let file = try folder.file("bad.ndjson", Self.records.joined(separator: "\n") + "\n")
            let publish = try await RunningCommand.run(
                ["publish", file, "--brokers", cluster.brokers])
            #expect(publish.exitCode == 0, "\(publish.trouble)")
            try await ingest(until: 4, on: cluster)

            let all: [Row] = try await json(["list"], on: cluster)
            #expect(
                all.map(\.code).sorted() == [
                    "featureCount", "featureCount", "missingField", "missingKey",
                ])
            #expect(all.allSatisfy { $0.stage == "ingestion" && $0.topic == "tandem.records" })
            let few: [Row] = try await json(["list", "--code", "missingField"], on: cluster)
            #expect(few.map(\.key) == ["none"] && few.first?.attempts == 0)
            let late: [Row] = try await json(["list", "--until", "1d"], on: cluster)
            #expect(late.isEmpty)
            let last: [Row] = try await json(["list", "--limit", "1"], on: cluster)
            #expect(last.count == 1)
            try await show(all, on: cluster)

            let dry: Redrive = try await json(["redrive", "--dry-run"], on: cluster)
            #expect(dry.redriven == 4 && dry.dryRun && dry.finished)
            let one: Redrive = try await json(
                ["redrive", "--code", "missingField"], on: cluster)
            #expect(one.redriven == 1 && one.notSelected == 3 && one.topics == ["records": 1])
            let rest: Redrive = try await json(["redrive"], on: cluster)
            #expect(rest.redriven == 3 && rest.examined == 3)

            try await checkRecords(on: cluster)
            try await ingest(until: 8, on: cluster)
            let again: [Row] = try await json(["list"], on: cluster)
            #expect(again.map(\.attempts).sorted() == [0, 0, 0, 0, 1, 1, 1, 1])
            let limited: Redrive = try await json(["redrive", "--max-attempts", "1"], on: cluster)
            #expect(limited.redriven == 0 && limited.exhausted == 4 && limited.examined == 4)
            await cluster.stop()
        }

        private func show(_ rows: [Row], on cluster: PreparedCluster) async throws {
            let none = try #require(rows.first { $0.key == "none" })
            let odd = try #require(rows.first { $0.key == nil })
            for (row, words) in [
                (none, [#"{"id":"none"}"#, "tandem-error-code", "missingField", none.message]),
                (odd, ["key: none", "6e 6f 01 72 65 63 6f 72  64", "|no.record|", "missingKey"]),
            ] {
                let run = try await RunningCommand.run([
                    "rejects", "show", row.position, "--brokers", cluster.brokers,
                ])
                #expect(run.exitCode == 0, "\(run.trouble)")
                for word in words { #expect(run.text(.output).contains(word), "\(word)") }
            }
            let run = try await RunningCommand.run([
                "rejects", "show", "0:99999", "--brokers", cluster.brokers,
            ])
            #expect(run.exitCode == 1)
            #expect(run.text(.errors).contains("tandem.rejects holds nothing at 0:99999"))
        }

        /// Every record stands on its topic twice, with the same bytes.
        private func checkRecords(on cluster: PreparedCluster) async throws {
            let watch = try await RunningCommand.run([
                "watch", "records", "--from-beginning", "--count", "8", "--brokers",
                cluster.brokers,
            ])
            #expect(watch.exitCode == 0, "\(watch.trouble)")
            let lines = watch.lines(.output).map(String.init).sorted()
            #expect(lines == (Self.records + Self.records).sorted())
        }
    }
}
