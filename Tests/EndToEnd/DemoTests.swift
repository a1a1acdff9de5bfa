import Foundation
import Testing

extension EndToEnd {
    @Suite("demo", .serialized)
    struct DemoTests {
        private func demo(_ arguments: String...) async throws -> CommandSnapshot {
            try await RunningCommand.run(["demo", "--output", "json"] + arguments)
        }

        @Test("answers classically at once in shadow mode and compares every record")
        func shadow() async throws {
            let run = try await demo("--records", "500")
            try #require(run.exitCode == 0, "\(run.trouble)")
            let report = try DemoOutput(run)
            report.expectComplete(records: 500)
            #expect(report.mode == "shadow")
            #expect(report.byReason == ["shadowMode": 500])
            #expect(report.bySource == ["classical": 500, "quantum": 0, "blend": 0])
            #expect(report.comparisons == 500)
            #expect(report.quantumCalls == 500)
            #expect(report.shots == 500 * 1_024)
            #expect(report.cost > 0)
            #expect(try #require(report.classical.auc) > 0.95)
            #expect(try #require(report.quantum.auc) > 0.8)
            #expect(try #require(report.circuitWarning).hasPrefix("classically trivial outputs"))
        }

        @Test("trains an ansatz, serves it, and has nothing to warn of")
        func ansatz() async throws {
            let run = try await demo(
                "--records", "300", "--mode", "live", "--ansatz", "real-amplitudes",
                "--ansatz-repetitions", "1", "--ansatz-steps", "100")
            try #require(run.exitCode == 0, "\(run.trouble)")
            let report = try DemoOutput(run)
            report.expectComplete(records: 300)
            #expect(report.circuitWarning == nil)
            #expect(report.failedCalls == 0)
            #expect(report.bySource["quantum", default: 0] > 150)
            #expect(try #require(report.quantum.auc) > 0.9)
        }

        @Test("serves quantum scores in live mode")
        func live() async throws {
            let run = try await demo("--records", "500", "--mode", "live", "--seed", "7")
            try #require(run.exitCode == 0, "\(run.trouble)")
            let report = try DemoOutput(run)
            report.expectComplete(records: 500)
            #expect(report.mode == "live")
            #expect(report.seed == 7)
            #expect(report.bySource["quantum", default: 0] > 250)
            #expect(report.byReason["accepted"] == report.bySource["quantum"])
            #expect(report.byReason["blended", default: 0] == report.bySource["blend"])
        }

        @Test("makes no quantum call in mode off")
        func off() async throws {
            let run = try await demo("--records", "200", "--mode", "off")
            try #require(run.exitCode == 0, "\(run.trouble)")
            let report = try DemoOutput(run)
            report.expectComplete(records: 200)
            #expect(report.byReason == ["modeOff": 200])
            #expect(report.quantumCalls == 0)
            #expect(report.cost == 0)
        }

        @Test("scores every record in time when the device is far too slow")
        func overload() async throws {
            let run = try await demo(
                "--records", "500", "--rate", "250", "--mode", "live",
                "--qpu-service-time", "50", "--latency-budget", "500")
            try #require(run.exitCode == 0, "\(run.trouble)")
            let report = try DemoOutput(run)
            report.expectComplete(records: 500)
            let late =
                report.byReason["queueTooLong", default: 0]
                + report.byReason["deadlineExceeded", default: 0]
            #expect(late > 250, "\(report.byReason)")
            print(
                "overload: \(report.deadlineMisses) deadline misses, worst lateness "
                    + "\(report.worstLatenessMs) ms, \(report.byReason)")
        }

        @Test("scores every record while the device is down")
        func outage() async throws {
            let run = try await demo("--records", "500", "--mode", "live", "--qpu-outage", "0:60")
            try #require(run.exitCode == 0, "\(run.trouble)")
            let report = try DemoOutput(run)
            report.expectComplete(records: 500)
            #expect(report.byReason["backendFailed", default: 0] > 0, "\(report.byReason)")
            #expect(report.bySource["quantum"] == 0)
        }

