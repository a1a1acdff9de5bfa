import Foundation
import Testing

extension EndToEnd {
    @Suite("operators", .serialized)
    struct OperatorTests {
        private struct Change: Decodable, Equatable {
            let setting: String
            let name: String?
            let value: String
            let percent: Double?
            let drill: Bool
            let by: String
            let why: String
        }

        private struct State: Decodable {
            let killSwitch: Bool
            let mode: String?
            let canaryPercent: Double?
            let budgets: [String: Double]
            let limits: [String: Double]
            let settings: [Change]
            let version: Int?
            let instances: [Instance]

            struct Instance: Decodable {
                let stage: String
                let instance: String
                let version: Int?
                let isCurrent: Bool
                let policy: String?
                let isSilent: Bool
            }
        }

        private struct Effect: Decodable {
            struct Row: Decodable {
                let stage: String
                let instance: String
                let acknowledged: Bool
                let seenMs: Double?
                let isSilent: Bool
            }
            let acknowledged: Bool?
            let acknowledgedMs: Double?
            let instances: [Row]
        }

        private struct Written: Decodable {
            let effect: Effect
        }

        private struct Drill: Decodable {
            struct Partition: Decodable {
                let verdicts: Int
                let firstStoppedMs: Double?
            }
            let killSwitch: String
            let drill: Bool
            let instances: Effect
            let end: Effect
            let measured: Bool
            let effectiveMs: Double?
            let partitions: [Partition]
        }

        private struct Story: Decodable {
            struct Fact: Decodable {
                let name: String
                let value: String
                let limit: String?
                let verdict: String?
            }
            struct Event: Decodable {
                let stage: String
                let text: String
                let facts: [Fact]
                let sinceReceivedMs: Double?
            }
            let events: [Event]
            let searched: [String: Int]
        }

        private struct WhatIf: Decodable {
            struct Side: Decodable {
                let admitted: Int
                let coverage: Double
                let spend: Double
                let reasons: [String: Int]
            }
            struct Flips: Decodable {
                let recordedVerdicts: Int
                let unknownShare: Double
            }
            let decisions: Int
            let reproduced: Double
            let decidedByPresent: Double
            let recorded: Side
            let new: Side
            let flips: Flips
        }

        private func json<Value: Decodable>(
            _ arguments: [String], on cluster: PreparedCluster
        ) async throws -> Value {
            let run = try await RunningCommand.run(
                arguments + ["--output", "json", "--brokers", cluster.brokers])
            try #require(run.exitCode == 0, "\(arguments): \(run.trouble)")
            return try JSONDecoder().decode(Value.self, from: run.data(.output))
        }

        private func set(_ arguments: [String], on cluster: PreparedCluster) async throws {
            let run = try await RunningCommand.run(
                ["control"] + arguments + ["--brokers", cluster.brokers])
            #expect(run.exitCode == 0, "\(arguments): \(run.trouble)")
        }

        @Test("change settings, see what is in force, and who changed what, when and why")
        func settings() async throws {
            let cluster = try await PreparedCluster()
            try await set(["budget", "tenant/a", "12.50", "--why", "contract"], on: cluster)
            try await set(["budget", "tenant/a", "20", "--by", "bea"], on: cluster)
            try await set(["limit", "rate", "30"], on: cluster)
            try await set(["limit", "weight/a", "2"], on: cluster)
            try await set(["limit", "rate", "off"], on: cluster)
            try await set(["mode", "canary", "5"], on: cluster)
            try await set(["kill-switch", "on", "--wait", "0"], on: cluster)
            let drill = try await RunningCommand.run([
                "control", "kill-switch", "on", "--drill", "--brokers", cluster.brokers,
            ])
            #expect(drill.exitCode == 1 && drill.trouble.contains("would turn it off"))
            let state: State = try await json(["control", "show"], on: cluster)
            #expect(state.killSwitch && state.mode == "canary" && state.canaryPercent == 5)
            #expect(state.budgets == ["tenant/a": 20] && state.limits == ["weight/a": 2])
            #expect(state.settings.first { $0.name == "tenant/a" }?.by == "bea")
            let history: [Change] = try await json(["control", "history"], on: cluster)
            #expect(
                history.map(\.value) == ["12.50", "20", "30", "2", "off", "canary", "on"])
            #expect(history[0].why == "contract" && history[0].by.contains("@"))
            let last: [Change] = try await json(
                ["control", "history", "--limit", "2"], on: cluster)
            #expect(last == Array(history.suffix(2)))
            await cluster.stop()
        }

