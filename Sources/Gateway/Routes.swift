import Foundation
import Observability

/// What a request is answered with, apart from sockets and HTTP's framing.
struct Answer: Equatable, Sendable {
    var status: Int
    var contentType: String
    var body: Data
    var headers: [String: String] = [:]
}

/// Which path answers what: a function of the request and of one snapshot.
enum Routes {
    static let paths = ["/", "/healthz", "/readyz", "/metrics", "/status"]

    /// - Parameter snapshot: asked at most once, and only by paths that show facts.
    static func answer(
        method: String, path: String, snapshot: () -> PipelineSnapshot
    ) -> Answer {
        guard paths.contains(path) else {
            return text(404, "no such path; there are \(paths.joined(separator: ", "))\n")
        }
        guard method == "GET" || method == "HEAD" else {
            var answer = text(405, "\(path) answers GET only\n")
            answer.headers["Allow"] = "GET, HEAD"
            return answer
        }
        var answer = found(path, snapshot)
        if method == "HEAD" {
            // What GET would send is announced, and not sent.
            answer.headers["Content-Length"] = String(answer.body.count)
            answer.body = Data()
        }
        return answer
    }

    private static func found(_ path: String, _ snapshot: () -> PipelineSnapshot) -> Answer {
        switch path {
        case "/healthz": text(200, "live\n")
        case "/readyz": readiness(snapshot().readiness)
        case "/metrics":
            Answer(
                status: 200, contentType: PrometheusText.contentType,
                body: Data(PrometheusText.render(snapshot().metrics).utf8))
        case "/status": json(200, StatusDocument(snapshot()))
        default: dashboard
        }
    }

    private static func readiness(_ readiness: Readiness) -> Answer {
        json(
            readiness.isReady ? 200 : 503,
            ReadinessDocument(ready: readiness.isReady, reasons: readiness.reasons))
    }

    private struct ReadinessDocument: Encodable {
        let ready: Bool
        let reasons: [String]
    }

    private static let dashboard = Answer(
        status: 200, contentType: "text/html; charset=utf-8", body: Data(Dashboard.html.utf8),
        headers: [
            // The page needs nothing but itself and /status; whatever else got in must not run.
            "Content-Security-Policy":
                "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
                + "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
                + "frame-ancestors 'none'"
        ])

    private static func text(_ status: Int, _ body: String) -> Answer {
        Answer(status: status, contentType: "text/plain; charset=utf-8", body: Data(body.utf8))
    }

    private static func json(_ status: Int, _ value: some Encodable) -> Answer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // JSON has no infinities: a wait without end is shown as a text.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "+Inf", negativeInfinity: "-Inf", nan: "NaN")
        do {
            return Answer(
                status: status, contentType: "application/json",
                body: try encoder.encode(value) + Data("\n".utf8))
        } catch {
            return text(500, "the status cannot be written: \(error)\n")
        }
    }
}
