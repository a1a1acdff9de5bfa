import Foundation
import Testing

extension EndToEnd {
    @Suite("bench admission", .serialized)
    struct BenchAdmissionTests {
        @Test("prints what the decision and each part cost, and that no deadline was lost")
        func rows() async throws {
            let run = try await RunningCommand.run(
                [
                    "bench", "admission", "--decisions", "2000", "--pending", "5000", "--output",
                    "json",
                ], limit: 60)
            #expect(run.exitCode == 0, "\(run.trouble)")
            let json = try JSONSerialization.jsonObject(with: run.data(.output))
            let rows = try #require(json as? [[String: Any]])
            let works = rows.compactMap { $0["work"] as? String }
            #expect(works.count == rows.count && works.contains("decide, all rules"))
            #expect(works.contains("fallback, record answered among 5000"))
            for row in rows {
                let (p50, p99) = (row["p50Ns"] as? Int ?? -1, row["p99Ns"] as? Int ?? -1)
                #expect(p50 >= 0 && p99 >= p50 && (row["perSecond"] as? Double ?? 0) > 0)
            }
        }
    }
}