        @Test(
            "are refused what is no setting, before any cluster is asked",
            arguments: [
                ["mode", "canary"], ["mode", "live", "5"], ["mode", "canary", "0"],
                ["mode", "canary", "101"], ["budget", "day", "-1"], ["budget", "", "1"],
                ["limit", "speed", "1"], ["limit", "rate", "fast"], ["limit", "rate", "0"],
                ["limit", "concurrency", "0.5"], ["limit", "weight/a", "2000000"],
                ["kill-switch", "maybe"],
                ["kill-switch", "off", "--drill"], ["kill-switch", "on", "--drill", "--wait", "0"],
            ])
        func refusals(arguments: [String]) async throws {
            let run = try await RunningCommand.run(["control"] + arguments)
            #expect(run.exitCode == 2 && run.lines(.errors).count == 1, "\(run.trouble)")
        }

        @Test("are told when every instance obeys, which one does not, and what each has in force")
        func acknowledgements() async throws {
            let cluster = try await PreparedCluster()
            let folder = try TemporaryFolder()
            let budgets = "admission:\n  budgets:\n    - {name: daily, cap: 5.00}\n"
            let admission = [
                "run", "admission", "--brokers", cluster.brokers, "--config",
                try folder.file("tandem.yaml", budgets), "--journals", folder.path("journals"),
                "--instance",
            ]
            let first = try RunningCommand(admission + ["one"], limit: 110)
            let second = try RunningCommand(admission + ["two"], limit: 110)
            let words = try RunningCommand([
                "watch", "instances", "--from-beginning", "--brokers", cluster.brokers,
            ])
            await words.wait { said in
                ["one", "two"].allSatisfy { said.text(.output).contains("\"\($0)\"") }
            }
            words.send(SIGTERM)
            _ = await words.end()
            let live: Written = try await json(["control", "mode", "live"], on: cluster)
            #expect(live.effect.acknowledged == true && live.effect.acknowledgedMs ?? 0 > 0)
            #expect(live.effect.instances.map(\.instance) == ["one", "two"])
            let shown: State = try await json(["control", "show"], on: cluster)
            #expect(shown.instances.map(\.version) == [shown.version, shown.version])
            #expect(shown.instances.allSatisfy { $0.isCurrent && !$0.isSilent })
            let policies = Set(shown.instances.map(\.policy))
            #expect(policies.count == 1 && policies != [nil])
            let unknown = try await RunningCommand.run([
                "control", "budget", "dayly", "5", "--brokers", cluster.brokers,
            ])
            #expect(unknown.exitCode == 1, "\(unknown.trouble)")
            #expect(unknown.trouble.contains("did you mean 'daily'? Allowed: daily"))
            // Alive by its last word, and stopped: it is named, and the command fails.
            second.send(SIGSTOP)
            let late = try await RunningCommand.run([
                "control", "mode", "shadow", "--wait", "1", "--brokers", cluster.brokers,
            ])
            #expect(late.exitCode == 1 && late.trouble.contains("admission of two"))
            #expect(!late.trouble.contains("admission of one"))
            second.send(SIGCONT)
            let caughtUp: Written = try await json(
                ["control", "mode", "shadow", "--wait", "30"], on: cluster)
            #expect(caughtUp.effect.acknowledged == true)
            #expect(caughtUp.effect.instances.map(\.instance).contains("two"))
            // One that ends takes its entry away.
            second.send(SIGTERM)
            #expect(await second.end().exitCode == 0)
            let alone: Written = try await json(["control", "mode", "live"], on: cluster)
            #expect(alone.effect.instances.map(\.instance) == ["one"])
            first.send(SIGTERM)
            #expect(await first.end().exitCode == 0)
            await cluster.stop()
        }

        @Test("drill the kill switch on running stages, explain a record, and try another policy")
        func decisions() async throws {
            let cluster = try await PreparedCluster()
            let stages = try RunningCommand(
                ["run", "all", "--brokers", cluster.brokers], limit: 110)
            let publish = try await RunningCommand.run([
                "publish", BuildFolder.testData, "--label", "malignant", "--brokers",
                cluster.brokers,
            ])
            #expect(publish.exitCode == 0, "\(publish.trouble)")
            let watch = try await RunningCommand.run([
                "watch", "comparisons", "--from-beginning", "--count", "171", "--brokers",
                cluster.brokers,
            ])
            #expect(watch.exitCode == 0, "\(watch.trouble)")
            try await explain(on: cluster)
            try await whatIf(on: cluster)
            try await drill(on: cluster)
            stages.send(SIGTERM)
            #expect(await stages.end().exitCode == 0)
            await cluster.stop()
        }

