import FlyingFox
import FlyingSocks
import Foundation
public import Observability

/// The HTTP server: `/healthz`, `/readyz`, `/metrics`, `/status` and the dashboard on `/`.
///
/// It only reads: nothing that is asked of it changes the pipeline. It answers whoever can reach
/// its port, so it listens on the loopback interface unless the configuration says otherwise.
public struct GatewayServer: Sendable {
    public let host: String
    public let port: Int
    private let address: ListenAddress
    private let snapshot: @Sendable () -> PipelineSnapshot

    /// Resolves the host, which may block; the port is bound by `run`.
    ///
    /// - Parameters:
    ///   - port: 0…65535; 0 for a free port that the system chooses.
    ///   - snapshot: asked once per request, on one of Swift's cooperative threads: it must not
    ///     wait.
    public init(
        host: String, port: Int, snapshot: @escaping @Sendable () -> PipelineSnapshot
    ) throws(GatewayError) {
        address = try ListenAddress(host: host, port: port)
        self.host = host
        self.port = port
        self.snapshot = snapshot
    }

    /// Listens and answers until the task is cancelled, which closes the port and ends open
    /// connections.
    ///
    /// - Parameter onListening: called once with the port, when connections are accepted.
    /// - Throws: when the port cannot be had, or when the server fails later.
    public func run(onListening: @escaping @Sendable (Int) -> Void) async throws(GatewayError) {
        let server = makeServer()
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.run() }
                group.addTask {
                    try await server.waitUntilListening(timeout: Self.listenTimeout)
                    onListening(await server.listeningAddress?.port ?? port)
                }
                // Both, or the first that fails: the other is then cancelled.
                while try await group.next() != nil {}
            }
        } catch {
            if Task.isCancelled { return }
            throw translated(error)
        }
    }

    /// Binding does not wait for anything; the limit ends a hang.
    private static let listenTimeout = 60.0
    /// For one answer, which takes microseconds.
    private static let answerTimeout = 15.0

    private func makeServer() -> HTTPServer {
        let handler = ClosureHTTPHandler { [snapshot] request in
            Self.response(
                Routes.answer(
                    method: request.method.rawValue, path: request.path, snapshot: snapshot))
        }
        switch address {
        case .ip4(let address):
            return HTTPServer(
                address: address, timeout: Self.answerTimeout, logger: .disabled, handler: handler)
        case .ip6(let address):
            return HTTPServer(
                address: address, timeout: Self.answerTimeout, logger: .disabled, handler: handler)
        }
    }

    private static func response(_ answer: Answer) -> HTTPResponse {
        var headers: [HTTPHeader: String] = [
            .contentType: answer.contentType, .cacheControl: "no-store",
            HTTPHeader("X-Content-Type-Options"): "nosniff",
        ]
        for (name, value) in answer.headers { headers[HTTPHeader(name)] = value }
        return HTTPResponse(
            statusCode: status(answer.status), headers: HTTPHeaders(headers), body: answer.body)
    }

    private static func status(_ code: Int) -> HTTPStatusCode {
        switch code {
        case 200: .ok
        case 404: .notFound
        case 405: .methodNotAllowed
        case 503: .serviceUnavailable
        default: .internalServerError
        }
    }

    private func translated(_ error: any Error) -> GatewayError {
        guard case .failed(_, let number, let message)? = error as? SocketError else {
            return .failed(host: host, port: port, reason: "\(error)")
        }
        switch number {
        case EADDRINUSE: return .portInUse(host: host, port: port)
        case EACCES, EPERM: return .notPermitted(host: host, port: port)
        case EADDRNOTAVAIL: return .foreignAddress(host: host, port: port)
        default: return .failed(host: host, port: port, reason: message)
        }
    }
}

extension Socket.Address {
    fileprivate var port: Int? {
        switch self {
        case .ip4(_, let port), .ip6(_, let port): Int(port)
        case .unix: nil
        }
    }
}
