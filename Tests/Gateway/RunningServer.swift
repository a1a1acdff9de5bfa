import Contracts
import Foundation
import FoundationNetworking
import Gateway
import Observability

/// What came back over the wire.
struct Reply {
    let status: Int
    let headers: [String: String]
    let body: Data

    var text: String { String(decoding: body, as: UTF8.self) }
    func header(_ name: String) -> String? { headers[name.lowercased()] }
}

/// A server on a free port of the loopback interface, for the length of a test.
struct RunningServer {
    let port: Int

    /// Runs `body` against a server that answers from `snapshot`, then stops the server.
    static func with(
        _ snapshot: @escaping @Sendable () -> PipelineSnapshot = Snapshots.ready,
        _ body: (RunningServer) async throws -> Void
    ) async throws {
        let server = try GatewayServer(host: "127.0.0.1", port: 0, snapshot: snapshot)
        let (ports, announced) = AsyncStream<Int>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { announced.finish() }
                try await server.run { announced.yield($0) }
            }
            var iterator = ports.makeAsyncIterator()
            if let port = await iterator.next() {
                try await body(RunningServer(port: port))
                group.cancelAll()
            }
            // The server's own error, when it never listened or failed later.
            try await group.waitForAll()
        }
    }

    func request(_ path: String, method: String = "GET") async throws -> Reply {
        guard let url = URL(string: "http://127.0.0.1:\(port)\(path)") else {
            throw URLError(.badURL)
        }
        var request = URLRequest(url: url)
        request.httpMethod = method
        let (data, response) = try await URLSession.shared.data(for: request)
        guard let http = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
        let headers = http.allHeaderFields.map { ("\($0.key)".lowercased(), "\($0.value)") }
        return Reply(
            status: http.statusCode, headers: Dictionary(headers, uniquingKeysWith: { $1 }),
            body: data)
    }
}

enum Snapshots {
    /// One stage at work.
    static func ready() -> PipelineSnapshot {
        var snapshot = PipelineSnapshot(mode: .shadow)
        snapshot.model = ModelIdentity(
            name: "default", version: "1f", circuit: "zz-feature-map@1.0.0", qubits: 4)
        var stage = StageSnapshot(stage: .fallback)
        stage.partitions = 8
        stage.received = 12
        snapshot.stages = [stage]
        return snapshot
    }

    static func withoutModel() -> PipelineSnapshot {
        var snapshot = ready()
        snapshot.model = nil
        snapshot.stages[0].partitions = 0
        return snapshot
    }
}