        private func explain(on cluster: PreparedCluster) async throws {
            let story: Story = try await json(["explain", "test-3"], on: cluster)
            #expect(
                Set(story.events.map(\.stage)).isSuperset(of: [
                    "ingestion", "admission", "enrichment", "confidence", "fallback", "shadow",
                ]))
            let times = story.events.compactMap(\.sinceReceivedMs)
            #expect(times == times.sorted() && times.count == story.events.count)
            let decision = try #require(story.events.first { $0.text.hasPrefix("admitted") })
            let rules = decision.facts.filter { $0.verdict == "passed" }.map(\.name)
            #expect(rules.first == "killSwitch" && rules.last == "deadline")
            let measured = try #require(story.events.first { $0.stage == "enrichment" })
            let waited = measured.facts.first { $0.name == "waited" }?.verdict ?? ""
            #expect(waited.hasPrefix("predicted"))
            let unknown = try await RunningCommand.run([
                "explain", "nobody", "--brokers", cluster.brokers,
            ])
            #expect(unknown.exitCode == 1 && unknown.text(.output).isEmpty)
            for word in ["'nobody'", "verdicts (", "kept 1 d", cluster.brokers] {
                #expect(unknown.text(.errors).contains(word), "\(unknown.trouble)")
            }
        }

        private func whatIf(on cluster: PreparedCluster) async throws {
            let folder = try TemporaryFolder()
            let file = try folder.file("new.yaml", "admission:\n  uncertaintyBand: [0.2, 0.8]\n")
            let arguments = ["admission", "what-if", "--policy", file, "--from", "1h"]
            let report: WhatIf = try await json(arguments, on: cluster)
            #expect(report.decisions == 171 && report.recorded.admitted == 171)
            #expect(report.reproduced == 1 && report.decidedByPresent == 1)
            #expect(report.new.admitted < 171 && report.new.admitted > 0)
            #expect((report.new.reasons["certain"] ?? 0) + report.new.admitted == 171)
            #expect(report.new.spend < report.recorded.spend)
            #expect(report.flips.recordedVerdicts == 171 && report.flips.unknownShare == 0)
            // What did not decide is not said to have: the share drops.
            let other: WhatIf = try await json(
                arguments + ["--set", "admission.minimumValue=1"], on: cluster)
            #expect(other.decidedByPresent == 0)
            let none = try await RunningCommand.run(
                arguments + ["--until", "59m", "--brokers", cluster.brokers])
            #expect(none.exitCode == 1 && none.trouble.contains("no decision was recorded"))
            let wrong = try folder.file("wrong.yaml", "admission:\n  uncertaintyBan: [0.2, 0.8]\n")
            let refused = try await RunningCommand.run([
                "admission", "what-if", "--policy", wrong, "--from", "1h", "--brokers",
                cluster.brokers,
            ])
            #expect(refused.exitCode == 1 && refused.trouble.contains("uncertaintyBand"))
        }

        private func drill(on cluster: PreparedCluster) async throws {
            let row = (1...30).map { "\($0)" }.joined(separator: ",")
            let folder = try TemporaryFolder()
            let text = (0..<40_000).map { "{\"id\":\"d-\($0)\",\"features\":[\(row)]}\n" }.joined()
            let file = try folder.file("many.ndjson", text)
            let publish = try RunningCommand(["publish", file, "--brokers", cluster.brokers])
            // Records are under way from here on.
            let first = try await RunningCommand.run([
                "watch", "verdicts", "--count", "1", "--brokers", cluster.brokers,
            ])
            #expect(first.exitCode == 0, "\(first.trouble)")
            let drill: Drill = try await json(
                ["control", "kill-switch", "on", "--drill", "--wait", "30"], on: cluster)
            #expect(drill.drill && drill.measured && drill.killSwitch == "off")
            #expect(!drill.partitions.isEmpty && drill.effectiveMs != nil)
            #expect(drill.partitions.allSatisfy { $0.firstStoppedMs != nil && $0.verdicts > 0 })
            #expect(drill.instances.acknowledged == true && drill.end.acknowledged == true)
            let stages = drill.instances.instances.map(\.stage)
            #expect(stages == ["admission", "enrichment", "fallback"])
            let state: State = try await json(["control", "show"], on: cluster)
            #expect(!state.killSwitch)
            let history: [Change] = try await json(["control", "history"], on: cluster)
            let turns = history.suffix(2).map { $0.drill ? $0.value : "no drill" }
            #expect(turns == ["on", "off"])
            publish.send(SIGTERM)
            _ = await publish.end()
        }
    }
}
