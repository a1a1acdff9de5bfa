import Configuration
import Foundation
import Testing

@Suite("The effective configuration")
struct RenderingTests {
    @Test("prints every key, and the source of each value that a layer set")
    func rendered() throws {
        let loaded = try ConfigurationLoader.load(
            file: "mode: 'off'\nkafka:\n  common:\n    client.id: 'a b'",
            environment: ["TANDEM_BROKERS": "one:1,two:2"],
            overrides: ["enrichment.device.serviceTimeMs=2.5", "kafka.common.sasl.password=x"])
        let lines = loaded.rendered().split(separator: "\n").map(String.init)
        #expect(lines[0] == "brokers: [one:1, two:2]  # environment TANDEM_BROKERS")
        #expect(lines[1] == "topicPrefix: tandem.")
        #expect(lines[4] == "mode: \"off\"  # file, line 1")
        #expect(lines.contains("  device:"))
        #expect(lines.contains("    serviceTimeMs: 2.5  # command line"))
        #expect(lines.contains("    client.id: \"a b\"  # file, line 4"))
        #expect(lines.contains("    sasl.password: \"(hidden)\"  # command line"))
        #expect(lines.contains("  consumer: {}"))
        #expect(!loaded.rendered().contains(": x"))
    }

    @Test("loads again from what it prints")
    func roundTrip() throws {
        let overrides = [
            "brokers=one:1", "mode=live", "admission.uncertaintyBand=0.1,0.9", "http.port=0",
            "enrichment.device.outages=[{startSeconds: 0.5, durationSeconds: 1}]",
            "kafka.common.client.id=no", "kafka.common.odd name=1: 2 # 3",
        ]
        let loaded = try ConfigurationLoader.load(overrides: overrides)
        let again = try ConfigurationLoader.load(file: loaded.rendered())
        #expect(again.configuration == loaded.configuration)
    }

    @Test("is a JSON object with the same nesting")
    func json() throws {
        let loaded = try ConfigurationLoader.load(
            overrides: ["brokers=one:1", "kafka.common.ssl.key.password=secret\u{1}"])
        let data = Data(loaded.json.utf8)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object["brokers"] as? [String] == ["one:1"])
        #expect(object["decisionThreshold"] is NSNull)
        let enrichment = try #require(object["enrichment"] as? [String: Any])
        #expect(enrichment["shots"] as? Int == 1_024)
        let device = try #require(enrichment["device"] as? [String: Any])
        #expect(device["serviceTimeMs"] as? Double == 0.02)
        #expect(object.count == 19)
        #expect(!loaded.json.contains("secret"))
        let beginning = #"{"brokers":["one:1"],"topicPrefix":"tandem.","partitions":8"#
        #expect(loaded.json.hasPrefix(beginning))
    }
}
