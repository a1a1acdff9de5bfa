import Contracts
import Foundation
import Observability
import Testing

@Suite("The status document")
struct StatusDocumentTests {
    private func object(_ snapshot: PipelineSnapshot) throws -> [String: Any] {
        let data = try JSONEncoder().encode(StatusDocument(snapshot))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test("its keys are the same whether or not there is a model, a device or a latency")
    func keys() throws {
        let bare = try object(PipelineSnapshot(mode: .off))
        let full = try object(Fixture.full())
        #expect(Set(bare.keys) == Set(full.keys))
        #expect(bare["model"] is NSNull)
        #expect(
            Set(full.keys) == [
                "uptimeSeconds", "ready", "reasons", "mode", "killSwitch", "model", "stages",
                "devices", "latencyMs", "deadlineMisses", "cpuSeconds", "residentBytes",
            ])
    }

    @Test("a stage shows its counts, its state and only the reasons that it gave")
    func stage() throws {
        var snapshot = Fixture.full()
        snapshot.stages[2].reasons = [.accepted: 3, .killSwitch: 0]
        let stages = try #require(try object(snapshot)["stages"] as? [[String: Any]])
        let admission = stages[2]
        #expect(stages.count == 7)
        #expect(admission["stage"] as? String == "admission")
        #expect(admission["state"] as? String == "running")
        #expect(admission["received"] as? Int == 1_000)
        #expect(admission["held"] as? Int == 7)
        #expect(admission["decisions"] as? [String: Int] == ["accepted": 3])
        #expect(admission["failure"] is NSNull)
    }

    @Test("times of devices and scores are milliseconds")
    func milliseconds() throws {
        let full = try object(Fixture.full())
        let devices = try #require(full["devices"] as? [[String: Any]])
        #expect(devices[0]["waitMs"] as? Double == 1.5)
        let latency = try #require(full["latencyMs"] as? [String: [String: Double]])
        #expect(
            latency["classical"] == [
                "count": 4, "mean": 125, "p50": 100, "p95": 200, "p99": 210, "max": 250,
            ])
    }
}
