/// Why the server cannot listen; one line each that says where, and what to do.
public enum GatewayError: Error, Equatable, Sendable, CustomStringConvertible {
    case portInUse(host: String, port: Int)
    /// Ports below 1024 are the system's on most machines.
    case notPermitted(host: String, port: Int)
    case unknownHost(host: String, reason: String)
    /// The address is not one of this machine's.
    case foreignAddress(host: String, port: Int)
    case portOutOfRange(Int)
    /// Anything else that the system reports.
    case failed(host: String, port: Int, reason: String)

    public var description: String {
        switch self {
        case .portInUse(let host, let port):
            "\(Self.shown(host, port)) is in use; choose another port with http.port or --http-port "
                + "(0: a free one)"
        case .notPermitted(let host, let port):
            "\(Self.shown(host, port)) may not be used by this user; choose a port from 1024 up "
                + "with http.port or --http-port"
        case .unknownHost(let host, let reason):
            "http.host '\(host)' cannot be resolved (\(reason)); give an address of this machine, "
                + "or 0.0.0.0 for all"
        case .foreignAddress(let host, let port):
            "cannot listen on \(Self.shown(host, port)): it is no address of this machine; give one "
                + "with http.host, or 0.0.0.0 for all"
        case .portOutOfRange(let port):
            "http.port is \(port); it must be 0 to 65535"
        case .failed(let host, let port, let reason):
            "the HTTP server on \(Self.shown(host, port)) failed: \(reason)"
        }
    }

    /// `host:port`, an IPv6 address in brackets.
    private static func shown(_ host: String, _ port: Int) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
