import Foundation
import Testing

extension EndToEnd {
    @Suite("chaos on a real cluster", .serialized)
    struct ChaosTests {
        static let brokers = ProcessInfo.processInfo.environment["TANDEM_TEST_BROKERS"].flatMap {
            $0.isEmpty ? nil : $0
        }

        @Test(
            "loses and doubles nothing while processes of every stage are killed",
            .enabled(if: brokers != nil, "TANDEM_TEST_BROKERS names no transactional cluster"),
            arguments: [1, 2])
        func kills(instances: Int) async throws {
            let run = try await RunningCommand.run(
                [
                    "chaos", "--brokers", Self.brokers ?? "", "--kills", "10", "--rate", "200",
                    "--instances", "\(instances)", "--replication", "1", "--output", "json",
                ], limit: 240)
            #expect(run.exitCode == 0, "\(run.trouble)")
            let report = try #require(
                try JSONSerialization.jsonObject(with: Data(run.text(.output).utf8))
                    as? [String: Any])
            #expect(report["lost"] as? Int == 0 && report["doubled"] as? Int == 0)
            #expect(report["published"] as? Int == report["scored"] as? Int)
        }

        @Test("is refused on a cluster without transactions")
        func embedded() async throws {
            let unnamed = try await RunningCommand.run(["chaos", "--kills", "1"])
            #expect(unnamed.exitCode == 1)
            #expect(unnamed.trouble.contains("name a cluster"))
            let cluster = try await PreparedCluster()
            let run = try await RunningCommand.run(
                ["chaos", "--kills", "1", "--brokers", cluster.brokers])
            #expect(run.exitCode == 1)
            #expect(run.trouble.contains("has no transactions"), "\(run.trouble)")
        }
    }
}
