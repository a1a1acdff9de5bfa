import Foundation
import FoundationNetworking
import Testing

extension EndToEnd {
    @Suite("stages beside a cluster and a publisher", .serialized)
    struct RunTests {
        /// Records of the fixture's width that fill much more than a cluster of one partition keeps.
        private func largeRecords(_ count: Int) -> String {
            let features = (1...30).map { "\($0)" }.joined(separator: ",")
            let note = String(repeating: "x", count: 2_000)
            return (0..<count).map {
                "{\"id\":\"r-\($0)\",\"features\":[\(features)],\"note\":\"\(note)\"}\n"
            }.joined()
        }

        private struct Scored: Decodable { let id: String }

        @Test("publish keeps within what an embedded cluster elsewhere keeps, and loses nothing")
        func window() async throws {
            let count = 6_000
            let cluster = try await PreparedCluster(["partitions=1"])
            let folder = try TemporaryFolder()
            let file = try folder.file("large.ndjson", largeRecords(count))
            let watch = try RunningCommand([
                "watch", "scores", "--from-beginning", "--count", "\(count)", "--brokers",
                cluster.brokers,
            ])
            let publish = try RunningCommand(["publish", file, "--brokers", cluster.brokers])
            // Nobody reads yet: it must stop by itself, far before the file's end.
            let line = try await publish.errorLine(containing: "waiting: ")
            #expect(line.contains("'tandem run ingestion --brokers \(cluster.brokers)'"))
            let stages = try RunningCommand(["run", "all", "--brokers", cluster.brokers])
            let published = await publish.end()
            #expect(published.exitCode == 0, "\(published.trouble)")
            let scores = await watch.end()
            #expect(scores.exitCode == 0, "\(scores.trouble)")
            let ids = try scores.lines(.output).map {
                try JSONDecoder().decode(Scored.self, from: Data($0.utf8)).id
            }
            #expect(Set(ids) == Set((0..<count).map { "r-\($0)" }) && ids.count == count)
            stages.send(SIGTERM)
            let run = await stages.end()
            #expect(run.exitCode == 0, "\(run.trouble)")
            await cluster.stop()
        }

        @Test("run shows latencies by source and deadline misses among its metrics")
        func metrics() async throws {
            let cluster = try await PreparedCluster()
            let stages = try RunningCommand([
                "run", "all", "--brokers", cluster.brokers, "--http-port", "0",
            ])
            let line = try await stages.errorLine(containing: "dashboard on ")
            let address = try #require(line.split(separator: " ").last)
            let url = try #require(URL(string: "\(address)metrics"))
            let publish = try await RunningCommand.run([
                "publish", BuildFolder.testData, "--label", "malignant", "--brokers",
                cluster.brokers,
            ])
            #expect(publish.exitCode == 0, "\(publish.trouble)")
            let watch = try await RunningCommand.run([
                "watch", "scores", "--from-beginning", "--count", "171", "--brokers",
                cluster.brokers,
            ])
            #expect(watch.exitCode == 0, "\(watch.trouble)")
            // What stages show of themselves is a moment old: it is asked for until it is there.
            let count = #"tandem_score_latency_seconds_count{source="classical"} 171"#
            var lines: [Substring] = []
            for _ in 0..<2_000 where !lines.contains(Substring(count)) {
                let (data, _) = try await URLSession.shared.data(from: url)
                lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
            }
            #expect(lines.contains(Substring(count)))
            let latency = #"tandem_score_latency_seconds{source="classical",quantile="0.99"} "#
            let quantile = lines.first { $0.hasPrefix(latency) }?.dropFirst(latency.count)
            #expect(try #require(quantile.flatMap { Double($0) }) > 0)
            #expect(lines.contains { $0.hasPrefix("tandem_score_deadline_misses_total ") })
            stages.send(SIGTERM)
            let run = await stages.end()
            #expect(run.exitCode == 0, "\(run.trouble)")
            await cluster.stop()
        }

        @Test("status says how far each stage is, and idle when all have done everything")
        func status() async throws {
            let cluster = try await PreparedCluster()
            let publish = try await RunningCommand.run([
                "publish", BuildFolder.testData, "--label", "malignant", "--brokers",
                cluster.brokers,
            ])
            #expect(publish.exitCode == 0, "\(publish.trouble)")
            let before = try await RunningCommand.run([
                "status", "--interval", "0.1", "--brokers", cluster.brokers,
            ])
            #expect(before.exitCode == 0, "\(before.trouble)")
            let last = try #require(before.lines(.output).last)
            #expect(last == "behind: ingestion by 171, shadow by 171")
            let stages = try RunningCommand(["run", "all", "--brokers", cluster.brokers])
            let watch = try RunningCommand([
                "status", "--watch", "--interval", "0.1", "--output", "json", "--brokers",
                cluster.brokers,
            ])
            let looks = await watch.wait { snapshot in
                snapshot.lines(.output).contains { $0.hasPrefix(#"{"idle":true"#) }
            }
            let line = try #require(
                looks.lines(.output).first { $0.hasPrefix(#"{"idle":true"#) }, "\(looks.trouble)")
            let report = try JSONDecoder().decode(StatusLine.self, from: Data(line.utf8))
            #expect(
                report.stages.count == 7 && report.stages.allSatisfy { $0.lag == 0 && $0.exact })
            // Whoever is idle has written all there will be.
            let scores = try await RunningCommand.run([
                "watch", "scores", "--from-beginning", "--count", "171", "--brokers",
                cluster.brokers,
            ])
            #expect(Set(scores.lines(.output)).count == 171)
            for command in [watch, stages] {
                command.send(SIGTERM)
                let end = await command.end()
                #expect(end.exitCode == 0, "\(end.trouble)")
            }
            await cluster.stop()
        }

        private struct StatusLine: Decodable {
            struct Stage: Decodable {
                let lag: Int
                let exact: Bool
            }
            let stages: [Stage]
        }
    }
}
