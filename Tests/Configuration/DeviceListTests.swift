import Contracts
import Testing

@testable import Configuration

@Suite("The list of devices")
struct DeviceListTests {
    private func messages(_ file: String) -> [String] {
        do {
            _ = try ConfigurationLoader.load(file: file)
            return []
        } catch {
            return error.problems.map(\.message)
        }
    }

    @Test("takes the keys of enrichment.device, and leaves the others at their defaults")
    func devices() throws {
        let file = """
            enrichment:
              devices:
                - name: ions
                  prices: ionq
                  trustZone: restricted
                  outages: [{startSeconds: 1, durationSeconds: 2}]
                - name: simulator
                  kind: ideal
            """
        let devices = try ConfigurationLoader.load(file: file).configuration.enrichment.devices
        var ions = DeviceConfiguration()
        ions.name = "ions"
        ions.prices = .ionQ
        ions.trustZone = .restricted
        ions.outages = [PlannedOutage(startSeconds: 1, durationSeconds: 2)]
        var simulator = DeviceConfiguration()
        simulator.name = "simulator"
        simulator.kind = .ideal
        #expect(devices == [ions, simulator])
    }

    @Test("is printed so that it can be loaded again, and comes from the environment too")
    func roundTrip() throws {
        let text = "[{name: a, jitter: 0.5}, {name: b, target: line-12}]"
        let loaded = try ConfigurationLoader.load(
            environment: ["TANDEM_ENRICHMENT_DEVICES": text])
        let again = try ConfigurationLoader.load(file: loaded.rendered())
        #expect(loaded.configuration.enrichment.devices.map(\.name) == ["a", "b"])
        #expect(again.configuration == loaded.configuration)
    }

    @Test(
        "refuses devices without a name, with unknown keys or values, and too many",
        arguments: [
            "[{jitter: 1}]", "[{name: a, jiter: 1}]", "[{name: a, jitter: 9}]", "[a]", "{name: a}",
            "[" + (0..<8).map { "{name: d\($0)}" }.joined(separator: ", ") + "]",
        ])
    func refusals(value: String) {
        let found = messages("enrichment: {devices: \(value)}")
        #expect(found.count == 1)
        #expect(found.first?.contains("'enrichment.devices' at line 1") == true)
    }

    @Test(
        "is refused where devices do not go together",
        arguments: [
            ("enrichment: {devices: [{name: a}, {name: a}]}", "two devices named 'a'"),
            ("enrichment: {devices: [{name: simulated-qpu}]}", "two devices named 'simulated-qpu'"),
            ("enrichment: {backend: ideal, devices: [{name: ideal}]}", "two devices named 'ideal'"),
            ("enrichment: {backend: topic, devices: [{name: a}]}", "allowed is []"),
            ("enrichment: {device: {kind: ideal}}", "set 'enrichment.backend' instead"),
            (
                "enrichment: {devices: [{name: a, calibrationMinutes: 1, calibrationSeconds: 60}]}",
                "allowed is less than"
            ),
        ])
    func checks(file: String, what: String) {
        let found = messages(file)
        #expect(found.count == 1 && found.first?.contains(what) == true, "\(found)")
    }
}