        @Test("goes over to classical scores when the kill switch is thrown, and back")
        func killSwitch() async throws {
            let demo = try RunningCommand(
                [
                    "demo", "--output", "json", "--records", "3000", "--rate", "500", "--mode",
                    "live",
                ])
            let line = try await demo.errorLine(containing: "embedded cluster")
            let brokers = try #require(line.split(separator: " ").last.map(String.init))
            let watch = try RunningCommand(["watch", "scores", "--brokers", brokers])
            _ = try await watch.outputLines(200)
            let thrown = try await RunningCommand.run(
                ["control", "kill-switch", "on", "--brokers", brokers])
            #expect(thrown.exitCode == 0, "\(thrown.trouble)")
            await watch.wait { $0.text(.output).contains("\"killSwitch\"") }
            let released = try await RunningCommand.run(
                ["control", "kill-switch", "off", "--brokers", brokers])
            #expect(released.exitCode == 0, "\(released.trouble)")
            let run = await demo.end()
            watch.send(SIGTERM)
            #expect(await watch.end().exitCode == 0)
            try #require(run.exitCode == 0, "\(run.trouble)")
            let report = try DemoOutput(run)
            report.expectComplete(records: 3_000)
            #expect(report.byReason["killSwitch", default: 0] > 0, "\(report.byReason)")
            #expect(report.byReason["accepted", default: 0] > 0, "\(report.byReason)")
        }

        @Test("drains on Ctrl-C: what was published is scored, exit code 0")
        func interrupt() async throws {
            let demo = try RunningCommand(
                ["demo", "--output", "json", "--records", "100000", "--rate", "500"])
            let line = try await demo.errorLine(containing: "embedded cluster")
            let brokers = try #require(line.split(separator: " ").last.map(String.init))
            let watch = try RunningCommand([
                "watch", "scores", "--brokers", brokers, "--count", "100",
            ])
            #expect(await watch.end().exitCode == 0)
            demo.send(SIGINT)
            let run = await demo.end()
            try #require(run.exitCode == 0, "\(run.trouble)")
            let report = try DemoOutput(run)
            #expect((100..<100_000).contains(report.recordsIn))
            report.expectComplete(records: report.recordsIn)
        }

        @Test("ends on Ctrl-C while its stages still join their groups")
        func interruptEarly() async throws {
            let demo = try RunningCommand(["demo", "--records", "100000", "--rate", "500"])
            _ = try await demo.errorLine(containing: "joining their consumer groups")
            demo.send(SIGINT)
            let run = await demo.end()
            #expect(run.exitCode == 0, "\(run.trouble)")
        }

        @Test("ends at once on a second Ctrl-C")
        func interruptTwice() async throws {
            let demo = try RunningCommand(["demo", "--records", "100000", "--rate", "500"])
            _ = try await demo.errorLine(containing: "joining their consumer groups")
            demo.send(SIGINT)
            _ = try await demo.errorLine(containing: "once more")
            demo.send(SIGINT)
            let code = await demo.end().exitCode
            // It may have drained in the meantime.
            #expect(code == 130 || code == 0)
        }

        @Test("keeps cluster and stages with --hold, so that other clients can join in")
        func hold() async throws {
            let demo = try RunningCommand(
                ["demo", "--output", "json", "--records", "50", "--hold"])
            let line = try await demo.errorLine(containing: "holding")
            let brokers = try #require(
                line.split(whereSeparator: { " ;".contains($0) }).first {
                    $0.contains("127.0.0.1:")
                }
            )
            let folder = try TemporaryFolder()
            let features = (1...30).map { "\($0)" }.joined(separator: ",")
            let file = try folder.file(
                "own.ndjson",
                """
                {"id":"own-1","features":[\(features)]}
                {"id":"own-2","features":[1]}

                """)
            let watchers = try ["scores", "rejects"].map {
                try RunningCommand([
                    "watch", $0, "--from-beginning", "--brokers", String(brokers), "--count",
                    $0 == "scores" ? "51" : "1",
                ])
            }
            let published = try await RunningCommand.run(
                ["publish", file, "--brokers", String(brokers)])
            #expect(published.exitCode == 0, "\(published.trouble)")
            let scores = await watchers[0].end()
            #expect(scores.exitCode == 0)
            #expect(scores.text(.output).contains("{\"id\":\"own-1\",\"score\":"))
            let rejects = await watchers[1].end()
            #expect(
                rejects.text(.output)
                    == "features holds 1 numbers; the model has 30 features\t"
                    + "{\"id\":\"own-2\",\"features\":[1]}\n")
            demo.send(SIGTERM)
            let run = await demo.end()
            #expect(run.exitCode == 0, "\(run.trouble)")
            try DemoOutput(run).expectComplete(records: 50)
        }
    }
}
