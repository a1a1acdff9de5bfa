import Foundation
import Testing

@Suite("tandem devices")
struct DevicesVerbTests {
    private struct Entry: Decodable {
        struct Device: Decodable {
            struct Target: Decodable {
                let name: String
                let qubits: Int
                let nativeGates: String
                let coupledPairs: Int
            }

            struct Quality: Decodable {
                let t1Microseconds: Double
                let t2Microseconds: Double
                let twoQubitError: Double?
            }

            struct Limits: Decodable {
                let qubits: Int
                let maxShots: Int
                let isExactAllowed: Bool
            }

            struct Price: Decodable {
                let perTask: Double
                let perShot: Double
            }

            let name: String
            let kind: String
            let state: String?
            let target: Target?
            let calibration: String?
            let quality: Quality?
            let limits: Limits?
            let price: Price?
        }

        let isInUse: Bool
        let device: Device
    }

    private func output(_ arguments: [String]) async throws -> Data {
        let run = try await RunningCommand.run(["devices"] + arguments)
        #expect(run.exitCode == 0, "\(run.text(.errors))")
        return run.data(.output)
    }

    @Test("lists the devices of the configuration and says which one is in use")
    func list() async throws {
        let settings = [
            "--set", "enrichment.backend=noisy", "--set", "enrichment.device.name=lab",
            "--set", "enrichment.device.target=falcon-27-ecr",
        ]
        let data = try await output(["list", "--output", "json"] + settings)
        let entries = try JSONDecoder().decode([Entry].self, from: data)
        #expect(entries.map(\.device.kind) == ["simulated-qpu", "ideal", "noisy", "topic"])
        #expect(entries.map(\.device.name) == ["lab", "ideal", "noisy", "lab"])
        #expect(entries.map(\.isInUse) == [false, false, true, false])
        #expect(entries.map(\.device.state) == ["online", "online", "online", nil])
        let target = try #require(entries[0].device.target)
        #expect(target.name == "falcon-27-ecr" && target.nativeGates == "ecr")
        #expect(target.qubits == 27 && target.coupledPairs == 28)
        #expect(entries[1].device.limits?.isExactAllowed == true)
        let table = String(decoding: try await output(["list"] + settings), as: UTF8.self)
        #expect(table.contains("in use") && table.contains("any, on any qubits"))
    }

    @Test("shows one device with its calibration, limits and price")
    func show() async throws {
        let settings = [
            "--set", "enrichment.noisy.t1Microseconds=90", "--set",
            "enrichment.noisy.twoQubitError=0.01",
        ]
        let data = try await output(["show", "noisy", "--output", "json"] + settings)
        let device = try JSONDecoder().decode(Entry.self, from: data).device
        #expect(device.quality?.t1Microseconds == 90 && device.quality?.t2Microseconds == 100)
        #expect(device.quality?.twoQubitError == 0.01)
        #expect(device.calibration?.hasPrefix("noisy/") == true)
        let text = String(
            decoding: try await output(["show", "simulated-qpu"]), as: UTF8.self)
        #expect(text.contains("0.3 per task and 0.0009 per shot"))
        #expect(text.contains("1 to 1 048 576") || text.contains("1 to 1,048,576"))
        let ibm = ["--set", "enrichment.device.prices=ibm"]
        let book = String(
            decoding: try await output(["show", "simulated-qpu"] + ibm), as: UTF8.self)
        #expect(book.contains("0.0 per task and 0.0 per shot, 1.6 per second"))
        let topic = String(
            decoding: try await output([
                "show", "simulated-qpu", "--set", "enrichment.backend=topic",
            ]),
            as: UTF8.self)
        #expect(topic.contains("as it reports on qpu-status"))
    }

    @Test(
        "refuses a device that nobody configured, and a target that does not exist",
        arguments: [
            (["show", "nosy"], Int32(2), "unknown device 'nosy'; did you mean 'noisy'?"),
            (
                ["list", "--set", "enrichment.device.target=torus-9"], 1,
                "enrichment.device.target: no target is named 'torus-9'"
            ),
        ])
    func refused(arguments: [String], code: Int32, message: String) async throws {
        let run = try await RunningCommand.run(["devices"] + arguments)
        #expect(run.exitCode == code)
        #expect(run.text(.errors).contains(message), "\(run.text(.errors))")
    }
}
