import Foundation
import Testing

/// The Python that runs the shipped worker: one with confluent_kafka and qiskit_aer.
enum WorkerPython {
    static let path = ProcessInfo.processInfo.environment["TANDEM_TEST_PYTHON"].flatMap {
        $0.isEmpty ? nil : $0
    }
}

extension EndToEnd {
    @Suite("the Qiskit worker", .serialized)
    struct TopicWorkerTests {
        private struct Score: Decodable {
            struct Quantum: Decodable {
                let score: Double
            }

            struct Provenance: Decodable {
                let device: String?
                let calibration: String?
            }

            let id: String
            let source: String
            let reason: String
            let quantum: Quantum?
            let provenance: Provenance?
        }

        private struct Measurement: Decodable {
            let id: String
            let status: String
            let calibration: String
            let expectations: [Double]?
        }

        private struct Status: Decodable {
            struct Outcome: Decodable {
                let announcedMs: Double
                let waitMs: Double
                let runMs: Double
                let records: Int
                let status: String
            }

            let device: String
            let instance: String?
            let outcomes: [Outcome]?
            let pricePerTask: Double?
            let fidelity: Double?
        }

        private struct Drill: Decodable {
            struct Effect: Decodable {
                struct Row: Decodable {
                    let stage: String
                    let instance: String
                    let acknowledged: Bool
                }
                let acknowledged: Bool?
                let instances: [Row]
            }
            let instances: Effect
            let end: Effect
        }

        /// The worker's heartbeats carry what admission forecasts by, each outcome once, and it says
        /// when it obeys the kill switch.
        private func feedback(_ measured: Int, _ brokers: String) async throws {
            let watch = try RunningCommand([
                "watch", "qpu-status", "--from-beginning", "--brokers", brokers,
            ])
            @Sendable func statuses(_ said: CommandSnapshot) -> [Status] {
                said.lines(.output).compactMap {
                    try? JSONDecoder().decode(Status.self, from: Data($0.utf8))
                }
            }
            let all = await watch.wait { said in
                statuses(said).reduce(0) { $0 + ($1.outcomes?.count ?? 0) } >= min(measured, 64)
            }
            watch.send(SIGTERM)
            _ = await watch.end()
            let outcomes = statuses(all).flatMap { $0.outcomes ?? [] }
            #expect(outcomes.count <= 171)
            #expect(outcomes.allSatisfy { $0.status == "ok" && $0.records == 1 && $0.runMs > 0 })
            #expect(statuses(all).allSatisfy { $0.instance == "w1" && $0.fidelity == 1 })
            let run = try await RunningCommand.run([
                "control", "kill-switch", "on", "--drill", "--output", "json", "--brokers", brokers,
            ])
            try #require(run.exitCode == 0, "\(run.trouble)")
            let drill = try JSONDecoder().decode(Drill.self, from: run.data(.output))
            let worker = drill.instances.instances.first { $0.stage == "enrichment" }
            #expect(worker?.instance == "w1" && worker?.acknowledged == true)
            #expect(drill.end.acknowledged == true)
        }

        /// Starts the worker and waits until it serves.
        private func worker(_ brokers: String, device: String) async throws -> RunningCommand {
            let worker = try RunningCommand(
                [
                    "deploy/workers/qiskit_worker.py", "--brokers", brokers, "--device", device,
                    "--instance", "w1",
                ],
                executable: URL(filePath: try #require(WorkerPython.path)), limit: 110)
            _ = try await worker.errorLine(containing: "serving tandem.jobs at \(brokers)")
            return worker
        }

        private func lines<Value: Decodable>(
            _ topic: String, _ count: Int, _ brokers: String, as type: Value.Type
        ) async throws -> [Value] {
            let watch = try await RunningCommand.run([
                "watch", topic, "--from-beginning", "--count", "\(count)", "--brokers", brokers,
            ])
            try #require(watch.exitCode == 0, "\(watch.trouble)")
            return try watch.lines(.output).map {
                try JSONDecoder().decode(type, from: Data($0.utf8))
            }
        }

        @Test(
            "serves the jobs of the embedded cluster: its measurements decide scores",
            .enabled(
                if: WorkerPython.path != nil,
                "TANDEM_TEST_PYTHON names no Python with confluent_kafka and qiskit_aer"))
        func serves() async throws {
            let cluster = try await PreparedCluster()
            let settings = [
                "enrichment.backend=topic", "enrichment.device.name=aer", "mode=live",
                "latencyBudgetMs=30000", "enrichment.shots=256",
            ]
            let stages = try RunningCommand(
                ["run", "all", "--brokers", cluster.brokers]
                    + settings.flatMap { ["--set", $0] }, limit: 110)
            let worker = try await worker(cluster.brokers, device: "aer")
            let publish = try await RunningCommand.run([
                "publish", BuildFolder.testData, "--label", "malignant", "--brokers",
                cluster.brokers,
            ])
            #expect(publish.exitCode == 0, "\(publish.trouble)")
            let scores = try await lines("scores", 171, cluster.brokers, as: Score.self)
            #expect(Set(scores.map(\.id)).count == 171)
            let quantum = scores.filter { $0.source != "classical" }
            #expect(quantum.count > 40, "\(Set(scores.map(\.reason)))")
            #expect(quantum.allSatisfy { $0.provenance?.device == "aer" && $0.quantum != nil })
            let measured = try await lines(
                "measurements", quantum.count, cluster.brokers, as: Measurement.self)
            #expect(measured.allSatisfy { $0.status == "ok" && $0.calibration.hasPrefix("aer/") })
            #expect(measured.allSatisfy { $0.expectations?.allSatisfy { abs($0) <= 1 } == true })
            try await feedback(measured.count, cluster.brokers)
            for process in [worker, stages] {
                process.send(SIGTERM)
                let end = await process.end()
                #expect(end.exitCode == 0, "\(end.trouble)")
            }
            await cluster.stop()
        }
    }
}
