import Contracts
import Foundation
import Observability
import Synchronization
import Testing

@Suite("The server's paths")
struct RouteTests {
    @Test("/healthz answers that the process lives, ready or not")
    func health() async throws {
        try await RunningServer.with(Snapshots.withoutModel) { server in
            let reply = try await server.request("/healthz")
            #expect(reply.status == 200)
            #expect(reply.text == "live\n")
        }
    }

    @Test("/readyz answers 200 when everything is there")
    func ready() async throws {
        try await RunningServer.with { server in
            let reply = try await server.request("/readyz")
            #expect(reply.status == 200)
            #expect(reply.text == #"{"ready":true,"reasons":[]}"# + "\n")
        }
    }

    @Test("/readyz answers 503 with what is missing, as JSON")
    func notReady() async throws {
        try await RunningServer.with(Snapshots.withoutModel) { server in
            let reply = try await server.request("/readyz")
            #expect(reply.status == 503)
            #expect(reply.header("Content-Type") == "application/json")
            #expect(
                reply.text == #"{"ready":false,"reasons":["no model: none has arrived on the "#
                    + #"models topic","fallback: no partitions assigned"]}"# + "\n")
        }
    }

    @Test("/metrics answers in Prometheus' text format, version 0.0.4")
    func metrics() async throws {
        try await RunningServer.with { server in
            let reply = try await server.request("/metrics")
            #expect(reply.status == 200)
            let type = reply.header("Content-Type")
            #expect(type == "text/plain; version=0.0.4; charset=utf-8")
            #expect(reply.text == PrometheusText.render(Snapshots.ready().metrics))
        }
    }

    @Test("/status answers with one JSON object, even when a figure is infinite")
    func status() async throws {
        let endless: @Sendable () -> PipelineSnapshot = {
            var snapshot = Snapshots.ready()
            snapshot.devices = [DeviceSnapshot(device: "d")]
            snapshot.devices[0].waitSeconds = .infinity
            return snapshot
        }
        try await RunningServer.with(endless) { server in
            let reply = try await server.request("/status")
            #expect(reply.status == 200)
            #expect(reply.header("Content-Type") == "application/json")
            #expect(reply.header("Cache-Control") == "no-store")
            let json = try JSONSerialization.jsonObject(with: reply.body) as? [String: Any]
            let stages = try #require(json?["stages"] as? [[String: Any]])
            #expect(stages.first?["received"] as? Int == 12)
            let devices = try #require(json?["devices"] as? [[String: Any]])
            #expect(devices.first?["waitMs"] as? String == "+Inf")
        }
    }

    @Test("every request sees the facts as they are then, and /healthz needs none")
    func fresh() async throws {
        let asked = Counter()
        let counting: @Sendable () -> PipelineSnapshot = {
            var snapshot = PipelineSnapshot(mode: .off)
            snapshot.uptimeSeconds = Double(asked.next())
            return snapshot
        }
        try await RunningServer.with(counting) { server in
            _ = try await server.request("/healthz")
            let first = try await server.request("/metrics")
            let second = try await server.request("/metrics")
            #expect(first.text.contains("\ntandem_uptime_seconds 1\n"))
            #expect(second.text.contains("\ntandem_uptime_seconds 2\n"))
        }
    }

    @Test("a query changes nothing")
    func query() async throws {
        try await RunningServer.with { server in
            let reply = try await server.request("/healthz?verbose=1")
            #expect(reply.status == 200)
        }
    }

    @Test(
        "an unknown path answers 404 and names those that exist",
        arguments: [
            "/nothing", "/metrics/x", "/status/../secret", "/metricsx",
        ])
    func unknown(path: String) async throws {
        try await RunningServer.with { server in
            let reply = try await server.request(path)
            #expect(reply.status == 404)
            #expect(reply.text.contains("/, /healthz, /readyz, /metrics, /status"))
        }
    }

    @Test("what would change something answers 405", arguments: ["POST", "PUT", "DELETE"])
    func methods(method: String) async throws {
        try await RunningServer.with { server in
            let reply = try await server.request("/status", method: method)
            #expect(reply.status == 405)
            #expect(reply.header("Allow") == "GET, HEAD")
        }
    }

    @Test("HEAD announces what GET would send, and sends none of it")
    func head() async throws {
        try await RunningServer.with { server in
            let get = try await server.request("/metrics")
            let head = try await server.request("/metrics", method: "HEAD")
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            #expect(head.header("Content-Length") == String(get.body.count))
        }
    }
}

private final class Counter: Sendable {
    private let value = Mutex(0)

    func next() -> Int {
        value.withLock { value in
            value += 1
            return value
        }
    }
}
